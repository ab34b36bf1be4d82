package missions

// realExamples are the missions of the second part of the lab.
func realExamples() []Mission {
	return []Mission{
		{
			ID: "cart-sign-in", Title: "Take your cart along", Path: "/cart/", solved: cartThroughSignIn,
			Purpose: "Fill a cart as a stranger, and still have it after you have signed in.",
			Hints: [Hints]string{
				"Are you signed in? Then sign out first.",
				"Put a product into the cart, and then sign in.",
				"The page Sign in names two accounts that you can use.",
			},
			Learned: "A sign-in gives the session another key and keeps its data. So the cart came along, and whoever knew " +
				"the old key has lost you.",
		},
		{
			ID: "form-guard", Title: "Meet the form's guard", Path: "/form/step-one/", solved: formGuard,
			Purpose: "Try to begin a form with its second page, and then finish the form as it is meant.",
			Hints: [Hints]string{
				"The second page has an address of its own: /form/step-two/.",
				"Open it in a browser that has not filled in step one. You are sent to step one.",
				"Fill in both steps and submit them.",
			},
			Learned: "An address can be opened in any order. The second page looks into the session for the first one's " +
				"answers, and sends you back if they are not there.",
		},
		{
			ID: "sign-in", Title: "See the key change", Path: "/login/", solved: signIn,
			Purpose: "Sign in, and see your session get another key.",
			Hints: [Hints]string{
				"To change, there has to be a key: visit the counter before you sign in.",
				"The page Sign in names two accounts that you can use.",
				"After the sign-in your account page shows the key before and after. Were you signed in? Sign out first.",
			},
			Learned: "Somebody could have planted a key in your browser and waited for you to sign in with it: session " +
				"fixation. The new key shuts them out.",
		},
		{
			ID: "remembered", Title: "Be remembered for two weeks", Path: "/login/", solved: remembered,
			Purpose: "Sign in so that closing the browser does not sign you out.",
			Hints: [Hints]string{
				"Look at the form on the page Sign in: it has one more field than a name and a password.",
				"Tick the box before you sign in.",
				"Compare Set-Cookie with and without the box: look for Max-Age.",
			},
			Learned: "The cookie has a Max-Age of two weeks now, and the record ends at the same time. Without the box the " +
				"cookie has none, so the browser drops it when it is closed.",
		},
		{
			ID: "timed-out", Title: "Be timed out, and come back", Path: "/login/", solved: timedOut,
			Purpose: "Be signed out for having been away, and land on the page where you were.",
			Hints: [Hints]string{
				"Your account page has a timeout for this session alone. Ten seconds are enough.",
				"Set it, open the shopping cart, wait for longer than the timeout, and open the cart again.",
				"You are asked to sign in. Do so, and you are back at the cart.",
			},
			Learned: "The server counts the time since your last request. The page that you wanted was kept in the " +
				"address of the sign-in page, as next.",
		},
		{
			ID: "end-other", Title: "End another sign-in of yours", Path: "/login/", solved: endOther,
			Purpose: "Sign out a browser that you do not have in your hands.",
			Hints: [Hints]string{
				"Sign in with the same account in two browsers that are both yours: see \"Another browser\" on this page.",
				"Your account page lists both sign-ins. End the other one.",
				"Then reload a page in the other browser. It says that you are signed out there.",
			},
			Learned: "Each sign-in is on a list on the server. The other browser still has its cookie, but the server " +
				"does not accept its session for yours any more.",
		},
		{
			ID: "replay", Title: "Replay a cookie after sign-out", Path: "/login/", solved: replay,
			Purpose: "Keep a copy of your session cookie, sign out, and send the copy.",
			Hints: [Hints]string{
				"Sign in, and copy the value of the session cookie from the developer tools before you sign out.",
				"After the sign-out set a cookie of the same name to the copy, and reload a page. curl can send it as " +
					"well: curl --cookie 'NAME=VALUE' and the address of the account page.",
				"On a phone: the page Security has this as an attack, on a copy of your session.",
			},
			Learned: "With a record on the server the copy names nothing: the sign-out was final. On signed_cookies the " +
				"copy is the session, and it still opens until it expires.",
		},
	}
}
