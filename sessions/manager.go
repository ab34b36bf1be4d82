package sessions

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Config says how sessions behave. Only Engine has no default; the others follow
// Django's settings, whose names are given in brackets.
type Config struct {
	// Engine keeps the records [SESSION_ENGINE].
	Engine Engine
	// Codec turns values into bytes; nil is [JSON]. Engines whose records leave
	// the program's hands (db, file, cached_db) want [Signed].
	Codec Codec
	// Cookie says how the cookie is sent.
	Cookie Cookie
	// Age is how long a session lasts after its last save, unless the session says
	// otherwise; 0 is two weeks [SESSION_COOKIE_AGE].
	Age time.Duration
	// ExpireAtBrowserClose sends cookies that end with the browser, unless the
	// session says otherwise [SESSION_EXPIRE_AT_BROWSER_CLOSE].
	ExpireAtBrowserClose bool
	// SaveEveryRequest renews record and cookie at each request that has a session,
	// also if nothing was changed [SESSION_SAVE_EVERY_REQUEST].
	SaveEveryRequest bool
	// IdleTimeout ends a session that was not used for so long; 0 is never. Using a
	// session moves the record's expiry forward, at most once in a tenth of the
	// timeout and without writing its data.
	IdleTimeout time.Duration
	// AbsoluteAge ends a session so long after [Session.StartAbsoluteAge], however
	// busy it is; 0 is never.
	AbsoluteAge time.Duration
	// MaxSize is the largest encoded session in bytes; 0 is 1 MiB.
	MaxSize int
	// AllowCreate, if not nil, is asked before a request's first save of a new session,
	// and refuses it by an error: nothing is saved, and the answer is 429. So an app can
	// bound what one client may cost the store. Sessions that are stored already
	// are not asked about, nor is [Manager.Open].
	AllowCreate func(*http.Request) error
	// CommitTimeout bounds one save, which goes on when the client has hung up;
	// 0 is 8 seconds: more than an engine's own limits, so that those speak first.
	CommitTimeout time.Duration
	// ErrorHandler answers for a request whose session could not be loaded or saved;
	// nil writes one plain sentence with the status that [Status] gives. What the
	// handler had written is dropped, and its headers that speak of it.
	ErrorHandler func(http.ResponseWriter, *http.Request, error)
	// Observer, if not nil, is told of every event.
	Observer Observer
	// HashSecret keys the short hashes of session keys in events; nil is a random
	// one, so that hashes differ from one start of the program to the next.
	HashSecret []byte
}

// Manager gives requests their sessions. It is safe for concurrent use.
type Manager struct {
	cfg      Config
	cookie   cookieText
	lastDate atomic.Pointer[dateText]
	scs      *scs.SessionManager
	turns    turns
}

func (c Config) withDefaults() Config {
	if c.Codec == nil {
		c.Codec = JSON{}
	}
	if c.Age == 0 {
		c.Age = 14 * 24 * time.Hour
	}
	if c.MaxSize == 0 {
		c.MaxSize = 1 << 20
	}
	if c.CommitTimeout == 0 {
		c.CommitTimeout = 8 * time.Second
	}
	if c.ErrorHandler == nil {
		c.ErrorHandler = answer
	}
	if c.HashSecret == nil {
		c.HashSecret = make([]byte, 32)
		rand.Read(c.HashSecret)
	}
	c.Cookie = c.Cookie.withDefaults()
	return c
}

// New makes a Manager. It returns an error for settings that contradict each other or
// that browsers would refuse, in one sentence each.
func New(cfg Config) (*Manager, error) {
	if cfg.Engine == nil {
		return nil, errors.New("sessions: no engine")
	}
	cfg = cfg.withDefaults()
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"Age", cfg.Age}, {"IdleTimeout", cfg.IdleTimeout}, {"AbsoluteAge", cfg.AbsoluteAge}, {"CommitTimeout", cfg.CommitTimeout}} {
		if d.value < 0 {
			return nil, fmt.Errorf("sessions: %s is negative: %s", d.name, d.value)
		}
	}
	if err := cfg.Cookie.Check(); err != nil {
		return nil, err
	}
	m := &Manager{cfg: cfg, cookie: cfg.Cookie.text()}
	// A literal, since scs.New starts a goroutine of its own. scs computes a deadline
	// that is not used here: when a session ends is said in expiry.go alone.
	m.scs = &scs.SessionManager{Store: bridge{m}, Codec: bridge{m}, Lifetime: math.MaxInt64}
	return m, nil
}

// Config returns the settings in force, defaults filled in.
func (m *Manager) Config() Config { return m.cfg }

// ID returns the short hash by which events and logs name the session with this key.
func (m *Manager) ID(key string) ID {
	if key == "" {
		return ID{}
	}
	return ID{&lazyID{secret: m.cfg.HashSecret, key: key}}
}

// Open gives the session with this key outside of any request, for commands and
// tests: nothing is loaded before its first use, and nothing is stored before
// [Session.Save]. A key that is empty or malformed counts as none (Django B-062).
func (m *Manager) Open(ctx context.Context, key string) *Session {
	s := &Session{m: m}
	s.base = context.WithValue(ctx, contextKey{}, s)
	if m.validKey(key) {
		s.candidates, s.cookieSeen = []string{key}, true
	}
	s.cookieRead = true
	return s
}

// Ping asks the engine for a record that cannot be there, and returns the engine's
// error if it does not answer.
func (m *Manager) Ping(ctx context.Context) error {
	_, err := m.cfg.Engine.Load(ctx, NewKey())
	if err == nil || errors.Is(err, ErrNotFound) {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrStore, err)
}

func (m *Manager) validKey(key string) bool {
	if c, ok := m.cfg.Engine.(KeyChecker); ok {
		return c.ValidKey(key)
	}
	return ValidKey(key)
}

// clock is when something begins that the Observer will be told of; zero if there is none.
func (s *Session) clock() time.Time {
	if s.m.cfg.Observer == nil {
		return time.Time{}
	}
	return time.Now()
}

// tell tells the Observer, if there is one, of an event of the session under key that began
// at start, or took no time if that is zero.
func (s *Session) tell(e Event, key string, start time.Time) {
	if s.m.cfg.Observer == nil {
		return
	}
	e.Time, e.Session = time.Now(), s.m.ID(key)
	if !start.IsZero() {
		e.Duration = e.Time.Sub(start)
	}
	s.m.cfg.Observer(s.base, e)
}
