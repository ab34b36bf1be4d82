package handlers

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sessionlab/handlers/config"
	"sessionlab/sessions"
)

// grep returns file and line of what matches in the program's own Go code, tests apart.
func grep(root string, pattern *regexp.Regexp) (found []string, err error) {
	err = fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".templ") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return err
		}
		text, err := os.ReadFile(root + "/" + path)
		for i, line := range strings.Split(string(text), "\n") {
			code, _, _ := strings.Cut(line, "//")
			if pattern.MatchString(code) {
				found = append(found, fmt.Sprintf("%s:%d", path, i+1))
			}
		}
		return err
	})
	return found, err
}

// hostile is text that becomes something else where it is not shown as text.
var hostile = []string{
	`MARK"><img src=x onerror=alert(1)>`, `MARK</script><script>alert(1)</script>`, `javascript:alert('MARK')`, `MARK{{7*7}}${7*7}`, "MARK\u202egnp.exe", `MARK' onmouseover='alert(1)`, `MARK</title></textarea></pre></code><svg onload=alert(1)>`,
}

func TestWhatVisitorsTypeIsShownAsText(t *testing.T) {
	app := newTestApp(t)
	for i, bad := range hostile {
		v := app.visitor()
		at := func(path string, fields ...string) { v.post(path, fields...) }
		at("/preferences/", "q", bad)
		at("/preferences/", "theme", bad, "font_size", bad)
		at("/theme/", "theme", bad)
		at("/methods/", "action", "set", "key", bad, "value", bad)
		at("/form/step-one/", "full_name", bad, "email", "mark@example.org")
		at("/lab/set", "k", bad, "v", bad)
		at("/debug/")
		at("/engines/", "engine", bad)
		at("/recent/start/")
		// What no form would take, as if it had come from another program that shares the store.
		s := app.app.engines.Manager("db").Open(t.Context(), v.cookie())
		s.Update(map[string]any{
			"theme_preference": bad, "recent_searches": []string{bad}, "preferences": map[string]any{"theme": bad, "font_size": bad, bad: bad}, "test_key": bad, "visit_count": bad,
			"step_one_data": map[string]any{"full_name": bad, "email": bad}, "cart": map[string]any{bad: map[string]any{"name": bad, "price": bad, "quantity": 1}, "1": map[string]any{"name": bad, "price": "1.00", "quantity": 1}},
			"last_submission": bad, "recent_pages": map[string]any{"on": true, "pages": []any{map[string]any{"path": bad, "count": 1}}}, "_cycled_from": bad, bad: bad,
		})
		s.AddMessage(sessions.Warning, bad)
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		shown := 0
		pages := append(app.routes("GET"), "/login/?next="+url.QueryEscape(bad), "/methods/?tried="+url.QueryEscape(bad), "/lab/get?k="+url.QueryEscape(bad), "/"+url.PathEscape(bad), "/preferences/?q="+url.QueryEscape(bad), "/theme/?"+url.QueryEscape(bad))
		for _, path := range pages {
			if path == "/events/stream" {
				continue
			}
			r := v.get(path, "User-Agent", bad, "Referer", app.URL+"/"+url.PathEscape(bad))
			if r.status != 302 && strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
				shown += strings.Count(r.body, "MARK")
				asTextOnly(t, path, r.body)
			}
		}
		for path, fields := range map[string][]string{
			"/login/": {"username", bad, "password", bad}, "/signup/": {"username", bad, "password1", "x", "password2", "y"}, "/preferences/": {"q", bad + strings.Repeat("x", 300)},
			"/form/step-one/": {"full_name", bad, "email", bad}, "/form/step-two/": {"track", bad, "seats", bad, "notes", bad}, "/methods/": {"action", "set", "key", "_" + bad, "value", bad},
			"/cart/update/1/": {"quantity", bad}, "/experiments/": {"test", bad, "action", bad},
		} {
			if i > 0 && path == "/login/" {
				continue // a password takes a while to check
			}
			if r := v.post(path, fields...); r.status != 303 {
				asTextOnly(t, "POST "+path, r.body)
			}
		}
		if shown < 10 {
			t.Errorf("%q is shown %d times on all pages together: this test sees nothing", bad, shown)
		}
	}
}

