"""Passwords and sign-ins of an account, in Django.

This file is a whole project. Run it with:
  python3 account.py migrate
  python3 account.py createsuperuser
  python3 account.py runserver
"""
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

# The templates, which a larger project keeps as files.
PAGES = {
    "login.html": """
        <form method="post">{% csrf_token %}
            {{ form.as_p }}
            <input type="hidden" name="next" value="{{ request.GET.next }}">
            <button>Sign in</button>
        </form>
    """,
    "account.html": """
        <p>You are {{ request.user }}. {{ error }}</p>
        <form method="post" action="/account/password/">{% csrf_token %}
            {{ form.as_p }} <button>Change the password</button>
        </form>
        <form method="post" action="/account/sign-out-everywhere/">{% csrf_token %}
            <input type="password" name="password">
            <button>Sign out everywhere else</button>
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
        "ENGINE": "django.db.backends.sqlite3", "NAME": "account.sqlite3",
    }},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    LOGIN_URL="/login/",
    LOGIN_REDIRECT_URL="/account/",
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", PAGES)],
                    "context_processors": ["django.template.context_processors.request"]},
    }],
)
django.setup()

from django.contrib.auth import update_session_auth_hash  # noqa: E402
from django.contrib.auth.decorators import login_required  # noqa: E402
from django.contrib.auth.forms import PasswordChangeForm  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402


# views.py
def show(request, form=None, error=""):
    page = {"form": form or PasswordChangeForm(request.user), "error": error}
    return render(request, "account.html", page, status=422 if form or error else 200)


@login_required
def account(request):
    return show(request)


@login_required
@require_POST
def change_password(request):
    form = PasswordChangeForm(request.user, request.POST)
    if not form.is_valid():
        return show(request, form)
    # Every session keeps a hash of the password. It does not match any more, so they all
    # end at their next request; this one gets the new hash, and a new key.
    update_session_auth_hash(request, form.save())
    return redirect("/account/")


@login_required
@require_POST
def sign_out_everywhere(request):
    if not request.user.check_password(request.POST.get("password", "")):
        return show(request, error="This is not your password.")
    # Django has no list of a user's sessions, so each one is looked into.
    for stored in Session.objects.filter(expire_date__gt=timezone.now()):
        owner = stored.get_decoded().get("_auth_user_id")
        if owner == str(request.user.pk) and stored.pk != request.session.session_key:
            stored.delete()
    return redirect("/account/")


# urls.py
urlpatterns = [
    path("login/", LoginView.as_view(template_name="login.html")),
    path("account/", account),
    path("account/password/", change_password),
    path("account/sign-out-everywhere/", sign_out_everywhere),
]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
