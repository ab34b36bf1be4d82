package sessions_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// FuzzCookieHeader: whatever the Cookie header says, nobody gets an error, a record, or a
// cookie other than one that takes the sent one back.
func FuzzCookieHeader(f *testing.F) {
	key := sessions.NewKey()
	for _, header := range []string{
		"sessionid=" + key, `sessionid="` + key + `"`, "a=b; sessionid=" + key + "; sessionid=x", "sessionid", "=sessionid=" + key,
		"sessionid=\x00\xff\x01", "$Version=1; sessionid=" + key, strings.Repeat("sessionid="+key+";", 40), "\u2000sessionid=" + key, strings.Repeat("[", 5000),
	} {
		f.Add(header)
	}
	created := 0
	m := manager(f, sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{}), Observer: func(_ context.Context, e sessions.Event) {
		if e.Kind == sessions.Created {
			created++
		}
	}})
	h := m.Middleware(http.HandlerFunc(readAndFlush))
	f.Fuzz(func(t *testing.T, header string) {
		for _, path := range []string{"/", "/flush"} {
			res := ask(h, path, header)
			line := res.Header.Get("Set-Cookie")
			if res.StatusCode != 200 || created > 0 || line != "" && !strings.HasPrefix(line, "sessionid=; ") {
				t.Errorf("Cookie: %q: status %d, %d records, Set-Cookie %q", header, res.StatusCode, created, line)
			}
		}
	})
}

var keyShape = regexp.MustCompile(`^[a-z0-9]{32}$`)

// FuzzValidKey: what is let through is 32 of a-z and 0-9, and what is not is not.
func FuzzValidKey(f *testing.F) {
	for _, key := range []string{sessions.NewKey(), strings.Repeat("a", 31), strings.Repeat("A", 32), strings.Repeat("a", 32) + "\n", strings.Repeat("é", 16), "../../../../../../../../etc/passwd"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if got, want := sessions.ValidKey(key), keyShape.MatchString(key) && !strings.HasSuffix(key, "\n"); got != want {
			t.Errorf("ValidKey(%q) = %t, want %t", key, got, want)
		}
	})
}

// FuzzExpiry: whatever stands under _session_expiry, the session works, lasts for a time that
// makes sense, and its cookie is one that browsers take.
func FuzzExpiry(f *testing.F) {
	for _, raw := range []string{`0`, `300`, `-1`, `1e400`, `-0.0`, `0.5`, `"2030-01-02T03:04:05+00:00"`, `"2030-01-02 03:04:05.000006"`, `"tomorrow"`, `"9999-12-31T23:59:59Z"`, `[]`, `{"a":1}`, `null`, `true`, `"\ud83d"`, `99999999999999999999`} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		data := []byte(`{"a":1,"_session_expiry":` + raw + `}`)
		if _, err := (sessions.InsecureUnsigned{}).Decode(data); err != nil {
			return
		}
		engine := cache.NewMemory(cache.MemoryOptions{})
		m := manager(t, sessions.Config{Engine: engine})
		key, err := engine.Create(t.Context(), sessions.Record{Data: data, Saved: time.Now(), Expires: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		h := m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			s := sessions.From(r)
			s.Set("b", 2)
			if end := s.ExpiryDate(); end.Year() < -10_000 || end.Year() > 100_000 {
				t.Errorf("%s: ends in %d", raw, end.Year())
			}
		}))
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "sessionid="+key)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		cookies := w.Result().Cookies()
		if w.Code != 200 || len(cookies) != 1 || cookies[0].MaxAge > 400*24*3600 {
			t.Fatalf("%s: status %d, Set-Cookie %q", raw, w.Code, w.Header()["Set-Cookie"])
		}
		if n, err := strconv.ParseFloat(raw, 64); err == nil && n >= 1 && cookies[0].MaxAge <= 0 {
			t.Errorf("%s seconds: Set-Cookie %q, although that is not over yet", raw, w.Header()["Set-Cookie"])
		}
	})
}
