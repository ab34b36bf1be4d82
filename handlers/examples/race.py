# Django saves the whole session, over whatever is stored by then: two requests that overlap
# lose a click, and nobody is told.
def counter(request):
    seen = request.session.get("visit_count", 0)  # loads the session
    request.session["visit_count"] = seen + 1
    return JsonResponse({"visit_count": seen + 1})  # SessionMiddleware saves after this


# What must be exact belongs into a row of its own, and is added up by the database.
def exact_counter(request):
    Visits.objects.filter(pk=request.user.pk).update(count=F("count") + 1)
    return HttpResponse(status=204)
