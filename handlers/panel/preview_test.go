package panel

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sessionlab/static"
)

// With PANEL_PAGES=folder this writes pages to look at in a browser.
func TestPagesToLookAt(t *testing.T) {
	dir := os.Getenv("PANEL_PAGES")
	if dir == "" {
		t.Skip("PANEL_PAGES names no folder")
	}
	for _, engine := range []string{"db", "cache", "file", "signed_cookies"} {
		s := open(t, engine, true)
		css := static.URL("app.css")
		res, err := http.Get(s.server.URL + css)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		res.Body.Close()
		name := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(css, "/")))
		_ = os.MkdirAll(filepath.Dir(name), 0o700)
		_ = os.WriteFile(name, text, 0o600)
		s.do(s.client, "POST", "/cart/add/2/", "")
		s.preview = filepath.Join(dir, engine+"-add.html")
		s.do(s.client, "POST", "/cart/add/2/", "csrfmiddlewaretoken=abcdef123&quantity=2")
		s.preview = filepath.Join(dir, engine+"-login.html")
		s.do(s.client, "POST", "/login/?next=%2Fcart%2F", "username=alice&password=wonderland-2026")
		s.preview = filepath.Join(dir, engine+"-conflict.html")
		s.pause = func() {
			s.pause = nil
			other := *s.client
			req, _ := http.NewRequest("POST", s.server.URL+"/slow/", nil)
			if res, err := other.Do(req); err == nil {
				res.Body.Close()
			}
		}
		s.do(s.client, "POST", "/slow/", "")
		s.preview = filepath.Join(dir, engine+"-logout.html")
		s.do(s.client, "POST", "/logout/", "")
	}
}
