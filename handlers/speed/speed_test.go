package speed

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/file"
	"sessionlab/sessions/signedcookies"
)

var errDown = errors.New("the store is down")

// broken is an engine whose store is out of reach.
type broken struct{ sessions.Engine }

func (broken) Load(context.Context, string) (sessions.Record, error) {
	return sessions.Record{}, errDown
}
func (broken) Create(context.Context, sessions.Record) (string, error) { return "", errDown }

// slow is an engine that takes its time over every call, and gives up when that is over.
type slow struct {
	sessions.Engine
	by time.Duration
}

func (s slow) wait(ctx context.Context) error {
	select {
	case <-time.After(s.by):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s slow) Load(ctx context.Context, key string) (sessions.Record, error) {
	if err := s.wait(ctx); err != nil {
		return sessions.Record{}, err
	}
	return s.Engine.Load(ctx, key)
}

func (s slow) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	if err := s.wait(ctx); err != nil {
		return "", err
	}
	return s.Engine.Replace(ctx, key, old, rec)
}

func memory() *cache.Memory { return cache.NewMemory(cache.MemoryOptions{}) }

func lane(name string, e sessions.Engine) Lane {
	return Lane{name, sessions.Config{Engine: e, Codec: sessions.InsecureUnsigned{}}}
}

