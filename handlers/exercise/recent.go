package exercise

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

func recentlyVisited() Exercise {
	return Exercise{
		Number: 1,
		Title:  "Recently visited",
		Task: []string{
			"Count how often a visitor opens each page of a small site, and list the pages that they " +
				"opened last, the newest first.",
			"The list belongs to the visitor: keep it in the session. It holds ten pages at most, each of " +
				"them once, with its number of visits. The list itself and pages that do not exist are not " +
				"counted.",
		},
		Addresses: []Address{
			{"GET /page/1/ to /page/12/", "200 with any text: the pages to count. The starter has them."},
			{"GET /recent/", `JSON: {"recent": [{"path": "/page/2/", "count": 1}, {"path": "/page/1/", ` +
				`"count": 3}]}, and {"recent": []} for somebody new`},
		},
		Criteria: []Criterion{
			{"pages", "The pages answer, and the list of a new visitor is empty."},
			{"counts", "Each visit to a page is counted."},
			{"order", "The page that was opened last comes first, and no page is listed twice."},
			{"pages-only", "The list itself and addresses that do not exist are not counted."},
			{"own", "Each visitor has a list of their own."},
			{"bounded", "The list keeps the ten newest pages."},
		},
		Hints: [3]string{
			"One entry of the session is enough: a list of pages, each with its path and its count, the " +
				"newest first. Read it, change it, store it, on each visit to a page.",
			"A visit has three steps. Take the page out of the list, if it is there, and remember its " +
				"count. Put it at the front with a count that is one higher. Cut the list to ten, and " +
				"store it: a change inside the list that you read is not noticed.",
			"Django: pages = request.session.get('recent', []), then build a new list and assign it: " +
				"request.session['recent'] = [{'path': request.path, 'count': …}, …][:10]. Go: " +
				"recent.Update(sessions.From(r), func(pages []visit) []visit { … }) with recent = " +
				"sessions.Key[[]visit](\"recent\"). The function gets the old list and returns the new " +
				"one, whose path is r.URL.Path.",
		},
		Difference: "The lab's page counts only for visitors who have switched it on, because the lab " +
			"never stores anything for a page that is only looked at. It also counts in a middleware, so " +
			"that no page has to know of it. The solution counts from the first visit on and does so in " +
			"the handler of the page: every visitor of the site gets a session. On a real site that is a " +
			"decision, because crawlers come without cookies, and each of their requests would make a " +
			"record.",
		Example: "/recent/",
		play:    playRecent,
	}
}

// visits is what /recent/ answers.
type visits struct {
	Recent []visit `json:"recent"`
}

type visit struct {
	Path  string `json:"path"`
	Count int    `json:"count"`
}

func page(n int) string { return fmt.Sprintf("/page/%d/", n) }

func playRecent(p *play) {
	ann := p.visitor()
	read := func(v *visitor) (list visits, ok bool, a *answer) {
		a = v.get("/recent/")
		return list, a.json(&list), a
	}
	// lists opens /recent/ and compares, in this order or in any.
	lists := func(v *visitor, sent string, inOrder bool, want ...visit) Result {
		list, ok, a := read(v)
		expected := "200 " + listText(want)
		if !inOrder {
			expected += " in any order"
			if slices.Equal(list.Recent, []visit{{page(1), 1}}) && len(want) > 1 {
				expected += "; only the first visit was stored, as happens if a list is changed in place " +
					"and not assigned again"
			}
			byPath(list.Recent)
			byPath(want)
		}
		return result(ok && slices.Equal(list.Recent, want), sent+", then /recent/", a.got(), expected)
	}

	p.tick("pages", func() Result {
		if r := lists(p.visitor(), "A new visitor came", true); !r.Met {
			return r
		}
		a := p.visitor().get(page(1))
		return result(
			a.status == 200, "GET /recent/ gave an empty list; then GET /page/1/", a.got(), "200 with any text")
	})
	p.tick("counts", func() Result {
		ann.get(page(1))
		ann.get(page(1))
		ann.get(page(2))
		return lists(ann, "A visitor opened /page/1/ twice and /page/2/ once", false, visit{page(1), 2},
			visit{page(2), 1})
	}, "pages")
	p.tick("order", func() Result {
		ann.get(page(3))
		ann.get(page(1))
		return lists(ann, "The same visitor opened /page/3/ and then /page/1/ again", true, visit{page(1), 3},
			visit{page(3), 1}, visit{page(2), 1})
	}, "pages")
	p.tick("pages-only", func() Result {
		before, _, a := read(ann)
		if len(before.Recent) == 0 {
			return result(false, "GET /recent/ by a visitor who has opened pages", a.got(),
				"the pages, so that one can see that nothing else is among them")
		}
		if a := ann.get("/no-such-page/"); a.status != 404 {
			return result(false, "GET /no-such-page/", a.got(), "404, as for every address that an app does not have")
		}
		after, _, a := read(ann)
		return result(slices.Equal(before.Recent, after.Recent),
			"GET /recent/ and GET /no-such-page/, which was answered with 404, then GET /recent/ again",
			a.got(), "the same list as before, 200 "+listText(before.Recent))
	}, "pages")
	p.tick("own", func() Result {
		other := p.visitor()
		other.get(page(2))
		return lists(other, "Somebody else opened /page/2/", true, visit{page(2), 1})
	}, "pages")
	p.tick("bounded", func() Result {
		keen := p.visitor()
		var want []visit
		for n := 1; n <= 12; n++ {
			keen.get(page(n))
			want = slices.Insert(want, 0, visit{page(n), 1})
		}
		return lists(keen, "A third visitor opened /page/1/ to /page/12/ in turn", false, want[:10]...)
	}, "pages")
}

func listText(list []visit) string {
	text, _ := json.Marshal(visits{append([]visit{}, list...)}) // fails never: text and numbers
	return string(text)
}

func byPath(list []visit) {
	slices.SortFunc(list, func(x, y visit) int { return strings.Compare(x.Path, y.Path) })
}
