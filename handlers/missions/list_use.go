package missions

// useASession are the missions of the first part of the lab.
func useASession() []Mission {
	return []Mission{
		{
			ID: "first-cookie", Title: "Get a first cookie", Path: "/counter/", solved: firstCookie,
			Purpose: "Get the server to begin a session for your browser.",
			Hints: [Hints]string{
				"The home page stores nothing, so it begins no session. Which page has something to remember?",
				"Open the visit counter. Look at the line Set-Cookie in its response.",
				"Have you been here before? Then press Flush on the page of the session methods first, " +
					"or open a private window, and visit the counter after that.",
			},
			Learned: "The server stored a record and sent its key in Set-Cookie. Your browser returns the key with " +
				"each request. There is no session before there is something to store.",
		},
		{
			ID: "count-to-five", Title: "Count to five", Path: "/counter/", solved: countToFive,
			Purpose: "Keep one number across five requests.",
			Hints: [Hints]string{
				"Each visit to the counter adds one.",
				"Press \"Visit again\" until the page says 5. Reloading the page works as well.",
				"Does it stay at 1? Then your browser keeps no cookies, or you have opened a private window each time.",
			},
			Learned: "The number is in the record on the server and not in the cookie: the cookie stayed the same " +
				"while the number rose.",
		},
		{
			ID: "read-record", Title: "Read your own record", Path: "/counter/", solved: readRecord,
			Purpose: "Find the record of your session, and read in it how often you visited the counter.",
			Hints: [Hints]string{
				"The pages show the record below what you did, under \"The record\". The debugging page has an inspector.",
				"What is stored is Base64 text. Decoded, it is JSON; look for visit_count.",
				"The page of the counter adds one when you open it. Read the number on the page Debugging, which does not.",
			},
			Learned: "A record is a few values as JSON, signed and packed as Django does it. Whoever can read the store " +
				"can read them.",
			Ask: &Question{Text: "What is visit_count in the record right now?"},
		},
		{
			ID: "two-browsers", Title: "Two browsers, two sessions", Path: "/counter/", solved: twoBrowsers,
			Purpose: "Be two visitors at once, each with a session of its own.",
			Hints: [Hints]string{
				"A private window is another browser: it has none of your cookies. So is the second visitor that the lab " +
					"opens beside a page, and it is known to be yours.",
				"Of a private window the lab has to be told that it is yours. The card \"Another browser\" on this page says how.",
				"Follow the link of that card in a private window, press its button, and visit the counter there and here.",
			},
			Learned: "The server knows cookies and not people. Two browsers have two cookies, so they have two sessions, " +
				"and each counts for itself.",
		},
		{
			ID: "hijack", Title: "Hijack yourself", Path: "/counter/", solved: hijack,
			Purpose: "Carry your session to another browser by its cookie alone.",
			Hints: [Hints]string{
				"Whoever has your session cookie is you. Copy its value: the developer tools show it under Application " +
					"or Storage.",
				"In a private window, set a cookie of the same name to this value, and reload the counter. curl is " +
					"another browser too: curl --cookie 'NAME=VALUE' and the address of the counter.",
				"On a phone: the page Security has this as an attack.",
			},
			Learned: "Nothing but the cookie says who you are. That is why it is HttpOnly, why sites need HTTPS, and why " +
				"a sign-out has to end the session on the server.",
		},
		{
			ID: "flush", Title: "Flush, and see the old key die", Path: "/methods/", solved: flush,
			Purpose: "End a session on the server, and see that its key is worth nothing afterwards.",
			Hints: [Hints]string{
				"Visit the counter first, so that there is something to lose.",
				"Press Flush on the page of the session methods. Do not sign out: that is another mission.",
				"Visit the counter again. It starts at 1, under another key. On the engine signed_cookies this does not " +
					"work: there is no record to delete.",
			},
			Learned: "Flush deletes the record and the cookie. A copy of the cookie names no record any more, so " +
				"nobody can use it.",
		},
	}
}
