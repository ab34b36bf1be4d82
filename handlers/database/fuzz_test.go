package database

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzSQLiteURL: a path that is taken is one file, and synchronous is never switched off.
func FuzzSQLiteURL(f *testing.F) {
	for _, rest := range []string{"sessions.db", "///var/lib/x.db", "/x.db?synchronous=NORMAL", "//host/x.db", ":memory:", "", "%00", "%zz", "a%3fb?x=1", "x.db?synchronous=OFF", "x.db?synchronous=full&synchronous=off", "x.db?%", "file:x?mode=ro", "x;.db"} {
		f.Add(rest)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		path, synchronous, err := parseSQLite(rest)
		if err == nil && (!filepath.IsAbs(path) || filepath.Clean(path) != path || strings.Contains(path, "\x00") || synchronous != "FULL" && synchronous != "NORMAL") {
			t.Errorf("sqlite:%s is the file %q with synchronous=%s", rest, path, synchronous)
		}
	})
}

// FuzzPostgresURL: no panic, no connection to anybody, and no password in an error.
func FuzzPostgresURL(f *testing.F) {
	for _, rest := range []string{"@h:5432/x", "%zz@h/x", "@h/x?pool_max_conns=0", "@h/x?pool_max_conns=99999999999", "@h:port/x", "@/x?host=/tmp", "@h/x?sslmode=verify-full&sslrootcert=/nothing", "@h,i,j:1,2,3/x", "@[::1/x", "@h/x?%", " @h/x", "0", "/x@h/y", "?x@h/y", "#x@h/y", ":", ",x:1/y"} {
		f.Add(rest)
	}
	ended, end := context.WithCancel(context.Background())
	end()
	f.Fuzz(func(t *testing.T, rest string) {
		d, err := Open(ended, "postgres://lab:MARKER-password"+rest)
		if err == nil {
			_ = d.Close()
			t.Fatal("opened with a context that had ended")
		}
		if strings.Contains(err.Error(), "MARKER") {
			t.Errorf("the error shows the password: %v", err)
		}
	})
}

// What comes of a password with special characters in it is not quoted as something else.
func TestAPasswordThatIsNotEncodedIsNotQuoted(t *testing.T) {
	ended, end := context.WithCancel(context.Background())
	end()
	for _, url := range []string{"postgres://lab:12/MARKER@h/x", "postgres://lab:12?MARKER@h", "postgres://lab:12#MARKER@h/x", "postgres://u:p@12/MARKER@h/x", "postgres://lab:MARKER/x", "postgres://u:MARKER:x@h:y/z"} {
		if _, err := Open(ended, url); err == nil || strings.Contains(err.Error(), "MARKER") {
			t.Errorf("%s: %v, want an error that quotes nothing of it", url, err)
		}
	}
}
