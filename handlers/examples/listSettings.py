from django.conf import global_settings, settings


def list_settings(request):
    names = [n for n in dir(global_settings) if n.startswith("SESSION_")]
    values = {
        name: {
            "value": getattr(settings, name),
            "from": "settings.py" if settings.is_overridden(name) else "default",
        }
        for name in names
    }
    return JsonResponse({"settings": values})  # never SECRET_KEY, not even here
