package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long one step may take: long, since the machine may be busy.
const patience = time.Minute

// way is how a visitor uses the site.
type way struct {
	name      string
	noScripts bool
	keyboard  bool
}

var (
	withMouse      = way{name: "with scripts"}
	withoutScripts = way{name: "without scripts", noScripts: true}
	withKeyboard   = way{name: "keyboard only", keyboard: true}
)

// visitor is somebody with a tab, and a profile with cookies of their own.
type visitor struct {
	way
	t      *testing.T
	site   *site
	ctx    context.Context
	status int // of the page that was loaded last

	mu        sync.Mutex
	documents map[network.RequestID]bool
	complaint []string
}

// visitor opens a tab in a new profile. What the console complains of, and every request that
// leaves the site, fails the test at its end.
func (s *site) visitor(t *testing.T, w way) *visitor {
	t.Helper()
	return s.newTab(t, w, chromium.ctx, chromedp.WithNewBrowserContext())
}

// tab opens a second tab of the same visitor, who holds the same cookies there.
func (v *visitor) tab() *visitor {
	v.t.Helper()
	return v.site.newTab(v.t, v.way, v.ctx)
}

func (s *site) newTab(t *testing.T, w way, parent context.Context, opts ...chromedp.ContextOption) *visitor {
	t.Helper()
	v := &visitor{way: w, t: t, site: s, documents: map[network.RequestID]bool{}}
	var cancel context.CancelFunc
	v.ctx, cancel = chromedp.NewContext(parent, append(opts, chromedp.WithListener(v.notice))...)
	t.Cleanup(func() {
		v.complainTo(t)
		cancel()
	})
	if err := chromedp.Do(v.ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	// All tabs behave as if they were the one in front.
	call(v, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	if w.noScripts {
		call(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	return v
}

// notice takes down what the console complains of, and requests to other places.
func (v *visitor) notice(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	complain := func(format string, args ...any) { v.complaint = append(v.complaint, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			v.documents[e.RequestID] = true
		}
		if !strings.HasPrefix(e.Request.URL, v.site.URL+"/") {
			complain("a request that leaves the site: %s", e.Request.URL)
		}
	case *log.EventEntryAdded:
		// The browser also logs each page whose status is 400 or more, which tests want to see.
		isPage := e.Entry.Source == log.EntrySourceNetwork && v.documents[e.Entry.NetworkRequestID]
		// The frame of /security/ runs a script of its own on purpose, see handlers.scriptFrame.
		isFrame := strings.Contains(e.Entry.Text, "can escape its sandboxing") && (e.Entry.URL == "about:blank" || strings.HasSuffix(e.Entry.URL, "/security/xss/"))
		if (e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning) && !isPage && !isFrame {
			complain("console: %s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		switch e.Type {
		case runtime.ConsoleAPICalledTypeError, runtime.ConsoleAPICalledTypeWarning, runtime.ConsoleAPICalledTypeAssert:
			var said []string
			for _, arg := range e.Args {
				said = append(said, string(arg.Value)+arg.Description)
			}
			complain("console: %s: %s", e.Type, strings.Join(said, " "))
		}
	case *runtime.EventExceptionThrown:
		complain("a script failed: %v", (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	}
}

// complaints returns what was noticed since they were asked for last.
func (v *visitor) complaints() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := v.complaint
	v.complaint = nil
	return all
}

// complainTo fails the test for what was noticed.
func (v *visitor) complainTo(t *testing.T) {
	t.Helper()
	for _, text := range v.complaints() {
		t.Error(text)
	}
}

// step is the context of one step.
func (v *visitor) step() (context.Context, context.CancelFunc) {
	return context.WithTimeout(v.ctx, patience)
}

// fatal ends the test, and says where the visitor is.
func (v *visitor) fatal(format string, args ...any) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 5*time.Second)
	defer cancel()
	where, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + location.search + " “" + (document.querySelector("h1")?.innerText ?? "") + "”"`))
	if err != nil {
		where = err.Error()
	}
	v.t.Fatalf("%s: at %s (status %d)", fmt.Sprintf(format, args...), where, v.status)
}

// do carries out actions that load no page.
func (v *visitor) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := v.step()
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		v.fatal("%s: %v", what, err)
	}
}

// load carries out actions that load a page, and waits for it.
func (v *visitor) load(what string, actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := v.step()
	defer cancel()
	answer, err := chromedp.RunResponse(ctx, actions...)
	if err != nil {
		v.fatal("%s: %v", what, err)
	}
	if answer != nil {
		v.status = int(answer.Status)
	}
}

// ask has the page compute something.
func ask[T any](v *visitor, script string, args ...any) T {
	v.t.Helper()
	ctx, cancel := v.step()
	defer cancel()
	if len(args) > 0 {
		script = fmt.Sprintf(script, args...)
	}
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		v.fatal("%.200s: %v", script, err)
	}
	return answer
}
