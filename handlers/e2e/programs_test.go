package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sessionlab/handlers/faults"
)

// TestEachFaultIsFoundAndRepaired goes through the eight programs as a learner does, in a real
// browser: what a browser keeps of a cookie is its own affair.
func TestEachFaultIsFoundAndRepaired(t *testing.T) {
	t.Parallel()
	v := serve(t).visitor(t, withMouse)
	for _, f := range faults.All {
		findAndRepair(v, f)
	}
	v.open("/debug/faults/")
	v.reads("#found", "You have found 8 of 8, and repaired 8.")
}

func TestAFaultIsFoundAndRepairedInEveryWay(t *testing.T) {
	inEveryWay(t, []walk{{"the wish list", func(v *visitor) {
		f, _ := faults.Named("in-place")
		findAndRepair(v, f)
		v.open("/debug/faults/in-place/")
		v.press("#repair button")
		v.lacks("#after")
	}}})
}

// findAndRepair finds the cause by the tip that leads to it, after one that does not.
func findAndRepair(v *visitor, f faults.Fault) {
	page := "/debug/faults/" + f.Name + "/"
	v.open(page)
	faulty := v.use(f)
	v.open(page)
	v.press(fmt.Sprintf("#tips button[value='%d']", wrongTip(f)))
	v.shows("#tips .note", "Not this one")
	v.press(fmt.Sprintf("#tips button[value='%d']", f.Finds[0]))
	v.shows("#tips .note", "Found")
	v.lacks("#after")
	v.press("#repair button")
	v.shows("#after", "func ")
	repaired := v.use(f)
	if want := works[f.Name]; faulty != want[0] || repaired != want[1] {
		v.fatal("%s: it says %q, and repaired %q, want %q", f.Name, faulty, repaired, want)
	}
}

// works is what a program says after its button was pressed twice: faulty and repaired.
var works = map[string][2]string{
	"order": {"Welcome!", "Willkommen!"}, "in-place": {"Wishes: 0", "Wishes: 2"},
	"domain": {"Visits: 1", "Visits: 4"}, "age": {"Visits: 1", "Visits: 4"},
	"path": {"Visits: 1", "Visits: 4"}, "late": {"Visits: 1", "Visits: 4"},
	"secret": {"Visits: 1", "Visits: 4"}, "memory": {"Visits: 1", "Visits: 4"},
}

func wrongTip(f faults.Fault) faults.Tip {
	for tip := faults.Order; ; tip++ {
		if !slices.Contains(f.Finds, tip) {
			return tip
		}
	}
}

// use opens the program of the frame alone, presses its button twice, and returns what it says
// then. In the frame it has said as much after one visit.
func (v *visitor) use(f faults.Fault) string {
	v.t.Helper()
	v.framed("iframe.program", `doc.querySelector("#says").textContent !== ""`)
	v.press("#program .foot a")
	v.press("#act")
	v.press("#act")
	says, _ := v.text("#says")
	return says
}

// framed waits until something holds in the document of a frame, as doc. It asks again and
// again, since a page without scripts has no clock of its own.
func (v *visitor) framed(css, holds string) {
	v.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ask[bool](v, `(() => {
			const doc = document.querySelector(%q).contentDocument;
			try {
				return doc.readyState === "complete" && doc.URL !== "about:blank" && (%s);
			} catch {
				return false; // the page before it is still there
			}
		})()`, css, holds) {
			return
		}
	}
	v.fatal("in %s this does not hold: %s", css, holds)
}
