"""Sign in, remember me, in Django.

This file is a whole project. Run it with:
  python3 login.py migrate
  python3 login.py createsuperuser
  python3 login.py runserver
"""
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

# The templates, which a larger project keeps as files.
PAGES = {
    "login.html": """
        <form method="post">{% csrf_token %}
            {{ form.as_p }}
            <input type="hidden" name="next" value="{{ request.GET.next }}">
            <label><input type="checkbox" name="remember"> Remember me</label>
            <button>Sign in</button>
        </form>
    """,
    "account.html": """
        <p>You are {{ request.user }}.</p>
        <form method="post" action="/logout/">{% csrf_token %}
            <button>Sign out</button>
        </form>
    """,
}

# settings.py
settings.configure(
    DEBUG=True,
    SECRET_KEY="for this example only: a real one is random and kept out of the code",
    ROOT_URLCONF=__name__,
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
    SESSION_ENGINE="django.contrib.sessions.backends.db",
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": "login.sqlite3",
    }},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    LOGIN_URL="/login/",
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", PAGES)],
                    "context_processors": ["django.template.context_processors.request"]},
    }],
)
django.setup()

from django.contrib.auth import login, logout  # noqa: E402, they need the settings
from django.contrib.auth.decorators import login_required  # noqa: E402
from django.contrib.auth.forms import AuthenticationForm  # noqa: E402


# views.py
def sign_in(request):
    form = AuthenticationForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())  # a new key, so that an old one is worth nothing
        if request.POST.get("remember"):
            request.session.set_expiry(1209600)  # two weeks
        else:
            request.session.set_expiry(0)  # until the browser is closed
        target = request.POST.get("next", "")
        if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
            target = "/account/"
        return redirect(target)
    return render(request, "login.html", {"form": form})


@require_POST
def sign_out(request):
    logout(request)  # flush: the record is deleted, and the key is worth nothing
    return redirect("/login/")


@login_required
def account(request):
    return render(request, "account.html")


# urls.py
urlpatterns = [
    path("login/", sign_in),
    path("logout/", sign_out),
    path("account/", account),
]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
