package handlers

import (
	"net/http"
	"net/url"
	"slices"

	"sessionlab/handlers/forms"
	"sessionlab/sessions"
	"sessionlab/views"
)

// preferences is the dictionary that the tutorial stores.
type preferences struct {
	Theme   string `form:"theme" json:"theme" validate:"oneof=light dark system"`
	Font    string `form:"font_size" json:"font_size" validate:"oneof=small medium large"`
	Sidebar bool   `form:"sidebar" json:"sidebar"`
}

var (
	preferencesKey = sessions.Key[preferences]("preferences")
	recentSearches = sessions.Key[[]string]("recent_searches")
)

// maxSearches is how many searches the session keeps.
const maxSearches = 10

// preferences shows a dictionary and a list in the session. GET /preferences/
func (a *App) preferences(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	stored, ok := preferencesKey.Lookup(s)
	if !ok {
		stored = preferences{Theme: "light", Font: "medium", Sidebar: true}
	}
	page := views.Preferences{
		Values: views.PreferenceValues(stored), Stored: ok,
		RecentSearches: recentSearches.Get(s), Most: maxSearches,
		Query: r.URL.Query().Get("q"),
	}
	page.Errors = refused(r, &page)
	return a.render(w, r, page)
}

// savePreferences stores a dictionary in the session. POST /preferences/
func (a *App) savePreferences(w http.ResponseWriter, r *http.Request) error {
	switch values, err := forms.Values(r); {
	case err != nil:
		return err
	case values.Has("q"):
		return a.search(w, r)
	case values.Get("action") == "clear":
		return a.forgetSearches(w, r)
	}
	var form preferences
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	s := sessions.From(r)
	preferencesKey.Set(s, form)
	s.AddMessage(sessions.Success, "Your preferences are saved.")
	return a.redirect(w, r, "/preferences/")
}

// search puts a search to the front of a list in the session. POST /preferences/ with q
func (a *App) search(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Query string `form:"q" validate:"required,max=100,line"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	recentSearches.Update(sessions.From(r), func(list []string) []string {
		list = slices.DeleteFunc(list, func(old string) bool { return old == form.Query })
		list = append([]string{form.Query}, list...)
		return list[:min(len(list), maxSearches)]
	})
	return a.redirect(w, r, "/preferences/?q="+url.QueryEscape(form.Query))
}

// forgetSearches deletes the list. POST /preferences/ with action=clear
func (a *App) forgetSearches(w http.ResponseWriter, r *http.Request) error {
	recentSearches.Delete(sessions.From(r))
	return a.redirect(w, r, "/preferences/")
}
