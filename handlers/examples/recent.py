class Recently:
    """A middleware, after SessionMiddleware."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        session = request.session
        if request.method == "GET" and response.status_code == 200 and "recent_pages" in session:
            pages = session["recent_pages"]
            old = next((p for p in pages if p["path"] == request.path), None)
            page = {"path": request.path, "count": old["count"] + 1 if old else 1}
            # Two tabs at once: the one that saves last wins, and a visit is lost.
            session["recent_pages"] = [page] + [p for p in pages if p is not old][:9]
        return response


def recent(request):
    return render(request, "recent.html", {"pages": request.session.get("recent_pages", [])})
