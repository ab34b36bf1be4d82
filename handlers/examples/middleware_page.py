"""The order of middleware, in Django.

This file is a whole project. Run it with: python3 middleware_page.py runserver
"""
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import JsonResponse
from django.urls import path

# settings.py
# The outermost layer comes first.
settings.configure(
    DEBUG=True,
    SECRET_KEY="for this example only: a real one is random and kept out of the code",
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        # It needs request.session, so it stands below SessionMiddleware:
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.file",
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": "middleware.sqlite3",
    }},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)


# views.py
def list_middleware(request):
    return JsonResponse({"stack": settings.MIDDLEWARE})


# urls.py
urlpatterns = [path("middleware/", list_middleware)]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
