"""A page that stores nothing, in Django.

This file is a whole project. Run it with: python3 home.py runserver
"""
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
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
)


# views.py
def home(request):
    return HttpResponse("Nothing was stored, so no cookie is sent.")


# urls.py
urlpatterns = [path("", home)]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
