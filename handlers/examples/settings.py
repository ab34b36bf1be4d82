"""The session settings in force, in Django.

This file is a whole project. Run it with: python3 settings.py runserver
"""
import sys

from django.conf import global_settings, settings
from django.core.management import execute_from_command_line
from django.http import JsonResponse
from django.urls import path

# settings.py
settings.configure(
    DEBUG=True,
    SECRET_KEY="for this example only: a real one is random and kept out of the code",
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.file",
    SESSION_COOKIE_AGE=3600,
)


# views.py
def list_settings(request):
    names = [n for n in dir(global_settings) if n.startswith("SESSION_")]
    return JsonResponse({  # never SECRET_KEY, not even here
        name: {
            "value": getattr(settings, name),
            "from": "settings.py" if settings.is_overridden(name) else "default",
        }
        for name in names
    })


# urls.py
urlpatterns = [path("settings/", list_settings)]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
