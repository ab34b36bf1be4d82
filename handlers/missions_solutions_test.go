package handlers

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sessionlab/handlers/faults"
	"sessionlab/views"
)

// visits opens the counter n times.
func (p pupil) visits(n int) {
	for range n {
		p.get("/counter/")
	}
}

func (p pupil) use(engine string) { p.post("/engines/", "engine", engine) }

func (p pupil) answer(mission, text string) { p.post("/missions/"+mission+"/answer/", "answer", text) }

// fillIn fills in both pages of the form.
func (p pupil) fillIn() {
	p.follow(p.post("/form/step-one/", "full_name", "Ada Lovelace", "email", "ada@example.org"))
	p.follow(p.post("/form/step-two/", "track", "both", "seats", "2"))
}

// word reads what stands in a signed cookie, with no key.
func (p pupil) word() string {
	u, _ := url.Parse(p.app.URL)
	for _, c := range p.Jar.Cookies(u) {
		payload, _, _ := strings.Cut(c.Value, ":")
		text, err := base64.RawURLEncoding.DecodeString(payload)
		var entries struct {
			Word string `json:"secret_word"`
		}
		if err == nil && json.Unmarshal(text, &entries) == nil && entries.Word != "" {
			return entries.Word
		}
	}
	return ""
}

// restore ends the learner's outage.
func (p pupil) restore() { p.app.app.missions.Silence(p.id(), 0) }

// endOther has p end the sign-in of another browser.
func (p pupil) endOther() {
	account := face[views.Account](p.visitor, "/account/")
	for _, s := range account.Sessions {
		if !s.Current {
			p.post("/account/end/", "session", s.Session)
		}
	}
}

func raceIn(steps string) string { return "/race/?preset=lost-click&steps=" + steps }

