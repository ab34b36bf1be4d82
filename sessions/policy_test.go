package sessions_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/db"
	"sessionlab/sessions/file"
	"sessionlab/sessions/sessionstest/testdb"
	"sessionlab/sessions/signedcookies"
)

// kept are engines that keep different times of a record: all, none but the expiry, when it
// was written, when it was last used.
var kept = map[string]func(t *testing.T) sessions.Config{
	"memory": func(*testing.T) sessions.Config { return sessions.Config{Engine: memory().Engine} },
	"a map that keeps an expiry": func(*testing.T) sessions.Config {
		return sessions.Config{Engine: struct{ sessions.Engine }{memory()}, Codec: sessions.InsecureUnsigned{}}
	},
	"SQLite": func(t *testing.T) sessions.Config {
		return sessions.Config{Engine: sqlite(t), Secret: "a secret of tests"}
	},
	"SQLite, unsigned": func(t *testing.T) sessions.Config {
		return sessions.Config{Engine: sqlite(t), Codec: sessions.InsecureUnsigned{}}
	},
	"cached_db": func(t *testing.T) sessions.Config {
		return sessions.Config{Engine: cacheddb.New(sqlite(t), cache.NewMemory(cache.MemoryOptions{}), cacheddb.Options{}), Secret: "a secret of tests"}
	},
	"files": func(t *testing.T) sessions.Config {
		return sessions.Config{Engine: files(t), Secret: "a secret of tests"}
	},
	"files, unsigned": func(t *testing.T) sessions.Config {
		return sessions.Config{Engine: files(t), Codec: sessions.InsecureUnsigned{}}
	},
	"signed_cookies": func(t *testing.T) sessions.Config {
		e, err := signedcookies.New(signedcookies.Config{Secret: "a secret of tests"})
		must(t, err)
		return sessions.Config{Engine: e}
	},
}

func sqlite(t *testing.T) sessions.Engine {
	d, err := testdb.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "s.db")+"?synchronous=OFF")
	must(t, err)
	must(t, db.CreateSQLiteTable(context.Background(), d.Writer))
	e, err := db.SQLite(d.Reader, d.Writer, db.Options{Checkpoints: d.Checkpoints})
	must(t, err)
	t.Cleanup(func() { _ = e.Close(); _ = d.Close() })
	return e
}

func files(t *testing.T) sessions.Engine {
	e, err := file.Open(file.Config{Dir: filepath.Join(t.TempDir(), "s")})
	must(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// open makes a manager that signs if it has a secret.
func open(t *testing.T, cfg sessions.Config) *sessions.Manager {
	t.Helper()
	m, err := sessions.New(cfg)
	must(t, err)
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// onEachKept runs test on each engine, in its own time.
func onEachKept(t *testing.T, test func(t *testing.T, cfg sessions.Config)) {
	for name, makes := range kept {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, makes(t)) })
		})
	}
}

// visitor comes again and again with the cookie that it was last given.
type visitor struct {
	t   *testing.T
	key string
}

// reads has the visitor read a page, and reports whether the session is there.
func (v *visitor) reads(m *sessions.Manager) (there bool) {
	v.t.Helper()
	res := ask(m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		there = sessions.From(r).Has("a")
	})), "/", "sessionid="+v.key)
	if res.StatusCode != 200 {
		v.t.Errorf("status %d", res.StatusCode)
	}
	for _, c := range res.Cookies() {
		v.key = c.Value
	}
	return there
}

func (v *visitor) saves(m *sessions.Manager, change func(*sessions.Session)) {
	v.t.Helper()
	s := m.Open(v.t.Context(), v.key)
	s.Set("a", 1)
	change(s)
	must(v.t, s.Save())
	v.key = s.Key()
}

func nothing(*sessions.Session) {}

// lasts has the visitor read every four minutes, and tells for how long the session was there.
func (v *visitor) lasts(m *sessions.Manager, most time.Duration) (d time.Duration) {
	for start := time.Now(); time.Since(start) < most; time.Sleep(4 * time.Minute) {
		if !v.reads(m) {
			break
		}
		d = time.Since(start)
	}
	return d
}

