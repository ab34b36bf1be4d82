package learners_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/handlers/internal/dbtest"
	"sessionlab/handlers/learners"
	"sessionlab/handlers/limit"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

const secret = "a secret of the tests, long enough for anybody"

func open(t *testing.T, d *database.DB, change ...func(*learners.Options)) *learners.Store {
	t.Helper()
	o := learners.Options{
		Secret: secret, Cookie: "learner", Class: true,
		Secure: func(r *http.Request) bool { return r.TLS != nil },
	}
	for _, c := range change {
		c(&o)
	}
	s, err := learners.New(d, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func alone(o *learners.Options) { o.Class = false }

// browser is a request with the cookies that the answer to another one has set.
func browser(answers ...*httptest.ResponseRecorder) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, w := range answers {
		for _, c := range w.Result().Cookies() {
			r.AddCookie(c)
		}
	}
	return r
}

func join(t *testing.T, s *learners.Store, name string) (learners.Learner, string, *http.Request) {
	t.Helper()
	l, code, err := s.Join(t.Context(), name)
	if err != nil {
		t.Fatalf("join as %q: %v", name, err)
	}
	w := httptest.NewRecorder()
	s.SetCookie(w, browser(), l)
	return l, code, browser(w)
}

func TestALearnerIsKnownByTheCookieUntilRemoved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d)
		ada, code, r := join(t, s, "  Ada  ")
		got, ok := s.From(r)
		if !ok || got.ID != ada.ID || got.Name != "Ada" || got.Colour != 1 || got.Browser == "" ||
			!got.Joined.Equal(ada.Joined) {
			t.Fatalf("from the cookie: %+v, %v", got, ok)
		}
		if err := s.Visit(t.Context(), ada.ID, "/counter/", "file"); err != nil {
			t.Fatal(err)
		}
		if err := s.Raise(t.Context(), ada.ID, true); err != nil {
			t.Fatal(err)
		}
		got, _ = s.From(r)
		if got.Chapter != "/counter/" || got.Engine != "file" || got.Hand.IsZero() || got.Seen.Before(ada.Seen) {
			t.Errorf("after a visit and a raised hand: %+v", got)
		}
		if err := s.Rename(t.Context(), ada.ID, "ADA"); err != nil {
			t.Errorf("her own name in other case: %v", err)
		}
		if err := s.Remove(t.Context(), ada.ID); err != nil {
			t.Fatal(err)
		}
		if got, ok := s.From(r); ok {
			t.Errorf("the cookie of a removed learner: got %+v", got)
		}
		if _, err := s.Return(t.Context(), "Ada", code); !errors.Is(err, learners.ErrCode) {
			t.Errorf("the code of a removed learner: got %v, want ErrCode", err)
		}
		for name, err := range map[string]error{
			"visit": s.Visit(t.Context(), ada.ID, "/", "db"), "raise": s.Raise(t.Context(), ada.ID, false),
			"rename": s.Rename(t.Context(), ada.ID, "Bo"), "remove": s.Remove(t.Context(), ada.ID),
		} {
			if !errors.Is(err, learners.ErrNotFound) {
				t.Errorf("%s of a removed learner: got %v, want ErrNotFound", name, err)
			}
		}
	})
}

func TestNamesAreUniqueAndOneLineOfVisibleText(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d)
		ada, _, _ := join(t, s, "Ada")
		bo, _, _ := join(t, s, "Bo Li")
		for _, c := range []struct {
			name string
			want error
		}{
			{"ada", learners.ErrNameTaken}, {" ADA ", learners.ErrNameTaken}, {"Ａｄａ", learners.ErrNameTaken},
			{"bo  li", learners.ErrNameTaken},
			{"", learners.ErrName}, {" \t ", learners.ErrName}, {strings.Repeat("x", 31), learners.ErrName},
			{"two\nlines", learners.ErrName}, {"a\x00b", learners.ErrName}, {"evil\u202egpj", learners.ErrName},
			{"a\u200bda", learners.ErrName}, {"\xff", learners.ErrName},
			{`<script>alert(1)</script>`, nil}, {strings.Repeat("é", 30), nil}, {"נועה", nil}, {"🦆", nil},
		} {
			if _, _, err := s.Join(t.Context(), c.name); !errors.Is(err, c.want) {
				t.Errorf("join as %q: got %v, want %v", c.name, err, c.want)
			}
			if c.want == nil {
				continue
			}
			if err := s.Rename(t.Context(), bo.ID, c.name); c.name != "bo  li" && !errors.Is(err, c.want) {
				t.Errorf("rename to %q: got %v, want %v", c.name, err, c.want)
			}
		}
		all, err := s.List(t.Context())
		if err != nil || len(all) != 6 || all[0].ID != ada.ID {
			t.Errorf("the class: %+v, %v; want six, Ada first", all, err)
		}
	})
}

func TestAClassHasRoomForAHundredAndNoMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d)
		var full, in sync.Map
		var wg sync.WaitGroup
		for i := range 8 { // at once: the bound must hold between them
			wg.Go(func() {
				for n := i; n < learners.Most+8; n += 8 {
					l, _, err := s.Join(t.Context(), fmt.Sprint("learner ", n))
					switch {
					case err == nil:
						in.Store(l.ID, l.Colour)
					case errors.Is(err, learners.ErrFull):
						full.Store(n, true)
					default:
						t.Errorf("learner %d: %v", n, err)
					}
				}
			})
		}
		wg.Wait()
		count := func(m *sync.Map) (n int) { m.Range(func(_, _ any) bool { n++; return true }); return n }
		if count(&in) != learners.Most || count(&full) != 8 {
			t.Fatalf("%d joined and %d found it full, want %d and 8", count(&in), count(&full), learners.Most)
		}
		all, err := s.List(t.Context())
		if err != nil || len(all) != learners.Most {
			t.Fatalf("the class has %d, %v", len(all), err)
		}
		gone := all[41]
		if err := s.Remove(t.Context(), gone.ID); err != nil {
			t.Fatal(err)
		}
		if l, _, err := s.Join(t.Context(), "late"); err != nil || l.Colour != gone.Colour {
			t.Errorf("into the free seat: got %+v, %v, want colour %d", l, err, gone.Colour)
		}
		if err := s.Empty(t.Context()); err != nil {
			t.Fatal(err)
		}
		if all, err := s.List(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("an emptied class has %d, %v", len(all), err)
		}
	})
}

