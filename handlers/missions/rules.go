package missions

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"sessionlab/handlers/faults"
	"sessionlab/handlers/race"
	"sessionlab/sessions"
)

// A rule says whether a mission is solved by what happened to a learner, the latest last. It
// is asked after each fact, and there is at least one.
type rule func(facts []Fact) bool

// now is a rule that the latest fact alone decides.
func now(ok func(f Fact) bool) rule {
	return func(facts []Fact) bool { return ok(facts[len(facts)-1]) }
}

// after is a rule that takes an earlier fact beside the latest.
func after(ok func(earlier, f Fact) bool) rule {
	return func(facts []Fact) bool {
		f := facts[len(facts)-1]
		return slices.ContainsFunc(facts[:len(facts)-1], func(earlier Fact) bool { return ok(earlier, f) })
	}
}

// orAttack is a rule that an attack of the security page meets as well.
func orAttack(name string, by rule) rule {
	return func(facts []Fact) bool {
		_, tried := facts[len(facts)-1].attack(name)
		return tried || by(facts)
	}
}

var firstCookie = now(func(f Fact) bool {
	return f.Session != "" && f.has(sessions.Created)
})

var countToFive = now(func(f Fact) bool {
	return f.Call == "GET /counter/" && f.Status == http.StatusOK && f.count() >= 5
})

var readRecord = now(func(f Fact) bool {
	return f.answers("read-record") && f.count() > 0 && f.number() == f.count()
})

var twoBrowsers = after(func(earlier, f Fact) bool {
	return earlier.Browser != "" && f.Browser != "" && earlier.Browser != f.Browser &&
		earlier.Session != "" && f.Session != "" && earlier.Session != f.Session
})

// hijack is by hand, or by the page of the attacks.
var hijack = orAttack("hijack", after(func(earlier, f Fact) bool {
	return f.has(sessions.Loaded) && earlier.Browser != f.Browser && earlier.Session != "" && earlier.Session == f.Named
}))

// flush wants to see more than that it was asked for: the old key names nothing, or the
// count begins again under another key.
var flush = after(func(earlier, f Fact) bool {
	flushed := earlier.Call == "POST /methods/" || earlier.Call == "POST /lab/flush"
	if !flushed || earlier.Ended == "" || earlier.InCookie || f.Engine != earlier.Engine {
		return false
	}
	again := f.Call == "GET /counter/" && f.Session != "" && f.Session != earlier.Ended && f.count() == 1
	return again || f.has(sessions.Unknown) && f.Named == earlier.Ended
})

var cartThroughSignIn = after(func(earlier, f Fact) bool {
	before := read[map[string]json.RawMessage](earlier, "cart")
	cart := read[map[string]json.RawMessage](f, "cart")
	return f.Call == "POST /login/" && f.has(sessions.KeyCycled) && f.user() != "" && len(cart) > 0 &&
		earlier.user() == "" && earlier.Session == f.Named && len(before) == len(cart)
})

var formGuard = after(func(earlier, f Fact) bool {
	return earlier.Call == "GET /form/step-two/" && strings.HasPrefix(earlier.Location, "/form/step-one/") &&
		f.Call == "POST /form/step-two/" && strings.HasPrefix(f.Location, "/form/thank-you/")
})

var signIn = now(func(f Fact) bool {
	return f.Call == "POST /login/" && f.has(sessions.KeyCycled) && f.user() != ""
})

var remembered = now(func(f Fact) bool {
	return f.Call == "POST /login/" && f.user() != "" && read[float64](f, "_session_expiry") > 0
})

// timedOut is being sent from a page to sign in for having been away, and getting back there
// by signing in.
var timedOut = func(facts []Fact) bool {
	f, page := facts[len(facts)-1], ""
	if f.Call == "POST /login/" || f.Status != http.StatusOK || f.user() == "" {
		return false
	}
	for _, earlier := range facts[:len(facts)-1] {
		switch sent := (Fact{URI: earlier.Location}); {
		case earlier.Browser != f.Browser:
		case sent.asked() == "/login/" && sent.query().Has("away"):
			page = sent.query().Get("next")
		case earlier.Call == "POST /login/" && earlier.user() != "" && earlier.Location != page:
			page = ""
		}
	}
	return page != "" && f.URI == page
}

