"""Exercise 1, recently visited: the starter.

It serves twelve pages, and a list that stays empty since nobody adds to it. Make it
list the pages that this visitor opened last, the newest first, with the number of
visits to each.

Open /page/1/ and then /recent/ in a browser.

    python3 exercise1.py                          starts it, and sees each change
    go run . exercise 1 http://127.0.0.1:9000/    in the lab's directory, checks it

It listens on 127.0.0.1:9000, or on the address in its first argument.
"""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.management.utils import get_random_secret_key
from django.http import Http404, HttpResponse, JsonResponse
from django.urls import path

# Sessions are kept in the memory of this program, and are gone when it stops.
settings.configure(
    SECRET_KEY=get_random_secret_key(),
    DEBUG=True,  # shows what went wrong; only for your own computer
    ROOT_URLCONF=__name__,
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    # Browsers keep cookies by host and not by port; the lab's is called sessionid.
    SESSION_COOKIE_NAME="exercise",
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
)


def page(request, n):
    """One page of the site. GET /page/<n>/"""
    if not 1 <= n <= 12:
        raise Http404
    # Here: count this visit in the list. The page's path is request.path. The session is
    # used like a dictionary, and saved when something is assigned to one of its keys.
    return HttpResponse(f"This is page {n}.\n")


def recent(request):
    """The visitor's list. GET /recent/"""
    return JsonResponse({"recent": request.session.get("recent", [])})


urlpatterns = [
    path("page/<int:n>/", page),
    path("recent/", recent),
]

if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else os.getenv("ADDR", "127.0.0.1:9000")
    execute_from_command_line([sys.argv[0], "runserver", address])
