@login_required
def change_password(request):
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        # The hash in every session fits no longer, so all of them end at their next request.
        # This one gets the new hash, and a new key.
        update_session_auth_hash(request, user)
        return redirect("account")
    return render(request, "account.html", {"form": form})
