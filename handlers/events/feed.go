package events

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"sessionlab/handlers/limit"
	"sessionlab/sessions"
)

var (
	// ErrStopping: the server is about to stop, so no stream is opened.
	ErrStopping = errors.New("events: the server is about to stop")
	// ErrManyStreams: this client has as many streams open as one client may have.
	ErrManyStreams = errors.New("events: this client has too many streams open")
	// ErrFull: as many streams are open as the server takes in all.
	ErrFull = errors.New("events: too many streams are open")
)

type (
	quietKey   struct{}
	historyKey struct{}
)

// Quiet returns a context whose events are not published: a look at a session that nobody
// but the program itself takes.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

// WithHistory returns a context that tells the feed which events the same request has
// caused so far: one browser sent it, so the sessions that they name belong together.
func WithHistory(ctx context.Context, earlier func() []sessions.Event) context.Context {
	return context.WithValue(ctx, historyKey{}, earlier)
}

// Feed carries session events out of the requests that caused them into the event log, and
// on to the streams that are open. A request only leaves its event in a bounded queue;
// writing and sending happen behind its back, many events at a time.
type Feed struct {
	// Store keeps what was published and written.
	Store  *Store
	log    *slog.Logger
	keep   int // entries in the log
	queue  chan item
	wake   chan struct{}
	events *limit.Buckets // by kind of event
	noise  *limit.Buckets // of the kinds that anybody can cause at no cost
	missed atomic.Int64   // events that were not kept

	work     sync.Mutex // held while the log is written and the streams are served
	finished bool       // nothing is written any more
	failing  bool       // the log could not be written last time
	untidy   int        // entries written since the log was last cut
	seen     int64      // the last entry that the streams were given; -1: none is open
	said     time.Time  // when missed was last told

	mu      sync.Mutex
	streams map[*Stream]bool
	closed  chan struct{}
	once    sync.Once
}

const (
	feedQueue  = 1024                   // events that wait to be written
	feedGather = 100 * time.Millisecond // how long the first of them waits for company
	feedPoll   = time.Second            // how often entries of other copies of the app are looked for
	feedKept   = 10_000                 // entries in the log, and a tenth more between two cuts
	feedWrite  = 2 * time.Second        // limit for writing a batch and reading it back

)

// item is an event in the queue, with what its request knew.
type item struct {
	event        sessions.Event
	engine, path string
	traits       sessions.Traits         // of the engine
	earlier      func() []sessions.Event // of the same request; nil: not known
}

// NewFeed returns a feed that writes into store. What goes wrong is told to log.
func NewFeed(store *Store, log *slog.Logger) *Feed {
	return &Feed{
		Store: store, log: log, keep: feedKept,
		events: limit.NewBuckets(limit.LoggedEvents), noise: limit.NewBuckets(limit.LoggedNoise),
		queue: make(chan item, feedQueue), wake: make(chan struct{}, 1),
		streams: map[*Stream]bool{}, closed: make(chan struct{}), seen: -1,
	}
}

// Publish takes an event if it is worth keeping: what begins, moves or ends a session, and
// what goes wrong. It never waits: events that are too many, or that find the queue
// full, are counted and not kept. It reports false for those, so that other logs can leave
// them out as well.
func (f *Feed) Publish(ctx context.Context, engine string, e sessions.Event) bool {
	if ctx.Value(quietKey{}) != nil {
		return false
	}
	var traits sessions.Traits
	if s, ok := sessions.FromContext(ctx); ok {
		traits = s.Manager().Traits()
	}
	switch e.Kind {
	case sessions.Created, sessions.Expired, sessions.Flushed, sessions.KeyCycled, sessions.Emptied,
		sessions.Interrupted, sessions.Retried, sessions.Corrupt, sessions.Unknown, sessions.Failed:
		if !f.worthALine(e.Kind) {
			f.missed.Add(1)
			return false
		}
	case sessions.Saved, sessions.Touched:
		if !traits.InCookie { // there every save makes a new key, and the visitor has another hash
			return true
		}
	default:
		return true
	}
	i := item{event: e, engine: engine, traits: traits}
	i.earlier, _ = ctx.Value(historyKey{}).(func() []sessions.Event)
	if route := chi.RouteContext(ctx); route != nil {
		// Patterns and not paths: nothing that a visitor typed gets into the log.
		pattern := strings.ReplaceAll(strings.Join(route.RoutePatterns, ""), "/*/", "/")
		i.path = strings.TrimSpace(route.RouteMethod + " " + pattern)
	}
	select {
	case f.queue <- i:
	default:
		f.missed.Add(1)
		return false
	}
	select {
	case f.wake <- struct{}{}:
	default: // it is awake already
	}
	return true
}

// Run works until ctx ends.
func (f *Feed) Run(ctx context.Context) {
	poll := time.NewTicker(feedPoll)
	defer poll.Stop()
	for {
		select {
		case <-f.wake:
			select {
			case <-time.After(feedGather):
			case <-ctx.Done():
			}
		case <-poll.C:
		case <-ctx.Done():
		}
		f.CatchUp(ctx)
		if ctx.Err() != nil {
			return
		}
	}
}

