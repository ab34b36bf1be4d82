package events

import (
	"fmt"

	"sessionlab/sessions"
)

// Text says an event in plain words.
func Text(e sessions.Event) string {
	op := ""
	if e.Op != "" {
		op = " (" + e.Op + ")"
	}
	switch e.Kind {
	case sessions.CookieRead:
		if e.Found {
			return "Your browser sent its session cookie."
		}
		return "Your browser sent no session cookie."
	case sessions.Loaded:
		return "One record was read from the store" + op + "."
	case sessions.Unknown:
		return "The store knows no session of this key" + op + "."
	case sessions.Expired:
		return "The time of this session was over" + op + "."
	case sessions.Corrupt:
		return "The record could not be read, so the visit starts afresh: " + e.Err.Error()
	case sessions.Created:
		return "A new record was stored under a new key" + op + "."
	case sessions.Saved:
		return "The record was replaced, if nobody else had changed it" + op + "."
	case sessions.Touched:
		return "The record lives longer now; its data was not written" + op + "."
	case sessions.KeyCycled:
		return "The data moved to a new key, and the old key is dead" + op + "."
	case sessions.Flushed:
		return "The record was deleted" + op + "."
	case sessions.Emptied:
		return "Nothing was left in the session, so its record was deleted" + op + "."
	case sessions.Retried:
		return fmt.Sprintf("Another request had saved first; this one was replayed (attempts: %d).", e.Attempts)
	case sessions.Interrupted:
		return "The session was ended while this request was under way."
	case sessions.CookieSent:
		return "The answer sets the session cookie."
	case sessions.CookieCleared:
		return "The answer deletes the session cookie."
	case sessions.Failed:
		return "Something went wrong: " + e.Err.Error()
	}
	return string(e.Kind)
}
