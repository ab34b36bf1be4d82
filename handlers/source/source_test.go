package source

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// counted counts what is read of it.
type counted struct {
	fs.FS
	opened int
}

func (c *counted) Open(name string) (fs.File, error) {
	c.opened++
	return c.FS.Open(name)
}

const page = `package handlers

import "net/http"

/* a comment
   over two lines */

// counter counts. GET /counter/
func (a *App) counter(w http.ResponseWriter, r *http.Request) error {
	return nil
}

// helper is no handler.
func (a *App) helper(r *http.Request) bool { return false }
`

func TestNothingIsReadBeforeAPageShowsItsCode(t *testing.T) {
	files := &counted{FS: fstest.MapFS{"counter.go": {Data: []byte(page)}}}
	s := New(files)
	if files.opened != 0 {
		t.Errorf("New opened %d files", files.opened)
	}
	if len(s.Tabs("counter", "http://127.0.0.1:8000", "sessionid")) != 1 || files.opened == 0 {
		t.Errorf("the tab of the counter is not shown, %d files were opened", files.opened)
	}
}

func TestTheLinesOfTheFunctionAreMarkedWithItsComment(t *testing.T) {
	s := New(fstest.MapFS{"counter.go": {Data: []byte(page)}})
	tab := s.Tabs("counter", "http://127.0.0.1:8000", "sessionid")[0]
	if tab.Text != page {
		t.Errorf("the text is not the file: %q", tab.Text)
	}
	_, after, _ := strings.Cut(tab.HTML, `<mark id="ran">`)
	marked, _, found := strings.Cut(after, "</mark>")
	if !found || !strings.Contains(marked, "// counter counts.") || strings.Contains(marked, "helper") {
		t.Errorf("marked is %q", marked)
	}
}

func TestOnlyHandlersAreFound(t *testing.T) {
	s := New(fstest.MapFS{"counter.go": {Data: []byte(page)}, "counter_test.go": {Data: []byte(
		"package handlers\nfunc (a *App) inTest(w http.ResponseWriter) {}\n")}})
	for _, name := range []string{"helper", "inTest", "", "unknown"} {
		if file := s.File(name); file != "" || s.Tabs(name, "", "") != nil {
			t.Errorf("%q is found in %q", name, file)
		}
	}
}

func TestTheAddressIsOneWordForTheShell(t *testing.T) {
	for address, want := range map[string]string{
		"http://127.0.0.1:8000":  "http://127.0.0.1:8000",
		"https://lab.test":       "https://lab.test",
		"http://[::1]:8000":      "'http://[::1]:8000'",
		"http://a$(id)'b;c":      `'http://a$(id)'\''b;c'`,
		"http://lab.test\nid":    "'http://lab.test\nid'",
		"http://lab.test && id ": "'http://lab.test && id '",
	} {
		if got := quoted(address); got != want {
			t.Errorf("%q is quoted as %q, want %q", address, got, want)
		}
	}
}

func TestTheAddressIsEscapedOnThePage(t *testing.T) {
	s := New(fstest.MapFS{"counter.go": {Data: []byte(page)},
		"examples/counter.sh": {Data: []byte("curl -b sessionid=x http://lab.example/counter/\n")}})
	tab := s.Tabs("counter", "http://<b>&", "sessionid_8001")[1]
	if want := "curl -b sessionid_8001=x 'http://<b>&'/counter/\n"; tab.Text != want {
		t.Errorf("text %q, want %q", tab.Text, want)
	}
	if strings.Contains(tab.HTML, "<b>") || !strings.Contains(tab.HTML, "&lt;b&gt;&amp;") {
		t.Errorf("HTML %q", tab.HTML)
	}
}
