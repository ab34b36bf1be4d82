"""A form on two pages, in Django.

This file is a whole project. Run it with: python3 form.py runserver
"""
import secrets
import sys
from urllib.parse import urlencode

import django
from django import forms
from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connection, models
from django.shortcuts import redirect, render
from django.urls import path

# The templates, which a larger project keeps as files.
PAGES = {
    "form.html": """
        <form method="post">{% csrf_token %}
            <input type="hidden" name="form" value="{{ token }}">
            {{ form.as_p }}
            <button>Next</button>
        </form>
    """,
    "thank_you.html": """
        {% if done %}<p>Thank you, {{ done.full_name }}: {{ done.seats }} seats.</p>
        {% else %}<p>Nothing was submitted yet.</p>{% endif %}
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
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": "form.sqlite3",
    }},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", PAGES)]},
    }],
)
django.setup()


# models.py
class Submission(models.Model):
    token = models.CharField(max_length=64, unique=True)
    full_name = models.CharField(max_length=100)
    email = models.EmailField()
    track = models.CharField(max_length=10)
    seats = models.PositiveSmallIntegerField()
    notes = models.TextField()

    class Meta:
        app_label = "form"


def create_table():
    if Submission._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Submission)


# forms.py
class StepOneForm(forms.Form):
    full_name = forms.CharField(max_length=100)
    email = forms.EmailField()


class StepTwoForm(forms.Form):
    track = forms.ChoiceField(choices=[(v, v) for v in ("go", "django", "both")])
    seats = forms.IntegerField(min_value=1, max_value=10)
    notes = forms.CharField(max_length=1000, required=False)


# views.py
def find(request, token):
    """The draft of this tab: each filling-in of the form has a token of its own."""
    drafts = request.session.get("step_one_data", [])
    return next((d for d in drafts if d["token"] == token), None)


def others(request, token):
    return [d for d in request.session.get("step_one_data", []) if d["token"] != token]


def page_of(step, token):
    return redirect(f"/form/{step}/?" + urlencode({"form": token}))


def step_one(request):
    if request.method == "POST":
        token = request.POST.get("form") or secrets.token_hex(16)
        form = StepOneForm(request.POST)
        if form.is_valid():
            draft = {"token": token, **form.cleaned_data}
            request.session["step_one_data"] = [draft] + others(request, token)[:4]
            return page_of("step-two", token)
    else:  # coming back: filled in from the session
        token = request.GET.get("form") or secrets.token_hex(16)
        form = StepOneForm(initial=find(request, token))
    return render(request, "form.html", {"form": form, "token": token})


def step_two(request):
    token = (request.POST or request.GET).get("form", "")
    draft = find(request, token)
    if draft is None:
        if Submission.objects.filter(token=token).exists():  # the second click of two
            return redirect("/form/thank-you/")
        return page_of("step-one", token)
    form = StepTwoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answers = {**draft, **form.cleaned_data}
        Submission.objects.get_or_create(token=answers.pop("token"), defaults=answers)
        request.session["step_one_data"] = others(request, token)
        request.session["sign_up_token"] = token  # nobody can guess it, unlike an id
        return redirect("/form/thank-you/")
    return render(request, "form.html", {"form": form, "token": token})


def thank_you(request):
    # Nothing is submitted here, so the page may be loaded again.
    token = request.session.get("sign_up_token")
    done = Submission.objects.filter(token=token).first()
    return render(request, "thank_you.html", {"done": done})


# urls.py
urlpatterns = [
    path("form/step-one/", step_one),
    path("form/step-two/", step_two),
    path("form/thank-you/", thank_you),
]


if __name__ == "__main__":
    create_table()  # a project with an app has migrations for it
    execute_from_command_line(sys.argv)
