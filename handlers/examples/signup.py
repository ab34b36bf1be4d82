"""Make an account, in Django.

This file is a whole project. Run it with:
  python3 signup.py migrate
  python3 signup.py runserver
"""
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.shortcuts import redirect, render
from django.urls import path

# The templates, which a larger project keeps as files.
PAGES = {
    "signup.html": """
        <form method="post">{% csrf_token %}
            {{ form.as_p }}
            <button>Make an account</button>
        </form>
    """,
    "account.html": "<p>You are {{ request.user }}.</p>",
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
        "ENGINE": "django.db.backends.sqlite3", "NAME": "signup.sqlite3",
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

from django.contrib.auth import login  # noqa: E402, it needs the settings
from django.contrib.auth.forms import UserCreationForm  # noqa: E402


# views.py
def sign_up(request):
    form = UserCreationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.save()  # the password is hashed; the session never sees it
        login(request, user)  # the anonymous session moves to a new key with its data
        request.session.set_expiry(0)
        return redirect("/account/")
    return render(request, "signup.html", {"form": form})


def account(request):
    return render(request, "account.html")


# urls.py
urlpatterns = [path("signup/", sign_up), path("account/", account)]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
