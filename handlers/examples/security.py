"""Safe settings and a replayed key, in Django.

This file is a whole project. Run it with: python3 security.py runserver
"""
import os
import secrets
import sys
from importlib import import_module

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import JsonResponse
from django.urls import path

# settings.py
# python3 security.py check --deploy knows a checklist of its own.
settings.configure(
    DEBUG=False,
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    SECRET_KEY=os.environ.get("SECRET_KEY") or secrets.token_urlsafe(50),
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.file",
    SESSION_COOKIE_SECURE=True,  # over HTTPS only
    SESSION_COOKIE_HTTPONLY=True,  # no script reads it: the default
    SESSION_COOKIE_SAMESITE="Lax",  # not sent with another site's form: the default
)


# views.py
def replay(request):
    """An old key must be worth nothing once the session has moved to a new one."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store["visit_count"] = 1
    store.save()
    old = store.session_key
    store.cycle_key()
    works = store.exists(old)
    store.delete()
    return JsonResponse({"the old key still works": works})


# urls.py
urlpatterns = [path("security/", replay)]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
