package exercise

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// away is how long a visitor stays away from a session that lasts two seconds. It is more, so
// that apps which count in whole seconds are treated fairly.
const away = 3200 * time.Millisecond

func sessionLog() Exercise {
	return Exercise{
		Number: 4,
		Title:  "A log of sessions",
		Task: []string{
			"Write to a log when a session is created and when it has expired. Do it in one place that all " +
				"requests pass, so that no page has to know of the log.",
			"Sessions of this app expire two seconds after they were last saved; the starter sets that. An " +
				"expired session sends no request. You learn of it when a browser comes back with its " +
				"cookie, and you should notice it then at the latest.",
		},
		Addresses: []Address{
			{"GET /", `JSON: {"visits": 1}, counted in the session. The starter has it.`},
			{"GET /log/", `JSON, the oldest entry first: {"log": [{"event": "created", "session": ` +
				`"3f9a07c1"}, {"event": "expired", "session": "3f9a07c1"}]}. The session is a name of your ` +
				`choice that is the same in both entries, and not the session's key. Looking at the log ` +
				`makes no session.`},
		},
		Criteria: []Criterion{
			{"created", "Each new session is logged as created, under a name of its own."},
			{"quiet", "Further visits in a session, and looking at the log, log nothing."},
			{"secret", "The log does not show what is in the cookie."},
			{"expired", "When an expired session's cookie comes back, the session is logged as expired."},
			{"once", "A session is logged as expired only once."},
			{"made-up", "A cookie that somebody made up is not logged as expired."},
		},
		Hints: [3]string{
			"A session is new if the request came without its key and the answer sets it. It has expired " +
				"if the request came with a key that your log knows as created, and the store has nothing " +
				"under that key any more.",
			"Whoever can read the key can take over the session. Log the beginning of a hash of it, such " +
				"as the first ten digits of its SHA-256: always the same for one key, and no way back. The " +
				"log itself tells whether a session was created and is not yet known as expired: look at " +
				"its last entry of that name.",
			"Django: a middleware in front of SessionMiddleware. Before get_response(request) take " +
				"request.COOKIES.get(settings.SESSION_COOKIE_NAME) and see whether " +
				"SessionStore(key).load() is empty. After it, request.session.session_key is the key that " +
				"was saved. Go: set Observer in sessions.Config. It is called with a sessions.Event for " +
				"everything that happens to a session; the kinds Created, Expired and Unknown are enough, " +
				"and e.Session is a short hash already.",
		},
		Difference: "The lab's log listens to the events of its session layer, keeps them in a database, " +
			"and shows each visitor only what concerns their own session. The solution shows everybody's " +
			"entries to anybody, which a real site must not do. Reading the lab's log stores nothing; the " +
			"exercise's GET / stores a count, because without it there would be no session to log.",
		Example: "/events/",
		play:    playLog,
	}
}

type logEntry struct {
	Event   string `json:"event"`
	Session string `json:"session"`
}

func playLog(p *play) {
	reader := p.visitor()
	read := func() ([]logEntry, *answer) {
		var found struct {
			Log []logEntry `json:"log"`
		}
		a := reader.get("/log/")
		a.json(&found)
		return found.Log, a
	}
	// last shows the end of the log, which is where the news is.
	last := func(log []logEntry, a *answer) string {
		if len(log) == 0 {
			return a.got()
		}
		var lines []string
		for _, e := range log[max(0, len(log)-4):] {
			lines = append(lines, printable(e.Event)+" "+printable(e.Session))
		}
		return fmt.Sprintf("a log of %d entries that ends with: %s", len(log), strings.Join(lines, ", "))
	}
	before, _ := read()
	// since returns the entries about sessions that were not in the log when the check began.
	since := func(log []logEntry) []logEntry {
		return slices.DeleteFunc(slices.Clone(log), func(e logEntry) bool {
			return slices.ContainsFunc(before, func(old logEntry) bool { return old.Session == e.Session })
		})
	}
	count := func(log []logEntry, event, session string) (n int) {
		for _, e := range log {
			if e.Event == event && e.Session == session {
				n++
			}
		}
		return n
	}
	ann, bo := p.visitor(), p.visitor()
	var name string // Ann's session in the log
	var created []logEntry

	p.tick("created", func() Result {
		ann.get("/")
		log, a := read()
		created = since(log)
		if len(created) != 1 || created[0].Event != "created" || created[0].Session == "" {
			return result(false, "GET / as a new visitor, then GET /log/", last(log, a),
				"one new entry with the event created and a name for the session")
		}
		name = created[0].Session
		bo.get("/")
		log, a = read()
		created = since(log)
		met := len(created) == 2 && created[1].Event == "created" && created[1].Session != name
		return result(met, "GET / as a new visitor and as another one, then GET /log/", last(log, a),
			"two new entries with the event created and different names")
	})
	p.tick("quiet", func() Result {
		visits := ann.get("/")
		log, a := read()
		if len(since(log)) != len(created) {
			return result(false,
				"GET / again in the first visitor's session, which was answered with "+visits.got()+
					", then GET /log/ twice",
				last(log, a), "no new entry, and a second visit in the same session")
		}
		return result(true, "GET / again in the first visitor's session, then GET /log/ twice", "no new entry",
			"no new entry")
	}, "created")
	p.tick("secret", func() Result {
		_, a := read()
		for _, c := range ann.set {
			if len(c.Value) >= 8 && strings.Contains(a.body, c.Value) {
				return result(
					false, "GET /log/", "a log with the value of the cookie "+printable(c.Name)+" in it",
					"a name from which nobody can find the key, such as the first ten digits of its SHA-256")
			}
		}
		return result(true, "GET /log/", "a log without the value of any cookie", "no key in the log")
	}, "created")
	p.tick("expired", func() Result {
		p.wait(away)
		p.thief(ann.set, same).get("/")
		log, a := read()
		return result(count(log, "expired", name) >= 1,
			fmt.Sprintf("%v later GET / with the first visitor's cookie, then GET /log/", away), last(log, a),
			"an entry expired for session "+printable(name))
	}, "created", "quiet")
	p.tick("once", func() Result {
		p.thief(ann.set, same).get("/")
		log, a := read()
		n := count(log, "expired", name)
		return result(n == 1, "GET / once more with the same expired cookie, then GET /log/", last(log, a),
			fmt.Sprintf("one entry expired for session %s in all, and not %d", printable(name), n))
	}, "expired")
	p.tick("made-up", func() Result {
		before, _ := read()
		p.thief(ann.set, madeUp).get("/")
		log, a := read()
		met := !slices.ContainsFunc(log, func(e logEntry) bool {
			return e.Event == "expired" && count(before, "expired", e.Session) == 0 &&
				count(log, "created", e.Session) == 0
		})
		return result(met, "GET / with a made-up cookie of the same shape, then GET /log/", last(log, a),
			"no entry expired: no session of yours has ever had that key")
	}, "expired")
}

// madeUp is a value of the same shape that the app has not given to anybody.
func madeUp(value string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return 'a' + (r-'a'+7)%26
		case r >= 'A' && r <= 'Z':
			return 'A' + (r-'A'+7)%26
		case r >= '0' && r <= '9':
			return '0' + (r-'0'+7)%10
		}
		return r
	}, value)
}
