package signups

import (
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of the answers. Texts are counted in characters, the address in bytes.
const (
	MaxName  = 100
	MaxEmail = 254 // RFC 5321 leaves no room for more
	MaxNotes = 1000
	MaxSeats = 10
)

// StepOne is the first page's answers, as the session keeps them between the
// pages (step_one_data in the tutorial).
type StepOne struct {
	FullName string `json:"full_name"`
	Email    string `json:"email"`
}

// StepTwo is the second page's answers.
type StepTwo struct {
	Track string `json:"track"` // one of Tracks
	Seats int    `json:"seats"` // 1 to MaxSeats
	Notes string `json:"notes"` // may be empty
}

// Tracks returns the values of the field track, in the order of the form.
func Tracks() []string { return []string{"go", "django", "both"} }

// ParseStepOne reads the fields full_name and email. The second result holds a
// message for each field that is wrong, by its name; it is empty when all is well.
func ParseStepOne(form url.Values) (StepOne, map[string]string) {
	one := StepOne{FullName: tidy(form.Get("full_name")), Email: tidy(form.Get("email"))}
	return one, one.Check()
}

// ParseStepTwo reads the fields track, seats and notes, as [ParseStepOne] does.
func ParseStepTwo(form url.Values) (StepTwo, map[string]string) {
	two := StepTwo{Track: form.Get("track"), Notes: tidy(form.Get("notes"))}
	// What is no number becomes 0, which Check refuses like any other wrong number.
	two.Seats, _ = strconv.Atoi(tidy(form.Get("seats")))
	return two, two.Check()
}

// Check returns a message for each field that is wrong, by its name. Answers
// that come back from a session need it too: a session is data from outside.
func (s StepOne) Check() map[string]string {
	wrong := map[string]string{}
	switch {
	case s.FullName == "":
		wrong["full_name"] = "Please enter your name."
	case utf8.RuneCountInString(s.FullName) > MaxName:
		wrong["full_name"] = fmt.Sprintf("Please keep your name to %d characters.", MaxName)
	case !printable(s.FullName, ""):
		wrong["full_name"] = "Your name contains a character that cannot be stored."
	}
	switch {
	case s.Email == "":
		wrong["email"] = "Please enter your email address."
	case len(s.Email) > MaxEmail:
		wrong["email"] = fmt.Sprintf("Please enter an email address of at most %d characters.", MaxEmail)
	case !validEmail(s.Email):
		wrong["email"] = "Please enter an email address like name@example.org."
	}
	return wrong
}

// Check returns a message for each field that is wrong, by its name.
func (s StepTwo) Check() map[string]string {
	wrong := map[string]string{}
	if !slices.Contains(Tracks(), s.Track) {
		wrong["track"] = "Please choose one of the tracks."
	}
	if s.Seats < 1 || s.Seats > MaxSeats {
		wrong["seats"] = fmt.Sprintf("Please enter a number of seats from 1 to %d.", MaxSeats)
	}
	switch {
	case utf8.RuneCountInString(s.Notes) > MaxNotes:
		wrong["notes"] = fmt.Sprintf("Please keep your notes to %d characters.", MaxNotes)
	case !printable(s.Notes, "\n\t"):
		wrong["notes"] = "Your notes contain a character that cannot be stored."
	}
	return wrong
}

// tidy drops the space around an answer, and writes line ends as one character;
// browsers send two, which would count against the limit.
func tidy(answer string) string {
	return strings.TrimSpace(strings.ReplaceAll(answer, "\r\n", "\n"))
}

// printable refuses control characters, apart from those in allowed, and bytes
// that are no UTF-8: PostgreSQL stores neither, and no page can show them.
func printable(text, allowed string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune(allowed, r)
	})
}

// validEmail accepts a bare address. ParseAddress alone would also take
// "Ada <ada@example.org>" and addresses with comments.
func validEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text && address.Name == "" && printable(text, "")
}
