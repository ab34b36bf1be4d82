package panel

import (
	"strings"

	"sessionlab/sessions"
)

// storeKind says what keeps the records, as far as a picture and a command depend on it.
type storeKind int

const (
	elsewhere storeKind = iota
	inTable
	inFile
	inMemory
	inRedis
	inBoth // a table, with copies in a cache
	inCookie
)

// kindOf tells the kind by the engine's name in SESSION_ENGINE; of the two caches, the one
// that says it is Redis.
func kindOf(engine string, at sessions.Location) storeKind {
	switch engine {
	case "db":
		return inTable
	case "file":
		return inFile
	case "cached_db":
		return inBoth
	case "signed_cookies":
		return inCookie
	case "cache":
		if strings.Contains(at.Place, "Redis") {
			return inRedis
		}
		return inMemory
	}
	return elsewhere
}

// lanes are the names of the stores in a picture: none where the browser is the store.
func (f *facts) stores() []string {
	switch f.kind {
	case inTable:
		return []string{"Store: " + database(f.place.Store)}
	case inFile:
		return []string{"Store: files"}
	case inMemory:
		return []string{"Store: memory"}
	case inRedis:
		return []string{"Store: Redis"}
	case inBoth:
		return []string{"Cache", "Table"}
	case inCookie:
		return nil
	}
	return []string{"Store"}
}

// database is which of the two databases a name belongs to: a file, whose directory is left
// out in a class, or an address.
func database(name string) string {
	if !strings.Contains(name, "/") || strings.HasPrefix(name, "/") || strings.HasPrefix(name, `\`) || strings.Contains(name, ":memory:") {
		return "SQLite"
	}
	return "PostgreSQL"
}

// calls are what the layer asks of a store, in the store's own words; KEY stands for the key.
var calls = map[storeKind]map[string]string{
	inTable: {
		"load":    "SELECT … WHERE session_key = 'KEY'",
		"create":  "INSERT INTO django_session … 'KEY'",
		"replace": "UPDATE … 'KEY' AND session_data = what was loaded",
		"touch":   "UPDATE … SET expire_date … 'KEY'",
		"delete":  "DELETE … WHERE session_key = 'KEY'",
	},
	inFile: {
		"load":    "read the file sessionidKEY",
		"create":  "write a new file sessionidKEY",
		"replace": "replace sessionidKEY, if it is as it was loaded",
		"touch":   "set the time of sessionidKEY",
		"delete":  "delete the file sessionidKEY",
	},
	inMemory: {
		"load":    "look up KEY",
		"create":  "store under the new key KEY",
		"replace": "replace KEY, if it is as it was loaded",
		"touch":   "move the expiry of KEY",
		"delete":  "delete KEY",
	},
	inRedis: {
		"load":    "GET …:KEY",
		"create":  "SET …:KEY NX PX …",
		"replace": "SET …:KEY, if it is as it was loaded",
		"touch":   "PEXPIRE …:KEY",
		"delete":  "DEL …:KEY",
	},
	inCookie: {
		"load":    "check the cookie's signature, read the record",
		"create":  "sign the new record",
		"replace": "sign the changed record",
		"touch":   "sign again, with a new time",
		"delete":  "forget the record",
	},
	elsewhere: {
		"load": "load KEY", "create": "create KEY", "replace": "replace KEY, if it is as it was loaded",
		"touch": "touch KEY", "delete": "delete KEY",
	},
}

// call is one call of the store, its key covered.
func call(kind storeKind, op, key string) string {
	if kind == inBoth {
		kind = inTable
	}
	return strings.Replace(calls[kind][op], "KEY", short(key), 1)
}

// short is a key as a picture has room for it.
func short(key string) string {
	if key == "" {
		return "••••"
	}
	return strings.TrimSuffix(covered(key), "••••") // four dots of the eight
}
