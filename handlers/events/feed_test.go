package events

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/handlers/limit"
	"sessionlab/migrations"
	"sessionlab/sessions"
)

// testFeed is a feed on a database of its own; nothing runs but what the test calls.
func testFeed(t *testing.T) (*Feed, *database.DB, *safeBuffer) {
	t.Helper()
	d, err := database.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := migrations.Up(t.Context(), d.W, string(d.Dialect)); err != nil {
		t.Fatal(err)
	}
	logs := &safeBuffer{}
	return NewFeed(New(d), slog.New(slog.NewTextHandler(logs, nil))), d, logs
}

func (f *Feed) kept(t *testing.T) []Entry {
	t.Helper()
	entries, err := f.Store.Newest(t.Context(), Everyone(), 2*feedKept)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func happened(kind sessions.EventKind) sessions.Event {
	return sessions.Event{Kind: kind, Time: time.Now(), Err: errors.New("some reason")}
}

func TestTheFeedKeepsWhatBeginsMovesEndsOrFails(t *testing.T) {
	f, _, _ := testFeed(t)
	kept := []sessions.EventKind{
		sessions.Created, sessions.Expired, sessions.Flushed, sessions.KeyCycled, sessions.Emptied,
		sessions.Interrupted, sessions.Retried, sessions.Corrupt, sessions.Unknown, sessions.Failed,
	}
	for _, kind := range append([]sessions.EventKind{sessions.CookieRead, sessions.Loaded, sessions.Saved, sessions.Touched, sessions.CookieSent, sessions.CookieCleared}, kept...) {
		if !f.Publish(t.Context(), "db", happened(kind)) {
			t.Errorf("a single event %q was not taken", kind)
		}
	}
	f.CatchUp(t.Context())
	var got []sessions.EventKind
	for _, e := range f.kept(t) {
		got = append(got, sessions.EventKind(e.Kind))
	}
	slices.Reverse(got)
	if !slices.Equal(got, kept) {
		t.Errorf("got %v, want %v in this order", got, kept)
	}
}

func TestR108_AFloodOfMadeUpCookiesIsAFewLines(t *testing.T) {
	f, _, logs := testFeed(t)
	start := time.Now()
	taken := 0
	for i := range 10_000 { // over five minutes, as a slow machine would take them
		e := happened(sessions.Unknown)
		e.Time = start.Add(time.Duration(i) * 30 * time.Millisecond)
		if f.Publish(t.Context(), "db", e) {
			taken++
		}
		if i%100 == 0 {
			f.CatchUp(t.Context())
		}
	}
	if !f.Publish(t.Context(), "db", happened(sessions.Created)) {
		t.Error("the flood drowned an event of another kind")
	}
	f.CatchUp(t.Context())
	if n := len(f.kept(t)); n > 1000 || n < 300 || n != taken+1 {
		t.Errorf("%d entries for 10,000 made-up cookies, %d taken; want 300 to 1,000", n, taken)
	}
	if !strings.Contains(logs.String(), "too many to keep") {
		t.Error("nothing tells that events were left out")
	}
}

func TestARequestNeverWaitsForTheFeed(t *testing.T) {
	f, _, _ := testFeed(t)                    // nobody empties the queue
	f.events = limit.NewBuckets(limit.Rate{}) // no limit but the queue
	refused := 0
	for range 3 * feedQueue {
		if !f.Publish(t.Context(), "db", happened(sessions.Created)) {
			refused++
		}
	}
	if refused != 2*feedQueue || f.missed.Load() != int64(refused) {
		t.Errorf("%d were refused and %d counted, want %d", refused, f.missed.Load(), 2*feedQueue)
	}
}

func TestTheLogStaysBounded(t *testing.T) {
	f, _, _ := testFeed(t)
	f.keep = 300
	at := time.Now()
	for range 8 {
		for range 100 {
			e := happened(sessions.Created)
			e.Time, at = at, at.Add(time.Second)
			f.Publish(t.Context(), "db", e)
		}
		f.CatchUp(t.Context())
	}
	if n := len(f.kept(t)); n < 300 || n > 330 {
		t.Errorf("%d entries were kept, want 300 and at most a tenth more", n)
	}
}

func TestABrokenLogIsToldOnceAndTheFeedGoesOn(t *testing.T) {
	f, d, logs := testFeed(t)
	if _, err := d.W.ExecContext(t.Context(), `ALTER TABLE lab_events RENAME TO elsewhere`); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		f.Publish(t.Context(), "db", happened(sessions.Created))
		f.CatchUp(t.Context())
		f.CatchUp(t.Context()) // with nothing to write, which proves nothing
	}
	if n := strings.Count(logs.String(), "the event log does not work"); n != 1 {
		t.Errorf("an outage was told %d times, want once", n)
	}
	if _, err := d.W.ExecContext(t.Context(), `ALTER TABLE elsewhere RENAME TO lab_events`); err != nil {
		t.Fatal(err)
	}
	f.Publish(t.Context(), "db", happened(sessions.Created))
	f.CatchUp(t.Context())
	if n := len(f.kept(t)); n != 1 || !strings.Contains(logs.String(), "the event log works again") {
		t.Errorf("after the outage: %d entries, log %s", n, logs)
	}
}

