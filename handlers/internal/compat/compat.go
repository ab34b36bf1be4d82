// Package compat is the one place that uses calls of the session layer which are about to
// change. Each function names the call that takes its place; when those are here, the
// functions are replaced by them and the package goes.
package compat

import (
	"encoding/json"

	"sessionlab/sessions"
)

// Load reads the session now, so that an error is known before anything is done.
// It becomes s.Err() after the first read.
func Load(s *sessions.Session) error { s.Has("_"); return s.Err() }

// Commit saves the session for an answer with this status, and sends its cookie: for a page
// that shows its own save. It becomes sessions.Commit.
func Commit(s *sessions.Session, status int) error { return sessions.Commit(s, status) }

// TryUpdate is k.TryUpdate.
func TryUpdate[T any](s *sessions.Session, k sessions.Key[T], f func(T) (T, error)) (T, error) {
	return k.TryUpdate(s, f)
}

// Raw is the JSON text under name. It becomes s.Get with a json.RawMessage.
func Raw(s *sessions.Session, name string) (json.RawMessage, bool) {
	var raw json.RawMessage
	ok := s.Get(name, &raw)
	return raw, ok
}

// Stored is the session's record as the store holds it. It becomes sessions.Peek.
func Stored(s *sessions.Session) (sessions.Record, bool) {
	v := sessions.Peek(s)
	v.Record.Expires = v.Ends
	return v.Record, v.Stored
}

// Entries are what the session holds now. It becomes sessions.Peek.
func Entries(s *sessions.Session) []sessions.Entry { return sessions.Peek(s).Entries }

// Changes are what this request has changed. It becomes sessions.Peek.
func Changes(s *sessions.Session) []sessions.Change { return sessions.Peek(s).Changes }

// SetAll is Django's update. It becomes s.Update.
func SetAll(s *sessions.Session, values map[string]any) { s.Update(values) }

// KeyIsData reports whether the engine keeps nothing on the server: its keys are the sessions
// themselves. It becomes m.Traits().
func KeyIsData(m *sessions.Manager) bool { return m.Traits().InCookie }

// Locate says where the engine keeps the record of a key. It becomes m.Locate.
func Locate(m *sessions.Manager, key string) (sessions.Location, bool) { return m.Locate(key) }

// HasShape reports whether the engine can have issued the key, without asking its store.
func HasShape(m *sessions.Manager, key string) bool {
	if c, ok := m.Config().Engine.(sessions.KeyChecker); ok {
		return c.ValidKey(key)
	}
	return sessions.ValidKey(key)
}
