package missions

// lookInside are the missions of the third part of the lab.
func lookInside() []Mission {
	return []Mission{
		{
			ID: "engine-and-back", Title: "Switch engine, and come back", Path: "/engines/", solved: engineAndBack,
			Purpose: "Keep your sessions in two places, and find the first one again.",
			Hints: [Hints]string{
				"Visit the counter, and then choose another engine on the page Engines.",
				"Visit the counter there: it starts at 1. Each engine has a cookie of its own.",
				"Go back to the first engine and visit the counter. It goes on where it was. signed_cookies cannot be " +
					"the engine that you come back to.",
			},
			Learned: "An engine is where records are kept, and nothing else. The other engine did not know your key, and " +
				"the first one has waited for you.",
		},
		{
			ID: "read-signed-cookie", Title: "Read a signed cookie", Path: "/engines/", solved: readSignedCookie,
			Purpose: "Read a word that stands in your cookie, without the secret key.",
			Hints: [Hints]string{
				"Choose the engine signed_cookies, and put a word into your session with the button on this card.",
				"The value of the cookie is payload:time:signature. If it begins with a dot, the payload is compressed.",
				"The payload is Base64 for addresses (- and _ for + and /). Decode it, or open the record on the page " +
					"Debugging: the word is under secret_word.",
			},
			Learned: "A signature says who wrote something. It hides nothing: whatever is in such a cookie, its visitor " +
				"can read.",
			Ask: &Question{Text: "Which word stands in your cookie?"},
			Try: []Try{{Label: "Put a word into my session", Action: "/missions/read-signed-cookie/word/"}},
		},
		{
			ID: "outgrow", Title: "Outgrow 4096 bytes", Path: "/engines/", solved: outgrow,
			Purpose: "Store more in a cookie than a cookie can hold.",
			Hints: [Hints]string{
				"Choose the engine signed_cookies: there the session is in the cookie.",
				"Each click on the button of this card puts 1,000 random characters into your session.",
				"Go on until the lab refuses. Text that repeats itself would be compressed, so it is random.",
			},
			Learned: "Browsers drop cookies above 4096 bytes without a word. The layer refuses the save instead, and what " +
				"you had is still there.",
			Try: []Try{{Label: "Store 1,000 characters more", Action: "/missions/outgrow/ballast/"}},
		},
		{
			ID: "outage", Title: "Stay signed in through an outage", Path: "/engines/", solved: outage,
			Purpose: "Have the session store fail while you are signed in, and see whether you still are.",
			Hints: [Hints]string{
				"Sign in first.",
				"Start the outage with the button on this card, and open your account page. It lasts for 20 seconds, " +
					"for you alone.",
				"Open the account page again when it is over. signed_cookies has no store that could fail.",
			},
			Learned: "An error page took nothing away: the cookie was left alone, because a store that does not answer " +
				"has not said that your session is gone.",
			Try: []Try{{Label: "Silence the store for 20 seconds", Action: "/missions/outage/silence/"}},
		},
		{
			ID: "two-tabs", Title: "Two tabs, both clicks counted", Path: "/race/", solved: twoTabs,
			Purpose: "Have two requests change one number at the same time, and lose neither.",
			Hints: [Hints]string{
				"Two clicks have to be under way at once. A click of this card takes five seconds.",
				"Press its button twice within five seconds. Each opens a tab.",
				"The second tab shows a number one higher than the first. On signed_cookies this does not work: there is " +
					"no record that both could meet at.",
			},
			Learned: "The second save found that the record had changed, so the layer computed the click again on what was " +
				"there by then. That is what Update is for.",
			Try: []Try{{Label: "A click that takes five seconds", Action: "/lab/incr?ms=5000", NewTab: true}},
		},
		{
			ID: "lose-one", Title: "Lose a click with plain scs", Path: "/race/", solved: loseOne,
			Purpose: "Find an order of steps in which plain scs forgets a click that it has acknowledged.",
			Hints: [Hints]string{
				"Take the race named \"A lost click\".",
				"Both requests have to read the count before either of them has saved.",
				"A1, B1, A2, B2, and then the rest in any order.",
			},
			Learned: "Both read the same number and both stored one more than that. The last save won, and nobody was " +
				"told that a click was lost.",
		},
		{
			ID: "conflict", Title: "Get a 409, and understand it", Path: "/race/", solved: conflict,
			Purpose: "Be refused because another tab was faster, and say what became of your change.",
			Hints: [Hints]string{
				"Press the button of this card twice within five seconds. Each opens a tab.",
				"Both requests read a number, wait, and store one more than they had read. Wait for both answers.",
				"One tab says 409 Conflict. Read what it says about what was saved, and answer the question.",
			},
			Learned: "The second request had decided by a number that was no longer true. The layer saved nothing of it " +
				"and said so, so that you can look and try again.",
			Ask: &Question{Text: "What was saved of the two?", Choices: []Choice{
				{"both", "Both: the second value has replaced the first."},
				{"second-refused", "The first. The second was refused and has changed nothing."},
				{"neither", "Neither of them."},
			}},
			Try: []Try{{Label: "Store one more, in five seconds", Action: "/lab/slow?ms=5000", NewTab: true}},
		},
		{
			ID: "expire", Title: "Let a session expire", Path: "/settings/", solved: expire,
			Purpose: "Have a session end because its time is over.",
			Hints: [Hints]string{
				"A session has to live for a short time: the page Settings lets you try that on your own.",
				"Try an idle timeout of 20 seconds, visit the counter, and wait for longer than that. Or let a month " +
					"pass: there is a button for it.",
				"Visit the counter again. It starts at 1.",
			},
			Learned: "The server decides when a session ends, on each load. The Max-Age of the cookie is a courtesy: " +
				"whoever copies a cookie does not copy its age.",
		},
		{
			ID: "flip-bit", Title: "Flip a bit, and be refused", Path: "/security/", solved: flipBit,
			Purpose: "Change one bit of your cookie, and see what the server makes of it.",
			Hints: [Hints]string{
				"The page Security has this as an attack.",
				"Press its button, and read what came back.",
				"By hand: on signed_cookies change one character of the cookie in the developer tools, and reload.",
			},
			Learned: "A key with another bit names no record, and a signed cookie with another bit has no valid signature. " +
				"Either way you are a stranger.",
		},
		{
			ID: "eight-faults", Title: "Find all eight faults", Path: "/debug/", solved: eightFaults,
			Purpose: "Find the cause of each fault of the faulty programs, and repair it.",
			Hints: [Hints]string{
				"The page Debugging leads to eight small programs with a fault each: /debug/faults/.",
				"Run a program, look at what it does, and choose the tip that leads to the cause.",
				"Switch the repair of each program on, and see it work.",
			},
			Learned: "Four questions find most faults: is the middleware in order, does the cookie arrive, does the " +
				"simplest test work, and what is really stored?",
		},
	}
}
