# python manage.py check --deploy holds a checklist of its own against settings.py.
SECRET_KEY = os.environ["SECRET_KEY"]  # 50 random characters or more, never in the code
DEBUG = False
SESSION_COOKIE_SECURE = True  # HTTPS only
SESSION_COOKIE_HTTPONLY = True  # out of the reach of scripts (the default)
SESSION_COOKIE_SAMESITE = "Lax"  # not sent with other sites' forms (the default)


# An old key must be worth nothing once the session has moved on:
class ReplayTest(TestCase):
    def test_old_cookie_is_dead(self):
        store = SessionStore()
        store["visit_count"] = 1
        store.save()
        old = store.session_key
        store.cycle_key()
        self.client.cookies[settings.SESSION_COOKIE_NAME] = old
        self.assertNotIn("visit_count", self.client.session)
