package events

import (
	"fmt"
	"slices"
	"testing"

	"sessionlab/handlers/database"
	"sessionlab/handlers/internal/dbtest"
)

// Two stores on one database stand for two copies of the app.
func TestLinksLeadFromTheNewKeyToTheOldNeverBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		one, other := New(d), New(d)
		link := func(s *Store, links ...Link) {
			t.Helper()
			if err := s.append(t.Context(), nil, links); err != nil {
				t.Fatal(err)
			}
		}
		led := func(id string) []string {
			t.Helper()
			led, err := other.Led(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return led
		}
		link(one, Link{"a", "b"}, Link{"b", "c"})
		link(other, Link{"b", "c"}, Link{"", "d"}, Link{"c", "c"})
		for id, want := range map[string][]string{
			"": nil, "a": {"a"}, "b": {"a", "b"}, "c": {"a", "b", "c"}, "d": {"d"},
		} {
			if got := led(id); !slices.Equal(got, want) {
				t.Errorf("sessions that led to %q: got %v, want %v", id, got, want)
			}
		}
		var many []Link // as signed cookies do, with a new key at each save
		for i := range 200 {
			many = append(many, Link{fmt.Sprint("k", i), fmt.Sprint("k", i+1)})
		}
		link(one, many...)
		if got := led("k200"); len(got) != maxEarlier+1 || got[len(got)-1] != "k200" || got[len(got)-2] != "k199" {
			t.Errorf("got %d sessions ending in %v, want the latest %d", len(got), got[max(0, len(got)-2):], maxEarlier+1)
		}
		if _, err := one.Trim(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		if got := led("k150"); len(got) != 1 {
			t.Errorf("a link that is older than those that are kept leads to %v", got)
		}
		if got := led("k195"); len(got) != maxEarlier+1 {
			t.Errorf("of a link that is kept %d sessions are left", len(got))
		}
	})
}
