"""An A/B test, in Django.

This file is a whole project. Run it with: python3 abtest.py runserver
"""
import random
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connection, models
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

# The templates, which a larger project keeps as files.
PAGES = {
    "abtest.html": """
        {% for c in counts %}
            <p>{{ c.variant }}: {{ c.acted }} of {{ c.shown }}</p>
        {% endfor %}
        <form method="post" action="/experiments/act/">{% csrf_token %}
            <input type="hidden" name="test" value="button_text">
            <button name="action" value="join">Join</button>
            <button name="action" value="convert">{{ group.variant }}</button>
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
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": "abtest.sqlite3",
    }},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", PAGES)]},
    }],
)
django.setup()


TESTS = {"button_text": {"plain": 1, "friendly": 1}}  # variants and their weights


# models.py
class Count(models.Model):
    test = models.CharField(max_length=40)
    variant = models.CharField(max_length=40)
    shown = models.PositiveIntegerField(default=0)
    acted = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "abtest"
        unique_together = [("test", "variant")]


def count(test, variant, column):
    Count.objects.get_or_create(test=test, variant=variant)
    row = Count.objects.filter(test=test, variant=variant)
    row.update(**{column: models.F(column) + 1})  # in the database: exact in any case


def create_table():
    if Count._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Count)


# views.py
def ab_tests(request):
    # Looking changes nothing: who has not joined is in no group.
    group = request.session.get("ab_tests", {}).get("button_text")
    return render(request, "abtest.html", {"group": group, "counts": Count.objects.all()})


@require_POST
def act_on_test(request):
    name, action = request.POST.get("test"), request.POST.get("action")
    groups = request.session.get("ab_tests", {})
    if action == "join" and name in TESTS and name not in groups:
        variants = TESTS[name]
        variant = random.choices(list(variants), variants.values())[0]
        groups[name] = {"variant": variant, "acted": False}
        count(name, variant, "shown")
    elif action == "convert" and name in groups and not groups[name]["acted"]:
        groups[name]["acted"] = True
        count(name, groups[name]["variant"], "acted")
    request.session["ab_tests"] = groups
    return redirect("/experiments/")


# urls.py
urlpatterns = [path("experiments/", ab_tests), path("experiments/act/", act_on_test)]


if __name__ == "__main__":
    create_table()  # a project with an app has migrations for it
    execute_from_command_line(sys.argv)
