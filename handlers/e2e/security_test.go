package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sessionlab/views"
)

// Another site shows the sign-in page in a frame, to catch what is typed there: the browser
// does not let it.
func TestAFrameElsewhereStaysEmpty(t *testing.T) {
	s := serve(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><link rel=icon href="data:,"><title>elsewhere</title><iframe src="%s/login/" onload="document.title = 'loaded'"></iframe>`, s.URL)
	}))
	defer elsewhere.Close()
	v := s.visitor(t, withMouse)
	v.load("open the other site", chromedp.Navigate(elsewhere.URL))
	refused := func(text string) bool {
		return strings.Contains(text, "frame-ancestors") || strings.Contains(text, "X-Frame-Options")
	}
	var said []string
	for deadline := time.Now().Add(patience); !slices.ContainsFunc(said, refused); said = append(said, v.complaints()...) {
		if time.Now().After(deadline) {
			t.Fatalf("the browser has not refused the frame; it says %q", said)
		}
		time.Sleep(20 * time.Millisecond)
	}
	v.do("leave", chromedp.Navigate("about:blank"))
	v.complaints() // of a request that left the site, and of what the browser draws in place of the frame
}

// What visitors type, or what lies in the store, runs on no page. Whatever a browser refuses,
// or a script that fails, is on the console, and fails the test too.
func TestWhatVisitorsTypeRunsOnNoPage(t *testing.T) {
	v := serve(t).visitor(t, withMouse)
	for _, bad := range []string{`"><img src=x onerror="window.hit=1">`, `</script><script>window.hit=1</script>`, `'-window.hit=1-'`, `{{constructor.constructor("window.hit=1")()}}`, `</title></textarea></pre><svg onload=window.hit=1>`} {
		v.post("/preferences/", "q", bad)
		v.post("/lab/set", "k", bad, "v", bad)
		v.post("/lab/set", "k", "theme_preference", "v", bad)
		v.post("/lab/set", "k", "test_key", "v", bad)
		v.post("/form/step-one/", "full_name", bad, "email", "ann@example.org")
		v.post("/methods/", "action", "set", "key", bad, "value", bad)
	}
	pages := []string{"/login/?next=" + `"><img src=x onerror=window.hit=1>`, "/preferences/?q=<script>window.hit=1</script>", "/<svg onload=window.hit=1>/"}
	for _, g := range views.Chapters() {
		for _, c := range g.Chapters {
			pages = append(pages, c.Path)
		}
	}
	for _, path := range pages {
		v.open(path)
		if ask[bool](v, `!!window.hit`) {
			t.Errorf("%s: a script of a visitor has run", path)
		}
	}
}
