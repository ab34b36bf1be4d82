package sessions

import (
	"encoding/json"
	"time"
)

// View is what a panel or a tool may want to know of a session.
type View struct {
	Loaded  bool      // the session was used; if not, there is nothing else to see
	Stored  bool      // there is a record
	Key     string    // a secret like a password; "" if there is no record
	Record  Record    // as it was loaded or last stored
	Ends    time.Time // when the record ends, by whichever clock is first
	Entries []Entry   // all entries, in order, with what was changed and not saved yet
	Changes []Change  // what this request has changed so far, saved or not
}

// Change is one entry that a request changed; Before or After is nil where it was absent.
type Change struct {
	Name          string
	Before, After json.RawMessage
}

// Peek returns what there is to see of a session. It counts as no access, and loads
// nothing: a panel that used the session would show a session that only the panel uses.
func Peek(s *Session) View {
	s.lock()
	defer s.mu.Unlock()
	if !s.loaded() {
		return View{}
	}
	return View{
		Loaded: true, Stored: s.base.key != "", Key: s.base.key, Record: s.base.rec, Ends: s.base.times.end,
		Entries: ordered(s.values.slots()), Changes: s.txn.changes(),
	}
}
