package panel

import (
	"sessionlab/sessions"
	"sessionlab/sessions/signedcookies"
)

// view is what the panel may know of a session: a look that counts as no access. This file
// alone knows how the layer gives it.
type view struct {
	stored  bool
	key     string
	record  sessions.Record
	entries []sessions.Entry
	changes []change
	cookie  string // the session cookie's name
	place   sessions.Location
	inside  bool // the browser keeps the record: the key is the data
}

// change is one entry before and after the request; nil where there was none.
type change struct {
	name          string
	before, after []byte
}

func peek(s *sessions.Session) view {
	if s == nil {
		return view{}
	}
	cfg := s.Manager().Config()
	v := view{key: s.Key(), entries: s.Snapshot(), cookie: cfg.Cookie.Name}
	v.record, v.stored = s.Record()
	for _, c := range s.Changes() {
		v.changes = append(v.changes, change{c.Name, c.Before, c.After})
	}
	if l, ok := cfg.Engine.(sessions.Locator); ok {
		v.place = l.Locate(v.key)
	}
	_, v.inside = cfg.Engine.(*signedcookies.Engine)
	return v
}
