package signups

import (
	"net/url"
	"slices"

	"sessionlab/handlers/forms"
)

// MaxSeats is how many seats one sign-up may take.
const MaxSeats = 10

// StepOne is the first page's answers.
type StepOne struct {
	FullName string `form:"full_name" json:"full_name" validate:"required,max=100,line"`
	Email    string `form:"email" json:"email" validate:"required,max=254,email,line"`
}

// StepTwo is the second page's answers.
type StepTwo struct {
	Track string `form:"track" json:"track" validate:"oneof=go django both"`
	Seats int    `form:"seats" json:"seats" validate:"between=1 10"`
	Notes string `form:"notes" json:"notes" validate:"max=1000,text"`
}

// Tracks returns the values of the field track, in the order of the form.
func Tracks() []string { return []string{"go", "django", "both"} }

// FormOne is the first page's form. Its token names this one filling-in.
type FormOne struct {
	Token string `form:"token"`
	StepOne
}

// FormTwo is the second page's form.
type FormTwo struct {
	Token string `form:"token"`
	StepTwo
}

// Draft is one filling-in of the form, as the session keeps it between the pages. Its token
// tells the tabs of a browser apart, and has a double click store it once.
type Draft struct {
	Token string `json:"token"`
	StepOne
	Typed url.Values `json:"typed,omitempty"` // step two, if it was sent before step one was here
}

// Drafts are the filling-ins that a session holds, the newest first.
type Drafts []Draft

// maxDrafts is how many tabs may fill in the form at once.
const maxDrafts = 5

// Find returns the draft with this token, and without a token the newest one. A draft
// without its step one is not found: a session is input.
func (all Drafts) Find(token string) (Draft, bool) {
	d, ok := all.find(token)
	return d, ok && len(forms.Check(d.StepOne, nil)) == 0
}

func (all Drafts) find(token string) (Draft, bool) {
	i := slices.IndexFunc(all, func(d Draft) bool { return d.Token == token || token == "" })
	if i < 0 {
		return Draft{}, false
	}
	return all[i], true
}

// StepOne keeps the first page's answers for the filling-in that the form names.
func (all Drafts) StepOne(form FormOne) Drafts {
	d, ok := all.find(form.Token)
	if !ok {
		d = Draft{Token: form.Token}
	}
	d.StepOne = form.StepOne
	return all.put(d)
}

// StepTwo keeps what was typed into the second page of a filling-in whose first is not here.
func (all Drafts) StepTwo(token string, typed url.Values) Drafts {
	return all.put(Draft{Token: token, Typed: typed})
}

// Drop returns the drafts without the one with this token.
func (all Drafts) Drop(token string) Drafts {
	return slices.DeleteFunc(slices.Clone(all), func(d Draft) bool { return d.Token == token })
}

// put makes d the newest draft, in the place of one with its token.
func (all Drafts) put(d Draft) Drafts {
	if !validToken.MatchString(d.Token) {
		d.Token = NewToken()
	}
	all = append(Drafts{d}, all.Drop(d.Token)...)
	return all[:min(len(all), maxDrafts)]
}
