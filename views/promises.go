package views

// promiseQuestions are the columns of the table on /engines/; the answers of each
// engine stand in the same order.
var promiseQuestions = [6]string{"Keeps it", "Costs", "After a restart", "Somebody tampers", "Two tabs at once", "Sign-out"}

type promise struct {
	short   string
	answers [6]string
}

// promiseOf says what an engine promises; nothing for a name that it does not know.
func promiseOf(engine string) promise {
	return promiseWords[engine]
}

var promiseWords = map[string]promise{
	"db": {"A row of a database table. The usual choice, and the default.", [6]string{
		"In the table django_session, of SQLite or PostgreSQL.",
		"One query to read, one to save what changed.",
		"All there. A save counts only once it is on disk.",
		"The browser has only a key, and it cannot be guessed. A row that was altered fails its signature.",
		"Exact. A save that comes second is noticed and done again.",
		"Ends the session at once, everywhere.",
	}},
	"file": {"One file for each session. No server to run beside the app.", [6]string{
		"In a directory that only this program can open.",
		"One file to read. A save is slow: it waits for the disk.",
		"All there. A file is replaced whole or not at all.",
		"As with db: a key in the browser, a signature on the file.",
		"Exact, also between two programs on one machine.",
		"Ends the session at once.",
	}},
	"cache": {"In memory, of this program or of Redis. Fast and forgetful.", [6]string{
		"In memory, up to a limit; beyond it the least used go first.",
		"Next to nothing in memory, a trip over the network with Redis.",
		"Gone with the program. Redis keeps what it is set up to keep.",
		"The browser has only a key, and it cannot be guessed.",
		"Exact. The look and the write are one step.",
		"Ends the session at once.",
	}},
	"cached_db": {"A row in the database with a copy in the cache.", [6]string{
		"In the database, and a copy in memory or Redis.",
		"Reads as cheap as the cache, saves as dear as the database.",
		"All there. The copies come back by themselves.",
		"As with db.",
		"Exact. The database decides, the copy never does.",
		"Ends the session at once, and no late copy revives it.",
	}},
	"signed_cookies": {"In the cookie itself. The server stores nothing at all.", [6]string{
		"In your own browser. You can read it, so no secrets in there.",
		"No store, but all of it travels with every request; 4096 bytes at most.",
		"All there, as long as SECRET_KEY stays the same.",
		"Any change breaks the signature. An old copy, though, is still genuine.",
		"The last answer wins. Whatever the others did is lost.",
		"Clears this browser. A copy made before works until it expires.",
	}},
}
