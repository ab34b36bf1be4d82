// Package sessionstest checks that an engine keeps the promises of
// [sessions.Engine], in the manner of testing/fstest. In an engine's own package
// this is all that a conformance test needs:
//
//	func TestConformance(t *testing.T) {
//		sessionstest.Run(t, func(t *testing.T) sessions.Engine { return openEmpty(t) })
//	}
//
// The suite stores what codecs write: text, never empty, without NUL bytes. An
// engine may rely on that.
//
// [Layer] does the same with whole sessions over an engine, and [Faulty] is an engine that
// fails when it is told to, for tests of a program that uses sessions.
package sessionstest

import (
	"testing"

	"sessionlab/sessions"
)

// Run puts the engines that open returns through the suite, one engine for each
// case. Each must stand on an empty store; open closes it with t.Cleanup. A failed
// case ends with the promise that was broken, in words.
func Run(t *testing.T, open func(t *testing.T) sessions.Engine, opts ...Option) {
	var s suite
	for _, opt := range opts {
		opt(&s)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if missing := c.needs & s.lacks; missing != 0 {
				t.Skip("cannot be kept by such an engine, see package sessionstest: " + c.promise)
			}
			defer func() {
				if t.Failed() {
					t.Log("the promise: " + c.promise)
				}
			}()
			c.check(t, open(t))
		})
	}
}

// An Option tells what an engine cannot do by its nature. What it lacks then is in
// one place, the column needs of the table below.
type Option func(*suite)

type suite struct{ lacks ability }

type ability uint8

const (
	// storage: there is a record outside of the key, so it can be found gone or
	// changed, and be larger than a cookie.
	storage ability = 1 << iota
	// swap: the look and the write of Replace are one step.
	swap
)

// Cookie is for engines whose key is the data (signed_cookies). Nothing is stored,
// so a copy of an old key stays good until it expires: no conflict, no delete that takes
// effect, no two keys for equal data.
func Cookie() Option { return func(s *suite) { s.lacks |= storage | swap } }

// LookThenWrite is for engines over a store that can only get and set, as an
// scs.Store: each call keeps its promise, parallel ones overwrite each other.
func LookThenWrite() Option { return func(s *suite) { s.lacks |= swap } }

const always ability = 0

type testCase struct {
	name    string // reads as a sentence
	needs   ability
	check   func(t testing.TB, e sessions.Engine)
	promise string
}

