package sessionstest

import (
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"sessionlab/sessions"
)

func TestSoundEnginePasses(t *testing.T) {
	Run(t, func(*testing.T) sessions.Engine { return newMap("") })
}

func TestSoundEngineThatKeepsUsedAlonePasses(t *testing.T) {
	Run(t, func(*testing.T) sessions.Engine {
		e := newMap("")
		e.bare = true
		return e
	})
}

func BenchmarkMap(b *testing.B) {
	Benchmark(b, func(*testing.B) sessions.Engine { return newMap("") })
}

// flaws lists what an engine may do wrong, and the cases that must notice.
var flaws = map[flaw][]string{
	"creates on load":            {"LoadOfUnknownKeyIsNotFoundAndCreatesNothing"},
	"complains of odd keys":      {"MalformedKeyIsNotFound"},
	"makes odd keys":             {"CreateMakesAValidKey"},
	"makes one key":              {"CreateMakesADifferentKeyEachTime"},
	"loads once":                 {"CreatedRecordLoadsBack"},
	"returns local time":         {"TimesLoadBack"},
	"cuts long data":             {"LargeDataIsKept"},
	"trims space":                {"TextIsKeptByteForByte"},
	"shares slices":              {"SlicesAreNotShared"},
	"ignores contexts":           {"EndedContextDoesNothing"},
	"replaces nothing":           {"ReplaceStoresTheNewRecord"},
	"keeps the old times":        {"ReplaceWithEqualDataMovesTheTimes", "ExpiredRecordIsGone"},
	"replaces whatever is there": {"ReplaceOfAChangedRecordIsAConflict", "ReplaceWithAnExpiredRecordIsAConditionalDelete"},
	"inserts on replace":         {"ReplaceOfAnUnknownKeyIsNotFound", "ReplaceAfterDeleteIsNotFound", "ReplaceRacingDeleteNeverRevives"},
	"looks, then writes":         {"OneOfManyReplacersWins", "ParallelIncrementsAreAllCounted", "ReplaceRacingDeleteNeverRevives"},
	"deletes nothing":            {"DeletedRecordIsGone"},
	"misses what it deletes":     {"DeleteOfAMissingRecordIsNoError"},
	"stores expired records":     {"RecordExpiredAtCreateIsNotStored"},
	"serves expired records":     {"ExpiredRecordIsGone"},
	"touches nothing":            {"TouchMovesTheTimes"},
	"touches backwards":          {"TouchGoesForwardOnly"},
	"touches Saved":              {"TouchMovesTheTimes"},
	"touches what is gone":       {"TouchOfAMissingRecordIsNotFound", "TouchRacingDeleteNeverRevives"},
	"touches with what it read":  {"TouchRacingReplaceLosesNoWrite", "TouchRacingDeleteNeverRevives"},
	"clears all":                 {"ClearRemovesWhatHasExpiredAndNothingElse"},
	"clears in one go":           {"ClearWorksInBatchesThatCanBeInterrupted"},
	"clears what it saw":         {"ClearLeavesWhatWasRenewed"},
	"clears without asking":      {"ClearAsksWhenARecordEnds"},
	"lists twice":                {"ListGivesEveryLiveRecordOnce"},
	"lists on":                   {"ListStopsWhenToldTo"},
	"lists the expired":          {"ListLeavesOutTheExpired"},
	"lists by position":          {"ListSurvivesChanges"},

	"says that the browser keeps it": {"TraitsTellWhetherTheBrowserKeepsTheRecord"},
	"cannot say where":               {"LocateSaysWhere"},
}

// A case that no broken engine fails would prove nothing.
func TestEveryCaseCatchesABrokenEngine(t *testing.T) {
	caught := map[string]bool{}
	for flaw, names := range flaws {
		for _, name := range names {
			i := slices.IndexFunc(cases, func(c testCase) bool { return c.name == name })
			if i < 0 {
				t.Fatalf("no case %s", name)
			}
			caught[name] = true
			t.Run(fmt.Sprintf("AnEngineThat %s fails %s", flaw, name), func(t *testing.T) {
				for range 10 { // a case that needs two steps to meet may miss once
					if record(t, cases[i].check, newMap(flaw)).Failed() {
						return
					}
				}
				t.Errorf("%s passes with an engine that %s", name, flaw)
			})
		}
	}
	for _, c := range cases {
		if !caught[c.name] {
			t.Errorf("no broken engine shows that %s can fail", c.name)
		}
	}
}

// recorder is a test that may fail without failing the real one.
type recorder struct {
	testing.TB
	failed atomic.Bool
}

func record(t *testing.T, check func(testing.TB, sessions.Engine), e sessions.Engine) *recorder {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(r, e)
	}()
	<-done
	return r
}

func (r *recorder) Failed() bool          { return r.failed.Load() }
func (r *recorder) Error(...any)          { r.failed.Store(true) }
func (r *recorder) Errorf(string, ...any) { r.failed.Store(true) }
func (r *recorder) Fatal(...any)          { r.FailNow() }
func (r *recorder) Fatalf(string, ...any) { r.FailNow() }
func (r *recorder) FailNow()              { r.failed.Store(true); runtime.Goexit() }
