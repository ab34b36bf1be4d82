"""Recently visited pages, in Django.

This file is a whole project. Run it with: python3 recent.py runserver
"""
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

# The templates, which a larger project keeps as files.
PAGES = {
    "recent.html": """
        <form method="post" action="/recent/start/">{% csrf_token %}
            <button>Start</button>
        </form>
        {% for page in pages %}<p>{{ page.path }}: {{ page.count }}</p>{% endfor %}
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
        f"{__name__}.recently",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.file",
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", PAGES)]},
    }],
)


# middleware.py
def recently(get_response):
    """Counts the pages of those who have switched it on. It stands below the session."""

    def middleware(request):
        response = get_response(request)
        pages = request.session.get("recent_pages")
        if request.method == "GET" and response.status_code == 200 and pages is not None:
            old = next((p for p in pages if p["path"] == request.path), None)
            page = {"path": request.path, "count": old["count"] + 1 if old else 1}
            # Two tabs at once: the one that saves last wins, and a visit is lost.
            others = [p for p in pages if p is not old]
            request.session["recent_pages"] = [page] + others[:9]
        return response

    return middleware


# views.py
def recent(request):
    pages = request.session.get("recent_pages", [])
    return render(request, "recent.html", {"pages": pages})


@require_POST
def start(request):
    request.session.setdefault("recent_pages", [])
    return redirect("/recent/")


# urls.py
urlpatterns = [
    path("", lambda request: HttpResponse("A page to visit.")),
    path("recent/", recent),
    path("recent/start/", start),
]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
