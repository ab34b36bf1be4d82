package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// result is a run: what the JSON file holds.
type result struct {
	Date     string   `json:"date"`
	Machine  string   `json:"machine"`
	Command  string   `json:"command"`
	Rounds   int      `json:"rounds"`
	Cell     string   `json:"seconds_per_page"`
	Sessions int      `json:"sessions"`
	Disk     float64  `json:"disk_files_replaced_per_second"`
	Figures  []Figure `json:"figures"`
	Goals    []Goal   `json:"goals"`
	Most     int      `json:"most_clients"`
}

// Goal is a bound that was set for the layer, and what was measured.
type Goal struct {
	What string  `json:"what"`
	Want float64 `json:"want"`
	Got  float64 `json:"got"`
	Met  bool    `json:"met"`
}

func newResult(o options) *result {
	return &result{
		Date: time.Now().Format(time.DateOnly), Machine: machine(),
		Rounds: o.rounds, Cell: o.cell.String(), Sessions: o.sessions, Most: slices.Max(o.clients),
	}
}

// machine describes what the figures were measured on.
func machine() string {
	model := runtime.GOARCH
	info, _ := os.ReadFile("/proc/cpuinfo") // Linux only; the rest does without
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	return fmt.Sprintf("%s, %d processors, %s, %s", model, runtime.NumCPU(), runtime.GOOS, runtime.Version())
}

// find returns the figure of a page at the largest number of clients.
func (r *result) find(engine, page string) (Figure, bool) {
	i := slices.IndexFunc(r.Figures, func(f Figure) bool { return f.Engine == engine && f.Page == page && f.Clients == r.Most })
	if i < 0 {
		return Figure{}, false
	}
	return r.Figures[i], true
}

// setGoals compares with the bounds at the largest number of clients, as far as the engines
// took part.
func (r *result) setGoals() {
	atLeast := func(what string, want, got float64) { r.Goals = append(r.Goals, Goal{what, want, got, got >= want}) }
	for _, g := range []struct {
		engine, page string
		ratio        float64
	}{
		{memory, "untouched", 0.98},
		{memory, "write", 0.90},
		{signedCookies, "write", 0.80},
		{database, "read", 0.70},
		{database, "write", 0.45},
		{cachedDB, "read", 0.85},
		{cachedDB, "write", 0.45},
		{files, "read", 0.75},
	} {
		if f, ok := r.find(g.engine, g.page); ok {
			atLeast(fmt.Sprintf("%s, %s: ratio to the page without a session", g.engine, g.page), g.ratio, f.Ratio)
		}
	}
	ours, ok := r.find(database, "write")
	if plain, found := r.find(scsSQLite, "write"); ok && found {
		atLeast("db, write: times plain scs on SQLite", 8, ours.PerSec/plain.PerSec)
	}
	if ok {
		r.Goals = append(r.Goals, Goal{"db, write: 99th percentile in ms, at most", 20, ours.P99, ours.P99 <= 20})
	}
}

// report prints the table and writes the files.
func (r *result) report(o options, out io.Writer) error {
	r.setGoals()
	fmt.Fprintf(out, "\n%s · %s\n%s · medians of %d rounds of %s a page · %d sessions\n\n", r.Date, r.Machine, r.Command, r.Rounds, r.Cell, r.Sessions)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "engine\tpage\tclients\trequests/s\tmedian ms\t99 % ms\tratio\t")
	for _, f := range r.Figures {
		fmt.Fprintf(w, "%s\t%s\t%d\t%.0f\t%.2f\t%.2f\t%.2f\t\n", f.Engine, f.Page, f.Clients, f.PerSec, f.P50, f.P99, f.Ratio)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThe disk alone replaces %.0f files a second for %d writers", r.Disk, r.Most)
	if f, ok := r.find(files, "write"); ok && r.Disk > 0 {
		fmt.Fprintf(out, "; file saves at %.0f %% of that", 100*f.PerSec/r.Disk)
	}
	fmt.Fprintf(out, ".\n\nAt %d clients:\n\n", r.Most)
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, g := range r.Goals {
		met := "met"
		if !g.Met {
			met = "missed"
		}
		fmt.Fprintf(w, "%s\twanted %.2f\tgot %.2f\t%s\n", g.What, g.Want, g.Got, met)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	figures, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := writeFile(o.figures, append(figures, '\n')); err != nil {
		return err
	}
	if err := writeFile(o.chart, r.chart()); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nchart: %s, figures: %s\n", o.chart, o.figures)
	return nil
}
