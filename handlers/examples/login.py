def sign_in(request):
    form = AuthenticationForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())  # a new key, unless this user was signed in already
        if request.POST.get("remember"):
            request.session.set_expiry(1209600)  # two weeks
        else:
            request.session.set_expiry(0)  # until the browser is closed
        target = request.POST.get("next", "")
        if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
            target = "/account/"
        return redirect(target)
    return render(request, "login.html", {"form": form})
