def counter(request):
    count = request.session.get("visit_count", 0) + 1
    request.session["visit_count"] = count  # two tabs at once: one visit is lost
    return render(request, "counter.html", {"count": count})
