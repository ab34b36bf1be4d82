"""Exercise 3, A/B test: a solution.

A visitor is drawn into a group at the first visit and stays there. The results count each
visitor once, and once for buying.
"""

import os
import random
import sys
from threading import Lock

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.management.utils import get_random_secret_key
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template import engines
from django.urls import path

# Sessions are kept in the memory of this program, and are gone when it stops.
settings.configure(
    SECRET_KEY=get_random_secret_key(),
    DEBUG=True,  # shows what went wrong; only for your own computer
    ROOT_URLCONF=__name__,
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    # Browsers keep cookies by host and not by port; the lab's is called sessionid.
    SESSION_COOKIE_NAME="exercise",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)

FORM = '<form method="post">{% csrf_token %}<button>Buy</button></form>'

# The results belong to all visitors, so they are no part of a session. Requests run at
# the same time: whoever changes the results holds the lock.
LOCK = Lock()
RESULTS = {
    "A": {"visitors": 0, "conversions": 0},
    "B": {"visitors": 0, "conversions": 0},
}


def count(group, what):
    with LOCK:
        RESULTS[group][what] += 1


def home(request):
    """The visitor's group, which is drawn at the first visit. GET /"""
    if "group" not in request.session:
        request.session["group"] = random.choice("AB")
        count(request.session["group"], "visitors")
    return JsonResponse({"group": request.session["group"]})


def buy(request):
    """The page with the button, and what it sends. GET and POST /buy/"""
    if request.method != "POST":
        return HttpResponse(engines["django"].from_string(FORM).render({}, request))
    if "group" not in request.session:  # whoever has not been to the site begins there
        return redirect("/")
    # Two clicks at the very same time may both be counted: Django's sessions have no
    # way to change an entry only if nobody else has.
    if not request.session.get("bought"):
        request.session["bought"] = True
        count(request.session["group"], "conversions")
    return HttpResponse("Thank you.\n")


def results(request):
    """The results. GET /results/"""
    return JsonResponse(RESULTS)


urlpatterns = [
    path("", home),
    path("buy/", buy),
    path("results/", results),
]

if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else os.getenv("ADDR", "127.0.0.1:9000")
    execute_from_command_line([sys.argv[0], "runserver", address])