// asTextOnly parses a page as a browser would and looks for what none of ours contains.
func asTextOnly(t *testing.T, what, page string) {
	t.Helper()
	nothingInline(t, what, page)
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		frame := n.Data == "iframe" && attrOf(n, "name") == "xss" && attrOf(n, "src") == "" // sandboxed, for an attack
		if slices.Contains([]string{"img", "iframe", "object", "embed", "base"}, n.Data) && !frame {
			t.Errorf("%s: <%s>", what, n.Data)
		}
		for _, a := range n.Attr {
			link := slices.Contains([]string{"href", "src", "action", "formaction"}, a.Key)
			if n.Data == "a" && attrOf(n.Parent.Parent, "id") == "library" && strings.HasPrefix(a.Val, "https://") {
				continue // further reading, written by us: nothing else leads out of the lab
			}
			if link && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") || link && strings.HasPrefix(a.Val, "//") {
				t.Errorf("%s: <%s %s=%q>", what, n.Data, a.Key, a.Val)
			}
			if strings.Contains(a.Key, "mark") || strings.ContainsAny(a.Key, `"'<`) {
				t.Errorf("%s: the attribute %q", what, a.Key)
			}
		}
	}
	if title := regexp.MustCompile(`(?s)<title>(.*?)</title>`).FindStringSubmatch(page); title == nil || strings.Contains(title[1], "MARK") && strings.Contains(title[1], "<") {
		t.Errorf("%s: title %q", what, title)
	}
}

func TestNoValueBreaksAHeaderOrALine(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		app := newTestApp(t, func(s *config.Settings) { s.LogFormat = format })
		host := strings.TrimPrefix(app.URL, "http://")
		v := app.scripted()
		v.wantStatus(v.post("/lab/set", "k", "a\r\nSet-Cookie: evil=1\x1b[31m\x00", "v", "b\r\nSet-Cookie: evil=1\x1b[31m\x00"), 303)
		for _, head := range []string{
			"GET /no%0d%0aSet-Cookie:%20evil=1%1b%5b31m%00/ HTTP/1.1\r\n", "GET /cart%0d%0aSet-Cookie:%20evil=1 HTTP/1.1\r\n", "GET /lab/get?k=a%0d%0aSet-Cookie:%20evil=1 HTTP/1.1\r\n",
			"GET /login/?next=/%0d%0aSet-Cookie:%20evil=1 HTTP/1.1\r\n", "GET /account/?%0d%0aSet-Cookie:%20evil=1 HTTP/1.1\r\n", "GET /counter/ HTTP/1.1\r\nCookie: sessionid=a%1b%0d%0aSet-Cookie: evil=1\r\n",
			"GET /counter/ HTTP/1.1\r\nUser-Agent: a\tb\xff\r\n", "GET /counter/ HTTP/1.1\r\nX-Forwarded-For: a\tb\xff\r\n",
		} {
			lines := app.count("\n")
			r := raw(t, host, head+"Host: "+host+"\r\n")
			if strings.Contains(strings.Join(r.header["Set-Cookie"], " "), "evil") || r.header.Get("A") != "" || strings.ContainsAny(r.location(), "\r\n\x1b\x00") || r.status >= 500 {
				t.Errorf("%.60q: status %d, header %v", head, r.status, r.header)
			}
			if got := strings.Count(app.logs.String(), "msg=request "); got == 0 {
				t.Fatal("nothing is logged")
			}
			for line := range strings.Lines(app.logs.String()) {
				if !strings.HasPrefix(line, "time=") {
					t.Fatalf("a line of the log begins with %.60q", line)
				}
			}
			if app.count("\n") == lines {
				t.Errorf("%.60q: is not in the log", head)
			}
		}
		for i, c := range []byte(app.logs.String()) {
			if c < ' ' && c != '\n' || c == 0x7f {
				t.Fatalf("the log has the byte %#x in %.80q", c, app.logs.String()[max(0, i-40):])
			}
		}
	}
}
