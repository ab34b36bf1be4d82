package handlers

import (
	"encoding/json"
	"html"
	"slices"
	"strings"
	"testing"

	"sessionlab/sessions/patterns"
	"sessionlab/views"
)

func TestEveryPatternHasItsPage(t *testing.T) {
	v := newTestApp(t, withoutDebug).visitor()
	list := v.wantStatus(v.get("/patterns/"), 200).body
	for _, p := range patterns.All() {
		if !strings.Contains(list, `href="/patterns/`+p.Name+`/"`) {
			t.Errorf("%s is not in the list", p.Name)
		}
		page := v.wantStatus(v.get("/patterns/"+p.Name+"/"), 200)
		text := html.UnescapeString(page.body)
		for _, want := range []string{p.Title, p.Summary, p.Trap, p.NotWhen, p.Django, p.GoMod, "go run ./sessions/patterns/" + p.Name, "data-copy"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the page lacks %q", p.Name, want)
			}
		}
		var face views.Pattern
		r := v.get("/patterns/"+p.Name+"/", "Accept", "application/json")
		if err := json.Unmarshal([]byte(r.body), &face); err != nil || face.Program != p.Source || face.GoMod != p.GoMod {
			t.Errorf("%s as JSON: %v", p.Name, err)
		}
	}
	v.wantStatus(v.get("/patterns/nothing/"), 404)
}

func TestEveryWordOfTheGlossaryHasItsPage(t *testing.T) {
	v := newTestApp(t).visitor()
	body := v.wantStatus(v.get("/glossary/"), 200).body
	var face views.Glossary
	if err := json.Unmarshal([]byte(v.get("/glossary/", "Accept", "application/json").body), &face); err != nil {
		t.Fatal(err)
	}
	if len(face.Words) != len(views.Words()) {
		t.Errorf("%d words as JSON, want %d", len(face.Words), len(views.Words()))
	}
	v.wantStatus(v.post("/login/", "username", "alice", "password", "wonderland-2026"), 303) // for /account/
	var names []string
	for _, w := range face.Words {
		names = append(names, strings.ToLower(w.Name))
		v.wantStatus(v.get(w.Path), 200)
		if w.Means == "" || strings.Count(w.Means, ". ") > 0 || !strings.HasSuffix(w.Means, ".") {
			t.Errorf("%s: %q is not one sentence", w.Name, w.Means)
		}
		if !strings.Contains(body, `id="`+w.ID()+`"`) {
			t.Errorf("%s has no address on the page", w.Name)
		}
	}
	if !slices.IsSorted(names) {
		t.Errorf("the words are not in order: %q", names)
	}
}

// With DEBUG off, no page offers what is not there.
func TestTheGlossaryLinksNoPageThatIsHidden(t *testing.T) {
	v := newTestApp(t, withoutDebug).visitor()
	body := v.get("/glossary/").body
	for _, path := range []string{"/debug/", "/events/"} {
		if strings.Contains(body, `href="`+path+`"`) {
			t.Errorf("there is a link to %s", path)
		}
	}
}
