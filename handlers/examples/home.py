# settings.py: what makes every request of a Django site carry a session
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",  # needs the session
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
