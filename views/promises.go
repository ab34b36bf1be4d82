package views

// promiseQuestions are the columns of the table on /engines/; the answers of each
// engine stand in the same order.
var promiseQuestions = [6]string{"Keeps it", "Costs", "After a restart", "Somebody tampers", "Two tabs at once", "Sign-out"}

type promise struct {
	short   string // on the card of the engine
	about   string // what a visitor may rely on, in a sentence or two
	answers [6]string
}

// promiseOf says what an engine promises; nothing for a name that it does not know.
func promiseOf(engine string) promise {
	return promiseWords[engine]
}

var promiseWords = map[string]promise{
	"db": {"A row of a database table. The usual choice, and the default.",
		"Sessions are rows of a table. They survive restarts and crashes and can be ended at once. Each page that uses them costs a query.",
		[6]string{
			"In the table django_session, of SQLite or PostgreSQL.",
			"One query to read, one to save what changed.",
			"All there. A save counts only once it is on disk.",
			"The browser has only a key, and it cannot be guessed. A changed row fails its signature.",
			"Exact. The second save is noticed and done again.",
			"Ends the session at once, everywhere.",
		}},
	"file": {"One file for each session. No server to run beside the app.",
		"Each session is a file of its own in a directory. It survives restarts, and needs no database.",
		[6]string{
			"In a directory that only this program can open.",
			"One file to read. A save is slow: it waits for the disk.",
			"All there. A file is replaced whole or not at all.",
			"As with db: a key in the browser, a signature on the file.",
			"Exact, also between two programs on one machine.",
			"Ends the session at once.",
		}},
	"cache": {"In memory, of this program or of Redis. Fast and forgetful.",
		"Sessions are in memory or in Redis. That is the fastest place on a server. A cache that is full or restarted forgets them.",
		[6]string{
			"In memory, up to a limit. Beyond it, the least recently used go first.",
			"Almost nothing in memory, a round trip over the network with Redis.",
			"Gone when the program ends. Redis keeps what it is configured to keep.",
			"The browser has only a key, and it cannot be guessed.",
			"Exact. Comparing and writing are one step.",
			"Ends the session at once.",
		}},
	"cached_db": {"A row in the database with a copy in the cache.",
		"Sessions are rows of a table, with a copy in a cache in front of it. Reads are fast, and nothing is lost when the cache is.",
		[6]string{
			"In the database, and a copy in memory or Redis.",
			"Reads cost as little as with cache, saves as much as with db.",
			"All there. The cache fills itself again.",
			"As with db.",
			"Exact. The database decides, never the copy.",
			"Ends the session at once. No late copy revives it.",
		}},
	"signed_cookies": {"In the cookie itself. The server stores nothing.",
		"The whole session travels in the cookie, signed so that nobody can change it. The server keeps nothing, and so it cannot revoke a copy.",
		[6]string{
			"In your own browser. You can read it, so keep no secrets in it.",
			"No store, but all of it travels with every request, 4096 bytes at most.",
			"All there, as long as SECRET_KEY stays the same.",
			"Any change breaks the signature. But an old copy is still valid.",
			"The last response wins. What the others did is lost.",
			"Clears this browser. A copy made before works until it expires.",
		}},
}
