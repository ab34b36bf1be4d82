package sessions

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// The Set-Cookie line is what net/http would write (Django B-139), in any setting.
func TestTheCookieIsWrittenAsNetHTTPDoes(t *testing.T) {
	for name, c := range map[string]Cookie{
		"by default":        {},
		"with a domain":     {Domain: "example.com", Path: "/shop", SameSite: http.SameSiteStrictMode},
		"always secure":     {Name: "__Host-id", Secure: SecureAlways, SameSite: http.SameSiteNoneMode},
		"open to scripts":   {ReadableByScripts: true},
		"without attribute": {ReadableByScripts: true, SameSite: http.SameSiteDefaultMode, Secure: SecureNever},
	} {
		m, err := New(Config{Engine: struct{ Engine }{}, Codec: InsecureUnsigned{}, Cookie: c})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c = m.cfg.Cookie
		expires := time.Date(2026, 11, 22, 20, 55, 51, 0, time.FixedZone("", 3600))
		for _, age := range []time.Duration{0, time.Hour} {
			want := http.Cookie{Name: c.Name, Value: "abc", Domain: c.Domain, Path: c.Path, HttpOnly: !c.ReadableByScripts, SameSite: c.SameSite, Secure: c.Secure == SecureAlways}
			if want.SameSite == http.SameSiteDefaultMode {
				want.SameSite = 0
			}
			s := &Session{m: m, client: client{exchange: &exchange{r: httptest.NewRequest("GET", "/", nil), head: http.Header{}}}}
			if age == 0 {
				s.setCookie("abc", time.Time{}, 0)
			} else {
				want.Expires, want.MaxAge = expires, int(age/time.Second)
				s.setCookie("abc", expires, age)
			}
			if got := s.client.head.Get("Set-Cookie"); got != want.String() {
				t.Errorf("%s: got %q, want %q", name, got, want.String())
			}
		}
	}
}