func cookies(t *testing.T) sessions.Engine {
	t.Helper()
	e, err := signedcookies.New(signedcookies.Config{Secret: "a secret of this test"})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func files(t *testing.T) sessions.Engine {
	t.Helper()
	e, err := file.Open(file.Config{Dir: t.TempDir(), CookieName: "sessionid"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// wait returns the state when no run is under way any more.
func wait(t *testing.T, r *Runner) State {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if s := r.State(); s.Running == nil {
			return s
		}
	}
	t.Fatal("the run does not end")
	return State{}
}

func TestARaceIsCountedRightByEnginesThatKeepSessionsOnTheServer(t *testing.T) {
	var r Runner
	store := memory()
	if !r.Race([]Lane{lane("cache", store), lane("file", files(t)), lane("signed_cookies", cookies(t))}) {
		t.Fatal("the race was not started")
	}
	race := wait(t, &r).Race
	if race == nil || len(race.Rows) != 3 {
		t.Fatalf("race: %+v", race)
	}
	for _, row := range race.Rows {
		want := Clicks
		if row.Engine == "signed_cookies" {
			want = 1
		}
		if row.Err != nil || row.Layer.Counted != want || row.Layer.Refused != 0 {
			t.Errorf("%s counted %+v (%v), want %d and 0 refused", row.Engine, row.Layer, row.Err, want)
		}
		if onServer := row.Engine != "signed_cookies"; onServer != (row.Retries > 0) {
			t.Errorf("%s: %d retries: all clicks have read the same state, so all but one must come second on a server, and none in a cookie", row.Engine, row.Retries)
		}
	}
	if n := store.Len(); n != 0 {
		t.Errorf("%d sessions were left behind", n)
	}
}

// All have read 0 before the first of them writes, so of those who write what they computed
// one click is left.
func TestPlainSCSAndDjangosRuleLoseClicksAndTellNobody(t *testing.T) {
	var r Runner
	r.Race([]Lane{lane("cache", memory()), lane("file", files(t)), lane("signed_cookies", cookies(t))})
	race := wait(t, &r).Race
	if race.Plain.Counted != 1 || race.Plain.Refused != 0 {
		t.Errorf("plain scs: %+v", race.Plain)
	}
	for _, row := range race.Rows {
		if row.Django.Counted != 1 || row.Django.Refused != 0 {
			t.Errorf("Django's rule on %s: %+v (%v)", row.Engine, row.Django, row.Err)
		}
	}
}

// watched is an engine that remembers what it held when a session was ended.
type watched struct {
	*cache.Memory
	ended []string
}

func (w *watched) Delete(ctx context.Context, key string) error {
	if rec, err := w.Load(ctx, key); err == nil {
		w.ended = append(w.ended, string(rec.Data))
	}
	return w.Memory.Delete(ctx, key)
}

func TestWhatARaceSaysIsWhatWasStored(t *testing.T) {
	var r Runner
	store := &watched{Memory: memory()}
	r.Race([]Lane{lane("cache", store)})
	row := wait(t, &r).Race.Rows[0]
	if len(store.ended) != 2 {
		t.Fatalf("the store held %q", store.ended)
	}
	for i, said := range []int{row.Layer.Counted, row.Django.Counted} {
		var held struct {
			N int `json:"visit_count"`
		}
		if err := json.Unmarshal([]byte(store.ended[i]), &held); err != nil || held.N != said {
			t.Errorf("counted %d, and the store held %s (%v)", said, store.ended[i], err)
		}
	}
}

func TestAMeasurementHasFiguresOfEveryEngineAndLeavesNothingBehind(t *testing.T) {
	var r Runner
	store := memory()
	r.Measure([]Lane{lane("cache", store), lane("file", files(t)), lane("signed_cookies", cookies(t)), lane("broken", broken{memory()})})
	m := wait(t, &r).Measure
	for _, row := range m.Rows {
		if row.Engine == "broken" {
			if !errors.Is(row.Err, errDown) {
				t.Errorf("the engine whose store is down: %v, want its error", row.Err)
			}
			continue
		}
		if row.Err != nil || row.Read <= 0 || row.Save <= 0 || row.Slow < row.Save {
			t.Errorf("%s: %+v", row.Engine, row)
		}
	}
	if n := store.Len(); n != 0 {
		t.Errorf("%d sessions were left behind", n)
	}
}

func TestThereIsOneRunAtATimeAndItIsOverInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Runner
		lanes := []Lane{lane("slow", slow{memory(), 90 * time.Millisecond}), lane("hangs", slow{memory(), time.Hour}), lane("quick", memory())}
		start := time.Now()
		if !r.Measure(lanes) {
			t.Fatal("the run was not started")
		}
		time.Sleep(time.Second)
		if p := r.State().Running; p == nil || p.Done < 1 || p.Done >= p.Total || p.Text == "" {
			t.Errorf("progress after a second: %+v", p)
		}
		if r.Measure(lanes) || r.Race(lanes) {
			t.Error("a second run was started beside the first")
		}
		for r.State().Running != nil {
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(start); took > Limit+saveLimit {
			t.Errorf("the run took %v, want at most %v", took, Limit+saveLimit)
		}
		rows := r.State().Measure.Rows
		if rows[0].Err != nil || rows[0].Read < 90*time.Millisecond {
			t.Errorf("the slow engine: %+v", rows[0])
		}
		if rows[1].Err == nil {
			t.Errorf("an engine that hangs has figures: %+v", rows[1])
		}
		synctest.Wait()
	})
}

func TestARunEndsEarlyWhenTheProgramStops(t *testing.T) {
	r := Runner{Stop: func() bool { return true }}
	r.Measure([]Lane{lane("cache", memory())})
	if row := wait(t, &r).Measure.Rows[0]; !errors.Is(row.Err, ErrNoTime) {
		t.Errorf("measured after all: %+v", row)
	}
	r.Race([]Lane{lane("cache", memory())})
	if rows := wait(t, &r).Race.Rows; len(rows) != 0 {
		t.Errorf("raced after all: %+v", rows)
	}
}

func TestRankIsTheSmallestValueThatSoManyPercentAreNotAbove(t *testing.T) {
	var all []time.Duration
	for i := 200; i > 0; i-- {
		all = append(all, time.Duration(i))
	}
	if got := rank(all, 50); got != 100 {
		t.Errorf("median of 1 to 200: %d, want 100", got)
	}
	if got := rank(all, 99); got != 198 {
		t.Errorf("99th percentile of 1 to 200: %d, want 198", got)
	}
	if got := rank([]time.Duration{7}, 99); got != 7 {
		t.Errorf("of one value: %d, want 7", got)
	}
}
