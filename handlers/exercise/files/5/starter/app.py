"""Exercise 5, idle timeout: the starter.

It signs alice in and never signs her out. Sign her out after two seconds without a
request, and let the sign-in lead back to the page that she asked for.

Open /private/ in a browser.

    python3 exercise5.py                          starts it, and sees each change
    go run . exercise 5 http://127.0.0.1:9000/    in the lab's directory, checks it

It listens on 127.0.0.1:9000, or on the address in its first argument.
"""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.management.utils import get_random_secret_key
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template import engines
from django.urls import path
from django.utils.crypto import constant_time_compare

# Sessions are kept in the memory of this program, and are gone when it stops.
settings.configure(
    SECRET_KEY=get_random_secret_key(),
    DEBUG=True,  # shows what went wrong; only for your own computer
    ROOT_URLCONF=__name__,
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    # Browsers keep cookies by host and not by port; the lab's is called sessionid.
    SESSION_COOKIE_NAME="exercise",
    # Here: end a session that nobody uses.
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)

FORM = """<!DOCTYPE html>
<html lang="en"><title>Sign in</title>
<form method="post" action="/login/">{% csrf_token %}
<p>{{ error }}</p>
<input type="hidden" name="next" value="{{ next }}">
<label>User name <input name="username" autocomplete="username"></label>
<label>Password <input name="password" type="password"></label>
<button>Sign in</button>
</form></html>
"""

# The lab's demo account. How to keep passwords is not part of the exercise.
ACCOUNTS = {"alice": "wonderland-2026"}


def correct(username, password):
    return username in ACCOUNTS and constant_time_compare(password, ACCOUNTS[username])


def login(request):
    """The form, and what it sends. GET /login/?next=PATH and POST /login/"""
    error, next = "", request.GET.get("next", "")
    if request.method == "POST":
        username, next = request.POST.get("username", ""), request.POST.get("next", "")
        if correct(username, request.POST.get("password", "")):
            request.session.cycle_key()  # whoever knew the key before has nothing
            request.session["user"] = username
            # Here: lead to next, but never to another site.
            return redirect("/private/")
        error = "Wrong user name or password."
    form = engines["django"].from_string(FORM)
    return HttpResponse(form.render({"error": error, "next": next}, request))


def private(request):
    """A page for those who are signed in. GET /private/"""
    if "user" not in request.session:
        # Here: say where the sign-in shall lead back to.
        return redirect("/login/")
    return JsonResponse({"user": request.session["user"]})


urlpatterns = [
    path("private/", private),
    path("login/", login),
]

if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else os.getenv("ADDR", "127.0.0.1:9000")
    execute_from_command_line([sys.argv[0], "runserver", address])
