def sign_up(request):
    form = UserCreationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.save()  # the password is hashed; the session never sees it
        login(request, user)  # the anonymous session moves to a new key, its data comes along
        request.session.set_expiry(0)
        return redirect("account")
    return render(request, "signup.html", {"form": form})
