package sessions

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"

	"sessionlab/sessions/signing"
)

// Config says how sessions behave. Only Engine has no default; the others follow
// Django's settings, whose names are given in brackets.
type Config struct {
	// Engine keeps the records [SESSION_ENGINE].
	Engine Engine
	// Secret signs records that leave the program's hands, in Django's form [SECRET_KEY].
	// An engine that keeps its records private needs none.
	Secret string
	// Fallbacks are former secrets: they are accepted, and sign nothing
	// [SECRET_KEY_FALLBACKS]. A new secret is rolled out in two steps, see the package's
	// documentation.
	Fallbacks []string
	// Codec turns values into bytes. Nil is [Signed] with Secret, or plain JSON for an
	// engine that keeps its records private.
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
	// timeout and without writing its data. No other clock is moved by that.
	IdleTimeout time.Duration
	// AbsoluteAge ends a session so long after [Session.StartAbsoluteAge], however
	// busy it is; 0 is never.
	AbsoluteAge time.Duration
	// MaxSize is how large a session may be, in bytes of JSON; 0 is 1 MiB.
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
	// handler had written is dropped, and so are the headers that it had set.
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
	policy   policy
	cookie   cookieText
	lastDate atomic.Pointer[dateText]
	scs      *scs.SessionManager
	collided keyedMutex
	left     leftovers
	hasLeft  atomic.Bool

	// What the engine can do beside the four methods, asked for once.
	traits     Traits
	toucher    Toucher // nil if it cannot
	validKey   func(key string) bool
	keepsSaved bool // engine or codec keep when a record was saved
}

func (c Config) withDefaults() Config {
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

// New makes a Manager. It returns an error for settings that contradict each other, that
// browsers would refuse, or that leave records unsigned, in one sentence each.
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
	m := &Manager{cookie: cfg.Cookie.text(), policy: policy{cfg.Age, cfg.IdleTimeout, cfg.AbsoluteAge}, validKey: ValidKey}
	if d, ok := cfg.Engine.(Describer); ok {
		m.traits = d.Traits()
	}
	m.toucher, _ = cfg.Engine.(Toucher)
	if c, ok := cfg.Engine.(KeyChecker); ok {
		m.validKey = c.ValidKey
	}
	var err error
	if cfg.Codec, err = m.codec(cfg); err != nil {
		return nil, err
	}
	_, stamps := cfg.Codec.(Signed)
	m.keepsSaved = stamps || m.traits.KeepsSaved
	m.cfg = cfg
	m.scs = newSCS(m)
	return m, nil
}

// codec is the codec in force. Records are signed unless nobody else can write them, or
// somebody has asked for the opposite by its name.
func (m *Manager) codec(cfg Config) (Codec, error) {
	switch c := cfg.Codec.(type) {
	case nil:
	case Signed:
		if c.Signer == nil {
			return nil, errors.New("sessions: the codec Signed has no Signer")
		}
		c.max = cfg.MaxSize
		return c, nil
	default:
		return c, nil
	}
	if m.traits.Private {
		return InsecureUnsigned{}, nil
	}
	if cfg.Secret == "" {
		return nil, errors.New("sessions: the engine's records leave this program's hands, so they need a Secret that signs them " +
			"(or Codec: sessions.InsecureUnsigned{}, where nobody else can write to the store)")
	}
	signer, err := signing.New(signing.StoreSalt, cfg.Secret, cfg.Fallbacks...)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	return Signed{signer, cfg.MaxSize}, nil
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

// Open gives the session with this key outside of any request, for commands, workers and
// tests: nothing is loaded before its first use, and nothing is stored before
// [Session.Save]. A key that is empty or malformed counts as none.
func (m *Manager) Open(ctx context.Context, key string) *Session {
	s := &Session{}
	s.begin(m, ctx)
	s.client.read = true
	if m.validKey(key) {
		s.client.named = append(s.client.room[:0], key)
	}
	return s
}

// Traits says how the engine keeps its records.
func (m *Manager) Traits() Traits { return m.traits }

// Locate says where the record under key lives, if the engine can tell.
func (m *Manager) Locate(key string) (Location, bool) {
	l, ok := m.cfg.Engine.(Locator)
	if !ok {
		return Location{}, false
	}
	return l.Locate(key), true
}

// Clear deletes the expired records, as [Clearer] says, and returns how many went. The
// error is [ErrUnsupported] where the engine keeps none. It may run while the app serves.
func (m *Manager) Clear(ctx context.Context, progress func(done, total int)) (int, error) {
	c, ok := m.cfg.Engine.(Clearer)
	if !ok {
		return 0, ErrUnsupported
	}
	return c.Clear(ctx, m.Ends, progress)
}

// All gives every stored session that can be read, to find those of one user: each has to
// be loaded, since Django's table has no column for the user. To end one, call
// [Session.Flush] and [Session.Save] on it. It ends with an error if the engine fails or,
// [ErrUnsupported], is no [Lister]. A session that is stored or ended meanwhile may be
// missed or given.
func (m *Manager) All(ctx context.Context) iter.Seq2[*Session, error] {
	return func(yield func(*Session, error) bool) {
		l, ok := m.cfg.Engine.(Lister)
		if !ok {
			yield(nil, ErrUnsupported)
			return
		}
		goOn := true
		err := l.List(ctx, func(key string, _ Record) bool {
			s := m.Open(ctx, key)
			if err := s.open(); err != nil {
				goOn = yield(nil, err)
			} else if s.Key() != "" {
				goOn = yield(s, nil)
			}
			return goOn
		})
		if err != nil && goOn {
			yield(nil, fmt.Errorf("%w: list: %w", ErrStore, err))
		}
	}
}

// open loads the session now.
func (s *Session) open() error {
	s.lock()
	defer s.mu.Unlock()
	s.load()
	return s.err
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
	s.call(func() { s.m.cfg.Observer(&s.ctx, e) })
}
