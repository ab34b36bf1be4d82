"""A log of session events, and a live stream of it, in Django.

This file is a whole project. Run it with: python3 events.py runserver
"""
import hashlib
import hmac
import json
import sys
import time

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connection, models
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

# settings.py
settings.configure(
    DEBUG=True,
    SECRET_KEY="for this example only: a real one is random and kept out of the code",
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        f"{__name__}.session_log",
        "django.contrib.sessions.middleware.SessionMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.file",
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": "events.sqlite3",
    }},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()


# models.py
class Event(models.Model):
    kind = models.CharField(max_length=20)
    session = models.CharField(max_length=10)
    path = models.CharField(max_length=200)

    class Meta:
        app_label = "events"


def create_table():
    if Event._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Event)


def short(key):
    """Never the key itself: whoever reads the log could use it."""
    secret = settings.SECRET_KEY.encode()
    return hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()[:10]


# middleware.py
def session_log(get_response):
    """Django tells nobody what happens to a session, so before and after are compared.

    It stands above SessionMiddleware, which has saved the session when it returns.
    """

    def middleware(request):
        before = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        response = get_response(request)
        after = request.session.session_key
        for kind, key in (("ended or moved", before), ("created", after)):
            if key and before != after:
                Event.objects.create(kind=kind, session=short(key), path=request.path)
        return response

    return middleware


# views.py
def visit(request):
    request.session["visited"] = True
    return HttpResponse("Your session has begun.")


def stream(request):
    mine = short(request.session.session_key or "")
    last = int(request.headers.get("Last-Event-ID", 0))

    def events(last):
        yield "retry: 2000\n\n"
        while request.session.exists(request.session.session_key):
            for e in Event.objects.filter(session=mine, id__gt=last).order_by("id"):
                last = e.id
                yield f"id: {e.id}\ndata: {json.dumps({'name': e.kind})}\n\n"
            time.sleep(1)

    return StreamingHttpResponse(events(last), content_type="text/event-stream")


# urls.py
urlpatterns = [path("events/visit/", visit), path("events/stream", stream)]


if __name__ == "__main__":
    create_table()  # a project with an app has migrations for it
    execute_from_command_line(sys.argv)