func TestReadingMovesNoClockButTheIdleOne(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*sessions.Session)
		want time.Duration
	}{
		"Age":         {nothing, time.Hour},
		"After":       {func(s *sessions.Session) { s.SetExpiry(sessions.After(30 * time.Minute)) }, 30 * time.Minute},
		"short After": {func(s *sessions.Session) { s.SetExpiry(sessions.After(5 * time.Minute)) }, 5 * time.Minute},
		"At":          {func(s *sessions.Session) { s.SetExpiry(sessions.At(time.Now().Add(40 * time.Minute))) }, 40 * time.Minute},
		"AbsoluteAge": {func(s *sessions.Session) { s.StartAbsoluteAge() }, 50 * time.Minute},
		"at close":    {func(s *sessions.Session) { s.SetExpiry(sessions.AtBrowserClose) }, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			onEachKept(t, func(t *testing.T, cfg sessions.Config) {
				cfg.Age, cfg.IdleTimeout, cfg.AbsoluteAge = time.Hour, 10*time.Minute, 50*time.Minute
				m, v := open(t, cfg), &visitor{t: t}
				v.saves(m, c.set)
				if got := v.lasts(m, 3*time.Hour); got > c.want || got < c.want-5*time.Minute {
					t.Errorf("read every four minutes it lasts %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestASessionThatIsNotUsedIdlesOut(t *testing.T) {
	onEachKept(t, func(t *testing.T, cfg sessions.Config) {
		cfg.IdleTimeout = 10 * time.Minute
		m, v := open(t, cfg), &visitor{t: t}
		v.saves(m, nothing)
		for range 3 {
			time.Sleep(9 * time.Minute)
			if !v.reads(m) {
				t.Fatal("gone although it was used within its timeout")
			}
		}
		time.Sleep(10*time.Minute + time.Second)
		if v.reads(m) {
			t.Error("there although it was not used for longer than its timeout")
		}
	})
}

// Records from before a setting was switched on, or that Django wrote, end by it too.
func TestASettingHoldsForRecordsFromBeforeIt(t *testing.T) {
	for name, c := range map[string]struct {
		set    func(*sessions.Session)
		change func(*sessions.Config)
		rest   time.Duration // not used for so long; 0: not after one visit
	}{
		"IdleTimeout switched on":           {nothing, func(c *sessions.Config) { c.IdleTimeout = 10 * time.Minute }, 30 * time.Minute},
		"IdleTimeout switched on, At":       {func(s *sessions.Session) { s.SetExpiry(sessions.At(time.Now().Add(24 * time.Hour))) }, func(c *sessions.Config) { c.IdleTimeout = 10 * time.Minute }, 0},
		"IdleTimeout switched on, After":    {func(s *sessions.Session) { s.SetExpiry(sessions.After(24 * time.Hour)) }, func(c *sessions.Config) { c.IdleTimeout = 10 * time.Minute }, 30 * time.Minute},
		"Age shortened":                     {nothing, func(c *sessions.Config) { c.Age = 20 * time.Minute }, 30 * time.Minute},
		"AbsoluteAge switched on":           {func(s *sessions.Session) { s.StartAbsoluteAge() }, func(c *sessions.Config) { c.AbsoluteAge = 20 * time.Minute }, 30 * time.Minute},
		"IdleTimeout and a shortened Age":   {nothing, func(c *sessions.Config) { c.Age, c.IdleTimeout = 20*time.Minute, 15*time.Minute }, 30 * time.Minute},
		"an expiry that is over, on return": {func(s *sessions.Session) { s.SetExpiry(sessions.After(5 * time.Minute)) }, func(*sessions.Config) {}, 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			onEachKept(t, func(t *testing.T, cfg sessions.Config) {
				if strings.Contains(name, "shortened") && strings.HasSuffix(t.Name(), "SQLite,_unsigned") {
					t.Skip("an unsigned row stores its expiry, not the time of its save")
				}
				v := &visitor{t: t}
				v.saves(open(t, cfg), c.set)
				c.change(&cfg)
				m := open(t, cfg)
				if c.rest == 0 { // nobody knows when it was used: the idle clock begins with a visit
					if !v.reads(m) {
						t.Fatal("gone before its time")
					}
				}
				time.Sleep(max(c.rest, 30*time.Minute))
				if v.reads(m) {
					t.Error("there after its end")
				}
			})
		})
	}
}

func TestAShortenedAgeCountsFromTheSaveAlsoUnderPolling(t *testing.T) {
	onEachKept(t, func(t *testing.T, cfg sessions.Config) {
		v := &visitor{t: t}
		cfg.IdleTimeout = 10 * time.Minute
		v.saves(open(t, cfg), nothing)
		cfg.Age = time.Hour
		if got := v.lasts(open(t, cfg), 3*time.Hour); got > time.Hour || got < 55*time.Minute {
			t.Errorf("read every four minutes it lasts %v, want an hour", got)
		}
	})
}

func TestSavingEveryRequestRenewsAgeAndEndsByNoFixedMoment(t *testing.T) {
	onEachKept(t, func(t *testing.T, cfg sessions.Config) {
		cfg.Age, cfg.SaveEveryRequest = 10*time.Minute, true
		m, v := open(t, cfg), &visitor{t: t}
		v.saves(m, nothing)
		if got := v.lasts(m, time.Hour); got < 50*time.Minute {
			t.Errorf("it lasts %v, want as long as it is used", got)
		}
		v.saves(m, func(s *sessions.Session) { s.SetExpiry(sessions.At(time.Now().Add(30 * time.Minute))) })
		if got := v.lasts(m, time.Hour); got > 30*time.Minute {
			t.Errorf("it lasts %v beyond a fixed moment", got)
		}
	})
}

// A session that expires while a handler runs must not come back by the touch at its end:
// another request may have been told that it has expired.
func TestATouchDoesNotReviveWhatExpiredMeanwhile(t *testing.T) {
	onEachKept(t, func(t *testing.T, cfg sessions.Config) {
		cfg.IdleTimeout = 10 * time.Minute
		m, v := open(t, cfg), &visitor{t: t}
		v.saves(m, nothing)
		time.Sleep(9*time.Minute + 50*time.Second)
		res := ask(m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			sessions.From(r).Has("a")
			time.Sleep(20 * time.Second)
			if m.Open(t.Context(), v.key).Has("a") {
				t.Error("another request finds it after its end")
			}
		})), "/", "sessionid="+v.key)
		if line := res.Header.Get("Set-Cookie"); res.StatusCode != 200 || line != "" && !strings.HasPrefix(line, "sessionid=;") {
			t.Errorf("status %d, Set-Cookie %q", res.StatusCode, line)
		}
		if v.reads(m) {
			t.Error("it is back")
		}
	})
}

func TestTheClockMayBeSetBackByAnHour(t *testing.T) {
	for name, makes := range kept {
		if name == "signed_cookies" || strings.HasPrefix(name, "files") {
			continue // a cookie from the future is refused; files are looked at with the system's clock
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := makes(t)
				cfg.Age = 24 * time.Hour
				m := open(t, cfg)
				s := m.Open(t.Context(), "")
				s.Set("a", 1)
				must(t, s.Save())
				rec, err := cfg.Engine.Load(t.Context(), s.Key())
				must(t, err)
				ahead := rec // as a server wrote it whose clock was an hour ahead
				for _, at := range []*time.Time{&ahead.Saved, &ahead.Used, &ahead.Expires} {
					if !at.IsZero() {
						*at = at.Add(time.Hour)
					}
				}
				_, err = cfg.Engine.Replace(t.Context(), s.Key(), rec, ahead)
				must(t, err)
				for _, idle := range []time.Duration{0, 30 * time.Minute} {
					cfg.IdleTimeout = idle
					v := &visitor{t: t, key: s.Key()}
					for range 3 {
						if !v.reads(open(t, cfg)) {
							t.Fatalf("gone, with an IdleTimeout of %v", idle)
						}
					}
					v.saves(open(t, cfg), nothing)
				}
			})
		})
	}
}

