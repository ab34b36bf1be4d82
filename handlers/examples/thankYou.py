def thank_you(request):
    # Nothing is submitted here, so the page may be loaded again.
    done = Submission.objects.filter(pk=request.session.get("last_submission")).first()
    return render(request, "form/thank_you.html", {"submission": done})
