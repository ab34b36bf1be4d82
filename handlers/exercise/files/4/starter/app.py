"""Exercise 4, a log of sessions: the starter.

Its sessions expire after two seconds, and its log is empty. Log when a session is created
and when it has expired.

Open / and then /log/ in a browser.

    python3 exercise4.py                          starts it, and sees each change
    go run . exercise 4 http://127.0.0.1:9000/    in the lab's directory, checks it

It listens on 127.0.0.1:9000, or on the address in its first argument.
"""

import os
import sys
from threading import Lock

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.management.utils import get_random_secret_key
from django.http import JsonResponse
from django.urls import path

# Sessions are kept in the memory of this program, and are gone when it stops.
settings.configure(
    SECRET_KEY=get_random_secret_key(),
    DEBUG=True,  # shows what went wrong; only for your own computer
    ROOT_URLCONF=__name__,
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    # Browsers keep cookies by host and not by port; the lab's is called sessionid.
    SESSION_COOKIE_NAME="exercise",
    SESSION_COOKIE_AGE=2,  # seconds after the last save
    # The cookie stays in the browser for longer, so that it can come back too late.
    SESSION_EXPIRE_AT_BROWSER_CLOSE=True,
    MIDDLEWARE=[
        f"{__name__}.log_sessions",
        "django.contrib.sessions.middleware.SessionMiddleware",
    ],
)

# The log, the oldest entry first. Requests run at the same time, so there is a lock.
LOG = []
LOCK = Lock()


def log_sessions(get_response):
    """A middleware in front of Django's own. It logs nothing yet."""

    def middleware(request):
        # Here: what the request came with,
        # request.COOKIES.get(settings.SESSION_COOKIE_NAME).
        response = get_response(request)
        # And here: what it left with, request.session.session_key.
        return response

    return middleware


def home(request):
    """Counts the visits in the session. GET /"""
    request.session["visits"] = request.session.get("visits", 0) + 1
    return JsonResponse({"visits": request.session["visits"]})


def show_log(request):
    """The log. It does not use the session, so it makes none. GET /log/"""
    with LOCK:
        return JsonResponse({"log": list(LOG)})


urlpatterns = [
    path("", home),
    path("log/", show_log),
]

if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else os.getenv("ADDR", "127.0.0.1:9000")
    execute_from_command_line([sys.argv[0], "runserver", address])
