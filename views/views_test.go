package views_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sessionlab/static"
	"sessionlab/views"
)

// render draws a sample and parses it as a browser would.
func render(t *testing.T, s sample, p views.Frame) *html.Node {
	t.Helper()
	var b bytes.Buffer
	if err := s.page(p).Render(t.Context(), &b); err != nil {
		t.Fatalf("%s: render: %v", s.name, err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatalf("%s: parse: %v", s.name, err)
	}
	return doc
}

// TestEveryPageIsSoundHTML holds each page in each state against the rules in rules_test.go.
func TestEveryPageIsSoundHTML(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			doc := render(t, s, page(s.path))
			for _, r := range rules {
				for _, fault := range r.check(doc) {
					t.Errorf("%s: %s", r.name, fault)
				}
			}
		})
	}
}

// The page's theme is on <html> before the style sheet is read, so that nothing flashes.
func TestThemeStandsOnTheHTMLElement(t *testing.T) {
	for given, want := range map[string]string{"light": "light", "dark": "dark", "system": "system", "": "system", `"><b>`: "system"} {
		p := page("/counter/")
		p.Theme = given
		root := first(render(t, samples()[1], p), "html")
		if got := attr(root, "data-theme"); got != want {
			t.Errorf("Theme %q: data-theme is %q, want %q", given, got, want)
		}
	}
}

// Other people's tests and notes rely on these ids, so they hold plain figures.
func TestFiguresOfTheContract(t *testing.T) {
	for _, c := range []struct{ sample, id, want string }{
		{"counter", "visit-count", "7"},
		{"counter-messages", "visit-count", "12345"},
		{"cart", "cart-total", "65.96"},
		{"cart", "cart-quantity", "4"},
		{"cart-empty", "cart-total", "0.00"},
		{"cart-empty", "cart-quantity", "0"},
	} {
		doc := render(t, named(t, c.sample), page("/"))
		n := byID(doc, c.id)
		if n == nil {
			t.Errorf("%s: there is no #%s", c.sample, c.id)
		} else if got := text(n); got != c.want {
			t.Errorf("%s: #%s says %q, want %q", c.sample, c.id, got, c.want)
		}
	}
}

// without a panel, as with DEBUG=false, no page shows internals.
func TestWithoutAPanelNoInternalsAreShown(t *testing.T) {
	for _, s := range samples() {
		p := page(s.path)
		p.Panel, p.Source = nil, nil
		doc := render(t, s, p)
		for _, id := range []string{"story", "act-1", "wire", "record", "source-0"} {
			if byID(doc, id) != nil {
				t.Errorf("%s: #%s is shown", s.name, id)
			}
		}
	}
}

func TestChaptersThatAreHiddenAreNotLinked(t *testing.T) {
	doc := render(t, named(t, "counter-production"), page("/counter/"))
	for n := range doc.Descendants() {
		switch attr(n, "href") {
		case "/debug/", "/settings/", "/events/":
			t.Errorf("there is a link to %s", attr(n, "href"))
		}
	}
}

func TestEveryChapterIsMarkedOnItsOwnPage(t *testing.T) {
	for _, g := range views.Chapters() {
		for _, c := range g.Chapters {
			var marked []string
			for n := range render(t, named(t, "counter"), page(c.Path)).Descendants() {
				if attr(n, "aria-current") == "page" {
					marked = append(marked, attr(n, "href"))
				}
			}
			if !slices.Equal(marked, []string{c.Path}) {
				t.Errorf("on %s these are marked: %q", c.Path, marked)
			}
		}
	}
}

// A form that is refused answers at a path of its own, below that of its page.
func TestARefusedFormIsStillInItsChapter(t *testing.T) {
	for path, want := range map[string]string{"/cart/update/1/": "/cart/", "/account/password/": "/login/", "/engines/race/": "/engines/", "/nowhere/": ""} {
		marked := find(render(t, named(t, "counter"), page(path)), func(n *html.Node) bool { return attr(n, "aria-current") == "page" })
		if got := attr(marked, "href"); got != want {
			t.Errorf("on %s the chapter %q is marked, want %q", path, got, want)
		}
	}
}

