package handlers

import (
	"os"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"sessionlab/sessions/sessionstest/testserver"
)

// The highlighter's clock ends by itself a moment after the last page was highlighted.
func TestMain(m *testing.M) {
	os.Exit(testserver.Main(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock")))
}

// bubble is synctest.Test for what shows pages. Source is highlighted before, since the library
// that does it has a clock that would go on in the bubble.
func bubble(t *testing.T, f func(*testing.T)) {
	t.Helper()
	highlighted()
	synctest.Test(t, f)
}

var highlighted = sync.OnceFunc(sources.Highlighted)
