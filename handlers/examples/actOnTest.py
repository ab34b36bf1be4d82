import random


def act_on_test(request):
    name = request.POST["test"]
    weights = TESTS[name]
    groups = request.session.setdefault("ab_tests", {})
    if request.POST["action"] == "join" and name not in groups:
        variant = random.choices(list(weights), weights.values())[0]
        groups[name] = {"variant": variant, "acted": False}
        Count.objects.filter(test=name, variant=variant).update(shown=F("shown") + 1)
    elif request.POST["action"] == "convert" and not groups[name]["acted"]:
        groups[name]["acted"] = True
        Count.objects.filter(test=name, variant=groups[name]["variant"]).update(acted=F("acted") + 1)
    request.session.modified = True  # a change inside a dictionary is not noticed by itself
    return redirect("/experiments/")
