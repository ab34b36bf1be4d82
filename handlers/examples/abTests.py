TESTS = {"button_text": {"plain": 1, "friendly": 1}}


def ab_tests(request):
    groups = request.session.get("ab_tests", {})  # to look changes nothing
    results = {}
    for name, weights in TESTS.items():
        results[name] = {
            "group": groups.get(name),
            "counts": {v: Count.objects.filter(test=name, variant=v).values("shown", "acted").first() for v in weights},
        }
    return render(request, "ab_tests.html", {"results": results})
