package race

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

const visitCount = sessions.Key[int]("visit_count")

var djangoRule = lane{
	"Django's rule", "A save writes the whole session over any record that still exists. The last write wins.",
	func(p Preset) (*running, error) { return p.onLayer(LastWriteWins(memory()), false) },
}

var layerSet = lane{
	"This layer, with Set", "A save is stored only if nobody has changed what this request read. Else 409.",
	func(p Preset) (*running, error) { return p.onLayer(memory(), false) },
}

var layerUpdate = lane{
	"This layer, with Update", "A save that comes second is computed again, on what is stored by then.",
	func(p Preset) (*running, error) { return p.onLayer(memory(), true) },
}

func memory() *cache.Memory { return cache.NewMemory(cache.MemoryOptions{MaxEntries: 100}) }

// LastWriteWins is the engine e without compare-and-swap: a save replaces whatever is
// there. A record that is gone stays gone, as Django's saves see to with force_update.
func LastWriteWins(e sessions.Engine) sessions.Engine { return &lastWriteWins{Engine: e} }

type lastWriteWins struct {
	sessions.Engine
	one sync.Mutex // saves one after the other, so that none meets another
}

func (e *lastWriteWins) Replace(
	ctx context.Context, key string, _, rec sessions.Record,
) (string, error) {
	e.one.Lock()
	defer e.one.Unlock()
	now, err := e.Load(ctx, key)
	if err != nil {
		return "", err
	}
	return e.Engine.Replace(ctx, key, now, rec)
}

// Traits and ValidKey are those of the engine.
func (e *lastWriteWins) Traits() sessions.Traits {
	if d, ok := e.Engine.(sessions.Describer); ok {
		return d.Traits()
	}
	return sessions.Traits{}
}

func (e *lastWriteWins) ValidKey(key string) bool {
	if c, ok := e.Engine.(sessions.KeyChecker); ok {
		return c.ValidKey(key)
	}
	return sessions.ValidKey(key)
}

// onLayer starts the preset on this layer.
func (p Preset) onLayer(e sessions.Engine, update bool) (*running, error) {
	m, err := sessions.New(sessions.Config{Engine: e})
	if err != nil {
		return nil, err
	}
	key, err := p.store(m)
	if err != nil {
		return nil, err
	}
	a, b := &layerSession{m: m, key: key, update: update}, &layerSession{m: m, key: key, update: update}
	return &running{
		[2]*request{p.A.serve(a), p.B.serve(b)},
		func() []Record {
			return labelled(key, a.key, b.key, func(key string) (Record, bool) { return layerRecord(m, e, key) })
		},
		p.judge,
	}, nil
}

// store keeps the session that both requests begin with, and returns its key.
func (p Preset) store(m *sessions.Manager) (string, error) {
	s := m.Open(context.Background(), "")
	s.Update(p.start)
	err := s.Save()
	return s.Key(), err
}

// layerSession is one request's session with this layer.
type layerSession struct {
	m      *sessions.Manager
	s      *sessions.Session
	key    string // of the cookie that the browser holds
	update bool   // count with Update, not with Set
}

func (l *layerSession) load() error {
	l.s = l.m.Open(context.Background(), l.key)
	l.s.Ended() // loads it, and tells the handler of no entry
	return l.s.Err()
}

func (l *layerSession) count() int         { return visitCount.Get(l.s) }
func (l *layerSession) set(name, v string) { l.s.Set(name, v) }
func (l *layerSession) cycle()             { l.s.CycleKey() }
func (l *layerSession) end()               { l.s.Flush() }

func (l *layerSession) click(seen int) {
	if l.update {
		visitCount.Update(l.s, func(n int) int { return n + 1 })
	} else {
		visitCount.Set(l.s, seen+1)
	}
}

func (l *layerSession) save() int {
	if err := l.s.Save(); err != nil {
		return sessions.Status(err)
	}
	if key := l.s.Key(); key != "" {
		l.key = key
	}
	return http.StatusOK
}

func (l *layerSession) entries() []Entry { return layerEntries(sessions.Peek(l.s).Entries) }

// layerRecord asks the engine itself, so that to look is no use of the session.
func layerRecord(m *sessions.Manager, e sessions.Engine, key string) (Record, bool) {
	rec, err := e.Load(context.Background(), key)
	if err != nil {
		return Record{}, false
	}
	entries, err := m.Config().Codec.Decode(rec.Data)
	return Record{There: true, Entries: layerEntries(entries)}, err == nil
}

// layerEntries leaves out the layer's own.
func layerEntries(entries []sessions.Entry) (all []Entry) {
	for _, e := range entries {
		if !strings.HasPrefix(e.Name, "_") {
			all = append(all, Entry{e.Name, string(e.Value)})
		}
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// labelled are the records under the keys that anybody holds: the one that both requests
// came with, and those that their answers brought. Keys are random, so they have names here.
func labelled(first, a, b string, look func(key string) (Record, bool)) []Record {
	record, _ := look(first)
	record.Place = "the key that both came with"
	all := []Record{record}
	for _, own := range []struct{ key, place string }{{a, "A's new key"}, {b, "B's new key"}} {
		if own.key == first {
			continue
		}
		record, _ := look(own.key)
		record.Place = own.place
		all = append(all, record)
	}
	return all
}
