"""A small Django site with a sign-in, for the pattern fromdjango and its test.

    SECRET_KEY=... DATABASE=db.sqlite3 python3 site.py [PORT]

It makes its tables and the user alice (wonderland-2026), and prints its address.
"""

import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings

settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE", "db.sqlite3"),
    }},
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)
django.setup()

from django.contrib.auth import authenticate, login, logout  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.shortcuts import redirect  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path  # noqa: E402

PAGE = """<!DOCTYPE html><html lang="en"><title>Django</title>
<p>This page is Django. User: {{ visitor.user.username|default:"nobody" }}.
Cart: {{ visitor.session.cart|join:" " }}.</p>
<form method="post" action="/login/">{% csrf_token %}<input name="password" type="password">
<button>Sign in as alice</button></form>
<form method="post" action="/logout/">{% csrf_token %}<button>Sign out</button></form>
<form method="post" action="/password/">{% csrf_token %}<input name="password">
<button>Change the password</button></form>
<a href="/cart/">To the page that is Go</a></html>"""


def home(request):
    return HttpResponse(engines["django"].from_string(PAGE).render({"visitor": request}, request))


def sign_in(request):
    user = authenticate(request, username="alice", password=request.POST["password"])
    if user is None:
        return HttpResponse("Wrong password.", status=422)
    login(request, user)
    return redirect("/")


def sign_out(request):
    logout(request)
    return redirect("/")


def password(request):
    request.user.set_password(request.POST["password"])
    request.user.save()
    return redirect("/")


urlpatterns = [
    path("", home),
    path("login/", sign_in),
    path("logout/", sign_out),
    path("password/", password),
]


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    if not User.objects.exists():
        User.objects.create_user("alice", password="wonderland-2026")
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = make_server("127.0.0.1", port, get_wsgi_application(), handler_class=Quiet)
    print("http://127.0.0.1:%d/" % server.server_port, flush=True)
    server.serve_forever()
