// Command sessionlab serves Session Lab, and has the commands that go with it: migrate,
// clearsessions, inspect, check, exercise, admin and version.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // SESSION_DB_TIME_ZONE, where the system has no list of zones

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"

	"sessionlab/handlers"
	"sessionlab/handlers/accounts"
	"sessionlab/handlers/config"
	"sessionlab/handlers/database"
	"sessionlab/handlers/exercise"
	"sessionlab/migrations"
	"sessionlab/sessions"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, stop, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// cli is the command line: the settings, which every command shares, and the commands.
type cli struct {
	config.Settings `embed:""`

	Serve         serveCmd              `cmd:"" default:"1" help:"Serve the app (the default)."`
	Class         classCmd              `cmd:"" help:"Hold a workshop: everybody in the room joins with a code, and one screen shows what all are doing."`
	Migrate       migrateCmd            `cmd:"" help:"Bring the database's tables up to date."`
	Clearsessions clearCmd              `cmd:"" help:"Delete expired sessions."`
	Inspect       inspectCmd            `cmd:"" help:"Show what a session holds, as JSON."`
	Check         checkCmd              `cmd:"" help:"Say what is wrong or unsafe in the settings in force, and whether sessions can be stored."`
	Exercise      exercise.Command      `cmd:"" help:"Check your own app against one of the five exercises, or print a starter."`
	Admin         accounts.AdminCommand `cmd:"" help:"Make an account an admin's, who may end A/B tests."`
	Version       versionCmd            `cmd:"" help:"Print the version."`
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
	stop     func() // lets a second signal end the program at once
}

// run parses the arguments and carries the command out. It returns the exit code: 1 for
// what failed, 2 for what was asked in a wrong way.
func run(ctx context.Context, stop func(), args []string, in io.Reader, out, errs io.Writer) int {
	var c cli
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("sessionlab"),
		kong.Description("Session Lab shows what a web session is, over a session layer of its own.\n\n"+
			"Every setting is a flag and an environment variable at once. Without any, it listens on "+
			"http://127.0.0.1:8000/ and keeps its data in sessionlab.db."),
		kong.Writers(out, errs), kong.Exit(func(code int) { exit = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.ExplicitGroups([]kong.Group{
			{Key: "Server", Title: "Server"}, {Key: "Sessions", Title: "Sessions (Django's names)"},
			{Key: "Stores", Title: "Stores"}, {Key: "Accounts", Title: "Accounts"}, {Key: "Secrets", Title: "Secrets"},
		}),
	)
	if err != nil {
		fmt.Fprintln(errs, "sessionlab:", err)
		return 2
	}
	k, err := parser.Parse(args)
	if exit >= 0 { // --help has been answered
		return exit
	}
	if err != nil {
		fmt.Fprintf(errs, "sessionlab: %v\nTry: sessionlab --help\n", err)
		return 2
	}
	c.Sources = origins(k)
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(&c.Settings, &streams{in, out, errs, stop}); err != nil {
		var usage *usageError
		fmt.Fprintln(errs, "sessionlab:", err)
		if errors.As(err, &usage) {
			return 2
		}
		return 1
	}
	return 0
}

// origins says of each setting, by its variable's name, where its value came from.
func origins(k *kong.Context) map[string]string {
	from := map[string]string{}
	for _, f := range k.Flags() {
		for _, name := range f.Envs {
			if _, ok := os.LookupEnv(name); ok {
				from[name] = "environment"
			}
		}
	}
	for _, p := range k.Path {
		if p.Flag != nil && !p.Resolved {
			for _, name := range p.Flag.Envs {
				from[name] = "flag"
			}
		}
	}
	return from
}

// usageError is a wrong setting or argument: exit code 2.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// prepared completes the settings, or says in a sentence each what is wrong with them.
func prepared(s *config.Settings) error {
	if err := s.Prepare(); err != nil {
		return &usageError{fmt.Errorf("the settings do not allow a start:\n%w", err)}
	}
	return nil
}

func logger(s *config.Settings, w io.Writer) *slog.Logger {
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

type serveCmd struct{}

const (
	drainFor   = 500 * time.Millisecond // the listener stays open so long after the signal
	stopWithin = 15 * time.Second
)

func (serveCmd) Run(ctx context.Context, s *config.Settings, io *streams) error {
	if err := prepared(s); err != nil {
		return err
	}
	listener, err := listen(s)
	if err != nil {
		return err
	}
	return serve(ctx, s, listener, io)
}

func listen(s *config.Settings) (net.Listener, error) {
	listener, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", s.Addr, plain(err))
	}
	return listener, nil
}

type classCmd struct {
	Dir    string `default:"sessionlab-class" placeholder:"DIR" help:"Directory of the class's data. A new class empties it."`
	Resume bool   `help:"Go on with the class that is in the directory, after a restart."`
}

func (c classCmd) Run(ctx context.Context, s *config.Settings, io *streams) error {
	s.ForClass(c.Dir)
	listener, err := listen(s) // before anything is emptied: a class may be running
	if err != nil {
		return err
	}
	if err = config.EmptyForClass(c.Dir, !c.Resume); err == nil {
		err = prepared(s)
	}
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	return serve(ctx, s, listener, io)
}

// serve serves the app on a listener until ctx ends.
func serve(ctx context.Context, s *config.Settings, listener net.Listener, io *streams) error {
	log := logger(s, io.err)
	app, err := handlers.New(ctx, s, log)
	if err != nil {
		_ = listener.Close()
		return err
	}
	server, listener := app.Server(listener)
	background, quit := context.WithCancel(context.WithoutCancel(ctx))
	worked := make(chan struct{})
	go func() { defer close(worked); app.Run(background) }()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if room := app.Room(); room != nil {
		room.Welcome(io.out)
	} else {
		fmt.Fprintf(io.out, "Session Lab is at %s (engine: %s, DEBUG: %v). Ctrl+C stops it.\n",
			config.URL(listener.Addr().String()), s.SessionEngine, s.DebugOn())
	}
	if s.DebugOn() && !s.Loopback() && !s.Class {
		fmt.Fprintln(io.err, "WARNING: DEBUG IS ON AND OTHER COMPUTERS CAN REACH THIS SERVER. "+
			"PAGES SHOW THE INTERNALS OF SESSIONS.")
	}

	select {
	case err = <-failed:
	case <-ctx.Done():
		io.stop() // a second signal ends the program at once
		log.Info("stopping")
		app.Drain()
		time.Sleep(drainFor) // requests that were sent before the signal are still accepted
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		err = server.Shutdown(limit)
		cancel()
	}
	quit()
	<-worked
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, app.Close())
}

