def set_theme(request):
    theme = request.POST.get("theme")
    if theme not in ("light", "dark", "system"):
        theme = "light"
    request.session["theme_preference"] = theme
    back = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"  # never lead to another site
    return redirect(back)
