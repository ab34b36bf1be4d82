"""Exercise 4, a log of sessions: a solution.

A middleware in front of Django's own sees each request's cookie before, and the session's
key after.
"""

import hashlib
import os
import sys
from collections import deque
from threading import Lock

from django.conf import settings
from django.contrib.sessions.backends.cache import SessionStore
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

# The newest entries, the oldest of them first. Requests run at the same time, so there is
# a lock.
LOG = deque(maxlen=1000)
LOCK = Lock()


def add(event, name):
    LOG.append({"event": event, "session": name})


def last(name):
    """The newest event of a session, None if there is none."""
    return next((e["event"] for e in reversed(LOG) if e["session"] == name), None)


def hashed(key):
    """A name for the log: whoever reads it cannot take over the session."""
    return hashlib.sha256(key.encode()).hexdigest()[:10]


def log_sessions(get_response):
    """Logs which sessions begin and which have expired."""

    def middleware(request):
        before = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if before and not SessionStore(before).load():
            with LOCK:
                # The log tells an expired session from a cookie that somebody made up.
                if last(hashed(before)) == "created":
                    add("expired", hashed(before))
        response = get_response(request)
        after = request.session.session_key  # there by now: the session has been saved
        if after and after != before:
            with LOCK:
                add("created", hashed(after))
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
