package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// pages are measured in this order, each by turns with the first one, the page without a
// session.
var pages = []string{"without", "untouched", "read", "write", "new"}

// shop ends the names of candidates whose sessions hold what a visitor of a small shop has
// there, about 250 bytes in five entries. The others hold a counter.
const shop = ", 250 bytes"

// candidate is an engine with its server.
type candidate struct {
	name     string // as in the table
	engine   string
	sessions int
	start    string // the page that makes a session
	clients  []int
	pages    []string

	address  string
	visitors []*visitor
	stop     func() error
}

// Figure is one line of the table: medians over the rounds.
type Figure struct {
	Engine  string  `json:"engine"`
	Page    string  `json:"page"`
	Clients int     `json:"clients"`
	PerSec  float64 `json:"requests_per_second"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	// Ratio is to the page without a session, of the same server in the same seconds.
	Ratio float64 `json:"ratio"`
}

// candidates are the engines that take part. At the largest number of clients db does so
// once more with many sessions, and each engine with sessions that hold more than a counter.
func candidates(o options) []*candidate {
	most := slices.Max(o.clients)
	few := max(o.sessions, most)
	short, once := []string{"without", "read", "write"}, []int{most}
	var all []*candidate
	for _, engine := range engines() {
		all = append(all, &candidate{name: engine, engine: engine, start: "/start", sessions: few, clients: o.clients, pages: pages})
	}
	if o.many > 0 {
		name := fmt.Sprintf("db, %d sessions", o.many)
		all = append(all, &candidate{name: name, engine: database, start: "/start", sessions: max(o.many, most), clients: once, pages: short})
	}
	for _, engine := range engines() {
		all = append(all, &candidate{name: engine + shop, engine: engine, start: "/shop", sessions: few, clients: once, pages: short})
	}
	return slices.DeleteFunc(all, func(c *candidate) bool { return !strings.Contains(c.name, o.only) })
}

// compare measures all candidates, in turns.
func compare(ctx context.Context, o options, dir string, out io.Writer) (_ *result, err error) {
	all := candidates(o)
	if len(all) == 0 {
		return nil, fmt.Errorf("no engine is named like %q", o.only)
	}
	defer func() {
		for _, c := range all {
			if c.stop != nil {
				err = errors.Join(err, c.stop())
			}
		}
	}()
	for i, c := range all {
		if err := c.serve(ctx, o, filepath.Join(dir, fmt.Sprint(i))); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	rounds := map[Figure][]Figure{} // by what they are about
	var disk []Figure
	for round := range o.rounds {
		fmt.Fprintf(out, "round %d of %d\n", round+1, o.rounds)
		for _, clients := range o.clients {
			for _, c := range all {
				if !slices.Contains(c.clients, clients) {
					continue
				}
				figures, err := c.measure(ctx, clients, o.cell)
				if err != nil {
					return nil, fmt.Errorf("%s, %d clients: %w", c.name, clients, err)
				}
				for _, f := range figures {
					about := Figure{Engine: f.Engine, Page: f.Page, Clients: f.Clients}
					rounds[about] = append(rounds[about], f)
				}
			}
		}
		rate, err := diskRate(ctx, dir, slices.Max(o.clients), o.cell)
		if err != nil {
			return nil, err
		}
		disk = append(disk, Figure{PerSec: rate})
	}
	r := newResult(o)
	r.Disk = medians(Figure{}, disk).PerSec
	for _, c := range all {
		for _, page := range c.pages {
			for _, clients := range c.clients {
				about := Figure{Engine: c.name, Page: page, Clients: clients}
				r.Figures = append(r.Figures, medians(about, rounds[about]))
			}
		}
	}
	return r, nil
}

// serve runs the candidate's server in a process of its own and makes its sessions.
func (c *candidate) serve(ctx context.Context, o options, dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"-serve", c.engine, "-dir", dir}
	if o.profile != "" {
		args = append(args, "-profile", filepath.Join(o.profile, strings.NewReplacer(", ", "-", " ", "-").Replace(c.name)))
	}
	server := exec.CommandContext(ctx, self, args...)
	server.Stderr = os.Stderr
	server.Env = append(os.Environ(), serveVariable+"=1")
	in, err := server.StdinPipe()
	if err != nil {
		return err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	c.stop = func() error {
		in.Close() // the server ends
		return server.Wait()
	}
	if c.address, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		return fmt.Errorf("its server did not start: %w", err)
	}
	c.address = strings.TrimSpace(c.address)
	if _, _, err := net.SplitHostPort(c.address); err != nil {
		return err
	}
	c.visitors, err = newVisitors(c.address, c.start, c.sessions)
	return err
}

// serveVariable tells a test binary that it was started as a server.
const serveVariable = "SESSIONS_BENCHMARK_SERVE"

// measure measures every page at this number of clients.
func (c *candidate) measure(ctx context.Context, clients int, length time.Duration) ([]Figure, error) {
	var figures, without []Figure
	for _, page := range c.pages[1:] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		both := []string{c.pages[0], page}
		cells, err := load(c.address, both, c.visitors, clients, length)
		if err != nil {
			return nil, err
		}
		for i, m := range cells {
			f := Figure{
				Engine: c.name, Page: both[i], Clients: clients, PerSec: median(m.perSec),
				P50: m.p50.Seconds() * 1000, P99: m.p99.Seconds() * 1000, Ratio: ratio(m, cells[0]),
			}
			if i == 0 {
				without = append(without, f)
			} else {
				figures = append(figures, f)
			}
		}
	}
	about := Figure{Engine: c.name, Page: c.pages[0], Clients: clients}
	return append([]Figure{medians(about, without)}, figures...), check(c.address, c.visitors)
}

// ratio compares turn by turn with the page that each one followed.
func ratio(page, other cell) float64 {
	var all []float64
	for i := range min(len(page.perSec), len(other.perSec)) {
		all = append(all, page.perSec[i]/other.perSec[i])
	}
	return median(all)
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// medians puts the rounds together, each figure by itself.
func medians(about Figure, rounds []Figure) Figure {
	of := func(figure func(Figure) float64) float64 {
		var all []float64
		for _, f := range rounds {
			all = append(all, figure(f))
		}
		return median(all)
	}
	about.PerSec = of(func(f Figure) float64 { return f.PerSec })
	about.P50 = of(func(f Figure) float64 { return f.P50 })
	about.P99 = of(func(f Figure) float64 { return f.P99 })
	about.Ratio = of(func(f Figure) float64 { return f.Ratio })
	return about
}
