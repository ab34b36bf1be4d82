package signups_test

import (
	"errors"
	"maps"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"sessionlab/handlers/forms"
	"sessionlab/handlers/signups"
	"sessionlab/views"
)

func TestStepOne(t *testing.T) {
	long := strings.Repeat("é", 100)
	for _, c := range []struct {
		name, fullName, email string
		wrong                 []string // fields
	}{
		{"good answers", "Ada Lovelace", "ada@example.org", nil},
		{"space around them", "  Ada ", "\tada@example.org\n", nil},
		{"any alphabet", "李小龍", "lee+go@mail.example.org", nil},
		{"the longest name, in characters", long, "a@example.org", nil},
		{"a name too long", long + "é", "a@example.org", []string{"full_name"}},
		{"nothing", "", "", []string{"email", "full_name"}},
		{"nothing but space", "   ", " ", []string{"email", "full_name"}},
		{"a zero byte", "Ada\x00", "a\x00@example.org", []string{"email", "full_name"}},
		{"a line break", "Ada\nBcc: x", "a@example.org\nBcc: x@example.org", []string{"email", "full_name"}},
		{"bytes that are no text", "Ada\xff", "a\xff@example.org", []string{"email", "full_name"}},
		{"no at sign", "Ada", "example.org", []string{"email"}},
		{"nothing before it", "Ada", "@example.org", []string{"email"}},
		{"a name beside the address", "Ada", "Ada <ada@example.org>", []string{"email"}},
		{"two addresses", "Ada", "a@example.org, b@example.org", []string{"email"}},
		{"an address too long", "Ada", strings.Repeat("a", 250) + "@example.org", []string{"email"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var one signups.StepOne
			wrong := read(t, &one, url.Values{"full_name": {c.fullName}, "email": {c.email}})
			if got := slices.Sorted(maps.Keys(wrong)); !slices.Equal(got, c.wrong) {
				t.Errorf("got messages for %q, want %q: %v", got, c.wrong, wrong)
			}
			if want := strings.TrimSpace(c.fullName); one.FullName != want {
				t.Errorf("got name %q, want %q", one.FullName, want)
			}
		})
	}
}

func TestStepTwo(t *testing.T) {
	for _, c := range []struct {
		name, track, seats, notes string
		wrong                     []string
	}{
		{"good answers", "go", "1", "", nil},
		{"the most seats, and notes", "both", "10", "A line.\r\n\tAnother.", nil},
		{"an unknown track", "rails", "1", "", []string{"track"}},
		{"a track in capitals", "Go", "1", "", []string{"track"}},
		{"no seat", "go", "0", "", []string{"seats"}},
		{"less than none", "go", "-1", "", []string{"seats"}},
		{"a seat too many", "go", "11", "", []string{"seats"}},
		{"a number too large for any integer", "go", "99999999999999999999", "", []string{"seats"}},
		{"half a seat", "go", "1.5", "", []string{"seats"}},
		{"a word", "go", "two", "", []string{"seats"}},
		{"nothing", "", "", "", []string{"seats", "track"}},
		{"the longest notes, line ends as browsers send them", "go", "1", strings.Repeat("x\r\n", 499) + "xx", nil},
		{"notes too long", "go", "1", strings.Repeat("ü", 1000+1), []string{"notes"}},
		{"notes with an escape", "go", "1", "\x1b[31m", []string{"notes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var two signups.StepTwo
			wrong := read(t, &two, url.Values{"track": {c.track}, "seats": {c.seats}, "notes": {c.notes}})
			if got := slices.Sorted(maps.Keys(wrong)); !slices.Equal(got, c.wrong) {
				t.Errorf("got messages for %q, want %q: %v", got, c.wrong, wrong)
			}
			if strings.Contains(two.Notes, "\r") {
				t.Errorf("got notes %q, want line ends of one character", two.Notes)
			}
		})
	}
}

func TestEveryMessageIsASentence(t *testing.T) {
	for field, message := range forms.Check(signups.StepOne{FullName: "\x00"}, nil) {
		if !strings.HasSuffix(message, ".") || strings.ToUpper(message[:1]) != message[:1] {
			t.Errorf("%s: got %q", field, message)
		}
	}
}

// read reads a form as a handler does, and returns what is wrong with it.
func read(t *testing.T, into any, form url.Values) views.Errors {
	t.Helper()
	r := httptest.NewRequest("POST", "/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	err := forms.Read(r, into)
	wrong, ok := errors.AsType[views.Errors](err)
	if err != nil && !ok {
		t.Fatal(err)
	}
	return wrong
}

func TestTheNewestDraftsOfAFewTabsAreKept(t *testing.T) {
	var all signups.Drafts
	tokens := []string{}
	for range 7 {
		token := signups.NewToken()
		tokens = append(tokens, token)
		all = all.StepOne(signups.FormOne{Token: token, StepOne: ada})
	}
	if len(all) != 5 {
		t.Errorf("%d drafts are kept, want 5", len(all))
	}
	if d, ok := all.Find(""); !ok || d.Token != tokens[6] {
		t.Errorf("without a token: got %q, %v, want the newest", d.Token, ok)
	}
	if _, ok := all.Find(tokens[0]); ok {
		t.Error("the oldest draft is still there")
	}
	if _, ok := all.Drop(tokens[6]).Find(tokens[6]); ok {
		t.Error("a draft that was dropped is still there")
	}
	if d, ok := (signups.Drafts{{Token: tokens[0]}}).Find(tokens[0]); ok {
		t.Errorf("a draft without its step one was found: %v", d)
	}
}
