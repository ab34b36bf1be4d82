package views

// ClassSheet is one run sheet.
type ClassSheet struct {
	ID    string      `json:"id"`
	Title string      `json:"title"`
	About string      `json:"about"`
	Steps []ClassStep `json:"steps"`
}

// ClassStep is what happens from one minute on.
type ClassStep struct {
	Minute  string `json:"minute"`
	Chapter string `json:"chapter"`
	Do      string `json:"do"`
	Ask     string `json:"ask"`
	Point   string `json:"point"`
	Wrong   string `json:"wrong"`
}

// ClassExercise is one line of the worksheet with its answer.
type ClassExercise struct{ Ask, Answer string }

// What several sheets have in common.
var (
	stepJoin = ClassStep{
		"0", "Join", "Projector on the wall. Everybody joins with the code.",
		"", "The code and the address, in large type. Names appear on the board.",
		"A phone is in another network, or on mobile data: have it join the room’s Wi-Fi. The address is http, not https.",
	}
	stepCookie = ClassStep{
		"4", "Visit counter", "“Get a first cookie” and “Count to five”. Lead the class to the page.",
		"How does the server know that you were here before?",
		"The picture: the first answer has Set-Cookie, the second request sends it back.",
		"A private window starts at one again. That is right: it has no cookie.",
	}
	stepRecord = ClassStep{
		"12", "Visit counter", "“Read your own record”.",
		"Where is the number: in your browser, or on this laptop?",
		"The cookie is a key and nothing else. The record has the number.",
		"Some look for the number in the cookie. Uncover the cookie with them.",
	}
	stepHijack = ClassStep{
		"18", "Visit counter", "“Two browsers, two sessions” and “Hijack yourself”. Then “A stolen cookie”, with two volunteers.",
		"What does somebody need to be you?",
		"Whoever has the cookie is you. “Sign out everywhere” ends it.",
		"The owner has to be signed in before, with the personal code as the password.",
	}
	stepCart = ClassStep{
		"26", "Shopping cart", "Fill a cart. “Two tabs, both clicks counted”.",
		"Two tabs click at the same moment. Is one click lost?",
		"The story says “tried again”: the second request was computed again.",
		"On one screen it is hard to click twice at once. Let two people share one session.",
	}
	stepRoom = ClassStep{
		"33", "The whole room", "“One counter for everybody”. Ask before you start it, reveal after.",
		"All click on one session. Does plain scs count right? Does this layer?",
		"Plain scs kept a part of what it had answered “saved” to. Nobody saw an error.",
		"Phones that sleep miss the start. There are three seconds to get ready.",
	}
	stepSignIn = ClassStep{
		"42", "Sign in", "“See the key change”.",
		"Why does the key change when you sign in?",
		"The old key on the events page: dead. A key that somebody planted is worth nothing.",
		"Somebody has forgotten the personal code: it is behind their name, at the top.",
	}
	stepOutage = ClassStep{
		"50", "The whole room", "“The store goes silent”. Everybody keeps clicking.",
		"The store answers nothing for 20 seconds. Who will be signed out?",
		"503, and the cookie is still there. Afterwards all sessions are back.",
		"Some reload wildly. That is fine: the server says how long to wait.",
	}
	stepEnd = ClassStep{
		"56", "Missions", "Everybody looks at what is still open. Export, then reset.",
		"What will you check in your own app tomorrow?",
		"The heat map: what the class has solved.",
		"Export before the reset: the reset deletes everything.",
	}
)

// at is the step from another minute on.
func (s ClassStep) at(minute string) ClassStep {
	s.Minute = minute
	return s
}

// ClassSheets are the run sheets for 30, 60 and 120 minutes.
func ClassSheets() []ClassSheet {
	return []ClassSheet{
		{"minutes-30", "30 minutes", "what a cookie is, and why it must not be lost", []ClassStep{
			stepJoin, stepCookie.at("3"), stepRecord.at("9"), stepHijack.at("14"), stepRoom.at("21"),
			stepEnd.at("27"),
		}},
		{"minutes-60", "60 minutes", "from the first cookie to an outage", []ClassStep{
			stepJoin, stepCookie, stepRecord, stepHijack, stepCart, stepRoom, stepSignIn, stepOutage, stepEnd,
		}},
		{"minutes-120", "120 minutes", "with engines, limits and faults", []ClassStep{
			stepJoin, stepCookie.at("5"), stepRecord.at("13"), stepHijack.at("20"), stepCart.at("30"),
			stepRoom.at("38"),
			{"48", "The race", "“Lose a click with plain scs” and “Get a 409, and understand it”, step by step.",
				"A and B have both read 5. What will be stored in the end?",
				"The order of the steps decides. The layer says 409 in place of losing.",
				"Some click to the end at once. Have them guess before the last step."},
			{"58", "Break", "Freeze the lab, count down ten minutes.", "", "The countdown on the wall.",
				"After five minutes the lab goes on by itself: freeze again if you need to."},
			{"68", "Engines", "“Switch engine, and come back”, “Read a signed cookie”, “Flip a bit, and be refused”.",
				"Which engine will forget you when this laptop restarts?",
				"The payload of a signed cookie can be read. It cannot be changed.",
				"Sessions do not move by themselves: another engine means another session."},
			{"80", "The whole room", "“Empty the memory, as a restart does”. Half of the room uses cache, half db.",
				"Who will still be there?", "The table on the wall: before and after, by engine.",
				"Too few use cache: ask for volunteers and let them switch first."},
			stepSignIn.at("86"),
			{"94", "Multi-step form, idle timeout", "“Meet the form’s guard”, “Be timed out, and come back”. Then “Let 20 minutes pass”.",
				"What should a page do when the session has ended meanwhile?",
				"Back at the same page after signing in.",
				"Idle timeouts are off until a learner sets one on the account page."},
			stepOutage.at("103"),
			{"108", "Debugging", "The debugging chapter, in pairs: break something, and find it with the four questions.",
				"Which of the four questions finds it?", "Is it sent? Is it found? Is it changed? Is it saved?",
				"Pairs get stuck on the same fault: show it on the projector."},
			stepEnd.at("116"),
		}},
	}
}

// ClassWorksheet is what learners fill in, with the answers.
func ClassWorksheet() []ClassExercise {
	return []ClassExercise{
		{"What does your browser hold after your first visit to the counter, and what does it not hold?",
			"A cookie with a random key. The number is not in it: it is in the record on the server, except with the engine signed_cookies."},
		{"You open a private window. What does the counter say, and why?",
			"One. The private window has no cookie, so the server takes it for a new visitor."},
		{"Somebody copies your cookie. What can they do, and what ends it?",
			"Everything that you can, without a password. Signing out everywhere ends it, because the record that the key names is gone."},
		{"Two tabs add one to the same counter at the same moment. What can go wrong?",
			"Both read 5 and both write 6: one click is lost. It takes a compare-and-swap, or a lock, to notice."},
		{"Why does the key change when you sign in?",
			"A key that somebody saw or planted before would otherwise be signed in as well. It is called session fixation."},
		{"The store does not answer. Should the server delete your cookie?",
			"No. It answers 503 and leaves the cookie: the session is still there when the store is back."},
		{"Which engines forget you when the server restarts?",
			"Only cache in memory. db and file have sessions on disk, cached_db has them in the table as well, and signed_cookies in your browser."},
		{"Can you read a signed cookie? Can you change it?",
			"You can read it, since it is signed and not encrypted. Whatever you change breaks the signature, and the server refuses it."},
	}
}
