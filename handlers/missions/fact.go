package missions

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sessionlab/sessions"
)

// Fact is one request of a learner and what it did to the session. It holds short hashes of
// keys, and no key.
type Fact struct {
	At       time.Time
	Browser  string // which of the learner's browsers sent it; "" is one that is nobody's
	Call     string // method and route: "POST /cart/add/{id}/"
	URI      string // the path and query that were asked for
	Status   int    // of the answer
	Location string // where the answer leads, "" if nowhere

	Engine   string
	InCookie bool // the engine keeps the session in the cookie
	Events   []sessions.EventKind
	Named    string                     // the session that the request's cookie named, "" for none
	Session  string                     // the one that there is after it, "" for none
	Ended    string                     // the one that it has ended, "" for none
	Entries  map[string]json.RawMessage // those of [Watched] that the session holds after it

	Mission string // the mission that was answered, "" if none was
	Answer  string // what was typed or chosen
}

// The entries that the pages of the missions themselves keep.
const (
	// WordEntry is what is to be read in a signed cookie.
	WordEntry  = "secret_word"
	countEntry = "visit_count"
)

// Watched are the entries of a session that facts tell of.
func Watched() []string {
	return []string{
		countEntry, WordEntry, "cart", "_session_expiry", "_auth_user_id", "_auth_sign_in", "_attacks", "_faults",
	}
}

// has reports whether the request's session told of one of these events.
func (f Fact) has(kinds ...sessions.EventKind) bool {
	return slices.ContainsFunc(kinds, func(k sessions.EventKind) bool { return slices.Contains(f.Events, k) })
}

// read decodes an entry; what is not there, or of another kind, is the zero value.
func read[T any](f Fact, name string) (v T) {
	if raw, ok := f.Entries[name]; ok && json.Unmarshal(raw, &v) != nil {
		var zero T
		return zero
	}
	return v
}

func (f Fact) count() int { return read[int](f, countEntry) }

// user is the id of who is signed in after the request, "" for nobody.
func (f Fact) user() string { return read[string](f, "_auth_user_id") }

// asked is the path that was asked for, without its query.
func (f Fact) asked() string {
	path, _, _ := strings.Cut(f.URI, "?")
	return path
}

func (f Fact) query() url.Values {
	_, text, _ := strings.Cut(f.URI, "?")
	values, _ := url.ParseQuery(text)
	return values
}

// outcome is how an attack of the security page went.
type outcome struct {
	Blocked bool `json:"blocked"`
}

// attack returns how an attack went that this request has tried.
func (f Fact) attack(name string) (o outcome, tried bool) {
	if f.Call != "POST /security/try/" {
		return outcome{}, false
	}
	o, tried = read[map[string]outcome](f, "_attacks")[name]
	return o, tried
}

// answers reports whether the request answers this mission.
func (f Fact) answers(mission string) bool { return f.Mission == mission }

// number is the answer as a number, -1 if it is none.
func (f Fact) number() int {
	n, err := strconv.Atoi(strings.TrimSpace(f.Answer))
	if err != nil {
		return -1
	}
	return n
}