// endOther is what the other browser sees of it: it was signed in, and is not any more.
var endOther = func(facts []Fact) bool {
	f := facts[len(facts)-1]
	if f.Ended == "" || f.Call == "POST /logout/" {
		return false
	}
	wasIn, ended := false, false
	for _, earlier := range facts[:len(facts)-1] {
		wasIn = wasIn || earlier.Session == f.Ended && earlier.user() != ""
		ended = ended || wasIn && earlier.Call == "POST /account/end/" && earlier.Session != f.Ended && earlier.user() != ""
	}
	return ended
}

// replay is by hand, or by the page of the attacks, which does it to a copy of the session.
var replay = orAttack("replay", after(func(earlier, f Fact) bool {
	return earlier.Call == "POST /logout/" && earlier.Ended != "" && f.Named == earlier.Ended
}))

// engineAndBack finds the session of the first engine untouched.
var engineAndBack = func(facts []Fact) bool {
	f := facts[len(facts)-1]
	if !f.has(sessions.Loaded) || f.InCookie {
		return false
	}
	was, left := false, false
	for _, earlier := range facts[:len(facts)-1] {
		was = was || earlier.Engine == f.Engine && earlier.Session == f.Named
		left = left || was && earlier.Browser == f.Browser && earlier.Engine != f.Engine && earlier.Session != ""
	}
	return left
}

var readSignedCookie = now(func(f Fact) bool {
	word := read[string](f, WordEntry)
	return f.answers("read-signed-cookie") && f.InCookie && word != "" &&
		strings.EqualFold(strings.TrimSpace(f.Answer), word)
})

var outgrow = now(func(f Fact) bool {
	return f.InCookie && f.Status == http.StatusRequestEntityTooLarge
})

// outage is being signed in, meeting a store that does not answer, and being signed in still.
var outage = func(facts []Fact) bool {
	f := facts[len(facts)-1]
	if f.Status >= 500 || !f.has(sessions.Loaded) || f.user() == "" {
		return false
	}
	wasIn, out := false, false
	for _, earlier := range facts[:len(facts)-1] {
		mine := earlier.Browser == f.Browser && earlier.Engine == f.Engine
		signsIn := earlier.Call == "POST /login/"
		wasIn = mine && (wasIn || earlier.Session != "" && earlier.user() == f.user()) || wasIn && !mine
		failed := mine && wasIn && earlier.has(sessions.Failed) && earlier.Status == http.StatusServiceUnavailable
		out = (out || failed) && !(mine && signsIn && earlier.Status < 500)
	}
	return out && f.Call != "POST /login/"
}

var twoTabs = now(func(f Fact) bool { return f.has(sessions.Retried) && f.Status < 400 })

var loseOne = now(func(f Fact) bool {
	if f.Call != "GET /race/" || f.Status != http.StatusOK {
		return false
	}
	preset, ok := race.Named(f.query().Get("preset"))
	steps, err := race.Parse(f.query().Get("steps"))
	if !ok || err != nil || !steps.Over() || preset.Name != "lost-click" {
		return false
	}
	tracks, err := race.Run(preset, steps)
	return err == nil && tracks[0].Outcome == race.Lost
})

var conflict = after(func(earlier, f Fact) bool {
	return earlier.Status == http.StatusConflict && f.answers("conflict") && f.Answer == "second-refused"
})

// expire is a record that has expired, or, after time was let pass, a browser that has dropped
// its cookie in time as well.
var expire = func(facts []Fact) bool {
	f := facts[len(facts)-1]
	if f.has(sessions.Expired) {
		return true
	}
	if f.Named != "" || !f.has(sessions.Created) {
		return false
	}
	for _, earlier := range slices.Backward(facts[:len(facts)-1]) {
		if earlier.Browser == f.Browser && earlier.Engine == f.Engine && (earlier.Session != "" || earlier.Ended != "") {
			return earlier.Call == "POST /settings/pass/" && earlier.Session != ""
		}
	}
	return false
}

// flipBit is the attack of the security page, or a cookie that was tampered with by hand.
var flipBit = now(func(f Fact) bool {
	outcome, tried := f.attack("flip")
	return tried && outcome.Blocked || f.InCookie && f.has(sessions.Unknown, sessions.Corrupt) && !f.has(sessions.Loaded)
})

// eightFaults is the right tip for each of the faulty programs, and its repair.
var eightFaults = now(func(f Fact) bool {
	done := read[map[string]struct {
		Tip      faults.Tip `json:"tip"`
		Repaired bool       `json:"repaired"`
	}](f, "_faults")
	for _, one := range faults.All {
		if at := done[one.Name]; !at.Repaired || !slices.Contains(one.Finds, at.Tip) {
			return false
		}
	}
	return true
})
