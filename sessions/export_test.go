package sessions

import "net/http"

// CookieKeys returns the keys in the request's cookies, for the benchmark of that step.
func CookieKeys(m *Manager, r *http.Request) []string {
	s := &Session{m: m, r: r}
	s.findCookies()
	return s.candidates
}
