# Django has one engine for the whole site, named in settings.py:
#   SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
# To compare them, a view can make a session with each and stop the time.
from importlib import import_module
from time import perf_counter

ENGINES = ["db", "file", "cache", "cached_db", "signed_cookies"]


def compare_engines(request):
    took = {}
    for name in ENGINES:
        store = import_module(f"django.contrib.sessions.backends.{name}").SessionStore()
        store["visit_count"] = 1
        start = perf_counter()
        store.save()
        took[name] = round((perf_counter() - start) * 1_000_000)
        store.delete()
    return JsonResponse({"engine": settings.SESSION_ENGINE, "save_us": took})
