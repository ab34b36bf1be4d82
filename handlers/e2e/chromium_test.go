package e2e

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// chromium is the one browser of this package. Each visitor gets a profile of their own in it.
var chromium struct {
	ctx context.Context
	err error // why there is none
}

func TestMain(m *testing.M) {
	flag.Parse()
	if own := flag.Lookup("test.parallel"); own.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = own.Value.Set(strconv.Itoa(2 + runtime.GOMAXPROCS(0))) // more tabs than cores, since some wait for a clock
	}
	os.Exit(func() int {
		stop := start()
		defer stop()
		return m.Run()
	}())
}

// start opens the browser; stop closes it, and leaves nothing of it behind.
func start() (stop func()) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		chromium.err = err
		return func() {}
	}
	dir, err := os.MkdirTemp("", "sessionlab-e2e-")
	if err != nil {
		chromium.err = err
		return func() {}
	}
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path),
		chromedp.UserDataDir(filepath.Join(dir, "profile")),
		chromedp.Env("TMPDIR="+dir), // it keeps sockets and the like in the temporary directory
		chromedp.NoSandbox,          // it does not work for root, and these pages are all our own
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.WindowSize(1440, 900))
	ctx, free := chromedp.NewExecAllocator(context.Background(), opts...)
	chromium.ctx, _ = chromedp.NewContext(ctx)
	chromium.err = chromedp.Do(chromium.ctx) // without a deadline, which would end the browser
	return func() {
		ctx, cancel := context.WithTimeout(chromium.ctx, 10*time.Second)
		defer cancel()
		_ = chromedp.Cancel(ctx) // lets it finish its files
		free()
		// Its processes end one after the other, and may write until they do.
		for deadline := time.Now().Add(10 * time.Second); os.RemoveAll(dir) != nil && time.Now().Before(deadline); {
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// needs skips the test when something that it needs is missing. It fails it where nothing may be
// skipped, and when what is there does not work.
func needs(t *testing.T, what string, err error) {
	t.Helper()
	missing := errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist)
	switch {
	case err == nil:
	case os.Getenv("CI") == "true" || !missing:
		t.Fatalf("needs %s, which .ci/setup installs: %v", what, err)
	default:
		t.Skipf("needs %s, which .ci/setup installs: %v", what, err)
	}
}
