package handlers

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"sessionlab/sessions/sessionstest/testserver"
)

// The highlighter's clock ends by itself a moment after the last page was highlighted.
func TestMain(m *testing.M) {
	os.Exit(testserver.Main(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock")))
}
