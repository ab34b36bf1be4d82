package db

import (
	"strings"
	"testing"
	"time"

	"sessionlab/sessions"
)

func TestListGivesEveryLiveRecordOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		e := openEngine(t, url, patient)
		want := map[string]bool{}
		for _, key := range fill(t, e, 3*listRows+1) {
			want[key] = true
		}
		big := create(t, e, strings.Repeat("x", listBytes)) // a batch of its own
		want[big] = true
		ended := create(t, e, "ended")
		if _, err := e.writer.Exec("UPDATE django_session SET expire_date = '2020-01-01 00:00:00' WHERE session_key = '" + ended + "'"); err != nil {
			t.Fatal(err)
		}
		if e.sqlite() {
			insertRow(t, e, sessions.NewKey(), "x", "tomorrow")
		}
		if _, err := e.writer.Exec("INSERT INTO django_session VALUES ('no key', 'x', '2130-01-01 00:00:00')"); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		err := e.List(t.Context(), func(key string, rec sessions.Record) bool {
			if seen[key] || !want[key] || len(rec.Data) < 400 || rec.Expired(time.Now()) || rec.Expires.IsZero() {
				t.Errorf("List gives %q until %v, a second time: %v", key, rec.Expires, seen[key])
			}
			seen[key] = true
			if len(seen)%100 == 0 { // no lock is held: the session can be ended here
				if err := e.Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
			return true
		})
		if len(seen) != len(want) || err != nil {
			t.Errorf("List gave %d records, %v, want %d", len(seen), err, len(want))
		}
		n := 0
		if err := e.List(t.Context(), func(string, sessions.Record) bool { n++; return n < 5 }); n != 5 || err != nil {
			t.Errorf("List that was stopped gave %d records, %v, want 5", n, err)
		}
	})
}
