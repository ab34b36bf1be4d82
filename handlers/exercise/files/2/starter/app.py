"""Exercise 2, remember me: the starter.

It signs alice in, but does not look at the box "Remember me". With the box the session
shall last two weeks, without it until the browser is closed.

Open / and /login/ in a browser.

    python3 exercise2.py                          starts it, and sees each change
    go run . exercise 2 http://127.0.0.1:9000/    in the lab's directory, checks it

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
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)

FORM = """<!DOCTYPE html>
<html lang="en"><title>Sign in</title>
<form method="post">{% csrf_token %}
<p>{{ error }}</p>
<label>User name <input name="username" autocomplete="username"></label>
<label>Password <input name="password" type="password"></label>
<label><input name="remember" type="checkbox"> Remember me</label>
<button>Sign in</button>
</form></html>
"""

# The lab's demo account. How to keep passwords is not part of the exercise.
ACCOUNTS = {"alice": "wonderland-2026"}


def correct(username, password):
    return username in ACCOUNTS and constant_time_compare(password, ACCOUNTS[username])


def login(request):
    """The form, and what it sends. GET and POST /login/"""
    error = ""
    if request.method == "POST":
        username = request.POST.get("username", "")
        if correct(username, request.POST.get("password", "")):
            request.session["user"] = username
            # Here: look at the box. "remember" in request.POST tells whether it is
            # checked.
            return redirect("/")
        error = "Wrong user name or password."
    form = engines["django"].from_string(FORM)
    return HttpResponse(form.render({"error": error}, request))


def home(request):
    """Who is signed in. GET /"""
    return JsonResponse({"user": request.session.get("user")})


urlpatterns = [
    path("", home),
    path("login/", login),
]

if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else os.getenv("ADDR", "127.0.0.1:9000")
    execute_from_command_line([sys.argv[0], "runserver", address])
