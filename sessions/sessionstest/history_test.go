package sessionstest

import (
	"context"
	"testing"
	"time"

	"sessionlab/sessions"
)

// A history that no broken engine shows to be wrong would prove nothing. An engine
// that serves expired records is not among them: the layer looks at the clock itself.
func TestAHistoryShowsABrokenEngine(t *testing.T) {
	for _, c := range []struct {
		engine  string
		make    func() sessions.Engine
		expires bool
	}{
		{"looks, then writes", func() sessions.Engine { return newMap("looks, then writes") }, false},
		{"replaces whatever is there", func() sessions.Engine { return newMap("replaces whatever is there") }, false},
		{"inserts on replace", func() sessions.Engine { return newMap("inserts on replace") }, false},
		{"deletes nothing", func() sessions.Engine { return newMap("deletes nothing") }, false},
		{"forgets what was not renewed for long", func() sessions.Engine { return hasty{newMap("")} }, false},
		{"forgets before the end", func() sessions.Engine { return hasty{newMap("")} }, true},
	} {
		t.Run("AnEngineThat "+c.engine, func(t *testing.T) {
			b := &bench{t: t, cfg: sessions.Config{Engine: c.make()}}
			b.manager()
			fault := ""
			for seed := uint64(0); fault == "" && seed < 500; seed++ {
				fault = b.randomHistory(seed, c.expires)
			}
			if fault == "" {
				t.Error("nothing is wrong with its histories")
			}
		})
	}
}

// hasty is an engine that keeps nothing for longer than half a millisecond.
type hasty struct{ *mapEngine }

func (e hasty) Load(ctx context.Context, key string) (sessions.Record, error) {
	rec, err := e.mapEngine.Load(ctx, key)
	if err == nil && time.Since(rec.Saved) > 500*time.Microsecond {
		return sessions.Record{}, sessions.ErrNotFound
	}
	return rec, err
}
