package sessions

import "net/http"

// CookieKeys returns the keys in the request's cookies, for the benchmark of that step.
func CookieKeys(m *Manager, r *http.Request) []string {
	c := &client{exchange: &exchange{r: r}}
	c.names(m)
	return c.named
}
