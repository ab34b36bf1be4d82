package panel

import "sessionlab/sessions"

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
	m, seen := s.Manager(), sessions.Peek(s)
	v := view{
		stored: seen.Stored, key: seen.Key, record: seen.Record, entries: seen.Entries,
		cookie: m.Config().Cookie.Name, inside: m.Traits().InCookie,
	}
	v.record.Expires = seen.Ends
	for _, c := range seen.Changes {
		v.changes = append(v.changes, change{c.Name, c.Before, c.After})
	}
	v.place, _ = m.Locate(v.key)
	return v
}