func TestSessionsLastOverLeapDays2038AndUpTo9999(t *testing.T) {
	onEachKept(t, func(t *testing.T, cfg sessions.Config) {
		m, v := open(t, cfg), &visitor{t: t}
		for _, begin := range []time.Time{
			time.Date(2028, 2, 28, 23, 59, 59, 0, time.UTC), time.Date(2038, 1, 19, 3, 14, 6, 0, time.UTC), time.Date(2100, 2, 28, 23, 0, 0, 0, time.UTC), time.Date(2106, 2, 7, 6, 28, 14, 0, time.UTC),
		} {
			time.Sleep(time.Until(begin))
			v.key = ""
			v.saves(m, func(s *sessions.Session) { s.SetExpiry(sessions.After(2 * time.Hour)) })
			time.Sleep(2*time.Hour - time.Second)
			if !v.reads(m) {
				t.Errorf("%v: gone before its end", begin)
			}
			time.Sleep(time.Second)
			if v.reads(m) {
				t.Errorf("%v: there after its end", begin)
			}
		}
		v.key = ""
		v.saves(m, func(s *sessions.Session) {
			s.SetExpiry(sessions.At(time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)))
		})
		if !v.reads(m) {
			t.Error("a session until the end of the year 9999 is gone")
		}
	})
}

func TestTheEnginesOfThePolicyKeepDifferentTimes(t *testing.T) { // or the tests above show little
	seen := map[[3]bool]bool{}
	for _, makes := range kept {
		cfg := makes(t)
		key, err := cfg.Engine.Create(t.Context(), sessions.Record{Data: []byte(`{"a":1}`), Saved: time.Now(), Used: time.Now(), Expires: time.Now().Add(time.Hour)})
		must(t, err)
		rec, err := cfg.Engine.Load(t.Context(), key)
		must(t, err)
		seen[[3]bool{rec.Saved.IsZero(), rec.Used.IsZero(), rec.Expires.IsZero()}] = true
	}
	if len(seen) < 3 {
		t.Errorf("only %v", seen)
	}
}
