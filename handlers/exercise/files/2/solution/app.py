"""Exercise 2, remember me: a solution.

The box on the sign-in form decides whether the session outlives the browser.
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

TWO_WEEKS = 14 * 24 * 60 * 60


def correct(username, password):
    return username in ACCOUNTS and constant_time_compare(password, ACCOUNTS[username])


def login(request):
    """The form, and what it sends. GET and POST /login/"""
    error = ""
    if request.method == "POST":
        username = request.POST.get("username", "")
        if correct(username, request.POST.get("password", "")):
            request.session.cycle_key()  # whoever knew the key before has nothing
            request.session["user"] = username
            # Both ways are said: what was chosen at an earlier sign-in must not stay.
            # 0 stands for the end of the browser.
            request.session.set_expiry(TWO_WEEKS if "remember" in request.POST else 0)
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
