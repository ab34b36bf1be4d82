// Package testserver starts real servers for tests: each on a free port of the
// loopback interface, with a temporary directory, once per test binary, and stopped
// when its tests are over. A package that uses it hands its tests to [Main]:
//
//	func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }
//
// A test whose server is not installed is skipped with a line that says so, but
// fails where the environment has CI=true.
package testserver

import (
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// running holds what Main must stop, the newest last.
var running struct {
	sync.Mutex
	ready bool // Main is there to stop what is started
	stops []func()
}

// Main runs the tests of a package, stops the servers that they started, and then
// looks for goroutines that were left behind. It returns the exit code.
func Main(m *testing.M, options ...goleak.Option) int {
	running.Lock()
	running.ready = true
	running.Unlock()

	code := m.Run()

	running.Lock()
	stops := running.stops
	running.Unlock()
	for _, stop := range slices.Backward(stops) {
		stop()
	}
	if code == 0 {
		if err := goleak.Find(options...); err != nil {
			fmt.Fprintln(os.Stderr, "goroutines were left behind:", err)
			code = 1
		}
	}
	return code
}

// atEnd keeps stop for the end of the test binary.
func atEnd(t testing.TB, stop func()) {
	t.Helper()
	running.Lock()
	defer running.Unlock()
	if !running.ready {
		stop()
		t.Fatal("testserver: this package needs: func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }")
	}
	running.stops = append(running.stops, stop)
}

// missing skips the test, or fails it where nothing may be skipped.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s, and CI=true forbids to skip", what)
	}
	t.Skip(what)
}

// freePort returns a port of the loopback interface that nobody listens on now.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("testserver: %v", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
