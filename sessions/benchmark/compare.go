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

// candidate is an engine with its server.
type candidate struct {
	engine   string
	bytes    int
	sessions int
	clients  []int
	pages    []string

	address  string
	visitors []*visitor
	pids     []int // of its server
	store    []int // and of what keeps its sessions, if that is a process of its own
	stop     func() error
}

func (c *candidate) String() string {
	return fmt.Sprintf("%s, %d sessions of %d bytes", c.engine, c.sessions, c.bytes)
}

// Figure is one line of the table: medians over the rounds.
type Figure struct {
	Engine   string  `json:"engine"`
	Bytes    int     `json:"bytes"`
	Sessions int     `json:"sessions"`
	Page     string  `json:"page"`
	Clients  int     `json:"clients"`
	PerSec   float64 `json:"requests_per_second"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	// Ratio is to the page without a session, of the same server in the same seconds.
	Ratio float64 `json:"ratio"`
	// CPU is what a request took of the processors, in the server and in its store.
	CPU   float64 `json:"server_cpu_us"`
	Store float64 `json:"store_cpu_us"`
}

// candidates are the engines that take part: each with sessions of three sizes, as far as
// they fit into a cookie, and with many sessions.
func candidates(o options) []*candidate {
	most := slices.Max(o.clients)
	few, many := max(o.sessions, most), max(o.many, most)
	once := []int{most}
	var all []*candidate
	for _, engine := range engines() {
		add := func(bytes, sessions int, clients []int, pages ...string) {
			if strings.Contains(engine, o.only) {
				all = append(all, &candidate{engine: engine, bytes: bytes, sessions: sessions, clients: clients, pages: pages})
			}
		}
		add(small, few, o.clients, pages...)
		add(shop, few, once, "without", "untouched", "read", "write")
		if !slices.Contains(ours(), engine) {
			continue
		}
		if engine != signedCookies {
			add(large, few, once, "without", "read", "write")
		}
		if o.many > 0 {
			add(shop, many, once, "without", "read", "write")
		}
	}
	return all
}

// compare measures all candidates, in turns.
func compare(ctx context.Context, o options, dir string, out io.Writer) (_ *result, err error) {
	all := candidates(o)
	if len(all) == 0 {
		return nil, fmt.Errorf("no engine is named like %q", o.only)
	}
	var s stores
	defer s.stop()
	defer func() {
		for _, c := range all {
			if c.stop != nil {
				err = errors.Join(err, c.stop())
			}
		}
	}()
	for i, c := range all {
		url, err := s.url(c.engine)
		if errors.Is(err, errMissing) {
			fmt.Fprintf(out, "%s: %v\n", c, err)
			continue
		}
		if err == nil {
			err = c.serve(ctx, o, filepath.Join(dir, fmt.Sprint(i)), url)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c, err)
		}
	}
	all = slices.DeleteFunc(all, func(c *candidate) bool { return c.stop == nil })
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
					return nil, fmt.Errorf("%s, %d clients: %w", c, clients, err)
				}
				for _, f := range figures {
					about := c.figure(f.Page, clients)
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
				about := c.figure(page, clients)
				r.Figures = append(r.Figures, medians(about, rounds[about]))
			}
		}
	}
	return r, nil
}

// serve runs the candidate's server in a process of its own and makes its sessions.
func (c *candidate) serve(ctx context.Context, o options, dir, url string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"-serve", c.engine, "-dir", dir, "-store", url}
	if o.profile != "" {
		args = append(args, "-profile", filepath.Join(o.profile, strings.NewReplacer(", ", "-", " ", "-").Replace(c.String())))
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
	c.pids = []int{server.Process.Pid}
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
	c.visitors, err = newVisitors(c.address, fmt.Sprint("/start/", c.bytes), c.sessions)
	return err
}

// figure is what a figure of this candidate is about.
func (c *candidate) figure(page string, clients int) Figure {
	return Figure{Engine: c.engine, Bytes: c.bytes, Sessions: c.sessions, Page: page, Clients: clients}
}

// serveVariable tells a test binary that it was started as a server.
const serveVariable = "SESSIONS_BENCHMARK_SERVE"

// measure measures every page at this number of clients.
func (c *candidate) measure(ctx context.Context, clients int, length time.Duration) ([]Figure, error) {
	if name := process(c.engine); name != "" {
		c.store = servedBy(name) // the server may have more of them by now
	}
	var figures, without []Figure
	for _, page := range c.pages[1:] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		both := []string{c.pages[0], page}
		cells, err := load(c, both, clients, length)
		if err != nil {
			return nil, err
		}
		for i, m := range cells {
			f := c.figure(both[i], clients)
			f.PerSec, f.Ratio, f.CPU, f.Store = median(m.perSec), ratio(m, cells[0]), median(m.cpu), median(m.store)
			f.P50, f.P99 = m.p50.Seconds()*1000, m.p99.Seconds()*1000
			if i == 0 {
				without = append(without, f)
			} else {
				figures = append(figures, f)
			}
		}
	}
	return append([]Figure{medians(c.figure(c.pages[0], clients), without)}, figures...), check(c.address, c.visitors)
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
	if len(all) == 0 {
		return 0
	}
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
	about.CPU = of(func(f Figure) float64 { return f.CPU })
	about.Store = of(func(f Figure) float64 { return f.Store })
	return about
}
