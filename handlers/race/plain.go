package race

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// plainSCS is alexedwards/scs with its own store, used as its middleware LoadAndSave does.
var plainSCS = lane{
	"Plain scs", "A save writes the whole session, whatever is stored by then.",
	func(p Preset) (*running, error) {
		m := PlainSCS()
		ctx, err := m.Load(context.Background(), "")
		if err != nil {
			return nil, err
		}
		for name, value := range p.start {
			m.Put(ctx, name, value)
		}
		key, _, err := m.Commit(ctx)
		if err != nil {
			return nil, err
		}
		a, b := &plainSession{m: m, key: key}, &plainSession{m: m, key: key}
		return &running{
			[2]*request{p.A.serve(a), p.B.serve(b)},
			func() []Record {
				return labelled(key, a.key, b.key, func(key string) (Record, bool) { return plainRecord(m, key) })
			},
			p.judge,
		}, nil
	},
}

// PlainSCS is scs with its own store in memory. It is a literal, since scs.New and
// memstore.New start goroutines that nothing stops.
func PlainSCS() *scs.SessionManager {
	return &scs.SessionManager{
		Store: memstore.NewWithCleanupInterval(0), Codec: scs.GobCodec{}, Lifetime: time.Hour,
	}
}

// plainSession is one request's session with plain scs.
type plainSession struct {
	m   *scs.SessionManager
	ctx context.Context
	key string // of the cookie that the browser holds
}

func (s *plainSession) load() (err error) {
	s.ctx, err = s.m.Load(context.Background(), s.key)
	return err
}

func (s *plainSession) count() int         { return s.m.GetInt(s.ctx, "visit_count") }
func (s *plainSession) click(seen int)     { s.m.Put(s.ctx, "visit_count", seen+1) }
func (s *plainSession) set(name, v string) { s.m.Put(s.ctx, name, v) }
func (s *plainSession) cycle()             { _ = s.m.RenewToken(s.ctx) } // a store in memory does not fail
func (s *plainSession) end()               { _ = s.m.Destroy(s.ctx) }

func (s *plainSession) save() int {
	if s.m.Status(s.ctx) != scs.Modified {
		return http.StatusOK
	}
	key, _, err := s.m.Commit(s.ctx)
	if err != nil {
		return http.StatusInternalServerError
	}
	s.key = key
	return http.StatusOK
}

func (s *plainSession) entries() []Entry { return plainEntries(s.m, s.ctx) }

func plainRecord(m *scs.SessionManager, key string) (Record, bool) {
	if _, there, _ := m.Store.Find(key); !there {
		return Record{}, false
	}
	ctx, err := m.Load(context.Background(), key)
	if err != nil {
		return Record{}, false
	}
	return Record{There: true, Entries: plainEntries(m, ctx)}, true
}

func plainEntries(m *scs.SessionManager, ctx context.Context) (all []Entry) {
	for _, name := range m.Keys(ctx) {
		value, _ := json.Marshal(m.Get(ctx, name)) // numbers and texts alone
		all = append(all, Entry{name, string(value)})
	}
	return all
}