func TestAnotherBrowserNeedsThePersonalCode(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	ada, code, first := join(t, s, "Ada")
	_, other, _ := join(t, s, "Bo")
	if code == other || len(code) != 9 || code != s.Code(ada) {
		t.Fatalf("codes %q and %q", code, other)
	}
	for _, typed := range []string{code, strings.ToLower(code), " " + strings.ReplaceAll(code, "-", " ")} {
		back, err := s.Return(t.Context(), "ada", typed)
		if err != nil || back.ID != ada.ID {
			t.Fatalf("back with %q: %+v, %v", typed, back, err)
		}
		w := httptest.NewRecorder()
		s.SetCookie(w, browser(), back)
		one, _ := s.From(first)
		two, ok := s.From(browser(w))
		if !ok || two.ID != one.ID || two.Browser == one.Browser {
			t.Errorf("two browsers of one learner: %+v, %+v", one, two)
		}
	}
	for _, typed := range []string{"", "-", other, code[:8], code + "A"} {
		if _, err := s.Return(t.Context(), "Bo", typed); (typed == other) != (err == nil) {
			t.Errorf("as Bo with %q: %v", typed, err)
		}
		if _, err := s.Return(t.Context(), "Nobody", typed); !errors.Is(err, learners.ErrCode) {
			t.Errorf("as nobody with %q: got %v, want ErrCode", typed, err)
		}
	}
	var refused *limit.Refused
	for range limit.FailuresPerName.Burst + 1 {
		_, err := s.Return(t.Context(), "BO", "AAAA-AAAA")
		errors.As(err, &refused)
	}
	if refused == nil {
		t.Error("nobody stops who guesses")
	}
}

func TestWhoIsAloneHasACookieAndNothingElse(t *testing.T) {
	d := dbtest.SQLite(t)
	s := open(t, d, alone)
	w := httptest.NewRecorder()
	me, err := s.Solo(w, browser())
	if err != nil {
		t.Fatal(err)
	}
	c := w.Result().Cookies()[0]
	if c.Name != "learner" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" ||
		c.MaxAge < 300*86400 {
		t.Errorf("the cookie: %s", c)
	}
	again := httptest.NewRecorder()
	if got, err := s.Solo(again, browser(w)); err != nil || got != me || len(again.Result().Cookies()) != 0 {
		t.Errorf("the second time: %+v, %v, cookies %v; want %+v and none", got, err, again.Result().Cookies(), me)
	}
	if all, err := s.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("stored: %+v, %v", all, err)
	}
	back, err := s.Follow(s.Link(me))
	if err != nil || back.ID != me.ID {
		t.Errorf("by the link: %+v, %v", back, err)
	}
	if _, err := s.Follow(c.Value); !errors.Is(err, learners.ErrCode) {
		t.Errorf("the cookie as a link: %v", err)
	}
	class := open(t, d)
	if l, ok := class.From(browser(w)); ok {
		t.Errorf("a cookie from outside, in a class: %+v", l)
	}
	if _, err := class.Solo(httptest.NewRecorder(), browser(w)); !errors.Is(err, learners.ErrNotFound) {
		t.Errorf("alone in a class: %v", err)
	}
	if _, err := class.Follow(class.Link(me)); !errors.Is(err, learners.ErrCode) {
		t.Errorf("a link in a class: %v", err)
	}
}

func TestAForgedCookieIsNobodys(t *testing.T) {
	d := dbtest.SQLite(t)
	s := open(t, d)
	ada, _, r := join(t, s, "Ada")
	good := r.Cookies()[0].Value
	others := func(o *learners.Options) { o.Secret = "another secret, as long as the first one" }
	_, _, foreign := join(t, open(t, d, others), "Eve")
	for name, value := range map[string]string{
		"her id alone": ada.ID, "no signature": ada.ID + ".x", "empty": "", "one more character": good + "A",
		"another secret": foreign.Cookies()[0].Value, "her link": s.Link(ada),
		"one character changed": strings.Replace(good, good[:1], string(good[0]^1), 1),
	} {
		r := browser()
		r.AddCookie(&http.Cookie{Name: "learner", Value: value})
		if l, ok := s.From(r); ok {
			t.Errorf("%s: got %+v", name, l)
		}
	}
	newer := open(t, d, func(o *learners.Options) {
		o.Secret, o.Fallbacks = "the next secret, as long as the first one", []string{secret}
	})
	if l, ok := newer.From(r); !ok || l.ID != ada.ID {
		t.Errorf("after the secret has changed: %+v, %v", l, ok)
	}
	if l, err := newer.Return(t.Context(), "Ada", s.Code(ada)); err != nil || l.ID != ada.ID {
		t.Errorf("an old code after the secret has changed: %+v, %v", l, err)
	}
	clear := httptest.NewRecorder()
	s.ClearCookie(clear, r)
	if c := clear.Result().Cookies()[0]; c.MaxAge != -1 || c.Value != "" {
		t.Errorf("cleared: %s", c)
	}
	if time.Since(ada.Joined) > time.Minute {
		t.Errorf("joined at %v", ada.Joined)
	}
}