var cases = []testCase{
	// Create and load.
	{"CreatedRecordLoadsBack", always, createdRecordLoadsBack,
		"what was created is loaded under the key that Create returned, byte for byte"},
	{"TimesLoadBack", always, timesLoadBack,
		"Load returns at least one of Saved, Used and Expires, within a second of what was stored, in UTC"},
	{"CreateMakesAValidKey", always, createMakesAValidKey,
		"a key from Create has the shape that the layer lets through"},
	{"CreateMakesADifferentKeyEachTime", storage, createMakesADifferentKey,
		"each Create makes a new key and leaves the other records alone"},
	{"LoadOfUnknownKeyIsNotFoundAndCreatesNothing", storage, loadUnknown,
		"a made-up key is ErrNotFound and costs no storage"},
	{"MalformedKeyIsNotFound", always, malformedKey,
		"a key that nobody can have issued is absent, whatever its bytes; it is no error of the store"},
	{"TextIsKeptByteForByte", storage, textIsKept,
		"data is any text without NUL bytes, and is kept as it is"},
	{"LargeDataIsKept", storage, largeDataIsKept,
		"data of 200,000 and of 900,000 bytes is kept"},
	{"SlicesAreNotShared", always, slicesAreNotShared,
		"an engine keeps no reference to bytes passed in or handed out"},
	{"EndedContextDoesNothing", storage, endedContext,
		"with an ended context every method fails with an error of its own, neither ErrNotFound nor ErrConflict, " +
			"and changes nothing"},

	// Replace.
	{"ReplaceStoresTheNewRecord", always, replaceStores,
		"after Replace the new record is found under the key that it returned"},
	{"ReplaceWithEqualDataMovesTheTimes", always, replaceMovesTimes,
		"Replace with equal data is how an engine without Touch prolongs a session"},
	{"ReplaceOfAChangedRecordIsAConflict", storage, replaceChanged,
		"the second of two writers is told that another request saved first, and changes nothing"},
	{"ReplaceOfAnUnknownKeyIsNotFound", storage, replaceUnknown,
		"Replace never creates"},
	{"ReplaceAfterDeleteIsNotFound", storage, replaceAfterDelete,
		"a slow request cannot undo a sign-out"},
	{"ReplaceWithAnExpiredRecordIsAConditionalDelete", storage, replaceWithExpired,
		"an expired record takes the stored one away, if that is still the old one"},
	{"OneOfManyReplacersWins", swap, oneReplacerWins,
		"of many writers that read the same record exactly one succeeds, and its record is stored"},
	{"ParallelIncrementsAreAllCounted", swap, incrementsAreCounted,
		"200 compare-and-swap increments in parallel read 200"},
	{"ReplaceRacingDeleteNeverRevives", swap, replaceRacingDelete,
		"once Delete has returned the record stays gone, whoever was writing"},

	// Delete.
	{"DeletedRecordIsGone", storage, deletedIsGone,
		"after Delete the key is unknown, and other records stand"},
	{"DeleteOfAMissingRecordIsNoError", always, deleteMissing,
		"Delete may be called again, or for a key that never was"},

	// Expiry.
	{"RecordExpiredAtCreateIsNotStored", storage, expiredAtCreate,
		"an expired record is not stored, and Create still returns a new key"},
	{"ExpiredRecordIsGone", storage, expiredIsGone,
		"from the instant Expires on, Load, Replace and Touch say ErrNotFound, and nothing revives the record"},

	// Optional abilities; skipped where an engine does not have them.
	{"TouchMovesTheTimes", always, touchMovesTimes,
		"Touch moves Used and Expires, as far as the engine keeps them, and leaves Saved and the data"},
	{"TouchGoesForwardOnly", storage, touchForwardOnly,
		"Touch with earlier times changes nothing and is no error; Used and Expires move each by itself"},
	{"TouchOfAMissingRecordIsNotFound", storage, touchMissing,
		"Touch never creates"},
	{"TouchRacingReplaceLosesNoWrite", swap, touchRacingReplace,
		"a touch in parallel undoes no write"},
	{"TouchRacingDeleteNeverRevives", swap, touchRacingDelete,
		"a touch in parallel does not undo a sign-out"},
	{"ClearRemovesWhatHasExpiredAndNothingElse", storage, clearRemovesExpired,
		"Clear removes the expired records, counts them, and leaves live ones"},
	{"ClearWorksInBatchesThatCanBeInterrupted", storage, clearInBatches,
		"Clear goes on in batches of at most 1,000, reports each, and stops between two when ctx ends"},
	{"ClearLeavesWhatWasRenewed", storage, clearLeavesRenewed,
		"a record renewed while Clear runs survives"},
	{"ClearAsksWhenARecordEnds", storage, clearAsks,
		"Clear of an engine that keeps no Expires asks when each record ends, and without an answer removes none"},
	{"ListGivesEveryLiveRecordOnce", storage, listGivesAll,
		"List gives each record once, with its key, its data and its times"},
	{"ListStopsWhenToldTo", storage, listStops,
		"List ends without an error as soon as its function returns false"},
	{"ListLeavesOutTheExpired", storage, listSkipsTheExpired,
		"List gives no record that the engine knows to have expired"},
	{"ListSurvivesChanges", storage, listSurvivesChanges,
		"records may be stored, changed and deleted while List runs, also from its function; all others are given once"},
	{"TraitsTellWhetherTheBrowserKeepsTheRecord", always, traitsTellTheBrowser,
		"Traits say InCookie exactly where a deleted key stays good, because the key is the record"},
	{"LocateSaysWhere", always, locateSaysWhere,
		"Locate names a place that people understand"},
}
