@login_required
def account(request):
    return render(request, "account.html", {"user": request.user})


class IdleTimeout:
    """A middleware, after AuthenticationMiddleware."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            now, seen = time.time(), request.session.get("seen")
            if seen is not None and now - seen > TIMEOUT:
                logout(request)
                query = urlencode({"next": request.get_full_path(), "away": TIMEOUT})
                return redirect("/login/?" + query)
            if seen is None or now - seen > TIMEOUT / 10:  # not at each request
                request.session["seen"] = now
        return self.get_response(request)
