"""A theme without an account, in Django.

This file is a whole project. Run it with: python3 theme.py runserver
"""
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme

# The templates, which a larger project keeps as files.
PAGES = {
    "theme.html": """
        <html data-theme="{{ theme }}">
        <form method="post">{% csrf_token %}
            <button name="theme" value="light">Light</button>
            <button name="theme" value="dark">Dark</button>
            <button name="theme" value="system">System</button>
        </form>
        </html>
    """,
}

# settings.py
settings.configure(
    DEBUG=True,
    SECRET_KEY="for this example only: a real one is random and kept out of the code",
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.file",
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", PAGES)]},
    }],
)


# views.py
def theme(request):
    if request.method == "POST":
        return set_theme(request)
    theme = request.session.get("theme_preference", "light")
    return render(request, "theme.html", {"theme": theme})


def set_theme(request):
    theme = request.POST.get("theme")
    if theme not in ("light", "dark", "system"):
        theme = "light"
    request.session["theme_preference"] = theme
    back = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/theme/"  # never lead to another site
    return redirect(back)


# urls.py
urlpatterns = [path("theme/", theme)]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
