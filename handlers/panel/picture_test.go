package panel

import (
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sessionlab/sessions"
	"sessionlab/views"
)

// pictures are the SVGs of a page.
func pictures(doc *html.Node) (all []*html.Node) {
	for n := range doc.Descendants() {
		if n.Data == "svg" && attr(n, "role") == "img" {
			all = append(all, n)
		}
	}
	return all
}

// labels are the texts of a picture, in their order.
func labels(svg *html.Node) string {
	var all []string
	for n := range svg.Descendants() {
		if n.Data == "text" {
			all = append(all, text(n))
		}
	}
	return strings.Join(all, " ")
}

func TestThePictureShowsTheWayOfARequest(t *testing.T) {
	want := map[string][]string{
		"db": {"Browser", "Middleware", "Handler", "Store: SQLite", "POST /cart/add/2/", "sessionid=", "runs cart/add/{id}", "SELECT", `"quantity": 1`,
			"quantity 1 → 2", "UPDATE", "what was loaded", "redirect to /cart/", "303 See Other"},
		"file":           {"Store: files", "read the file", "replace"},
		"cache":          {"Store: memory", "look up", "replace"},
		"cached_db":      {"Cache", "Table", "GET", "UPDATE", "the copy too"},
		"signed_cookies": {"Browser, the store", "check the cookie's signature", "sign the changed record", "Set-Cookie: sessionid="},
	}
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			s := open(t, engine, true)
			s.do(s.client, "POST", "/cart/add/2/", "")
			all := pictures(s.do(s.client, "POST", "/cart/add/2/", ""))
			if len(all) != 4 { // two requests, each for two widths
				t.Fatalf("the page has %d pictures", len(all))
			}
			for _, svg := range all[:2] {
				wants(t, "the picture", labels(svg), want[engine]...)
				if strings.Contains(labels(svg), s.key(s.client)) {
					t.Error("the picture shows the key")
				}
			}
			for _, svg := range all {
				inside(t, svg)
				for _, id := range strings.Fields(attr(svg, "aria-labelledby")) {
					if text(byID(svg, id)) == "" {
						t.Errorf("the picture has no text under %s", id)
					}
				}
			}
		})
	}
}

// inside checks that nothing is drawn beyond the edges of a picture.
func inside(t *testing.T, svg *html.Node) {
	t.Helper()
	box := strings.Fields(attr(svg, "viewbox") + attr(svg, "viewBox"))
	width, _ := strconv.Atoi(box[2])
	height, _ := strconv.Atoi(box[3])
	for n := range svg.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			v, err := strconv.Atoi(a.Val)
			limit, ok := map[string]int{"x": width, "x1": width, "x2": width, "y": height, "y1": height, "y2": height}[a.Key]
			if ok && (err != nil || v < 0 || v > limit) {
				t.Errorf("<%s %s=%s> is outside of %d × %d", n.Data, a.Key, a.Val, width, height)
			}
		}
		if n.Data == "text" && attr(n, "class") != "h" {
			x, _ := strconv.Atoi(attr(n, "x"))
			half := len([]rune(text(n))) * 79 / 20
			if x-half < 0 || x+half > width {
				t.Errorf("%q is broader than its picture", text(n))
			}
		}
	}
}

// What a visitor sends is text, wherever the panel shows it.
func TestWhatAVisitorSendsIsText(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	s := open(t, "cache", true)
	r, _ := http.NewRequest("GET", s.server.URL+"/plain/", nil)
	r.URL.Opaque = "/plain/?a=" + strings.ReplaceAll(evil, " ", "+")
	r.Header = http.Header{"Accept": {"text/html"}, "X-Evil": {evil}, "Cookie": {"a=" + evil + "; sessionid=" + evil}, "Referer": {"http://h/?" + evil}}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := html.Parse(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, doc)
	v := view{key: "k", stored: true, entries: []sessions.Entry{{Name: evil, Value: []byte(`"\u003cscript\u003e"`)}}, changes: []change{{evil, nil, []byte(`"<script>"`)}}}
	f := facts{trace: &trace{r: r}, view: v, kind: inTable, status: 200, events: []sessions.Event{{Kind: sessions.Loaded}, {Kind: sessions.Saved}}}
	f.diffs()
	p := &views.Panel{Acts: []views.Act{{ID: "act-1", Diffs: f.own, Lanes: f.lanes(), Story: f.story()}}, Stored: stored(inTable, v)}
	var b strings.Builder
	if err := (views.Counter{}).HTML(views.Frame{Title: "x", Panel: p}).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if doc, err = html.Parse(strings.NewReader(b.String())); err != nil {
		t.Fatal(err)
	}
	sound(t, doc)
}

