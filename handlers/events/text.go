package events

import (
	"fmt"

	"sessionlab/sessions"
)

// Text says an event in a sentence, for an engine with these traits: one that keeps the session
// in the cookie stores and deletes no record.
func Text(e sessions.Event, traits sessions.Traits) string {
	op := ""
	if e.Op != "" {
		op = " (" + e.Op + ")"
	}
	if traits.InCookie {
		if text := inCookie[e.Kind]; text != "" {
			return text + op + "."
		}
	}
	if text := texts[e.Kind]; text != "" {
		return text + op + "."
	}
	switch e.Kind {
	case sessions.CookieRead:
		if e.Found {
			return "Your browser sent its session cookie."
		}
		return "Your browser sent no session cookie."
	case sessions.Corrupt:
		return fmt.Sprintf("The session could not be read, so the visit starts afresh: %v", e.Err)
	case sessions.Retried:
		return fmt.Sprintf("Another request saved first, so this one was replayed (attempts: %d).", e.Attempts)
	case sessions.Interrupted:
		return "The session was ended while this request was under way."
	case sessions.CookieSent:
		return "The response sets the session cookie."
	case sessions.CookieCleared:
		return "The response deletes the session cookie."
	case sessions.Failed:
		return fmt.Sprintf("Something went wrong: %v", e.Err)
	}
	return string(e.Kind)
}

// texts are the events that name what the store was asked.
var texts = map[sessions.EventKind]string{
	sessions.Loaded:    "A record was read from the store",
	sessions.Unknown:   "The store has no session under this key",
	sessions.Expired:   "The session has expired",
	sessions.Created:   "A new record was stored under a new key",
	sessions.Saved:     "Saved. Nobody had changed it in between",
	sessions.Touched:   "The record lives longer now. Its data was not written",
	sessions.KeyCycled: "The data moved to a new key, and the old key is dead",
	sessions.Flushed:   "The record was deleted",
	sessions.Emptied:   "Nothing was left in the session, so its record was deleted",
}

// inCookie are the same where the visitor's browser keeps the session.
var inCookie = map[sessions.EventKind]string{
	sessions.Loaded:    "The session was read from the cookie",
	sessions.Unknown:   "The cookie is not one that this server has signed",
	sessions.Created:   "A new session was signed for a cookie",
	sessions.Saved:     "The changed session was signed for a new cookie",
	sessions.Touched:   "The session was signed again and lives longer now",
	sessions.KeyCycled: "The session was signed again. The server cannot revoke the old cookie",
	sessions.Flushed:   "The session was ended. The server cannot revoke copies of its cookie",
	sessions.Emptied:   "Nothing was left in the session, so it was ended",
}
