"""An idle timeout, in Django.

This file is a whole project. Run it with:
  python3 idle.py migrate
  python3 idle.py createsuperuser
  python3 idle.py runserver
"""
import sys
import time
from urllib.parse import urlencode

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.shortcuts import redirect, render
from django.urls import path

# The templates, which a larger project keeps as files.
PAGES = {
    "login.html": """
        <form method="post">{% csrf_token %}
            {{ form.as_p }}
            <input type="hidden" name="next" value="{{ request.GET.next }}">
            <button>Sign in</button>
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
        f"{__name__}.IdleTimeout",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.db",
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": "idle.sqlite3",
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

from django.contrib.auth import logout  # noqa: E402, it needs the settings
from django.contrib.auth.decorators import login_required  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402


TIMEOUT = 30 * 60  # seconds


# middleware.py
class IdleTimeout:
    """Signs people out who have walked away. It stands below AuthenticationMiddleware."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            now, seen = time.time(), request.session.get("seen")
            if seen is not None and now - seen > TIMEOUT:
                logout(request)
                return redirect("/login/?" + urlencode({"next": request.get_full_path()}))
            if seen is None or now - seen > TIMEOUT / 10:  # not at each request
                request.session["seen"] = now
        return self.get_response(request)


# views.py
@login_required
def account(request):
    return render(request, "account.html")


# urls.py
urlpatterns = [
    path("login/", LoginView.as_view(template_name="login.html")),
    path("account/", account),
]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
