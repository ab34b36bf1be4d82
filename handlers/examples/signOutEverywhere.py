@login_required
@require_POST
def sign_out_everywhere(request):
    if not request.user.check_password(request.POST["password"]):
        return render(request, "account.html", {"error": "This is not your password."}, status=422)
    # Django has no such button. A counter in the user's session hash does it: override
    # get_session_auth_hash to sign the password and the counter together.
    request.user.epoch = F("epoch") + 1
    request.user.save(update_fields=["epoch"])
    request.user.refresh_from_db()
    update_session_auth_hash(request, request.user)  # this session stays
    return redirect("account")
