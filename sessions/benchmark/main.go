// Command benchmark says what a session costs: it serves one small page in several ways
// from servers of its own, one process for each engine, loads them over loopback, and prints
// a table with a chart. Each figure is also given as a ratio to the same page without a
// session, which the same process serves by turns with it, since absolute numbers differ from
// machine to machine and from second to second.
//
//	go run ./sessions/benchmark           compare the engines; under ten minutes
//	go run ./sessions/benchmark -quick    one shorter round; under two minutes
//	go run ./sessions/benchmark -scale    db and file with up to a million sessions
//
// The sessions hold 17 bytes (a counter), 600 (what a visitor of a shop leaves there) or 4,000.
// Redis and PostgreSQL take part where they are installed.
//
// Plain alexedwards/scs takes part with its default codec, over its store in memory and over
// SQLite. Nothing but this command uses it that way.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	serve    string // run as the server of this engine
	url      string // where its store is
	dir      string // where databases and files are kept while it runs
	chart    string
	figures  string
	quick    bool
	scale    bool
	only     string
	profile  string
	cell     time.Duration
	rounds   int
	sessions int
	many     int
	clients  numbers
	sizes    numbers
	expired  float64
}

func (o *options) parse(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("benchmark", flag.ContinueOnError)
	flags.SetOutput(out)
	o.clients, o.sizes = numbers{1, 64}, numbers{1000, 100_000, 1_000_000}
	flags.StringVar(&o.serve, "serve", "", "serve `engine` until standard input ends; used by the command itself")
	flags.StringVar(&o.url, "store", "", "the `URL` of its store; used by the command itself")
	flags.StringVar(&o.dir, "dir", ".cache", "make databases and files in a new directory below `path`, which should be on a real disk")
	flags.StringVar(&o.chart, "chart", ".cache/bench.svg", "write the chart to `file`")
	flags.StringVar(&o.figures, "json", ".cache/bench.json", "write the figures to `file`")
	flags.BoolVar(&o.quick, "quick", false, "one shorter round")
	flags.BoolVar(&o.scale, "scale", false, "measure db and file as they grow, instead of comparing engines")
	flags.StringVar(&o.only, "only", "", "compare, or scale, only the engines whose names contain `text`")
	flags.StringVar(&o.profile, "profile", "", "write a processor profile of each engine's server, and of the memory that it asked for, into `directory`")
	flags.DurationVar(&o.cell, "cell", 500*time.Millisecond, "how long each page is measured in each round; for -scale, the saves before the clearing")
	flags.IntVar(&o.rounds, "rounds", 3, "how many rounds the medians are of")
	flags.IntVar(&o.sessions, "sessions", 500, "over how many sessions the load is spread")
	flags.IntVar(&o.many, "many", 20_000, "over how many once more; 0 for not at all")
	flags.Var(&o.clients, "clients", "how many connections at once, `list` with commas")
	flags.Var(&o.sizes, "sizes", "for -scale: how many sessions are stored, `list` with commas")
	flags.Float64Var(&o.expired, "expired", 0.1, "for -scale: the `part` of the sessions that has expired and is cleared")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.quick {
		o.cell, o.rounds = 200*time.Millisecond, 1
	}
	if o.cell <= 0 || o.rounds < 1 || o.sessions < 1 || o.expired < 0 || o.expired > 0.9 || flags.NArg() > 0 {
		return errors.New("a flag is out of its range, or an argument is left over")
	}
	return nil
}

// run is main without the process around it.
func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	var o options
	if err := o.parse(args, out); err != nil {
		return err
	}
	if o.serve != "" {
		return serve(o, in, out)
	}
	if o.profile != "" {
		if err := os.MkdirAll(o.profile, 0o755); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	dir, err := filepath.Abs(o.dir)
	if err == nil {
		dir, err = os.MkdirTemp(dir, "benchmark-")
	}
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.scale {
		return scale(ctx, o, dir, out)
	}
	result, err := compare(ctx, o, dir, out)
	if err != nil {
		return err
	}
	result.Command = strings.Join(append([]string{"go run ./sessions/benchmark"}, args...), " ")
	return result.report(o, out)
}

// writeFile makes the directory of a file and writes it.
func writeFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}

// numbers is a flag: whole numbers above zero, with commas between them.
type numbers []int

func (n *numbers) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*n), " ", ","), "[]")
}

func (n *numbers) Set(text string) error {
	*n = nil
	for part := range strings.SplitSeq(text, ",") {
		v, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || v < 1 {
			return fmt.Errorf("%q is no number above zero", part)
		}
		*n = append(*n, v)
	}
	return nil
}
