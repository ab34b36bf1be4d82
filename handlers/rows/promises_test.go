package rows

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// promises leads from each cell of the README's table "What is promised" to the tests that show
// it: below a row's name its engines, each with packages and their tests, or cases of a suite in
// quotes, by the beginning of their names. Those of sessions/sessionstest are put to the engine
// by the TestLayer or TestConformance of its package.
const promises = `
kill -9 of the app
	db: handlers/rows: TestNothingAcknowledgedIsLostByAKill; sessions/db: TestKilledProcessLosesNoAcknowledgedSave
	file: handlers/rows: TestNothingAcknowledgedIsLostByAKill
	cache in memory: handlers/rows: TestAKillEndsTheSessionsInMemoryAlone
	cache in Redis: handlers/rows: TestAKillEndsTheSessionsInMemoryAlone
	cached_db: handlers/rows: TestNothingAcknowledgedIsLostByAKill; sessions/cacheddb: TestAWriteThatEndsHalfwayLeavesNoOldEntry
	signed_cookies: handlers/rows: TestAKillEndsTheSessionsInMemoryAlone
power loss
	db: handlers/rows: TestAnswersLeaveAfterTheDiskHasTheData; sessions/db: TestSQLitePragmasAreInForce, TestPostgresThatWasStoppedIsAnErrorUntilItIsBack
	file: handlers/rows: TestAnswersLeaveAfterTheDiskHasTheData
	cache in memory: handlers/rows: TestAKillEndsTheSessionsInMemoryAlone
	cache in Redis: sessions/redis: TestARestartOfRedisLeavesWhatItHasSaved
	cached_db: handlers/rows: TestAnswersLeaveAfterTheDiskHasTheData; sessions/cacheddb: TestConformanceWithoutACache
	signed_cookies: handlers/rows: TestAKillEndsTheSessionsInMemoryAlone
restart of the store
	db: sessions/db: TestPostgresThatWasStoppedIsAnErrorUntilItIsBack; handlers/rows: TestNothingAcknowledgedIsLostByAKill
	file: handlers/rows: TestNothingAcknowledgedIsLostByAKill
	cache in memory: handlers/rows: TestAKillEndsTheSessionsInMemoryAlone
	cache in Redis: sessions/redis: TestARestartOfRedisLeavesWhatItHasSaved, TestRedisOutage
	cached_db: sessions/cacheddb: TestRestartWithOldDataThatNobodyNoticed, TestOutageOfTheCache; sessions/db: TestPostgresThatWasStoppedIsAnErrorUntilItIsBack
	signed_cookies: handlers/rows: TestAKillEndsTheSessionsInMemoryAlone
the store is out of reach
	db: sessions/db: TestPostgresThatIsOutOfReachIsAnErrorUntilItIsBack, TestRemovedFileIsAnError; handlers: TestAStoreThatIsGoneSignsNobodyOut
	file: sessions/file: TestARemovedDirectoryLogsNobodyOut; sessions/sessionstest: "a store that fails is neither a success nor a sign-out"
	cache in Redis: sessions/redis: TestRedisOutage; sessions/sessionstest: "a store that fails is neither a success nor a sign-out"
	cached_db: sessions/cacheddb: TestOutageOfTheCache, TestConformanceWithoutACache; sessions/db: TestPostgresThatIsOutOfReachIsAnErrorUntilItIsBack
sign-out
	db: handlers: TestASignOutEndsTheSessionOnTheServer; sessions/db: TestLayer; sessions/sessionstest: "a sign-out at any step of another request is final"
	file: handlers: TestASignOutEndsTheSessionOnTheServer; sessions/file: TestLayer; sessions/sessionstest: "a sign-out at any step of another request is final"
	cache in memory: handlers: TestASignOutEndsTheSessionOnTheServer; sessions/cache: TestLayer; sessions/sessionstest: "a sign-out at any step of another request is final"
	cache in Redis: handlers: TestTwoCopiesOfTheAppShareTheirVisitors; sessions/redis: TestLayer; sessions/sessionstest: "a sign-out at any step of another request is final"
	cached_db: handlers: TestASignOutEndsTheSessionOnTheServer, TestTwoCopiesOfTheAppShareTheirVisitors; sessions/cacheddb: TestLateFillNeverOutlivesTheRow, TestAnyOrderOfSteps
	signed_cookies: handlers: TestASignOutEndsTheSessionOnTheServer; sessions/signedcookies: TestACopyOfACookieWorksUntilItExpires
parallel requests
	db: handlers: TestTheLabOnEveryEngine; sessions/db: TestLayer, TestTwoProcessesLoseNoIncrement; sessions/sessionstest: "200 parallel increments over HTTP count 200", "what was computed from an older read is refused"
	file: handlers: TestTheLabOnEveryEngine; sessions/file: TestLayer, TestFourProcessesCountExactly; sessions/sessionstest: "200 parallel increments over HTTP count 200", "what was computed from an older read is refused"
	cache in memory: handlers: TestTheLabOnEveryEngine; sessions/cache: TestLayer; sessions/sessionstest: "200 parallel increments over HTTP count 200", "what was computed from an older read is refused"
	cache in Redis: handlers: TestTwoCopiesOfTheAppShareTheirVisitors; sessions/redis: TestLayer; sessions/sessionstest: "200 parallel increments over HTTP count 200", "what was computed from an older read is refused"
	cached_db: handlers: TestTheLabOnEveryEngine; sessions/cacheddb: TestLayer, TestTwoProcessesOverPostgreSQLAndRedis; sessions/sessionstest: "200 parallel increments over HTTP count 200", "what was computed from an older read is refused"
	signed_cookies: sessions/signedcookies: TestOfTwoRequestsAtOnceTheLaterOneWins
replay of an old cookie
	db: handlers: TestASignOutEndsTheSessionOnTheServer, TestEverySignInGivesANewKeyAndKeepsTheData; sessions/sessionstest: "the old key is dead after a cycle"
	file: handlers: TestASignOutEndsTheSessionOnTheServer, TestEverySignInGivesANewKeyAndKeepsTheData; sessions/sessionstest: "the old key is dead after a cycle"
	cache in memory: handlers: TestASignOutEndsTheSessionOnTheServer, TestEverySignInGivesANewKeyAndKeepsTheData; sessions/sessionstest: "the old key is dead after a cycle"
	cache in Redis: sessions/redis: TestLayer; sessions/sessionstest: "the old key is dead after a cycle", "flush deletes the record and drops the key"
	cached_db: handlers: TestASignOutEndsTheSessionOnTheServer, TestEverySignInGivesANewKeyAndKeepsTheData; sessions/cacheddb: TestLateFillNeverOutlivesTheRow
	signed_cookies: sessions/signedcookies: TestACopyOfACookieWorksUntilItExpires; handlers: TestAPasswordChangeEndsTheOtherSessions
somebody alters what is stored
	db: sessions: TestSignedRefuses; sessions/signing: TestEverySingleBitCounts; sessions/sessionstest: "a record that is none is a fresh session"
	file: sessions: TestSignedRefuses; sessions/signing: TestEverySingleBitCounts; sessions/sessionstest: "a record that is none is a fresh session"
	cache in Redis: sessions/redis: TestEveryBitOfARecordInRedisCounts, TestARecordInRedisIsGoodForItsKeyAlone
	cached_db: sessions: TestSignedRefuses; sessions/signing: TestEverySingleBitCounts; sessions/sessionstest: "a record that is none is a fresh session"
	signed_cookies: sessions/signedcookies: TestEveryBitOfACookieCounts
data and the visitor
	db: sessions/db: TestConformance; sessions/sessionstest: "CreateMakesAValidKey"
	file: sessions/file: TestConformance; sessions/sessionstest: "CreateMakesAValidKey"
	cache in memory: sessions/cache: TestConformance; sessions/sessionstest: "CreateMakesAValidKey"
	cache in Redis: sessions/redis: TestConformance; sessions/sessionstest: "CreateMakesAValidKey"
	cached_db: sessions/cacheddb: TestConformance; sessions/sessionstest: "CreateMakesAValidKey"
	signed_cookies: sessions/signedcookies: TestCookiesOfDjango, TestEncryptedCookiesTellNothing
`

