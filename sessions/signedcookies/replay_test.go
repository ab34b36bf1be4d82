package signedcookies

import (
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions"
)

// visit opens the session that the cookie is, has change done to it, and returns the cookie
// of the answer, "" if it was taken away.
func visit(t *testing.T, m *sessions.Manager, cookie string, change func(*sessions.Session)) string {
	t.Helper()
	s := m.Open(t.Context(), cookie)
	change(s)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	return s.Key()
}

// What a signed cookie cannot do (R-13, Django B-251, B-321): a copy of it shows what it held,
// after the session was changed and after it was ended, until its time is over.
func TestACopyOfACookieWorksUntilItExpires(t *testing.T) {
	n := sessions.Key[int]("n")
	for _, c := range engines {
		synctest.Test(t, func(t *testing.T) {
			m, err := sessions.New(sessions.Config{Engine: open(t, c.make, Config{Age: time.Hour})})
			if err != nil {
				t.Fatal(err)
			}
			first := visit(t, m, "", func(s *sessions.Session) { n.Set(s, 1) })
			second := visit(t, m, first, func(s *sessions.Session) { n.Set(s, 2) })
			if left := visit(t, m, second, (*sessions.Session).Flush); left != "" {
				t.Errorf("%s: a sign-out leaves the browser a cookie", c.name)
			}
			for _, step := range []struct {
				after         time.Duration
				first, second int
			}{{0, 1, 2}, {time.Hour - time.Second, 1, 2}, {2 * time.Second, 0, 0}} {
				time.Sleep(step.after)
				one, two := n.Get(m.Open(t.Context(), first)), n.Get(m.Open(t.Context(), second))
				if one != step.first || two != step.second {
					t.Errorf("%s: %v later the copies hold %d and %d, want %d and %d", c.name, step.after, one, two, step.first, step.second)
				}
			}
		})
	}
}

// Of two requests at once the browser keeps the later answer's cookie, and with it that
// request's changes alone.
func TestOfTwoRequestsAtOnceTheLaterOneWins(t *testing.T) {
	for _, c := range engines {
		m, err := sessions.New(sessions.Config{Engine: open(t, c.make, Config{})})
		if err != nil {
			t.Fatal(err)
		}
		cookie := visit(t, m, "", func(s *sessions.Session) { s.Set("a", 0) })
		earlier := visit(t, m, cookie, func(s *sessions.Session) { s.Set("b", 1) })
		later := visit(t, m, cookie, func(s *sessions.Session) { s.Set("c", 2) })
		if s := m.Open(t.Context(), later); earlier == later || s.Has("b") || !s.Has("a") || !s.Has("c") {
			t.Errorf("%s: the later cookie holds %v, want a and c", c.name, s.Keys())
		}
	}
}
