package handlers

import (
	"net/http"
	"strings"
	"testing"
)

func TestEveryMethodThatTakesAKeyIsTried(t *testing.T) {
	v := newTestApp(t).scripted()
	for _, c := range []struct{ action, key, value, fallback, says, keys string }{
		{"setdefault", "a", "", "1", `"answer":"1"`, `"keys":["try_a"]`},
		{"setdefault", "a", "", "2", `"answer":"1"`, `"keys":["try_a"]`}, // what is there stays
		{"set", "b", "3", "", `"answer":"3"`, `"keys":["try_a","try_b"]`},
		{"pop", "b", "", "", `"answer":"3"`, `"keys":["try_a"]`},
		{"pop", "b", "", "none", `none`, `"keys":["try_a"]`}, // nothing there: the default
		{"clear", "", "", "", `s.Clear()`, `"keys":[]`},
	} {
		r := v.post("/methods/", "action", c.action, "key", c.key, "value", c.value, "default", c.fallback)
		if r.status != http.StatusSeeOther {
			t.Fatalf("%s %s: status %d: %s", c.action, c.key, r.status, r.body)
		}
		body := string(v.get(r.location()).body)
		if !strings.Contains(body, c.says) || !strings.Contains(body, c.keys) {
			t.Errorf("%s %s: got %s, want %s and %s", c.action, c.key, body, c.says, c.keys)
		}
	}
}