// An error that has no session does not know its visitor: it must not say that nobody is
// signed in, or that no theme was chosen.
func TestAPageThatKnowsNoVisitorSaysNothingOfOne(t *testing.T) {
	for theme, want := range map[string]bool{"": false, "system": true} {
		p := page("/nowhere/")
		p.Theme = theme
		doc := render(t, named(t, "error-404"), p)
		for _, c := range []struct{ attribute, value string }{{"action", "/theme/"}, {"class", "chip"}} {
			n := find(doc, func(n *html.Node) bool {
				return attr(n, c.attribute) == c.value && (c.value != "chip" || attr(n, "href") == "/login/")
			})
			if (n != nil) != want {
				t.Errorf("theme %q: %s=%q is there: %t, want %t", theme, c.attribute, c.value, n != nil, want)
			}
		}
	}
}

// A page that names a style sheet or script must name one that is served.
func TestEveryAssetOfAPageIsServed(t *testing.T) {
	for _, s := range samples() {
		for n := range render(t, s, page(s.path)).Descendants() {
			for _, name := range []string{"src", "href"} {
				url := attr(n, name)
				if !strings.HasPrefix(url, static.Prefix) {
					continue
				}
				w := httptest.NewRecorder()
				static.Handler().ServeHTTP(w, httptest.NewRequest("GET", url, nil))
				if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
					t.Errorf("%s: %s answers %d, %q", s.name, url, w.Code, w.Header().Get("Cache-Control"))
				}
			}
		}
	}
}

// raw HTML is written in one place, and what goes there is made by us.
func TestRawHTMLIsWrittenForSourceOnly(t *testing.T) {
	files, err := filepath.Glob("*.templ")
	if err != nil || len(files) == 0 {
		t.Fatalf("no templ files: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		if f == "source.templ" {
			want = 1
		}
		if got := strings.Count(string(b), "Raw("); got != want {
			t.Errorf("%s has %d calls of templ.Raw, want %d", f, got, want)
		}
		for _, unsafe := range []string{"SafeURL(", "SafeCSS", "ComponentScript", "SafeScript", "JSUnsafe"} {
			if strings.Contains(string(b), unsafe) {
				t.Errorf("%s uses %s", f, unsafe)
			}
		}
	}
}

// A fault of a field is tied to its input and named in the summary, which takes the focus.
func TestFaultsAreAnnounced(t *testing.T) {
	doc := render(t, named(t, "step-one-wrong"), page("/form/step-one/"))
	for _, id := range []string{"full_name", "email"} {
		in := byID(doc, id)
		if attr(in, "aria-invalid") != "true" || !strings.Contains(attr(in, "aria-describedby"), id+"-error") {
			t.Errorf("#%s: aria-invalid=%q aria-describedby=%q", id, attr(in, "aria-invalid"), attr(in, "aria-describedby"))
		}
	}
	if got := attr(byID(doc, "email"), "value"); got != nasty {
		t.Errorf("what was typed is not kept: %q", got)
	}
	alert := find(doc, func(n *html.Node) bool { return attr(n, "role") == "alert" })
	if alert == nil || !has(alert, "autofocus") || !strings.Contains(text(alert), "2 fields need your attention") {
		t.Error("there is no summary that takes the focus and counts two faults")
	}
}

// Every status that the app answers with has words of its own.
func TestErrorPagesSayWhatHappenedAndWhatToDo(t *testing.T) {
	seen := map[string]int{}
	for _, status := range []int{400, 403, 404, 405, 409, 413, 429, 500, 503} {
		var b bytes.Buffer
		if err := views.Error(views.Frame{}, views.ErrorData{Status: status}).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		doc, err := html.Parse(&b)
		if err != nil {
			t.Fatal(err)
		}
		title := text(first(doc, "h1"))
		if other, ok := seen[title]; ok {
			t.Errorf("%d and %d have the same title %q", status, other, title)
		}
		seen[title] = status
	}
}

func named(t *testing.T, name string) sample {
	t.Helper()
	for _, s := range samples() {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("no sample %q", name)
	return sample{}
}
