"""Five session engines compared, in Django.

This file is a whole project. Run it with:
  python3 engines.py migrate
  python3 engines.py runserver
"""
import sys
from importlib import import_module
from time import perf_counter

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import JsonResponse
from django.urls import path

# settings.py
settings.configure(
    DEBUG=True,
    SECRET_KEY="for this example only: a real one is random and kept out of the code",
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.sessions",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.cached_db",
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": "engines.sqlite3",
    }},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)


ENGINES = ["db", "file", "cache", "cached_db", "signed_cookies"]


# views.py
def compare_engines(request):
    """Django has one engine for the whole site; a session of each can be made by hand."""
    took = {}
    for name in ENGINES:
        store = import_module(f"django.contrib.sessions.backends.{name}").SessionStore()
        store["visit_count"] = 1
        start = perf_counter()
        store.save()
        took[name] = round((perf_counter() - start) * 1_000_000)
        store.delete()
    return JsonResponse({"engine": settings.SESSION_ENGINE, "save_us": took})


# urls.py
urlpatterns = [path("engines/", compare_engines)]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
