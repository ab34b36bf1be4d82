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
	Date    string   `json:"date"`
	Machine string   `json:"machine"`
	Command string   `json:"command"`
	Rounds  int      `json:"rounds"`
	Cell    string   `json:"seconds_per_page"`
	Disk    float64  `json:"disk_files_replaced_per_second"`
	Figures []Figure `json:"figures"`
	Goals   []Goal   `json:"goals"`
	Most    int      `json:"most_clients"`
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
		Rounds: o.rounds, Cell: o.cell.String(), Most: slices.Max(o.clients),
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

// find returns the figure of a page at the largest number of clients, with few sessions.
func (r *result) find(engine string, bytes int, page string) (Figure, bool) {
	i := slices.IndexFunc(r.Figures, func(f Figure) bool {
		return f.Engine == engine && f.Bytes == bytes && f.Page == page && f.Clients == r.Most
	})
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
		engine      string
		bytes       int
		read, write float64
	}{
		{memory, shop, 0.90, 0.85},
		{signedCookies, shop, 0.82, 0.70},
		{cachedDB, shop, 0.85, 0.45},
		{database, shop, 0.70, 0.45},
		{files, shop, 0.75, 0.15},
		{redisServer, small, 0.65, 0.50},
	} {
		for _, page := range []struct {
			name string
			want float64
		}{{"untouched", 0.98}, {"read", g.read}, {"write", g.write}} {
			if f, ok := r.find(g.engine, g.bytes, page.name); ok {
				atLeast(fmt.Sprintf("%s, %d bytes, %s: ratio to the page without a session", g.engine, g.bytes, page.name), page.want, f.Ratio)
			}
		}
	}
	ours, ok := r.find(database, shop, "write")
	if plain, found := r.find(scsSQLite, shop, "write"); ok && found {
		atLeast("db, 600 bytes, write: times plain scs on SQLite", 8, ours.PerSec/plain.PerSec)
	}
	if ok {
		r.Goals = append(r.Goals, Goal{"db, 600 bytes, write: 99th percentile in ms, at most", 15, ours.P99, ours.P99 <= 15})
	}
}

// report prints the table and writes the files.
func (r *result) report(o options, out io.Writer) error {
	r.setGoals()
	fmt.Fprintf(out, "\n%s · %s\n%s · medians of %d rounds of %s a page\n\n", r.Date, r.Machine, r.Command, r.Rounds, r.Cell)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "engine\tbytes\tsessions\tpage\tclients\trequests/s\tmedian ms\t99 % ms\tratio\tCPU µs\tof its store\t")
	for _, f := range r.Figures {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%d\t%.0f\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\t\n",
			f.Engine, f.Bytes, f.Sessions, f.Page, f.Clients, f.PerSec, f.P50, f.P99, f.Ratio, f.CPU, f.Store)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThe disk alone replaces %.0f files a second for %d writers", r.Disk, r.Most)
	if f, ok := r.find(files, shop, "write"); ok && r.Disk > 0 {
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
