// Package compat is the one place that uses calls of the session layer which are about to
// change. Each function names the call that takes its place; when those are here, the
// functions are replaced by them and the package goes.
package compat

import (
	"encoding/json"

	"sessionlab/sessions"
	"sessionlab/sessions/signedcookies"
)

// Load reads the session now, so that an error is known before anything is done.
// It becomes s.Err() after the first read.
func Load(s *sessions.Session) error { return s.Load() }

// Commit saves the session for an answer with this status, and sends its cookie: for a page
// that shows its own save. It becomes sessions.Commit.
func Commit(s *sessions.Session, status int) error { return s.Commit(status) }

// TryUpdate changes the value under k by f, which may refuse with an error: then nothing is
// changed. It saves at once. It becomes k.TryUpdate, which saves with the rest.
func TryUpdate[T any](s *sessions.Session, k sessions.Key[T], f func(T) (T, error)) (T, error) {
	before := k.Get(s)
	if _, err := f(before); err != nil {
		return before, err
	}
	var refused error
	k.Update(s, func(v T) T { // again at the save, if another request has saved first
		changed, err := f(v)
		if refused = err; err != nil {
			return v
		}
		return changed
	})
	if err := s.Save(); err != nil {
		return before, err
	}
	return k.Get(s), refused
}

// Raw is the JSON text under name. It becomes s.Get with a json.RawMessage.
func Raw(s *sessions.Session, name string) (json.RawMessage, bool) { return s.Raw(name) }

// Stored is the session's record as the store holds it. It becomes sessions.Peek.
func Stored(s *sessions.Session) (sessions.Record, bool) { return s.Record() }

// Entries are what the session holds now. It becomes sessions.Peek.
func Entries(s *sessions.Session) []sessions.Entry { return s.Snapshot() }

// Changes are what this request has changed. It becomes sessions.Peek.
func Changes(s *sessions.Session) []sessions.Change { return s.Changes() }

// SetAll is Django's update. It becomes s.Update.
func SetAll(s *sessions.Session, values map[string]any) { s.SetAll(values) }

// KeyIsData reports whether the engine keeps nothing on the server: its keys are the sessions
// themselves. It becomes m.Traits().
func KeyIsData(m *sessions.Manager) bool {
	_, ok := m.Config().Engine.(*signedcookies.Engine)
	return ok
}

// Locate says where the engine keeps the record of a key. It becomes m.Locate.
func Locate(m *sessions.Manager, key string) (sessions.Location, bool) {
	l, ok := m.Config().Engine.(sessions.Locator)
	if !ok {
		return sessions.Location{}, false
	}
	return l.Locate(key), true
}

// HasShape reports whether the engine can have issued the key, without asking its store.
func HasShape(m *sessions.Manager, key string) bool {
	if c, ok := m.Config().Engine.(sessions.KeyChecker); ok {
		return c.ValidKey(key)
	}
	return sessions.ValidKey(key)
}
