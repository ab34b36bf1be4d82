def preferences(request):
    if request.method == "POST" and "q" in request.POST:
        query = request.POST["q"].strip()
        recent = request.session.get("recent_searches", [])
        recent = [query] + [q for q in recent if q != query]
        request.session["recent_searches"] = recent[:10]
    elif request.method == "POST":
        request.session["preferences"] = {
            "theme": request.POST["theme"],
            "font_size": request.POST["font_size"],
            "sidebar": "sidebar" in request.POST,
        }
    return render(request, "preferences.html", dict(request.session.items()))
