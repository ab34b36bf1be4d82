package handlers

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sessionlab/handlers/config"
	"sessionlab/views"
)

// prose is what a page says in sentences of its own: not code, nor what was sent and stored,
// nor the answers among which a visitor chooses. Parts with one of these ids are left out.
func prose(t *testing.T, page string, without ...string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	main := findNode(doc, func(n *html.Node) bool { return n.Data == "main" })
	if main == nil {
		t.Fatal("the page has no main")
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		if n.Type == html.ElementNode {
			hidden := []string{"pre", "code", "svg", "script", "h1"}
			if slices.Contains(hidden, n.Data) || slices.Contains(without, attrOf(n, "id")) || attrOf(n, "name") == "answer" {
				b.WriteString(" … ")
				return
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.Type == html.ElementNode && slices.Contains([]string{"p", "li", "h2", "h3", "dd", "dt", "td", "th", "label", "button", "summary", "legend", "small"}, n.Data) {
			b.WriteString(" | ")
		}
	}
	walk(main)
	return strings.Join(strings.Fields(b.String()), " ")
}

func findNode(n *html.Node, ok func(*html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && ok(d) {
			return d
		}
	}
	return nil
}

func attrOf(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// chapterPages are the pages of the tutorial, not those that compare engines or hold programs.
func chapterPages() (paths []string) {
	for path := range chapterTitles(nil) {
		if !strings.HasPrefix(path, "/exercises/") && !slices.Contains([]string{"/race/", "/patterns/", "/glossary/"}, path) {
			paths = append(paths, path)
		}
	}
	return append(paths, "/", "/recent/", "/experiments/", "/account/", "/signup/", "/form/step-two/", "/form/thank-you/")
}

// onServer are claims that hold only where the server keeps the sessions.
var onServer = regexp.MustCompile(`(?i)[^.|]*(on the server|the server (keeps|found|looks)|names? a record|record is (gone|still)|` +
	`your record|the record|its record|same key|old key|key to it)[^.|]*`)

// With signed_cookies the server keeps nothing, and no page says otherwise.
func TestWithSignedCookiesNoPageSpeaksOfARecordOnTheServer(t *testing.T) {
	app := newTestApp(t, func(s *config.Settings) { s.SessionEngine = "signed_cookies" })
	v := app.visitor()
	for id, c := range settlings {
		v.predict(c.page, id, "1")
	}
	v.post("/cart/add/1/")
	v.get("/counter/")
	v.post("/form/step-one/", "full_name", "Ann", "email", "ann@example.org")
	v.signIn("alice")
	for _, path := range chapterPages() {
		if path == "/missions/" {
			continue // most of its tasks choose an engine themselves
		}
		without := []string{"source", "story", "wire", "record", "events", "chapter-missions"}
		switch path { // which speak of other engines, and of what other settings would do
		case "/engines/":
			without = append(without, "choose", "promises", "runs")
		case "/security/":
			without = append(without, "try", "attacks")
		case "/settings/":
			without = append(without, "settings-0", "settings-1", "settings-2", "settings-3", "settings-4")
		}
		text := strings.ReplaceAll(prose(t, v.wantStatus(v.get(path), 200).body, without...), "nothing on the server", "")
		for _, claim := range onServer.FindAllString(text, -1) {
			t.Errorf("%s says: %s", path, claim)
		}
	}
}

// tradeWords are words of the trade that a newcomer may not know. Every one has an entry in
// the glossary, under this name.
var tradeWords = regexp.MustCompile(`(?i)\b(cookies?|sessions?|records?|middleware|handlers?|requests?|responses?|` +
	`csrf|xss|csp|json|redis|signatures?|hash|httponly|samesite|session keys?|key cycle|flush|engines?|` +
	`private windows?|developer tools|redirect|session fixation|https?|rate limit|a/b test)\b`)

// Each trade word that a chapter uses has an entry, and the page links to it.
func TestEveryTradeWordOfAPageLeadsToItsEntry(t *testing.T) {
	v := newTestApp(t).visitor()
	v.post("/form/step-one/", "full_name", "Ann", "email", "ann@example.org")
	v.signIn("alice")
	entries := map[string]string{}
	for _, w := range views.Words() {
		entries[strings.ToLower(w.Name)] = `href="/glossary/#` + w.ID() + `"`
	}
	glossary := v.get("/glossary/").body
	link := regexp.MustCompile(`href="/glossary/#([^"]*)"`)
	for _, path := range chapterPages() {
		page := v.wantStatus(v.get(path), 200).body
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			if !strings.Contains(glossary, `id="`+m[1]+`"`) {
				t.Errorf("%s links to an entry that is not there: %s", path, m[1])
			}
		}
		text := prose(t, page, "source", "story", "wire", "record", "events", "library", "progress")
		for _, used := range slices.Compact(slices.Sorted(slices.Values(tradeWords.FindAllString(strings.ToLower(text), -1)))) {
			entry, ok := entries[used]
			if !ok {
				entry, ok = entries[strings.TrimSuffix(used, "s")]
			}
			if !ok {
				t.Errorf("%s uses %q, which the glossary does not explain", path, used)
			} else if !strings.Contains(page, entry) {
				t.Errorf("%s uses %q and does not link to its entry", path, used)
			}
		}
	}
}
