package views

// lookInside are the lessons of the third part.
func lookInside(at Place) []Lesson {
	return []Lesson{
		{
			Question: Question{
				ID: "engines",
				Text: "Fifty clicks arrive at the same moment, and each adds one to a counter. Which engine cannot count " +
					"them all?",
				Answers: []string{
					"`file`",
					"`cache`",
					"`signed_cookies`",
				},
				Right: 3,
				Why: "With `signed_cookies` there is no place where the clicks could meet. Each [request] brought the same " +
					"cookie, each [response] set one of its own, and the browser keeps the last. The other engines look " +
					"whether the record has changed before they write, and try again if it has.",
				Do:      "Now press “Race all five”.",
				Settles: []string{"raceEngines"},
			},
			Try: []NextStep{
				{
					Title: "Switch and come back", Debug: true,
					Do:  "Look at your counter. Use another engine, look again, and switch back.",
					See: "Each engine has its own counter, and a cookie of its own. Nothing was lost when you switched.",
				},
				{
					Title: "Restart the server", Debug: true,
					Do:  "Use the engine `cache`, visit the counter, and restart the server.",
					See: "The counter is at 1. A cache in the memory of the program ends with the program.",
				},
				{
					Title: "Look into the cookie",
					Do:    "Find the value of your session cookie in the [developer tools].",
					See: at.pick(
						"It is a random text of 32 characters, and says nothing about you. With `signed_cookies` it would be the "+
							"data, encoded.",
						"Up to the first colon it is your data, encoded but not encrypted. Whoever has the cookie can read it."),
				},
			},
			Sentence: "Where sessions are kept is one setting: the pages stay the same, and what changes is the price.",
			Words:    []string{"Response", "Signature", "Redis", "Race", "Cache"},
			More:     []string{"django-engines", "django-signing", "owasp"},
		},
		{
			Question: Question{ID: "race"}, // the page asks about each of its races itself
			Try: []NextStep{
				{
					Title: "One after the other", Do: "Let A finish before B begins. Which tracks are right then?",
					See: "All of them. Nothing can get lost as long as requests do not overlap. On a busy site they do.",
				},
				{
					Title: "The other way round",
					Do:    "Find an order in which this layer refuses the request that began first.",
					See:   "Let B save before A does. Whoever saves second is refused, no matter who began.",
				},
				{
					Title: "Use two tabs", Do: "Open the visit counter in two tabs, and load both again at once.",
					See: at.pick("Both visits count.",
						"One visit may be lost: with this engine, each tab's response sets a cookie of its own, and the last one "+
							"wins."),
				},
			},
			Sentence: "Two requests can hold the same session at once. Only a save that looks first whether anything has " +
				"changed loses nothing.",
			Words: []string{"Race", "Lost update", "Conflict", "Compare-and-swap", "Key cycle"},
			More:  []string{"django", "mdn-conflict"},
		},
		{
			Question: Question{
				ID:   "settings",
				Text: "You switch HttpOnly off for your session cookie. Who can read its value then that could not before?",
				Answers: []string{
					"Every script on this page.",
					"Every other website.",
					"Everybody on the same network.",
				},
				Right: 1,
				Why: "[HttpOnly] hides a cookie from scripts, so that a script which an attacker has brought into a page " +
					"cannot " +
					"steal it. Other sites never get it, and on the network HTTPS hides it, whatever HttpOnly says. You can " +
					"read it at any time: it is in your browser.",
				Do:      "Now switch HttpOnly off for your own session, and use it.",
				Settles: []string{"trySettings"},
			},
			Try: []NextStep{
				{
					Title: "Ask a script", Do: "Open the console of the [developer tools], and type document.cookie.",
					See: "The session cookie is not in the answer while it is HttpOnly. Switched off, it is.",
				},
				{
					Title: "Let a session expire", Debug: true,
					Do:  "Choose a cookie age of 30 seconds. Visit the counter, wait half a minute, and visit it again.",
					See: "The counter is at 1. The browser has dropped the cookie, and the server would not take it any more.",
				},
				{
					Title: "Close the browser", Debug: true,
					Do:  "Let the cookie end with the browser. Visit the counter, and close all windows.",
					See: "The counter begins again: the cookie had no date, so the browser forgot it.",
				},
			},
			Sentence: "Settings say how long a session lasts and who gets to see its cookie; the defaults are the " +
				"careful choice.",
			Words: []string{
				"Session", "Record", "Cookie", "Engine", "Request", "Middleware", "Hash", "Signature", "JSON",
				"HTTP", "HTTPS", "SameSite", "HttpOnly", "SECRET_KEY", "DEBUG", "Proxy", "Redis", "Rate limit", "Expiry",
			},
			More: []string{"django-settings", "mdn-set-cookie", "rfc"},
		},
		{
			Question: Question{
				ID:   "middleware",
				Text: "One layer looks up who is signed in. What would happen if it stood before the session's layer?",
				Answers: []string{
					"Nothing: each layer works for itself.",
					"Nobody would ever be signed in.",
					"Everybody would be signed in.",
				},
				Right: 2,
				Why: "Who is signed in is an entry of the session. Before the session's layer there is no session yet, so " +
					"there is nothing to look it up in. In this app the code of that layer fails then, and every page is an " +
					"error page.",
			},
			Try: []NextStep{
				{
					Title: "Block cookies",
					Do:    "Block cookies for this site in the browser's settings, and visit the counter twice.",
					See:   "Every page works, and the counter stays at 1. The session's layer runs, and finds no cookie.",
				},
				{
					Title: "Compare two responses",
					Do: "In the [developer tools], under Network, look at the response headers of this page and of its " +
						"style sheet.",
					See: "The page has “Vary: Cookie”, because the session was used to make it. The style sheet is the same for " +
						"everybody: it does not pass the session's layer.",
				},
			},
			Sentence: "A layer can use only what a layer above it has prepared, so the session comes before all that " +
				"needs it.",
			Words: []string{"Session", "Cookie", "Origin", "CSRF", "Header"},
			More:  []string{"django-middleware", "django", "mdn-vary"},
		},
		{
			Question: Question{
				ID:   "security",
				Text: "A cookie comes in with one bit changed. What does the server do?",
				Answers: []string{
					"It answers with an error.",
					"It repairs the cookie.",
					"It treats the visitor as a stranger.",
				},
				Right: 3,
				Why: at.pick(
					"No record has this key, so there is no session to open. The page is answered as for anybody who comes for "+
						"the first time, and gives no hint how close the key was.",
					"The [signature] does not fit any more, so nothing in the cookie counts. The page is answered as for anybody "+
						"who comes for the first time."),
				Do:      "Now try the attack that changes one bit of the cookie.",
				Settles: []string{"trySecurity"},
			},
			Try: []NextStep{
				{
					Title: "Copy the cookie into another browser",
					Do:    "Copy the value of your session cookie from the [developer tools] of this browser into those of another.",
					See:   "The other browser is you, with your cart and your sign-in. The server cannot tell the two apart.",
				},
				{
					Title: "Flush, and look at the copy",
					Do: "Now press “Flush” on the page of session methods in one of the two, and load the counter in " +
						"the other.",
					See: at.pick("Both are strangers. The record is gone, so no copy of its key opens anything.",
						"The other one still counts on. This browser dropped its cookie, but a copy is valid until it expires."),
				},
				{
					Title: "Ask a script", Do: "Open the console of the [developer tools], and type document.cookie.",
					See: "The session cookie is not there, as long as it is [HttpOnly].",
				},
			},
			Sentence: "Whoever has your session cookie is you; so nobody else may guess it, read it, plant it or forge it.",
			Words: []string{
				"Session", "Cookie", "Record", "Request", "Response", "Middleware", "Engine", "Flush",
				"HTTP", "HTTPS", "SameSite", "CSRF", "XSS", "CSP", "Session hijacking", "Session fixation", "Replay",
			},
			More: []string{"owasp", "owasp-csrf", "django-security", "rfc"},
		},
		{
			Question: Question{
				ID:   "debug",
				Text: "You press “Set a new value” twice. What is the previous value then?",
				Answers: []string{
					"Not set.",
					"The value of the first click.",
					"The value of the second click.",
				},
				Right: 2,
				Why: "The handler read what was there before it stored the new value. If the previous value stays “not " +
					"set”, your " +
					"browser does not send the cookie back.",
				Do:      "Now set a new value.",
				Settles: []string{"setTestKey"},
			},
			Try: []NextStep{
				{
					Title: "Block cookies",
					Do:    "Block cookies for this site in the browser's settings, and set a new value twice.",
					See:   "The previous value stays “not set”, and the second question says that no cookie came.",
				},
				{
					Title: "Delete the cookie",
					Do:    "Set a value, delete the session cookie in the [developer tools], and load this page again.",
					See: at.pick(
						"Both values are “not set”. The inspector finds nothing, although the old record is still stored.",
						"Both values are “not set”. They were in the cookie."),
				},
			},
			Sentence: "Look at the cookie first, and then at what is stored: most faults are a cookie that never came back.",
			Words:    []string{"Record", "Payload", "HTTP"},
			More:     []string{"django", "mdn", "rfc"},
		},
		{
			Question: Question{
				ID:   "events",
				Text: "You sign in, in a second tab. What will this list say first?",
				Answers: []string{
					"created",
					"new key",
					"ended",
				},
				Right: 2,
				Why: "You have had a session since you answered, at the latest. At the sign-in it moved to a [new key|key " +
					"cycle] and " +
					"kept its data.",
				Do:      "Now sign in, in a second tab, and come back.",
				Settles: []string{"signIn"},
			},
			Try: []NextStep{
				{
					Title: "Delete the cookie",
					Do:    "Delete the session cookie in the [developer tools], and watch this list in another tab.",
					See:   "Nothing is added. The browser does not tell the server; the session ends when it expires.",
				},
				{
					Title: "Use two tabs",
					Do:    "Keep this page open, and press the buttons of the page of session methods in a second tab.",
					See:   "Each change is a line here. What only asks leaves none.",
				},
			},
			Sentence: "A session begins when something is stored, gets a new key at the sign-in, and ends by a sign-out " +
				"or by its age.",
			Words: []string{"Cookie"},
			More:  []string{"owasp-logging", "mdn-stream", "owasp"},
		},
	}
}

