package handlers

import (
	"io/fs"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sessionlab/handlers/config"
)

// shownCode is what a page shows of its code.
type shownCode struct {
	tabs    map[string]string // text by the name of the tab
	links   map[string]string // and where the tab leads
	front   string            // the tab in front
	visible string            // its text
	ran     string            // the lines that are marked
}

// codeOf reads the code out of a page.
func codeOf(t *testing.T, r reply) shownCode {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	c := shownCode{tabs: map[string]string{}, links: map[string]string{}}
	name := map[string]string{} // of a tab, by the id of its code
	for n := range doc.Descendants() {
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		switch _, front := attr["aria-current"]; {
		case attr["data-tab"] != "":
			name[attr["data-shows"]] = attr["data-tab"]
			c.links[attr["data-tab"]] = attr["href"]
			if front {
				c.front = attr["data-tab"]
			}
		case name[attr["id"]] != "":
			c.tabs[name[attr["id"]]] = textIn(n)
		case attr["class"] == "code":
			if _, hidden := attr["hidden"]; !hidden {
				c.visible += textIn(n)
			}
		case attr["id"] == "ran":
			c.ran = textIn(n)
		}
	}
	return c
}

func textIn(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// wantCode checks that the file of a handler is shown from its first to its last byte, with
// the handler marked, beside its twins in Django and curl.
func wantCode(t *testing.T, what, handler string, r reply) {
	t.Helper()
	c := codeOf(t, r)
	file, err := fs.ReadFile(sourceFiles, sources.File(handler))
	if err != nil || c.tabs["go"] != string(file) {
		t.Errorf("%s (%d): the Go tab has %d bytes, want all %d of %q", what, r.status,
			len(c.tabs["go"]), len(file), sources.File(handler))
	}
	comment, rest, _ := strings.Cut(c.ran, "\nfunc (a *App) "+handler+"(")
	if !strings.HasPrefix(comment, "// "+handler+" ") || !strings.HasSuffix(rest, "\n}\n") {
		t.Errorf("%s: marked is %q, want %s", what, c.ran, handler)
	}
	if !strings.Contains(r.body, `<a href="#ran">To `+handler) {
		t.Errorf("%s: no link leads to the lines of %s", what, handler)
	}
	if !strings.Contains(c.tabs["django"], "urlpatterns") || !strings.Contains(c.tabs["curl"], "curl ") {
		t.Errorf("%s: Django is %.40q, curl is %.40q", what, c.tabs["django"], c.tabs["curl"])
	}
}

func TestAPageShowsTheWholeFileThatRanAndItsTwins(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.wantStatus(v.post("/form/step-one/", "full_name", "Ann", "email", "ann@example.org"), 303)
	for path, handler := range map[string]string{
		"/": "home", "/counter/": "counter", "/preferences/": "preferences", "/methods/": "methods",
		"/cart/": "cart", "/theme/": "theme", "/form/step-one/": "stepOne", "/form/thank-you/": "thankYou",
		"/login/": "login", "/signup/": "signup", "/engines/": "compareEngines",
		"/settings/": "listSettings", "/middleware/": "listMiddleware", "/security/": "checkSecurity",
		"/debug/": "debugSession", "/events/": "eventLog", "/recent/": "recent", "/experiments/": "abTests",
	} {
		wantCode(t, "GET "+path, handler, v.wantStatus(v.get(path), 200))
	}
	v.signIn("alice")
	v.get("/account/") // the story of the click ends here
	wantCode(t, "GET /account/", "myAccount", v.wantStatus(v.get("/account/"), 200))
}

func TestThePageAfterAClickShowsTheHandlerOfTheClick(t *testing.T) {
	v := newTestApp(t).visitor()
	wantCode(t, "after the click", "addToCart", v.follow(v.post("/cart/add/1/")))
	wantCode(t, "the same page, asked for again", "cart", v.get("/cart/"))
}

func TestALinkChoosesTheTabAndTheVisitorKeepsIt(t *testing.T) {
	v := newTestApp(t).visitor()
	first := codeOf(t, v.get("/cart/?refused=x"))
	if first.front != "go" || !strings.Contains(first.visible, "func (a *App) cart") {
		t.Errorf("in front is %q, visible is %.60q", first.front, first.visible)
	}
	if got, want := first.links["django"], "/cart/?lang=django&refused=x#source"; got != want {
		t.Errorf("the Django tab leads to %q, want %q", got, want)
	}
	chosen := codeOf(t, v.get("/cart/?lang=django"))
	if chosen.front != "django" || strings.Contains(chosen.visible, "func (a *App)") {
		t.Errorf("in front is %q, visible is %.60q", chosen.front, chosen.visible)
	}
	if story := v.get("/theme/?lang=curl").body; strings.Contains(story, "The handler changed") {
		t.Error("the story of the page takes the chosen tab for a change of the handler's")
	}
	v.get("/theme/?lang=django")
	if next := codeOf(t, v.get("/theme/")); next.front != "django" {
		t.Errorf("on the next page %q is in front", next.front)
	}
}

func TestAScriptStoresTheTabThatItSwitchedTo(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.wantStatus(v.post("/source/", "lang", "curl"), 303)
	if got := codeOf(t, v.get("/theme/")).front; got != "curl" {
		t.Errorf("in front is %q", got)
	}
	v.json = true
	v.wantStatus(v.post("/source/", "lang", "cobol"), 422)
}

func TestATabThatNobodyChoseIsNotStored(t *testing.T) {
	app := newTestApp(t)
	for what, ask := range map[string]func(*visitor){
		"a page that was only looked at": func(v *visitor) { v.get("/theme/") },
		"a tab that is not there":        func(v *visitor) { v.get("/theme/?lang=cobol") },
		"a page fetched ahead":           func(v *visitor) { v.get("/theme/?lang=curl", "Sec-Purpose", "prefetch") },
		"the headers alone":              func(v *visitor) { v.do("HEAD", "/theme/?lang=curl", nil) },
		"a program":                      func(v *visitor) { v.get("/theme/?lang=curl", "Accept", "application/json") },
	} {
		v := app.visitor()
		if ask(v); v.cookie() != "" {
			t.Errorf("%s began a session", what)
		}
	}
}

func TestATabInTheSessionThatIsNotThereShowsTheFirst(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.wantStatus(v.post("/source/", "lang", "curl"), 303)
	s := app.app.engines.Manager("db").Open(t.Context(), v.cookie()) // no page writes such a value
	sourceTab.Set(s, "cobol")
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	if got := codeOf(t, v.get("/theme/")).front; got != "go" {
		t.Errorf("in front is %q", got)
	}
}

func TestCurlGoesToTheAddressThatThePageWasAskedUnder(t *testing.T) {
	app := newTestApp(t, func(s *config.Settings) { s.TrustedProxies = []string{"127.0.0.1"} })
	v := app.visitor()
	for _, c := range []struct {
		want    string
		headers []string
	}{
		{app.URL + "/theme/", nil},
		{"https://lab.test/theme/", []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "lab.test"}},
		{`'http://a$(id)'\''b'/theme/`, []string{"X-Forwarded-Host", "a$(id)'b"}},
	} {
		if got := codeOf(t, v.get("/theme/", c.headers...)).tabs["curl"]; !strings.Contains(got, " "+c.want+"\n") {
			t.Errorf("curl is %q, want %s", got, c.want)
		}
	}
}

