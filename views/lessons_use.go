package views

// useASession are the lessons of the first part. In all texts, [word] links to the glossary
// and `code` is code.
func useASession(at Place) []Lesson {
	return []Lesson{
		{
			Question: Question{
				ID:   "counter",
				Text: "You press “Visit again”. How will the server know that it is you again?",
				Answers: []string{
					"By the network address of my computer.",
					"By the cookie that my browser sends along.",
					"By my user name.",
				},
				Right: 2,
				Why: at.pick(
					"Your browser sent its cookie with the [request]. In the cookie stands a long random text, the "+
						"[session key], and the server found your record under it.",
					"Your browser sent its cookie with the [request], and with this engine the number itself stands in "+
						"the cookie. The server checked its [signature] and added one.") +
					" Another browser on the same computer has another cookie, and starts at 1.",
				Do:      "Now press “Visit again”. Your answer has led back to this page, and that was a visit too.",
				Settles: []string{"counter"},
			},
			Try: []NextStep{
				{
					Title: "Open a private window", Do: "Open this page in a [private window]. Which number does it show?",
					See: "It shows 1. A private window begins without cookies, so the server meets a stranger.",
				},
				{
					Title: "Delete the cookie",
					Do: "Open the browser's [developer tools], and delete the session " +
						"cookie. Then press “Visit again”.",
					See: at.pick(
						"The count is 1, and you have a new cookie. The old record still lies on the server until it "+
							"expires, but nobody holds its key.",
						"The count is 1, and you have a new cookie. The old number is gone: it was nowhere but in the cookie."),
				},
				{
					Title: "Use two tabs",
					Do:    "Open this page in a second tab of the same window, and press there and here in turn.",
					See:   "Both tabs count the same number. All tabs of a browser share its cookies.",
				},
			},
			Sentence: at.pick(
				"The server keeps the data, the browser keeps the key, and the key comes back with every request.",
				"With this engine the browser keeps the data in a signed cookie, and sends it with every request."),
			Words: []string{"Request", "Session"},
			More:  []string{"django", "mdn", "rfc"},
		},
		{
			Question: Question{
				ID:   "preferences",
				Text: "You save the three preferences below. How many entries does your session get?",
				Answers: []string{
					"Three, one for each field.",
					"One, which holds all three.",
					"None: without an account nothing can be kept.",
				},
				Right: 2,
				Why: "The [handler] stored one entry, `preferences`. Its value is a dictionary with three members. Whoever " +
					"changes one of them stores the whole entry again.",
				Do:      "Now save your preferences.",
				Settles: []string{"savePreferences"},
			},
			Try: []NextStep{
				{
					Title: "Use two tabs",
					Do: "Open this page in two tabs. Save “Dark” in the first. Then save “Large” in the second. What is the " +
						"theme now?",
					See: "It is what the second tab showed when it was opened. Its form sends all three fields, so the last " +
						"form replaces the whole dictionary.",
				},
				{
					Title: "Close the browser", Do: "Save, close all windows of the browser, and open this page again.",
					See: "Your preferences are still there, unless a setting says otherwise: the cookie carries a date, and until " +
						"then the browser keeps it.",
				},
				{
					Title: "Open a private window", Do: "Open this page in a [private window].",
					See: "It shows the defaults. Nothing is stored for a visitor who only looks.",
				},
			},
			Sentence: "An entry of a session is anything that JSON can write; keep it small, and store it again when a " +
				"part of it changes.",
			Words: []string{"Handler", "Cookie"},
			More:  []string{"django-json", "mdn-json"},
		},
		{
			Question: Question{
				ID:   "methods",
				Text: "You press “Has”, and then “Set”. After which of them is the session saved?",
				Answers: []string{
					"After both.",
					"After “Set” alone.",
					"After neither: a session is saved at the sign-out.",
				},
				Right: 2,
				Why: "A session is saved at the end of a request that changed it, and only then. To ask for a key changes " +
					"nothing: the answer says “not modified”.",
				Do:      "Now type a key and press “Has”, then “Set”.",
				Settles: []string{"tryMethod"},
			},
			Try: []NextStep{
				{
					Title: "Flush", Do: "Put something into the cart. Come back, press “Flush”, and look at the cart.",
					See: "The cart is empty. [Flush] ends the session as a whole, with all that any page kept in it, your " +
						"predictions too.",
				},
				{
					Title: "Bring an old cookie back",
					Do: "Copy the value of your session cookie in the [developer tools]. Press “Cycle key”, put the old value " +
						"back, and load the page again.",
					See: at.pick(
						"You are a stranger. The old key opens nothing any more.",
						"You are still known. The old cookie holds the data of that time, and is valid until it expires: "+
							"there is nothing on the server that could be deleted."),
				},
				{
					Title: "Block cookies",
					Do:    "Block cookies for this site in the browser's settings. Press “Set test cookie”, then “Check it”.",
					See:   "The answer is false. The browser did not send the cookie back, so each request is the first one.",
				},
			},
			Sentence: "To ask costs a load, to change costs a save, and Flush ends the session.",
			Words:    []string{"Cookie", "Request", "Response"},
			More:     []string{"django", "owasp"},
		},
	}
}
