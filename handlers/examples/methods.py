"""The methods of a session, in Django.

This file is a whole project. Run it with: python3 methods.py runserver
"""
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponseBadRequest
from django.shortcuts import render
from django.urls import path

# The templates, which a larger project keeps as files.
PAGES = {
    "methods.html": """
        <form method="post">{% csrf_token %}
            <input name="key" value="language"> <input name="value" value="en">
            {% for action in actions %}
                <button name="action" value="{{ action }}">{{ action }}</button>
            {% endfor %}
        </form>
        <p>Answer: {{ answer }}, modified: {{ request.session.modified }}</p>
        <p>It expires after {{ request.session.get_expiry_age }} seconds.</p>
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
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", PAGES)],
                    "context_processors": ["django.template.context_processors.request"]},
    }],
)


ACTIONS = {
    "has": lambda s, key, value: key in s,
    "get": lambda s, key, value: s.get(key, value),
    "set": lambda s, key, value: s.__setitem__(key, value),  # s[key] = value
    "delete": lambda s, key, value: s.__delitem__(key),  # del s[key], may be a KeyError
    "pop": lambda s, key, value: s.pop(key, value),
    "setdefault": lambda s, key, value: s.setdefault(key, value),
    "modified": lambda s, key, value: s.modified,  # will it be saved?
    "expiry-300": lambda s, key, value: s.set_expiry(300),  # five minutes after each save
    "expiry-browser": lambda s, key, value: s.set_expiry(0),  # until it is closed
    "expiry-default": lambda s, key, value: s.set_expiry(None),  # as the settings say
    "cycle": lambda s, key, value: s.cycle_key(),  # the same data under a new key
    "test-set": lambda s, key, value: s.set_test_cookie(),
    "test-check": lambda s, key, value: s.test_cookie_worked(),
    "test-delete": lambda s, key, value: s.delete_test_cookie(),
    "clear": lambda s, key, value: s.clear(),  # no data any more
    "flush": lambda s, key, value: s.flush(),  # no record and no cookie any more
}


# views.py
def methods(request):
    answer = None
    if request.method == "POST":
        if request.POST.get("action") not in ACTIONS:
            return HttpResponseBadRequest("There is no such method.")
        # Names below try_ only: visitors must not write what other pages rely on.
        key = "try_" + request.POST.get("key", "")
        try:
            method = ACTIONS[request.POST["action"]]
            answer = method(request.session, key, request.POST.get("value", ""))
        except KeyError:
            answer = "KeyError"
    return render(request, "methods.html", {"answer": answer, "actions": ACTIONS})


# urls.py
urlpatterns = [path("methods/", methods)]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