// Whoever copies a call out of the page gets what the page says.
func TestTheCallsOfTheTutorialsPagesWorkInAShell(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	for path, want := range map[string]string{
		"/counter/":       `{"visit_count":1}`,
		"/preferences/":   `"recent_searches":["cookies"]`,
		"/methods/":       `"try_language"`,
		"/cart/":          `"quantity":2`,
		"/theme/":         `{"theme_preference":"dark"}`,
		"/form/step-one/": `{"submission":1}`,
	} {
		cmd := exec.CommandContext(t.Context(), "bash", "-euc", codeOf(t, v.get(path)).tabs["curl"])
		cmd.Dir = t.TempDir()
		out, err := cmd.CombinedOutput()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if last := lines[len(lines)-1]; err != nil || !strings.Contains(last, want) {
			t.Errorf("%s: %v, the last line is %s, want %s", path, err, last, want)
		}
	}
}

func TestNoLineOfShownCodeIsWiderThan90Columns(t *testing.T) {
	const widest = 90
	files := map[string]bool{}
	for _, rt := range newTestApp(t).app.routes() {
		if rt.open != toAnyClient && rt.method != http.MethodHead {
			files[sources.File(rt.name)] = true
		}
	}
	examples, err := fs.Glob(sourceFiles, "examples/*")
	if err != nil || len(examples) == 0 {
		t.Fatalf("examples: %v", err)
	}
	for _, name := range slices.Concat(slices.Sorted(maps.Keys(files)), examples) {
		text, err := fs.ReadFile(sourceFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		room := widest
		if filepath.Ext(name) == ".sh" {
			room -= len("127.0.0.1:8000") - len("lab.example")
		}
		for i, line := range strings.Split(string(text), "\n") {
			if len([]rune(strings.ReplaceAll(line, "\t", "    "))) > room {
				t.Errorf("%s:%d is wider than %d columns: %s", name, i+1, room, line)
			}
		}
	}
}
