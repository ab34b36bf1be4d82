package proctest

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Somebody takes a file of the database away, or puts another one in its place, while the
// program serves. Within a second it says so and saves no more; what it had acknowledged is
// there after a kill and a start with the right file.
func TestNothingIsSavedIntoFilesThatWereTakenAway(t *testing.T) {
	t.Parallel()
	aside := func(path string) error { return os.Rename(path, path+".aside") }
	back := func(path string) error { return os.Rename(path+".aside", path) }
	for name, c := range map[string]struct {
		file  string
		take  func(path string) error
		again func(path string) error // before the next start
	}{
		"the log was removed":             {"sessionlab.db-wal", os.Remove, nil},
		"the shared memory was removed":   {"sessionlab.db-shm", os.Remove, nil},
		"the database was moved":          {"sessionlab.db", aside, back},
		"another file is in its place":    {"sessionlab.db", replace, back},
		"another log is in place of this": {"sessionlab.db-wal", replace, back},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, visitor := t.TempDir(), browser()
			path := filepath.Join(dir, c.file)
			p := start(t, dir, "SESSION_ENGINE=db", "SECRET_KEY=")
			visits(t, p, visitor, 1)
			visits(t, p, visitor, 2)
			if err := c.take(path); err != nil {
				t.Fatal(err)
			}
			p.says(t, "have changed under the program: nothing is saved any more")
			status, text, err := ask(visitor, "GET", p.url+"/counter/", "")
			if err != nil || status != 503 || !strings.Contains(text, "moved or replaced while it was in use.") {
				t.Errorf("a save: %d %s %v, want 503 and why", status, text, err)
			}
			if status, _, err := ask(visitor, "GET", p.url+"/healthz", ""); err != nil || status != 503 {
				t.Errorf("/healthz: %d %v, want 503", status, err)
			}
			p.signal(syscall.SIGKILL)
			p.ended()
			if c.again != nil {
				if err := c.again(path); err != nil {
					t.Fatal(err)
				}
			}
			visits(t, start(t, dir, "SESSION_ENGINE=db", "SECRET_KEY="), visitor, 3)
			wantSound(t, dir)
		})
	}
}

// replace puts another file in the place of one, as a restored backup does.
func replace(path string) error {
	if err := os.Rename(path, path+".aside"); err != nil {
		return err
	}
	return os.WriteFile(path, nil, 0o600)
}

// A file that is put back is the same file, and saving goes on.
func TestSavingGoesOnWhenTheFileIsPutBack(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), browser()
	path := filepath.Join(dir, "sessionlab.db")
	p := start(t, dir, "SESSION_ENGINE=db")
	visits(t, p, c, 1)
	if err := os.Rename(path, path+".aside"); err != nil {
		t.Fatal(err)
	}
	p.says(t, "nothing is saved any more")
	if err := os.Rename(path+".aside", path); err != nil {
		t.Fatal(err)
	}
	p.says(t, "saving goes on")
	visits(t, p, c, 2)
}

// says waits until the program has said text.
func (p *process) says(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(p.output(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the program never said %q: %s", text, p.output())
		}
	}
}
