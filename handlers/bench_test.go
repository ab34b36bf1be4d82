package handlers

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"sessionlab/handlers/config"
)

// BenchmarkCounterPage measures the whole app on the counter page, which counts and saves at
// each request, with and without the panel that DEBUG adds, and the page that holds no session.
func BenchmarkCounterPage(b *testing.B) {
	for _, c := range []struct {
		name, path string
		debug      bool
	}{{"panel", "/counter/", true}, {"no panel", "/counter/", false}, {"favicon", "/favicon.ico", false}} {
		b.Run(c.name, func(b *testing.B) {
			a := newTestApp(b, func(s *config.Settings) {
				s.SessionEngine, s.Debug = "cache", strconv.FormatBool(c.debug)
			})
			h := a.app.Handler()
			var cookie string
			get := func() {
				r := httptest.NewRequest("GET", "http://127.0.0.1"+c.path, nil)
				r.RemoteAddr = "127.0.0.1:1234"
				if cookie != "" {
					r.Header.Set("Cookie", cookie)
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code >= http.StatusBadRequest {
					b.Fatalf("%d: %s", w.Code, w.Body)
				}
				for _, set := range w.Result().Cookies() {
					cookie = set.Name + "=" + set.Value
				}
			}
			get()
			b.ReportAllocs()
			for b.Loop() {
				get()
			}
		})
	}
}
