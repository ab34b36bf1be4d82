package sessions_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions"
)

func TestTheCookieIsSecureWhereTheRequestIs(t *testing.T) {
	h := manager(t, sessions.Config{Engine: memory()}).Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		sessions.From(r).Set("a", 1)
	}))
	for _, c := range []struct {
		name string
		tls  *tls.ConnectionState
		want bool
	}{{"plain", nil, false}, {"encrypted", &tls.ConnectionState{}, true}} {
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		r.TLS = c.tls
		h.ServeHTTP(w, r)
		if line := w.Header().Get("Set-Cookie"); strings.Contains(line, "; Secure") != c.want || line == "" {
			t.Errorf("%s: Set-Cookie %q, want Secure in it: %t", c.name, line, c.want)
		}
	}
}

// savedOnly keeps no expiry, as files and signed cookies do not.
type savedOnly struct{ sessions.Engine }

func (e savedOnly) Load(ctx context.Context, key string) (sessions.Record, error) {
	rec, err := e.Engine.Load(ctx, key)
	rec.Expires = time.Time{}
	return rec, err
}

func (e savedOnly) Create(ctx context.Context, rec sessions.Record) (string, error) {
	rec.Expires = rec.Saved.AddDate(1, 0, 0)
	return e.Engine.Create(ctx, rec)
}

func TestTheLayerLooksAtTheClockItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := manager(t, sessions.Config{Engine: savedOnly{memory()}})
		s := m.Open(t.Context(), "")
		s.SetExpiry(sessions.After(5 * time.Minute))
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*time.Minute - time.Millisecond)
		if s := m.Open(t.Context(), s.Key()); !s.Has("_session_expiry") || s.Key() == "" {
			t.Error("gone before its end")
		}
		time.Sleep(2 * time.Millisecond)
		if s := m.Open(t.Context(), s.Key()); !s.Ended() || s.Key() != "" {
			t.Errorf("after its end: there %t, told that it has ended %t", s.Key() != "", s.Ended())
		}
	})
}

func TestReadingMovesTheIdleClockOnceInATenth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		touched := 0
		m := manager(t, sessions.Config{Engine: memory().Engine, IdleTimeout: 10 * time.Minute, Observer: func(_ context.Context, e sessions.Event) {
			if e.Kind == sessions.Touched {
				touched++
			}
		}})
		s := m.Open(t.Context(), "")
		s.Set("a", 1)
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		h := m.Middleware(http.HandlerFunc(readAndFlush))
		for seconds := 1; seconds <= 1200; seconds++ { // twice its timeout
			time.Sleep(time.Second)
			ask(h, "/", "sessionid="+s.Key())
			if want := seconds / 60; touched != want {
				t.Fatalf("after %d s of reading: touched %d times, want %d", seconds, touched, want)
			}
		}
		time.Sleep(10*time.Minute + time.Second)
		if s := m.Open(t.Context(), s.Key()); s.Has("a") {
			t.Error("there after its idle timeout")
		}
	})
}
