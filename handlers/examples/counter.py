"""A visit counter in Django.

This file is a whole project. Run it with: python3 counter.py runserver
"""
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

# The templates, which a larger project keeps as files.
PAGES = {
    "counter.html": """
        <p>You have been here {{ count }} time{{ count|pluralize }}.</p>
        <form method="post" action="/counter/forget/">{% csrf_token %}
            <button>Forget me</button>
        </form>
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
def counter(request):
    count = request.session.get("visit_count", 0) + 1
    request.session["visit_count"] = count  # two tabs at once: one visit is lost
    return render(request, "counter.html", {"count": count})


@require_POST
def forget(request):
    request.session.pop("visit_count", None)
    return redirect("/counter/")


# urls.py
urlpatterns = [
    path("counter/", counter),
    path("counter/forget/", forget),
]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
