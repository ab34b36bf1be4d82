package class

import (
	"time"

	"sessionlab/handlers/events"
	"sessionlab/sessions"
	"sessionlab/views"
)

const (
	storyKept = 80               // events of one learner
	liveKept  = 12               // of all together
	idleAfter = 2 * time.Minute  // without a request
	stuckFor  = 5 * time.Minute  // on one page, at work, with no mission solved
	aliveFor  = 10 * time.Minute // who counts as here
)

// seat is what is live of one learner, or of the teacher.
type seat struct {
	path, engine string
	key          string // of the session that the last request had
	seen         time.Time
	since        time.Time // when the page was opened, or a mission solved, the later of both
	solved       int       // missions, when the board was drawn last
	noted        time.Time // when the visit was written down
	hand         time.Time
	left         bool // does not follow the teacher
	requests     int  // under way
	streams      int
	story        []happening
}

// happening is one thing that happened to somebody's session. It holds no key and no value.
type happening struct {
	at         time.Time
	who        string
	kind       sessions.EventKind
	engine     string
	path, text string
}

// seat returns somebody's seat. The caller holds the lock.
func (c *Room) seat(id string) *seat {
	s := c.seats[id]
	if s == nil {
		s = &seat{since: time.Now()}
		c.seats[id] = s
	}
	return s
}

// Saw notes that somebody has opened a page, and reports whether that is worth a line in the
// table: another chapter, another engine, or a minute.
func (c *Room) Saw(id, path, engine string) bool {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.seat(id)
	s.seen = now
	moved := path != "" && path != s.path
	if moved {
		s.path, s.since = path, now
	}
	news := moved || engine != s.engine || now.Sub(s.noted) > time.Minute
	s.engine = engine
	if news {
		s.noted = now
	}
	return news
}

// HasKey notes which session somebody has, for the experiments.
func (c *Room) HasKey(id, engine, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.seat(id)
	s.engine, s.key = engine, key
}

// Raise notes that a hand was raised or taken down.
func (c *Room) Raise(id string, up bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seat(id).hand = time.Time{}
	if up {
		c.seat(id).hand = time.Now()
	}
}

// Observe takes down what happened to somebody's session.
func (c *Room) Observe(id, engine, path string, e sessions.Event, traits sessions.Traits) {
	e.Err = nil // its text may quote what somebody has stored
	h := happening{at: e.Time, who: id, kind: e.Kind, engine: engine, path: path, text: words(e, traits)}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.seat(id)
	s.story = last(append(s.story, h), storyKept)
	if short[e.Kind] != "" && id != Teacher {
		c.live = last(append(c.live, h), liveKept)
	}
}

// words say an event without its error, which the sentence would otherwise end with.
func words(e sessions.Event, traits sessions.Traits) string {
	switch e.Kind {
	case sessions.Corrupt:
		return "The cookie or the record could not be read, so the visit starts afresh."
	case sessions.Failed:
		return "Something went wrong, and nothing was saved."
	}
	return events.Text(e, traits)
}

// short are the events that the live list has, in a few words.
var short = map[sessions.EventKind]string{
	sessions.Created: "new session", sessions.KeyCycled: "new key, the old one is dead",
	sessions.Flushed: "session ended", sessions.Emptied: "session emptied, and deleted",
	sessions.Expired: "session expired", sessions.Corrupt: "cookie or record refused",
	sessions.Unknown: "sent a key that no record has", sessions.Retried: "two requests at once, both counted",
	sessions.Interrupted: "409: ended or changed in another tab", sessions.Failed: "an error, nothing saved",
}

// Story is what happened to somebody's sessions, the newest first.
func (c *Room) Story(id string) []views.ClassEvent {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.seats[id]
	if s == nil {
		return nil
	}
	var all []views.ClassEvent
	for i := len(s.story) - 1; i >= 0; i-- {
		h := s.story[i]
		all = append(all, views.ClassEvent{
			At: h.at, Kind: string(h.kind), Text: h.text, Engine: h.engine, Path: h.path,
		})
	}
	return all
}

// LeaveTeacher says whether somebody goes their own way, in place of following the teacher.
func (c *Room) LeaveTeacher(id string, left bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seat(id).left = left
}

func last[T any](all []T, n int) []T {
	if len(all) > n {
		return append(all[:0:0], all[len(all)-n:]...)
	}
	return all
}