// plain leaves out what net puts around the reason.
func plain(err error) error {
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		return sys.Err
	}
	return err
}

type versionCmd struct{}

func (versionCmd) Run(io *streams) error {
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version + " " + info.GoVersion
	}
	_, err := fmt.Fprintln(io.out, "sessionlab", version)
	return err
}

type migrateCmd struct{}

func (migrateCmd) Run(ctx context.Context, s *config.Settings, io *streams) error {
	n, name, err := migrate(ctx, s)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "%d migrations applied to %s.\n", n, name)
	return err
}

// migrate applies n migrations to the database with this name.
func migrate(ctx context.Context, s *config.Settings) (n int, name string, err error) {
	d, err := database.Open(ctx, s.DatabaseURL)
	if err != nil {
		return 0, "", fmt.Errorf("DATABASE_URL: %w", err)
	}
	n, err = migrations.Up(ctx, d.W, string(d.Dialect))
	return n, d.Name, errors.Join(err, d.Close())
}

// open opens the engine in the settings for a command, with its tables up to date.
func open(ctx context.Context, s *config.Settings, io *streams) (*sessions.Manager, func() error, error) {
	if err := prepared(s); err != nil {
		return nil, nil, err
	}
	if _, _, err := migrate(ctx, s); err != nil {
		return nil, nil, err
	}
	return s.OpenStore(ctx, logger(s, io.err))
}

type clearCmd struct{}

func (clearCmd) Run(ctx context.Context, s *config.Settings, io *streams) (err error) {
	m, closing, err := open(ctx, s, io)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	start := time.Now()
	n, err := m.Clear(ctx, progress(io.err))
	if errors.Is(err, sessions.ErrUnsupported) {
		_, err = fmt.Fprintf(io.out, "The %s engine keeps no expired sessions, so there is nothing to clear.\n", s.SessionEngine)
		return err
	}
	if err != nil {
		return fmt.Errorf("clearsessions: stopped after %d sessions: %w", n, err)
	}
	_, err = fmt.Fprintf(io.out, "%d expired sessions cleared in %v.\n", n, time.Since(start).Round(time.Millisecond))
	return err
}

