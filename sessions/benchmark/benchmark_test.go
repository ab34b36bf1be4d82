package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A run starts its servers from its own program: here, from the test's.
func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestARunMeasuresEveryEngine(t *testing.T) {
	dir := t.TempDir()
	chart, figures := filepath.Join(dir, "new", "bench.svg"), filepath.Join(dir, "new", "bench.json")
	var out strings.Builder
	err := run(t.Context(), []string{
		"-rounds", "1", "-cell", "5ms", "-dir", dir, "-chart", chart, "-json", figures,
		"-sessions", "8", "-many", "20", "-clients", "2",
	}, nil, &out)
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	var r result
	text, err := os.ReadFile(figures)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, f := range r.Figures {
		seen[f.Engine]++
		if f.PerSec <= 0 || f.Ratio <= 0 || f.P50 <= 0 || f.P99 < f.P50 {
			t.Errorf("not measured: %+v", f)
		}
	}
	for _, engine := range engines() {
		want := len(pages) + 4 // with small sessions, and with those of a shop
		if slices.Contains(ours(), engine) {
			want += 3 // with many
		}
		if slices.Contains(ours(), engine) && engine != signedCookies {
			want += 3 // with large ones
		}
		if got := seen[engine]; got != want {
			t.Errorf("%s: %d figures, want %d", engine, got, want)
		}
		if !strings.Contains(out.String(), engine) {
			t.Errorf("the table says nothing of %s", engine)
		}
	}
	if len(r.Goals) != 20 || r.Disk <= 0 {
		t.Errorf("%d goals, disk %v", len(r.Goals), r.Disk)
	}
	wellFormed(t, chart)
	if left, _ := filepath.Glob(filepath.Join(dir, "benchmark-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func wellFormed(t *testing.T, name string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := xml.NewDecoder(f)
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func TestScaleMeasuresDBAndFile(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"-scale", "-cell", "20ms", "-sizes", "200", "-dir", t.TempDir()}, nil, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, engine := range []string{database, files, memory} {
		if !strings.Contains(out.String(), engine) {
			t.Errorf("the table says nothing of %s:\n%s", engine, &out)
		}
	}
}

func TestAnEngineThatLosesCountsHasNoFigures(t *testing.T) {
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "id", Value: "x"})
		render(w, r, 0)
	}))
	defer ts.Close()
	c := &candidate{engine: "forgetful", address: ts.Listener.Addr().String(), pages: pages, visitors: []*visitor{{}}}
	if _, err := c.measure(t.Context(), 1, 5*time.Millisecond); err == nil || !strings.Contains(err.Error(), "reads 0") {
		t.Errorf("got error %v, want one about the counter", err)
	}
}

func TestTheLoadStopsAtAnErrorOfTheServer(t *testing.T) {
	ts := httptest.NewServer(http.NotFoundHandler())
	defer ts.Close()
	c := &candidate{address: ts.Listener.Addr().String(), visitors: []*visitor{{}, {}}}
	_, err := load(c, []string{"write"}, 2, time.Minute)
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("got error %v, want one about the status 404", err)
	}
}

func TestMediansAreTakenOfEachFigure(t *testing.T) {
	got := medians(Figure{Engine: "db"}, []Figure{{PerSec: 3, Ratio: 0.1}, {PerSec: 1, Ratio: 0.3}, {PerSec: 2, Ratio: 0.2}})
	if want := (Figure{Engine: "db", PerSec: 2, Ratio: 0.2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := medians(Figure{}, []Figure{{PerSec: 3}, {PerSec: 1}}); got.PerSec != 2 {
		t.Errorf("of two rounds: got %v, want 2", got.PerSec)
	}
}

func TestFlagsOutOfTheirRangeAreRefused(t *testing.T) {
	for _, args := range []string{"-rounds 0", "-cell -1s", "-clients 0", "-clients 1,x", "-sizes ,", "-expired 1", "left over", "-only nothing"} {
		if err := run(t.Context(), append(strings.Fields(args), "-dir", t.TempDir()), nil, io.Discard); err == nil {
			t.Errorf("%s: no error", args)
		}
	}
}
