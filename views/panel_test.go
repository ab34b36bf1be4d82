package views_test

import (
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sessionlab/views"
)

// clicked is a click of two requests, with all that a panel can show.
func clicked() *views.Panel {
	message := views.Diff{Name: "_messages", Means: "a message for the next page", Says: []string{"It is in your cart."},
		Leaves: []views.Leaf{{Kind: "add", After: views.Value{Text: `"[[…`, Whole: longValue}}}}
	wire := views.Wire{
		Lines: []views.WireLine{
			{Known: true, Parts: []views.WirePart{{Text: "POST /cart/add/2/ HTTP/1.1"}}},
			{Parts: []views.WirePart{{Text: "User-Agent: x"}}}, {Parts: []views.WirePart{{Text: "Accept: */*"}}},
			{Known: true, Mark: true, Parts: []views.WirePart{{Text: "Cookie: sessionid="}, {Text: "oxxqnkf2••••", Own: "oxxqnkf2q7ncub"}}},
		},
		Body: []views.WireLine{{Known: true, Parts: []views.WirePart{{Text: "password="}, {Text: "••••"}}}}, BodyNote: "cut", Note: "exact",
	}
	lanes := views.Lanes{Title: "The way of POST /cart/add/2/", Names: []string{"Browser", "Middleware", "Handler", "Store: SQLite"}, Arrows: []views.Arrow{
		{From: 0, To: 1, Label: "POST /cart/add/2/\nsessionid=oxxq••••"}, {From: 1, To: 2, Label: "runs addToCart", Quiet: true},
		{From: 1, To: 3, Label: strings.Repeat("SELECT ", 40), Dashed: true}, {From: 2, To: 2, Label: `<b>quantity</b> 1 → 2`, Hot: true},
		{From: 3, To: 1, Label: "the record is gone", Stop: true}, {From: 1, To: 0, Label: "400 Bad Request", Bad: true},
	}}
	return &views.Panel{
		Acts: []views.Act{
			{ID: "act-1", Method: "POST", Path: "/cart/add/2/", Status: 303, To: "/cart/", Story: "Saved.", Layer: []views.Diff{message},
				Diffs: []views.Diff{{Name: "cart", More: 3, Others: 2, Raw: true, Leaves: []views.Leaf{
					{Kind: "change", Path: []string{`"2"`, "quantity"}, Before: views.Value{Text: "1"}, After: views.Value{Text: "2"}},
					{Kind: "delete", Path: []string{`"3"`}, Before: views.Value{Text: "{…", Whole: longValue}}}}, {Name: "same"}},
				Lanes: lanes, Sent: wire, Answered: wire, Cookie: []views.Row{{Label: "HttpOnly", Value: "yes"}}, Timings: []views.Row{{Label: "Cookie read", Value: "1 µs"}}},
			{ID: "act-2", Method: "GET", Path: "/cart/", Status: 200, Story: "Only read.", Lanes: lanes, Sent: wire, Answered: wire},
		},
		Stored: &views.Stored{Place: "row in django_session", Store: "/home/ann/lab.db", Payload: ".eJy", Stamp: "1xJ2kP", Signature: "8m3x", Own: ".eJ••••",
			Signed: "26 November 2026", Expires: "10 December 2026", Entries: []views.Decoded{{Name: `"cart"`, Value: "{}", Changed: true}, {Name: `"_messages"`, Value: "NaN", Means: "a message", Raw: true}},
			Held: wire.Lines[:1], Command: wire.Lines[3]},
	}
}

// Each page that a panel stands on keeps the rules of all pages, with a click and without.
func TestPagesWithAPanelAreSoundHTML(t *testing.T) {
	one := clicked()
	one.Acts, one.Stored, one.StoredNote = one.Acts[1:], nil, "Nothing is stored for you."
	for name, panel := range map[string]*views.Panel{"a click": clicked(), "one request": one} {
		for _, s := range samples() {
			p := page(s.path)
			p.Panel = panel
			doc := render(t, s, p)
			for _, r := range rules {
				for _, fault := range r.check(doc) {
					t.Errorf("%s on %s: %s: %s", name, s.name, r.name, fault)
				}
			}
		}
	}
}

func TestTheStoryStandsBesideWhatWasClicked(t *testing.T) {
	p := page("/counter/")
	p.Panel = clicked()
	doc := render(t, named(t, "counter"), p)
	beside := find(doc, func(n *html.Node) bool { return attr(n, "class") == "beside" })
	for _, id := range []string{"try", "story"} {
		if byID(beside, id) == nil {
			t.Errorf("#%s does not stand beside the other", id)
		}
	}
	for _, id := range []string{"wire", "record", "source-0"} {
		if byID(beside, id) != nil || byID(doc, id) == nil {
			t.Errorf("#%s does not stand below", id)
		}
	}
	if byID(doc, "hood") != nil {
		t.Error("the page has two panels")
	}
	strip := find(doc, func(n *html.Node) bool { return attr(n, "class") == "strip" })
	if got := text(strip); !strings.Contains(got, "cart") || !strings.Contains(got, "quantity") {
		t.Errorf("on narrow screens one sees %q of the change", got)
	}
}

// FuzzLanes: whatever the labels are, the picture keeps within its edges.
func FuzzLanes(f *testing.F) {
	f.Add("POST /cart/\nsessionid=x", uint8(0), uint8(3), uint8(4))
	f.Add(strings.Repeat("ä", 500), uint8(2), uint8(2), uint8(3))
	f.Add("\n\n \u00a0", uint8(4), uint8(0), uint8(5))
	f.Fuzz(func(t *testing.T, label string, from, to, lanes uint8) {
		n := int(lanes)%4 + 2
		l := views.Lanes{Names: make([]string, n), Arrows: []views.Arrow{{From: int(from) % n, To: int(to) % n, Label: label}}}
		for i := range l.Names {
			l.Names[i] = "Lane " + strconv.Itoa(i)
		}
		p := page("/counter/")
		p.Panel = &views.Panel{Acts: []views.Act{{ID: "act-1", Lanes: l}}}
		doc := render(t, named(t, "counter"), p)
		for svg := range byID(doc, "story").Descendants() {
			if svg.Data != "svg" {
				continue
			}
			width, _ := strconv.Atoi(strings.Fields(attr(svg, "viewBox"))[2])
			for d := range svg.Descendants() {
				for _, name := range []string{"x", "x1", "x2"} {
					if v, err := strconv.Atoi(attr(d, name)); attr(d, name) != "" && (err != nil || v < 0 || v > width) {
						t.Errorf("<%s %s=%q> is outside of %d", d.Data, name, attr(d, name), width)
					}
				}
			}
		}
	})
}