func TestAFinishedFeedHasWrittenAllAndTouchesNothing(t *testing.T) {
	f, d, logs := testFeed(t)
	f.Publish(t.Context(), "db", happened(sessions.Created))
	f.Finish()
	if n := len(f.kept(t)); n != 1 {
		t.Errorf("%d entries, want the one that was waiting", n)
	}
	d.Close()
	f.Publish(t.Context(), "db", happened(sessions.Created))
	f.CatchUp(t.Context())
	f.Finish()
	if logs.String() != "" {
		t.Errorf("a finished feed went on: %s", logs)
	}
}

// Several copies of the app share one table; each one's streams tell of all.
func TestEntriesOfAnotherCopyReachTheStreams(t *testing.T) {
	f, d, _ := testFeed(t)
	other := NewFeed(New(d), slog.New(slog.DiscardHandler))
	s, err := f.Subscribe("a", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Leave(s)
	other.Publish(t.Context(), "db", happened(sessions.Created))
	other.CatchUp(t.Context())
	f.CatchUp(t.Context()) // as run does each second
	if news := <-s.news; len(news.entries) != 1 || news.entries[0].Kind != "created" {
		t.Errorf("got %+v, want the other copy's entry", news)
	}
	f.CatchUp(t.Context())
	if len(s.news) != 0 {
		t.Error("the entry came twice")
	}
}

func TestAStreamThatCannotKeepUpIsEnded(t *testing.T) {
	f, _, _ := testFeed(t)
	slow, err := f.Subscribe("a", 0)
	if err != nil {
		t.Fatal(err)
	}
	for range cap(slow.news) + 1 {
		f.Publish(t.Context(), "db", happened(sessions.Created))
		f.CatchUp(t.Context())
	}
	n := 0
	for range slow.news { // ends, since the channel was closed
		n++
	}
	if n != cap(slow.news) || len(f.streams) != 0 {
		t.Errorf("got %d batches and %d streams, want %d and none", n, len(f.streams), cap(slow.news))
	}
	f.Leave(slow)
}

func TestStreamsAreBounded(t *testing.T) {
	f, _, _ := testFeed(t)
	open := func(client string, n int) (last error) {
		for range n {
			if _, err := f.Subscribe(client, 0); err != nil {
				last = err
			}
		}
		return last
	}
	if err := open("a", limit.StreamsPerClient); err != nil {
		t.Errorf("the streams that one client may have: %v", err)
	}
	if err := open("a", 1); !errors.Is(err, ErrManyStreams) {
		t.Errorf("one more of the same client: got %v, want ErrManyStreams", err)
	}
	for i := range limit.Streams/limit.StreamsPerClient - 1 {
		if err := open(fmt.Sprint("client", i), limit.StreamsPerClient); err != nil {
			t.Errorf("another client: %v", err)
		}
	}
	if err := open("z", 1); !errors.Is(err, ErrFull) {
		t.Errorf("one more in all: got %v, want ErrFull", err)
	}
}

// safeBuffer is a log that several goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// An engine that keeps sessions in the cookie has no store, and so nothing happens in one.
func TestNoEventOfACookieSpeaksOfAStore(t *testing.T) {
	for _, kind := range []sessions.EventKind{
		sessions.CookieRead, sessions.Loaded, sessions.Unknown, sessions.Expired, sessions.Corrupt, sessions.Created, sessions.Saved,
		sessions.Touched, sessions.KeyCycled, sessions.Flushed, sessions.Emptied, sessions.Retried, sessions.Interrupted, sessions.Failed,
	} {
		text := Text(happened(kind), sessions.Traits{InCookie: true})
		if strings.Contains(text, "record") || strings.Contains(text, "store") {
			t.Errorf("%s: %q", kind, text)
		}
	}
	if text := Text(happened(sessions.Created), sessions.Traits{}); !strings.Contains(text, "record was stored") {
		t.Errorf("with a store: %q", text)
	}
}