// progress draws a bar if w is a terminal.
func progress(w io.Writer) func(done, total int) {
	f, ok := w.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return nil
	}
	const width = 40
	return func(done, total int) {
		filled := width
		if total > 0 {
			filled = min(width, width*done/total)
		}
		fmt.Fprintf(f, "\r[%s%s] %d of %d", strings.Repeat("#", filled), strings.Repeat(".", width-filled), done, max(done, total))
		if done >= total {
			fmt.Fprintln(f)
		}
	}
}

type inspectCmd struct {
	Key  string `arg:"" help:"Session key; - reads it from standard input, which keeps it out of the list of processes."`
	JSON bool   `help:"Print one JSON object with key, data, expiry and place, for scripts."`
}

func (c *inspectCmd) Run(ctx context.Context, s *config.Settings, streams *streams) (err error) {
	m, closing, err := open(ctx, s, streams)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	key := c.Key
	if key == "-" {
		text, err := io.ReadAll(io.LimitReader(streams.in, 64<<10))
		if err != nil {
			return fmt.Errorf("inspect: read the key: %w", err)
		}
		key = strings.TrimSpace(string(text))
	}
	session := m.Open(ctx, key)
	data, odd := readable(session)
	if err := session.Err(); err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	found := sessions.Peek(session)
	if !found.Stored {
		return fmt.Errorf("inspect: the %s engine has no session under this key, or it has expired", s.SessionEngine)
	}
	where, _ := m.Locate(key)
	size := len(found.Record.Data)
	if c.JSON {
		text, err := json.Marshal(map[string]any{
			"data": data, "not_json": odd, "expires": found.Ends, "place": where.Place, "store": where.Store, "bytes": size})
		if err != nil {
			return fmt.Errorf("inspect: %w", err)
		}
		_, err = fmt.Fprintf(streams.out, "%s\n", text)
		return err
	}
	text, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	for _, name := range odd {
		fmt.Fprintf(streams.err, "%q is shown as the text that is stored: Python wrote it, and it is no JSON.\n", name)
	}
	_, err = fmt.Fprintf(streams.out, "%s\n\nexpires  %s\nstored   %s, %s (%d bytes)\n", text,
		found.Ends.Format(time.RFC3339), where.Place, where.Store, size)
	return err
}

// readable is what a session holds. A value that only Python takes for JSON, such as NaN, is
// given as the text that is stored, and its name among odd.
func readable(s *sessions.Session) (data map[string]json.RawMessage, odd []string) {
	data, odd = map[string]json.RawMessage{}, []string{}
	for name, value := range s.Items() {
		if !json.Valid(value) {
			odd = append(odd, name)
			value, _ = json.Marshal(string(value))
		}
		data[name] = value
	}
	return data, odd
}

type checkCmd struct {
	Deploy    bool   `help:"Check for a site that others use: what is fine on your own computer may be a warning then."`
	FailLevel string `default:"error" enum:"warning,error" placeholder:"error" help:"Exit with 1 for a warning or an error."`
}

func (c *checkCmd) Run(ctx context.Context, s *config.Settings, io *streams) error {
	_ = s.Prepare() // what it would refuse is among the findings
	bad := func(f config.Finding) bool { return f.Level == config.Error }
	findings := s.Check()
	if c.Deploy {
		findings = s.CheckDeploy()
	}
	if !slices.ContainsFunc(findings, bad) {
		ctx, cancel := context.WithTimeout(ctx, stopWithin)
		defer cancel()
		findings = append(findings, s.CheckStore(ctx, logger(s, io.err))...)
	}
	errs, warnings := 0, 0
	for _, f := range findings {
		switch f.Level {
		case config.OK:
			continue
		case config.Error:
			errs++
		case config.Warning:
			warnings++
		}
		fmt.Fprintf(io.out, "%-8s %s: %s\n         %s\n", f.Level, f.Title, f.Found, f.Why)
	}
	if errs > 0 {
		return fmt.Errorf("errors found: %d", errs)
	}
	if warnings > 0 && c.FailLevel == "warning" {
		return fmt.Errorf("warnings found: %d", warnings)
	}
	_, err := fmt.Fprintln(io.out, "No errors.")
	return err
}