// CatchUp writes what has happened until now, and sends it to the streams. It works without
// Run too: a page that shows the log calls it first.
func (f *Feed) CatchUp(ctx context.Context) {
	f.work.Lock()
	defer f.work.Unlock()
	if f.finished {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), feedWrite)
	defer cancel()
	written, err := f.write(ctx)
	if err == nil {
		err = f.deliver(ctx)
	}
	switch { // an outage is told once, and is over when something could be written again
	case err != nil && !f.failing:
		f.failing = true
		f.log.ErrorContext(ctx, "the event log does not work; events are not kept until it does", "err", err)
	case err == nil && f.failing && written > 0:
		f.failing = false
		f.log.InfoContext(ctx, "the event log works again")
	}
	if now := time.Now(); now.Sub(f.said) >= 10*time.Second {
		if n := f.missed.Swap(0); n > 0 {
			f.said = now
			f.log.WarnContext(ctx, "some session events were too many to keep", "events", n)
		}
	}
}

// write empties the queue into the log, in one transaction, and returns how many entries
// that were.
func (f *Feed) write(ctx context.Context) (int, error) {
	var entries []Entry
	var links []Link
	for range len(f.queue) {
		i := <-f.queue
		links = append(links, i.links()...)
		if e := i.event; e.Kind != sessions.Saved && e.Kind != sessions.Touched {
			entries = append(entries, i.entry())
		}
	}
	if err := f.Store.append(ctx, entries, links); err != nil {
		f.missed.Add(int64(len(entries)))
		return 0, err
	}
	if f.untidy += max(len(entries), len(links)); f.untidy > f.keep/10 {
		f.untidy = 0
		if _, err := f.Store.Trim(ctx, f.keep); err != nil {
			return 0, err
		}
	}
	return len(entries), nil
}

// entry is the event as the log keeps it.
func (i item) entry() Entry {
	e := i.event
	detail := Text(e, i.traits)
	if old := e.Old.String(); old != "" && old != e.Session.String() {
		detail += " It was " + old + " before."
	}
	return Entry{
		At: e.Time.UTC(), Kind: string(e.Kind), Session: e.Session.String(), Engine: i.engine, Detail: detail, Path: i.path,
	}
}

// links are the sessions that led to the one that begins with this event: those that the same
// request had named before, since one browser sent it.
func (i item) links() (links []Link) {
	e := i.event
	switch e.Kind {
	case sessions.Created, sessions.KeyCycled, sessions.Saved, sessions.Touched:
	default:
		return nil
	}
	if i.earlier == nil {
		return nil
	}
	for _, before := range i.earlier() {
		if before.Session == e.Session {
			break
		}
		links = append(links, Link{before.Session.String(), e.Session.String()})
	}
	return links
}

// deliver reads what is new in the log, entries of other copies of the app too, and hands it
// to every open stream.
func (f *Feed) deliver(ctx context.Context) error {
	for f.listened() {
		const most = 500
		news, err := f.Store.After(ctx, Everyone(), f.seen, most)
		if err != nil {
			return err
		}
		if len(news) > 0 {
			led, err := f.Store.led(ctx, f.Store.db.R, sessionsOf(news)...)
			if err != nil {
				return err
			}
			f.seen = news[len(news)-1].ID
			f.hand(batch{news, led})
		}
		if len(news) < most {
			break
		}
	}
	return nil
}

// batch is entries for the streams, with what led to their sessions.
type batch struct {
	entries []Entry
	led     map[string][]string
}

func sessionsOf(entries []Entry) (ids []string) {
	for _, e := range entries {
		ids = append(ids, e.Session)
	}
	return ids
}

// listened reports whether a stream is open, and begins where the first of them began.
func (f *Feed) listened() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.streams) == 0 {
		f.seen = -1
		return false
	}
	if f.seen < 0 {
		f.seen = math.MaxInt64
		for s := range f.streams {
			f.seen = min(f.seen, s.from)
		}
	}
	return true
}

// hand gives news to all streams. One that cannot keep up is ended: its browser comes back
// and says where it stopped.
func (f *Feed) hand(news batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.streams {
		select {
		case s.news <- news:
		default:
			close(s.news)
			delete(f.streams, s)
		}
	}
}

// Stream is one open stream. It gets the entries of all visitors, and picks its own.
type Stream struct {
	client string
	from   int64 // it gets everything after this entry
	news   chan batch
}

// worthALine lets the first events of a kind through, and later a few each second.
func (f *Feed) worthALine(kind sessions.EventKind) bool {
	buckets := f.events
	switch kind {
	case sessions.Unknown, sessions.Corrupt, sessions.Failed:
		buckets = f.noise
	}
	return buckets.Take(string(kind)) == nil
}

// Subscribe opens a stream for a client, or says why there is no room for one.
func (f *Feed) Subscribe(client string, from int64) (*Stream, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	mine := 0
	for s := range f.streams {
		if s.client == client {
			mine++
		}
	}
	switch {
	case f.stopped():
		return nil, ErrStopping
	case mine >= limit.StreamsPerClient:
		return nil, ErrManyStreams
	case len(f.streams) >= limit.Streams:
		return nil, ErrFull
	}
	s := &Stream{client, from, make(chan batch, 16)}
	f.streams[s] = true
	return s, nil
}

// Leave ends a stream.
func (f *Feed) Leave(s *Stream) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.streams, s)
}

// Close ends all streams at once, and lets no new ones in.
func (f *Feed) Close() { f.once.Do(func() { close(f.closed) }) }

func (f *Feed) stopped() bool {
	select {
	case <-f.closed:
		return true
	default:
		return false
	}
}

// Finish writes what is left; after it, nothing touches the database any more.
func (f *Feed) Finish() {
	f.Close()
	f.CatchUp(context.Background())
	f.work.Lock()
	defer f.work.Unlock()
	f.finished = true
}

// Streams returns how many streams are open.
func (f *Feed) Streams() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.streams)
}
