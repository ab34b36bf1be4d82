package sessionstest

import (
	"testing"

	"sessionlab/sessions"
)

// A history that no broken engine shows to be wrong would prove nothing.
func TestAHistoryShowsABrokenEngine(t *testing.T) {
	for _, flaw := range []flaw{"looks, then writes", "replaces whatever is there", "inserts on replace", "deletes nothing"} {
		b := &bench{t: t, cfg: sessions.Config{Engine: newMap(flaw)}}
		b.manager()
		fault := ""
		for seed := uint64(0); fault == "" && seed < 500; seed++ {
			fault = b.randomHistory(seed)
		}
		if fault == "" {
			t.Errorf("nothing is wrong with the histories over an engine that %s", flaw)
		}
	}
}
