import hashlib
import hmac

# Django tells nobody what happens to a session, so a middleware compares before and after.
# It stands above SessionMiddleware, which has saved the session when it returns.


def session_log(get_response):
    def middleware(request):
        before = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        response = get_response(request)
        after = request.session.session_key
        if before and before != after:
            Event.objects.create(kind="ended or moved", session=short(before), path=request.path)
        if after and before != after:
            Event.objects.create(kind="created", session=short(after), path=request.path)
        return response
    return middleware


def short(key):  # never the key itself: who reads the log could use it
    return hmac.new(settings.SECRET_KEY.encode(), key.encode(), hashlib.sha256).hexdigest()[:10]
