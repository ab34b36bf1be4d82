"""Two requests on one session in Django: the last one to save wins.

This file is a whole project. Run it with: python3 race.py runserver
"""
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import JsonResponse
from django.urls import path

# settings.py
settings.configure(
    DEBUG=True,
    SECRET_KEY="for this example only: a real one is random and kept out of the code",
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    SESSION_ENGINE="django.contrib.sessions.backends.file",
)


# views.py
def counter(request):
    seen = request.session.get("visit_count", 0)  # loads the session
    request.session["visit_count"] = seen + 1
    # SessionMiddleware saves the whole session after this, over whatever is stored by
    # then. Two requests that overlap lose a click, and nobody is told. What must be exact
    # belongs into a row of its own: Visits.objects.update(count=F("count") + 1).
    return JsonResponse({"visit_count": seen + 1})


# urls.py
urlpatterns = [path("counter/", counter)]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
