"""Look into a session, in Django.

This file is a whole project. Run it with: python3 debug.py runserver
"""
import sys
from importlib import import_module

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import escape

# settings.py
settings.configure(
    DEBUG=True,
    SECRET_KEY="for this example only: a real one is random and kept out of the code",
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.file",
)


# views.py
def test_session(request):
    previous = request.session.get("test_key", "Not set")
    request.session["test_key"] = f"Set at {timezone.now()}"
    return HttpResponse(f"Previous value: {escape(previous)}")


# urls.py
urlpatterns = [path("debug/", test_session)]


def inspect(key):
    """What is really stored: python3 debug.py inspect KEY, with the key of the cookie."""
    return import_module(settings.SESSION_ENGINE).SessionStore(key).load()


if __name__ == "__main__":
    if sys.argv[1:2] == ["inspect"]:
        print(inspect(sys.argv[2]))
    else:
        execute_from_command_line(sys.argv)
