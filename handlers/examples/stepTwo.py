def step_two(request):
    if "step_one_data" not in request.session:
        return redirect("step_one")
    form = StepTwoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = Submission.objects.create(**request.session["step_one_data"], **form.cleaned_data)
        del request.session["step_one_data"]
        request.session["last_submission"] = done.pk
        return redirect("thank_you")
    return render(request, "form/step_two.html", {"form": form})
