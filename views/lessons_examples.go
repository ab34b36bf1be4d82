package views

// realExamples are the lessons of the second part.
func realExamples(at Place) []Lesson {
	return []Lesson{
		{
			Question: Question{
				ID:   "cart",
				Text: "You add the same product twice. Where does the number 2 end up?",
				Answers: []string{
					"In the cookie.",
					"In a record that the server keeps.",
					"In the address of the page.",
				},
				Right: map[Place]int{OnServer: 2, InCookie: 1}[at],
				Why: at.pick(
					"The cookie is the same before and after the click, and the record is not. With the engine "+
						"`signed_cookies` the first answer is right.",
					"The engine `signed_cookies` writes the whole session into the cookie, so each click brought a new one. "+
						"With each of the other engines the second answer is right."),
				Do:      "Now add a product twice.",
				Settles: []string{"addToCart"},
			},
			Try: []NextStep{
				{
					Title: "Open a private window",
					Do:    "Open this page in a [private window]. Is your cart there? Which cookie does that window send?",
					See:   "The cart is empty. That window sends no cookie until something is put into its own cart.",
				},
				{
					Title: "Add in two tabs",
					Do:    "Open this page in two tabs, and add the same product in both, without loading in between.",
					See: at.pick(
						"Both count, although the second tab showed an old cart: the handler adds to what is stored now. "+
							"“Two requests at once” in the menu shows what happens when both arrive in the same instant.",
						"Both count, one after the other: the browser sent the newer cookie with the second click. If both "+
							"arrive in the same instant, one is lost. “Two requests at once” in the menu shows why."),
				},
				{
					Title: "Delete the cookie",
					Do:    "Delete the session cookie in the [developer tools], and load this page again.",
					See: at.pick(
						"The cart is empty. Its record is still stored until it expires, but no browser has the key to it.",
						"The cart is empty, and it is nowhere else: it was in the cookie."),
				},
			},
			Sentence: at.pick(
				"The server keeps the data, the browser keeps the key. Lose the key, and the data is still there, but nobody's.",
				"Here the browser keeps the data itself, and the signature keeps it honest. Lose the cookie, and the data "+
					"is gone."),
			Words: []string{"Cookie", "Record", "Request", "Handler"},
			More:  []string{"django", "mdn", "owasp"},
		},
		{
			Question: Question{
				ID:   "theme",
				Text: "You choose “Dark” and open another chapter. How does that page know?",
				Answers: []string{
					"The style sheet was changed.",
					"The server finds my choice in my session.",
					"The address of the page says so.",
				},
				Right: 2,
				Why: "The handler stored the entry `theme_preference` in your session. Every page reads it before its first " +
					"line is " +
					"written, and begins with `<html data-theme=\"dark\">` or whatever you chose.",
				Do:      "Now choose a theme.",
				Settles: []string{"setTheme"},
			},
			Try: []NextStep{
				{
					Title: "Open a private window",
					Do:    "Choose a theme that differs from your system's, and open this page in a [private window].",
					See:   "It looks as your system is set. Your choice is in your session, and that window has none.",
				},
				{
					Title: "Copy the cookie into another browser",
					Do: "Copy the value of your session cookie from the [developer tools] of this browser into those of " +
						"another, under the same name.",
					See: "The other browser wears your theme. It also has your cart, and your sign-in: for the server it is you.",
				},
				{
					Title: "Close the browser", Do: "Close all windows of the browser, and open this page again.",
					See: "Your theme is still there, unless a setting lets the cookie end with the browser.",
				},
			},
			Sentence: "A session remembers the choice of somebody who never said who they are.",
			Words:    []string{"Cookie", "Request"},
			More:     []string{"django", "mdn-scheme"},
		},
		{
			Question: Question{
				ID:   "form",
				Text: "You send step one. Where are your name and address kept until you send step two?",
				Answers: []string{
					"In the table of sign-ups.",
					"In hidden fields of the second page.",
					"In my session.",
				},
				Right: 3,
				Why: "Step one was checked, and is now the entry `step_one_data` of your session. The table gets one complete " +
					"row when you send step two, and then the entry leaves your session.",
				Do:      "Now fill in step one and go on.",
				Settles: []string{"submitStepOne"},
			},
			Try: []NextStep{
				{
					Title: "Close the tab", Do: "Send step one, close the tab, and open this chapter again.",
					See: "Step one is filled in. The session outlives the tab.",
				},
				{
					Title: "Use two tabs", Do: "Begin the form in two tabs with two names, and finish both.",
					See: "Each tab sends the name that was typed there. The form carries a token that says which of the two it is.",
				},
				{
					Title: "Load the last page again",
					Do:    "Finish the form, and load the page that thanks you three times.",
					See:   "The number stays the same. The [redirect] after the form led to a page that only shows.",
				},
			},
			Sentence: "Check each page as it comes, keep it in the session, and store everything once, at the end.",
			Words:    []string{"Request", "Handler", "Cookie"},
			More:     []string{"django-wizard", "mdn-forms"},
		},
		{
			Question: Question{
				ID:   "login",
				Text: "You sign in. What happens to your session cookie?",
				Answers: []string{
					"It stays as it is.",
					"My password is added to it.",
					"It gets a new value.",
				},
				Right: 3,
				Why: at.pick(
					"Your session moved to a new key and kept its data. Whoever has seen or planted the old key holds a "+
						"key to nothing. That stops [session fixation]. Your password is nowhere in it.",
					"With this engine the cookie is the session, and the session has changed: it now says who you are, by "+
						"a number. An old copy of the cookie holds no sign-in, and no copy holds your password."),
				Do:      "Now sign in.",
				Settles: []string{"signIn"},
			},
			Try: []NextStep{
				{
					Title: "Close the browser",
					Do:    "Sign in without “Remember me”, close all windows of the browser, and come back.",
					See: "You are signed out: the cookie had no date, so the browser forgot it. A browser that restores its " +
						"windows may bring it back.",
				},
				{
					Title: "Copy the cookie into another browser",
					Do: "Sign in, and copy the value of your session cookie from the [developer tools] of this browser into " +
						"those of another.",
					See: "The other browser is signed in as you, and no password was asked for. Whoever has your session " +
						"cookie is you.",
				},
				{
					Title: "Sign out there",
					Do:    "Now sign out in one of the two browsers, and load the account page in the other.",
					See:   "Both are asked to sign in. A sign-out ends this sign-in for every copy of the cookie.",
				},
			},
			Sentence: at.pick(
				"To sign in is to store one entry in the session, who you are, and to give the session a new key.",
				"To sign in is to store one entry in the session: who you are."),
			Words: []string{"Cookie", "Engine", "Record", "HTTP"},
			More:  []string{"django-auth", "owasp", "owasp-auth"},
		},
	}
}
