from django.contrib.sessions.models import Session
from django.utils import timezone


def test_session(request):
    previous = request.session.get("test_key", "Not set")
    request.session["test_key"] = f"Set at {timezone.now()}"
    return HttpResponse(f"Previous value: {escape(previous)}")


# What is really stored, in python manage.py shell:
def inspect(session_key):
    return Session.objects.get(session_key=session_key).get_decoded()
