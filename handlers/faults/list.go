package faults

// Tip is one of the tutorial's four, counted from 1.
type Tip int

// The tips.
const (
	Order  Tip = 1 + iota // is the middleware there, and in the right order?
	Header                // is the cookie set? Look at the response's headers
	Test                  // does the simplest test view work?
	Stored                // what is really stored?
)

// Tips are the tutorial's tips in its order, and what each shows.
var Tips = []struct {
	Tip         Tip
	Title, Find string
}{
	{Order, "Look at the order of the middleware",
		"A layer that needs the session must stand inside of the session's middleware."},
	{Header, "Look at the cookie in the response's headers",
		"Is it set? For which host, which path, which connection? Does it come back?"},
	{Test, "Try the simplest test view",
		"If it keeps its value, middleware, cookie and store work. Then the fault is in the page's own code."},
	{Stored, "Look at what is stored",
		"Does the store, or the cookie, hold what you think, and can this program read it?"},
}

// Fault is one of the eight.
type Fault struct {
	Name    string
	Title   string
	Should  string // what should happen
	Happens string // what happens
	Button  string // what to click
	Post    bool   // the button sends a form
	Finds   []Tip  // the tips that lead to the cause, the best first
	Cause   string
	Repair  string // what the switch does
	Django  string // the same in Django

	faulty, repaired program
}

// Named is the fault of this name.
func Named(name string) (Fault, bool) {
	for _, f := range All {
		if f.Name == name {
			return f, true
		}
	}
	return Fault{}, false
}

const (
	countsUp = "The page counts your visits: 1, 2, 3."
	staysOne = "Each visit is the first one."
	visit    = "Visit again"
)

// All are the faults in the order of the page.
var All = []Fault{
	{
		Name: "order", Title: "The shop speaks English only",
		Should:  "Once you have chosen German, the page greets you with “Willkommen!”",
		Happens: "It goes on in English, whatever you choose.",
		Button:  "Choose German", Post: true, Finds: []Tip{Order},
		Cause: "The session holds the choice, but inLanguage stands outside of the session's middleware. " +
			"When it looks, the request has no session yet.",
		Repair: "Put inLanguage inside of the session's middleware.",
		Django: "In MIDDLEWARE, LocaleMiddleware and AuthenticationMiddleware come after SessionMiddleware.",
		faulty: greetFirst, repaired: sessionFirst,
	},
	{
		Name: "domain", Title: "The shop has moved", Should: countsUp, Happens: staysOne,
		Button: visit, Finds: []Tip{Header},
		Cause: "Set-Cookie says Domain=shop.example, and this page is not on that host. " +
			"Browsers throw such a cookie away.",
		Repair: "Leave the domain out: then the cookie is for the host that set it.",
		Django: "SESSION_COOKIE_DOMAIN is left at None.",
		faulty: oldDomain, repaired: ownHost,
	},
	{
		Name: "age", Title: "Until the browser is closed", Should: countsUp, Happens: staysOne,
		Button: visit, Finds: []Tip{Header, Test},
		Cause: "The response has no Set-Cookie. The page says that the session ends after 0 seconds: " +
			"it is over before it is stored, so there is no key to send. The test view, which says nothing of the kind, works.",
		Repair: "Say AtBrowserClose: the cookie has no Max-Age, and the browser forgets it when it is closed.",
		Django: "There set_expiry(0) does mean the browser's end, and a negative number means at once. " +
			"SESSION_COOKIE_AGE = 0 ends every session at once.",
		faulty: endsAtOnce, repaired: endsWithTheBrowser,
	},
	{
		Name: "path", Title: "The admin’s pages came first", Should: countsUp, Happens: staysOne,
		Button: visit, Finds: []Tip{Header},
		Cause: "Set-Cookie says a Path that ends in admin/. The browser keeps the cookie, " +
			"and sends it with the pages below that path only. This page is not one of them.",
		Repair: "Give the cookie a path that covers all pages that need the session.",
		Django: "SESSION_COOKIE_PATH is left at \"/\".",
		faulty: adminPath, repaired: wholePath,
	},
	{
		Name: "in-place", Title: "The wish list stays empty",
		Should: "Each click adds a book to your wishes.", Happens: "However often you click, there is none.",
		Button: "Add a book", Post: true, Finds: []Tip{Test, Stored},
		Cause: "The test view works, and the record holds visits but no wishes. " +
			"The page appends to its own copy of the list, and never tells the session.",
		Repair: "Change the list by Update, which stores the result.",
		Django: "After request.session[\"wishes\"].append(book), set request.session.modified = True.",
		faulty: appendsInPlace, repaired: updatesTheList,
	},
	{
		Name: "late", Title: "The answer is quick", Should: countsUp, Happens: staysOne,
		Button: visit, Finds: []Tip{Test, Header},
		Cause: "The test view works, but this page's response has no Set-Cookie. " +
			"The headers leave with the first byte of the answer. What the page sets afterwards cannot be told any more.",
		Repair: "Change the session first, and write the answer afterwards.",
		Django: "The same happens in the generator of a StreamingHttpResponse: it runs after the middleware has saved.",
		faulty: answersFirst, repaired: countsFirst,
	},
	{
		Name: "secret", Title: "The program was restarted", Should: countsUp, Happens: staysOne,
		Button: visit, Finds: []Tip{Stored},
		Cause: "The cookie holds the session, and it comes back. But its signature is of another SECRET_KEY: " +
			"the program makes up a new one each time it starts, and here it is started for each request.",
		Repair: "Have whoever starts the program set one SECRET_KEY, and keep it.",
		Django: "SECRET_KEY = os.environ[\"SECRET_KEY\"], and not get_random_secret_key().",
		faulty: newSecret, repaired: keptSecret,
	},
	{
		Name: "memory", Title: "One copy was enough", Should: countsUp, Happens: staysOne,
		Button: visit, Finds: []Tip{Stored},
		Cause: "The cookie comes back, but the store has no session under its key. " +
			"The records are in the program's own memory: a restart, or a second copy of it, has an empty one.",
		Repair: "Keep sessions in a store that outlives the program and that all copies share.",
		Django: "The cache backend LocMemCache is for one process. Use a database, or Redis.",
		faulty: ownMemory, repaired: sharedStore,
	},
}
