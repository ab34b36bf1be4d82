package exercise

import "fmt"

func abTest() Exercise {
	return Exercise{
		Number: 3,
		Title:  "A/B test",
		Task: []string{
			"Put each visitor at random into one of two groups, A or B, at their first visit, and keep " +
				"them there. Count how many visitors each group has and how many of them bought something.",
			"A visitor counts once for the visit and once for buying, however often they come and buy. The " +
				"group belongs into the session; the results belong to all visitors and do not.",
		},
		Addresses: []Address{
			{"GET /", `JSON: {"group": "A"}, the visitor's group`},
			{"GET /buy/", "A page with a form (method POST) without fields of your own. Hidden fields, " +
				"such as a CSRF token, are sent along."},
			{"POST /buy/", "The visitor buys: any page, or a redirect"},
			{"GET /results/", `JSON: {"A": {"visitors": 21, "conversions": 3}, "B": {"visitors": 19, ` +
				`"conversions": 4}}. Looking at it makes nobody a visitor.`},
		},
		Criteria: []Criterion{
			{"group", "A visitor is in group A or B."},
			{"sticky", "Each visitor stays in their group."},
			{"both", "Of 40 visitors, both groups get some."},
			{"visitors", "The results count each visitor once."},
			{"conversions", "Buying counts for the buyer's group."},
			{"once", "Whoever buys twice is counted once."},
		},
		Hints: [3]string{
			"Draw once, at the first visit, and store the group in the session. From then on read it and " +
				"never draw again.",
			"Count a visitor at the moment when they are drawn. For buying, store in the session that this " +
				"visitor has been counted, and look there before you count. The counts themselves are a " +
				"variable of the program, with a lock, because requests run at the same time.",
			"Django: if 'group' not in request.session: request.session['group'] = random.choice('AB'), " +
				"and count. Go: if !group.Has(s) { group.Set(s, draw()) }, with group = " +
				"sessions.Key[string](\"group\"). For buying use bought.Update(s, func(before bool) bool { " +
				"isNew = !before; return true }), call s.Save(), and count if isNew: so that two clicks at " +
				"once count once.",
		},
		Difference: "The lab draws nobody who only looks: its page has a button to join, because the lab " +
			"never stores anything for a page that is only looked at. The solution draws at the first " +
			"visit, as real tests do, since a visitor has to be shown one of the two versions. The lab " +
			"also keeps its results in a database, weighs its groups, and says whether the difference may " +
			"be chance.",
		Example: "/experiments/",
		play:    playABTest,
	}
}

// outcome is what /results/ says of one group.
type outcome struct {
	Visitors    int `json:"visitors"`
	Conversions int `json:"conversions"`
}

func playABTest(p *play) {
	reader := p.visitor()
	results := func() (map[string]outcome, *answer) {
		found := map[string]outcome{}
		a := reader.get("/results/")
		a.json(&found)
		return found, a
	}
	groupOf := func(v *visitor) (string, *answer) {
		var mine struct {
			Group string `json:"group"`
		}
		a := v.get("/")
		a.json(&mine)
		return mine.Group, a
	}
	before, _ := results()
	members := map[string][]*visitor{}
	join := func(v *visitor) (string, *answer) {
		group, a := groupOf(v)
		members[group] = append(members[group], v)
		return group, a
	}

	p.tick("group", func() Result {
		group, a := join(p.visitor())
		return result(group == "A" || group == "B", "GET / as a new visitor", a.got(),
			`200 {"group": "A"} or {"group": "B"}`)
	})
	p.tick("sticky", func() Result {
		for range 6 {
			v := p.visitor()
			first, _ := join(v)
			for n := range 3 {
				if now, a := groupOf(v); now != first {
					return result(false,
						fmt.Sprintf("GET / as a visitor whose first visit was answered with group %s, visit %d",
							printable(first), n+2),
						a.got(), "group "+printable(first)+" again")
				}
			}
		}
		return result(
			true, "Six visitors sent GET / four times each", "the same group each time for each of them",
			"the same group each time")
	}, "group")
	p.tick("both", func() Result {
		for range 40 - len(members["A"]) - len(members["B"]) {
			join(p.visitor())
		}
		a, b := len(members["A"]), len(members["B"])
		return result(a >= 6 && b >= 6, "40 visitors sent GET /", fmt.Sprintf("%d in A and %d in B", a, b),
			"at least 6 in each, and about 20 most of the time")
	}, "group")
	p.tick("visitors", func() Result {
		now, a := results()
		newA, newB := now["A"].Visitors-before["A"].Visitors, now["B"].Visitors-before["B"].Visitors
		return result(newA == len(members["A"]) && newB == len(members["B"]),
			fmt.Sprintf(
				"Since the check began, %d visitors came to A and %d to B, some of them four times; then GET /results/",
				len(members["A"]), len(members["B"])),
			a.got(), fmt.Sprintf("%d visitors in A and %d in B", before["A"].Visitors+len(members["A"]),
				before["B"].Visitors+len(members["B"])))
	}, "sticky", "both")
	// buys has one visitor buy, and compares by how much the conversions of the groups grew.
	buys := func(group, sent string, growth int) Result {
		before, _ := results()
		if a := members[group][0].submit("/buy/", nil); !a.ok() {
			return result(false, sent, a.got(), "a page or a redirect")
		}
		now, a := results()
		other := "A"
		if group == "A" {
			other = "B"
		}
		want := before[group].Conversions + growth
		met := now[group].Conversions == want && now[other] == before[other]
		return result(met, sent+", then GET /results/", a.got(),
			fmt.Sprintf("%d conversions in %s and %d in %s", want, group, before[other].Conversions, other))
	}
	p.tick("conversions", func() Result {
		if r := buys("A", "POST /buy/ as a visitor of group A", 1); !r.Met {
			return r
		}
		return buys("B", "POST /buy/ as a visitor of group B", 1)
	}, "visitors")
	p.tick("once", func() Result {
		return buys("A", "POST /buy/ again as the same visitor of group A", 0)
	}, "conversions")
}
