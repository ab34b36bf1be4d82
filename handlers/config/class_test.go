package config

import (
	"os"
	"path/filepath"
	"testing"
)

func TestANewClassEmptiesItsOwnDirectoryAndNoOther(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "class")
	put := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	there := func(name string) bool { _, err := os.Stat(filepath.Join(dir, name)); return err == nil }
	if err := EmptyForClass(dir, true); err != nil {
		t.Fatal(err)
	}
	put("class.db")
	if err := EmptyForClass(dir, false); err != nil || !there("class.db") {
		t.Errorf("to resume a class emptied it (%v)", err)
	}
	if err := EmptyForClass(dir, true); err != nil || there("class.db") {
		t.Errorf("a new class has the last one's data (%v)", err)
	}
	put("class.db")
	put("thesis.txt")
	if err := EmptyForClass(dir, true); err == nil || !there("class.db") || !there("thesis.txt") {
		t.Errorf("a directory that holds something else was emptied (%v)", err)
	}
}

func TestAClassListensToTheRoomAndTakesNoSecretAlong(t *testing.T) {
	s := parse(t)
	s.SecretKey = "from outside"
	s.ForClass("somewhere")
	if s.Addr != ":8000" || s.SecretKey != "" || !s.DebugOn() || s.SessionCookieSecure != "false" || s.CookieName() == "sessionid" {
		t.Errorf("ADDR=%s, SECRET_KEY set: %v, cookie %s", s.Addr, s.SecretKey != "", s.CookieName())
	}
	if !s.HostAllowed(request("localhost:8000")) || s.HostAllowed(request("evil.test")) {
		t.Error("a class answers to its machine's names, and to no other")
	}
	s = parse(t, "--addr", "127.0.0.1:9")
	s.Sources = map[string]string{"ADDR": "flag"}
	if s.ForClass("somewhere"); s.Addr != "127.0.0.1:9" {
		t.Errorf("ADDR that somebody has set became %s", s.Addr)
	}
}