// solutions say for each mission what solves it, and what comes close and does not.
var solutions = map[string]struct{ solve, near func(p pupil) }{
	"first-cookie":  {func(p pupil) { p.visits(1) }, func(p pupil) { p.get("/") }},
	"count-to-five": {func(p pupil) { p.visits(5) }, func(p pupil) { p.visits(4) }},
	"read-record": {
		func(p pupil) { p.visits(3); p.answer("read-record", " 3 ") },
		func(p pupil) { p.answer("read-record", "0"); p.visits(3); p.answer("read-record", "2") },
	},
	"two-browsers": {
		func(p pupil) { p.visits(1); p.other().visits(1) },
		func(p pupil) { p.visits(1); p.other(); newPupil(p.app).visits(1) },
	},
	"hijack": {
		func(p pupil) {
			p.visits(1)
			thief := p.app.scripted()
			thief.setCookie("sessionid", p.cookie())
			thief.want("/counter/", `{"visit_count":2}`)
		},
		func(p pupil) { p.visits(1); p.other().visits(2) },
	},
	"flush": {
		func(p pupil) { p.visits(2); p.post("/methods/", "action", "flush"); p.visits(1) },
		func(p pupil) {
			p.visits(2)
			p.post("/methods/", "action", "clear")
			p.post("/methods/", "action", "flush")
		},
	},
	"cart-sign-in": {
		func(p pupil) { p.post("/cart/add/1/"); p.signIn("alice") },
		func(p pupil) { p.visits(1); p.signIn("alice"); p.post("/cart/add/1/"); p.signIn("alice") },
	},
	"form-guard": {
		func(p pupil) { p.get("/form/step-two/"); p.fillIn() },
		func(p pupil) { p.fillIn(); p.get("/form/step-two/") },
	},
	"sign-in": {
		func(p pupil) { p.visits(1); p.signIn("alice") },
		func(p pupil) { p.post("/login/", "username", "alice", "password", "wrong"); p.signIn("alice") },
	},
	"remembered": {
		func(p pupil) { p.signIn("alice", "remember", "on") },
		func(p pupil) { p.signIn("alice") },
	},
	"timed-out": {
		func(p pupil) { p.goAway(); p.signIn("alice", "next", "/cart/"); p.get("/cart/") },
		func(p pupil) { p.goAway(); p.signIn("alice"); p.get("/cart/") },
	},
	"end-other": {
		func(p pupil) {
			o := p.other()
			p.signIn("bob")
			o.signIn("bob")
			p.endOther()
			o.get("/account/")
		},
		func(p pupil) {
			o := p.other()
			p.signIn("bob")
			o.signIn("bob")
			p.endOther()
			o.post("/logout/")
		},
	},
	"replay": {
		func(p pupil) {
			p.signIn("alice")
			kept := p.cookie()
			p.post("/logout/")
			p.setCookie("sessionid", kept)
			p.get("/account/")
		},
		func(p pupil) { p.signIn("alice"); p.post("/logout/"); p.visits(1) },
	},
	"engine-and-back": {
		func(p pupil) { p.visits(1); p.use("file"); p.visits(1); p.use("db"); p.visits(1) },
		func(p pupil) {
			p.visits(1)
			p.use("file")
			p.use("db")
			p.visits(1)
			p.use("file")
			p.visits(1)
		},
	},
	"read-signed-cookie": {
		func(p pupil) {
			p.use("signed_cookies")
			p.post("/missions/read-signed-cookie/word/")
			p.answer("read-signed-cookie", strings.ToLower(p.word()))
		},
		func(p pupil) {
			p.answer("read-signed-cookie", "word")
			p.use("signed_cookies")
			p.post("/missions/read-signed-cookie/word/")
			p.answer("read-signed-cookie", "word")
		},
	},
	"outgrow": {
		func(p pupil) {
			p.use("signed_cookies")
			for range 5 {
				p.post("/missions/outgrow/ballast/")
			}
		},
		func(p pupil) {
			for range 5 {
				p.post("/missions/outgrow/ballast/")
			}
			p.use("signed_cookies")
			p.post("/missions/outgrow/ballast/")
		},
	},
	"outage": {
		func(p pupil) {
			p.signIn("alice")
			p.post("/missions/outage/silence/")
			p.wantStatus(p.get("/account/"), http.StatusServiceUnavailable)
			p.restore()
			p.wantWho("alice")
		},
		func(p pupil) {
			p.visits(1)
			p.post("/missions/outage/silence/")
			p.wantStatus(p.get("/account/"), http.StatusServiceUnavailable)
			p.restore()
			p.signIn("alice")
			p.get("/account/")
		},
	},
	"two-tabs": {
		func(p pupil) { p.post("/lab/incr"); inParallel(3, func(int) { p.post("/lab/incr?ms=1500") }) },
		func(p pupil) { p.post("/lab/incr"); p.post("/lab/incr"); p.post("/lab/incr") },
	},
	"lose-one": {
		func(p pupil) { p.get(raceIn("A1,B1,A2,B2,A3,B3,A4,B4")) },
		func(p pupil) { p.get(raceIn("A1,B1,A2,B2,A3,B3,A4")); p.get(raceIn("A1,A2,A3,A4,B1,B2,B3,B4")) },
	},
	"conflict": {
		func(p pupil) { p.conflict(); p.answer("conflict", "second-refused") },
		func(p pupil) { p.answer("conflict", "second-refused"); p.conflict(); p.answer("conflict", "both") },
	},
	"expire": {
		func(p pupil) { p.visits(1); p.post("/settings/pass/", "seconds", "2678400"); p.visits(1) },
		func(p pupil) {
			p.visits(1)
			p.post("/settings/pass/", "seconds", "20")
			p.post("/lab/flush")
			p.visits(1)
		},
	},
	"eight-faults": {
		func(p pupil) { p.repair(faults.All) },
		func(p pupil) { p.repair(faults.All[1:]) },
	},
	"flip-bit": {
		func(p pupil) { p.visits(1); p.post("/security/try/", "attack", "flip") },
		func(p pupil) { p.visits(1); p.post("/security/try/", "attack", "unknown") },
	},
}

// repair chooses the right tip for each faulty program, and switches the repair of some on.
func (p pupil) repair(some []faults.Fault) {
	for _, f := range faults.All {
		p.post("/debug/faults/"+f.Name+"/", "tip", strconv.Itoa(int(f.Finds[0])))
	}
	for _, f := range some {
		p.post("/debug/faults/"+f.Name+"/", "repair", "on")
	}
}

func (p pupil) conflict() {
	p.post("/lab/incr")
	inParallel(3, func(int) { p.post("/lab/slow?ms=1500") })
}

// goAway is signed in, is away from the cart for too long, and is asked to sign in again.
func (p pupil) goAway() {
	p.app.t.Helper()
	p.signIn("alice")
	p.post("/account/idle/", "seconds", "10")
	p.get("/cart/")
	p.post("/settings/pass/", "seconds", "20")
	if to := p.get("/cart/").location(); !strings.HasPrefix(to, "/login/?next=/cart/&away=") {
		p.app.t.Fatalf("after being away: sent to %q", to)
	}
}
