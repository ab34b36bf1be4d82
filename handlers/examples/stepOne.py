def step_one(request):
    if request.method == "POST":
        form = StepOneForm(request.POST)
        if form.is_valid():
            request.session["step_one_data"] = form.cleaned_data
            return redirect("step_two")
    else:  # coming back: filled in from the session
        form = StepOneForm(initial=request.session.get("step_one_data", {}))
    return render(request, "form/step_one.html", {"form": form})