// exampleLessons are those of the worked examples of exercises.
func exampleLessons(Place) []Lesson {
	return []Lesson{
		{
			Question: Question{
				ID:   "recent",
				Text: "You have your visits counted, and open the cart three times. How often is the cart on the list?",
				Answers: []string{
					"Three times.",
					"Once, with the number 3.",
					"Not at all: only my own computer knows.",
				},
				Right: 2,
				Why: "Each page is one member of the list, with its number of visits and the time of the last one. The list " +
					"is cut " +
					"at its end, so the session stays small.",
				Do:      "Now have your visits counted, open some chapters, and come back.",
				Settles: []string{"recent"},
			},
			Try: []NextStep{
				{
					Title: "Open a private window", Do: "Open this page in a [private window].",
					See: "The list is empty, and nothing is counted: that window has a session of its own, or none.",
				},
				{
					Title: "Use two tabs", Do: "Open two chapters in two tabs at the same time, and load this page again.",
					See: "Both are on the list. The list is computed again if another request was faster.",
				},
			},
			Sentence: "A list in a session needs an end, and a visitor who wants it.",
			Words:    []string{"Request"},
			More:     []string{"django", "mdn", "owasp"},
		},
		{
			Question: Question{
				ID:   "experiments",
				Text: "You take part, and load this page ten times. How many different buttons do you see?",
				Answers: []string{
					"One.",
					"Two, in turn.",
					"A new one is drawn each time.",
				},
				Right: 1,
				Why: "Your group was drawn once, and your session keeps it. Whoever shows one visitor both variants " +
					"measures nothing.",
				Do: "Now take part.", Settles: []string{"actOnTest"},
			},
			Try: []NextStep{
				{
					Title: "Open a private window", Do: "Take part in a [private window] too.",
					See: "You may get the other variant, and you count as somebody new: the server cannot know that it is you.",
				},
				{
					Title: "Delete the cookie",
					Do:    "Delete the session cookie in the [developer tools], and take part again.",
					See:   "The group is drawn again. A group lasts as long as its session.",
				},
			},
			Sentence: "Draw once, keep the group in the session, and count each visitor once.",
			Words:    []string{"Cookie", "Conversion", "Confidence interval"},
			More:     []string{"django", "mdn"},
		},
	}
}