// cell is one of the README's table.
type cell struct{ row, engine string }

// shown reads the constant above.
func shown(t *testing.T) map[cell][]reference {
	t.Helper()
	all := map[cell][]reference{}
	name := regexp.MustCompile(`"([^"]+)"|(\w+)`)
	row := ""
	for line := range strings.Lines(strings.TrimSpace(promises)) {
		line = strings.TrimRight(line, "\n")
		if line[0] != '\t' {
			row = line
			continue
		}
		engine, packages, _ := strings.Cut(line[1:], ": ")
		for part := range strings.SplitSeq(packages, "; ") {
			dir, names, _ := strings.Cut(part, ": ")
			for _, m := range name.FindAllStringSubmatch(names, -1) {
				at := cell{row, engine}
				all[at] = append(all[at], reference{dir, m[1] + m[2], m[1] != ""})
			}
		}
	}
	return all
}

// promised reads the README's table.
func promised(t *testing.T) map[cell]string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## What is promised\n")
	section, _, _ = strings.Cut(section, "\n## ")
	all := map[cell]string{}
	var engines []string
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, "`", ""), "|\n "), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if engines == nil {
			engines = cells // the corner is empty, and was trimmed off
			continue
		}
		if len(cells) != len(engines)+1 {
			t.Fatalf("%d cells, want %d: %s", len(cells), len(engines)+1, line)
		}
		for i, promise := range cells[1:] {
			all[cell{cells[0], engines[i]}] = promise
		}
	}
	return all
}

// What the README promises of each engine is shown by tests, and they exist.
func TestEveryPromiseOfTheReadmeIsShown(t *testing.T) {
	promised, shown := promised(t), shown(t)
	if len(promised) < 6*8 {
		t.Fatalf("the table of the README has %d cells", len(promised))
	}
	for at, promise := range promised {
		if none := promise == "not applicable"; none == (len(shown[at]) > 0) {
			t.Errorf("%s, %s: %q, and %d tests show it", at.row, at.engine, promise, len(shown[at]))
		}
	}
	dirs := map[string]*sources{}
	for at, tests := range shown {
		if _, ok := promised[at]; !ok {
			t.Errorf("%s, %s: the table of the README has no such cell", at.row, at.engine)
		}
		for _, ref := range tests {
			if dirs[ref.dir] == nil {
				path := filepath.Join("../..", ref.dir)
				if ref.dir == "main" {
					path = "../.."
				}
				s, err := read(path)
				if err != nil {
					t.Fatalf("%s, %s: %v", at.row, at.engine, err)
				}
				dirs[ref.dir] = s
			}
			if s := dirs[ref.dir]; ref.quoted && !s.hasText(ref.name) || !ref.quoted && !s.functions[ref.name] {
				t.Errorf("%s, %s: %s has no test %q", at.row, at.engine, ref.dir, ref.name)
			}
		}
	}
}
