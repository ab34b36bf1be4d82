def step_two(request):
    if "step_one_data" not in request.session:
        return redirect("step_one")
    form = StepTwoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        store({**request.session["step_one_data"], **form.cleaned_data})
        del request.session["step_one_data"]
        return redirect("thank_you")
    return render(request, "form/step_two.html", {"form": form})
