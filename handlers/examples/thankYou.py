def thank_you(request):
    # Nothing is submitted here, so the page may be loaded again.
    return render(request, "form/thank_you.html")
