"""A dictionary and a list in the session, in Django.

This file is a whole project. Run it with: python3 preferences.py runserver
"""
import sys

from django import forms
from django.conf import settings
from django.core.management import execute_from_command_line
from django.shortcuts import redirect, render
from django.urls import path

# The templates, which a larger project keeps as files.
PAGES = {
    "preferences.html": """
        <form method="post">{% csrf_token %}
            {{ form.as_p }}
            <button>Save</button>
        </form>
        <form method="post">{% csrf_token %}
            <input name="q" required maxlength="100"> <button>Search</button>
        </form>
        {% for q in recent_searches %}<p>{{ q }}</p>{% endfor %}
        <form method="post">{% csrf_token %}
            <button name="action" value="clear">Forget the searches</button>
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


# forms.py
class PreferencesForm(forms.Form):
    theme = forms.ChoiceField(choices=[(v, v) for v in ("light", "dark", "system")])
    font_size = forms.ChoiceField(choices=[(v, v) for v in ("small", "medium", "large")])
    sidebar = forms.BooleanField(required=False)


DEFAULTS = {"theme": "light", "font_size": "medium", "sidebar": True}


# views.py
def preferences(request):
    session = request.session
    form = PreferencesForm(initial=session.get("preferences", DEFAULTS))
    if request.method == "POST" and request.POST.get("action") == "clear":
        session.pop("recent_searches", None)
        return redirect("/preferences/")
    if request.method == "POST" and "q" in request.POST:
        query = request.POST["q"].strip()[:100]
        others = [q for q in session.get("recent_searches", []) if q != query]
        session["recent_searches"] = ([query] + others)[:10]
        return redirect("/preferences/")
    if request.method == "POST":
        form = PreferencesForm(request.POST)
        if form.is_valid():
            session["preferences"] = form.cleaned_data
            return redirect("/preferences/")
    return render(request, "preferences.html", {
        "form": form,
        "recent_searches": session.get("recent_searches", []),
    })


# urls.py
urlpatterns = [path("preferences/", preferences)]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