// sound checks that a page has no script and no style of its own.
func sound(t *testing.T, doc *html.Node) {
	t.Helper()
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" && attr(n, "src") == "" || n.Data == "img" || n.Data == "style" {
			t.Errorf("the page has <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("the page has <%s %s>", n.Data, a.Key)
			}
		}
	}
}

// recordText is what the card of the record says, its owner's key uncovered.
func recordText(doc *html.Node) (parts, held, command string) {
	card := byID(doc, "record")
	for _, n := range byClass(card, "three") {
		for d := range n.Descendants() {
			if d.Type == html.TextNode && (d.Parent.Data != "span" || !strings.Contains(attr(d.Parent, "class"), "ed")) {
				parts += strings.TrimSpace(d.Data)
			}
		}
	}
	var lines []string
	for _, l := range byClass(card, "line") {
		lines = append(lines, lineText(l, true))
	}
	for _, box := range byClass(card, "command") {
		command = lineText(byClass(box, "line")[0], true)
	}
	return parts, strings.Join(lines, "\n"), command
}

// What the page says of the record is what the store holds.
func TestTheRecordIsWhatTheStoreHolds(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			s := open(t, engine, true)
			s.do(s.client, "POST", "/cart/add/2/", "")
			doc := s.do(s.client, "GET", "/cart/", "")
			key := s.key(s.client)
			parts, held, command := recordText(doc)
			switch engine {
			case "db", "cached_db":
				file := s.m.Config().Engine.(sessions.Locator).Locate(key).Store
				db, err := sql.Open("sqlite", file)
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				var row string
				if err := db.QueryRow("select session_key || '|' || session_data || '|' || expire_date from django_session").Scan(&row); err != nil {
					t.Fatal(err)
				}
				wants(t, "the card", held, row)
				wants(t, "the command", command, "sqlite3 "+file, "where session_key = '"+key+"'")
				wants(t, "the row", row, parts)
			case "file":
				dir := s.m.Config().Engine.(sessions.Locator).Locate(key).Store
				content, err := os.ReadFile(filepath.Join(dir, "sessionid"+key))
				if err != nil {
					t.Fatal(err)
				}
				info, err := os.Stat(filepath.Join(dir, "sessionid"+key))
				if err != nil {
					t.Fatal(err)
				}
				wants(t, "the card", held, string(content), info.Mode().String(), info.ModTime().UTC().Format("2006-01-02 15:04:05"), "sessionid"+key)
				wants(t, "the command", command, "cat "+dir+"/sessionid"+key)
				if parts != string(content) {
					t.Errorf("the parts are %q, the file holds %q", parts, content)
				}
			case "cache":
				rec, err := s.m.Config().Engine.Load(t.Context(), key)
				if err != nil {
					t.Fatal(err)
				}
				wants(t, "the card", held, key, string(rec.Data))
			case "signed_cookies":
				wants(t, "the card", held, "sessionid="+key)
				if !strings.HasSuffix(parts, key) {
					t.Errorf("the parts are %q, the cookie is %q", parts, key)
				}
			}
			wants(t, "the decoded record", text(byID(doc, "record")), `"cart"`, "דפי זהב", `"quantity": 1`)
		})
	}
}

func TestTheTimeInASignatureIsRead(t *testing.T) {
	if at, ok := stampTime("1xWVys"); !ok || at.Year() < 2026 || at.Year() > 2027 {
		t.Errorf("1xWVys is %v, %v", at, ok)
	}
	for _, bad := range []string{"", "-1", "zzzzzzzzzzz", "1x J"} {
		if at, ok := stampTime(bad); ok {
			t.Errorf("%q is %v", bad, at)
		}
	}
}
