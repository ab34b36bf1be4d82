package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"sessionlab/sessions"
	"sessionlab/views"
)

// preferencesOf is the dictionary that the tutorial stores.
type preferencesOf struct {
	Theme    string `json:"theme"`
	FontSize string `json:"font_size"`
	Sidebar  bool   `json:"sidebar"`
}

var (
	preferencesKey = sessions.Key[preferencesOf]("preferences")
	recentSearches = sessions.Key[[]string]("recent_searches")
)

const (
	maxSearches = 10  // what the session keeps of them
	maxSearch   = 100 // characters of one
)

// preferences shows a dictionary and a list in the session. GET /preferences/
func (a *App) preferences(w http.ResponseWriter, r *http.Request) error {
	return a.showPreferences(w, r, http.StatusOK, views.PreferencesData{})
}

func (a *App) showPreferences(w http.ResponseWriter, r *http.Request, status int, d views.PreferencesData) error {
	s := sessions.From(r)
	return a.show(w, r, status, func(p views.Page) answer {
		prefs, stored := preferencesKey.Lookup(s)
		if !stored {
			prefs = preferencesOf{Theme: "light", FontSize: "medium", Sidebar: true}
		}
		searches := recentSearches.Get(s)
		if d.Errors == nil {
			d.Theme, d.FontSize, d.Sidebar = prefs.Theme, prefs.FontSize, prefs.Sidebar
			if q := r.URL.Query().Get("q"); q != "" {
				d.Query, d.Searched, d.Results = clip(q, maxSearch), true, find(q)
			}
		}
		d.Stored, d.Recent, d.Bound = stored, searches, maxSearches
		if searches == nil {
			searches = []string{}
		}
		return orFaults(d.Errors, answer{map[string]any{"preferences": prefs, "recent_searches": searches}, views.Preferences(p, d)})
	})
}

// savePreferences stores the dictionary, or adds to the list of searches. POST /preferences/
func (a *App) savePreferences(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	s, form := sessions.From(r), r.PostForm
	switch {
	case form.Get("action") == "clear":
		recentSearches.Delete(s)
		return a.redirect(w, r, "/preferences/", "recent_searches was deleted")
	case form.Get("action") == "search" || form.Has("q") && !form.Has("theme"):
		q := strings.TrimSpace(form.Get("q"))
		if fault := checkSearch(q); fault != "" {
			return a.showPreferences(w, r, http.StatusUnprocessableEntity, views.PreferencesData{Query: q, Errors: views.Errors{"q": fault}})
		}
		recentSearches.Update(s, func(list []string) []string {
			list = slices.DeleteFunc(list, func(old string) bool { return old == q })
			list = append([]string{q}, list...) // the newest first
			return list[:min(len(list), maxSearches)]
		})
		return a.redirect(w, r, "/preferences/?q="+url.QueryEscape(q), "the search went to the front of recent_searches")
	}
	prefs := preferencesOf{form.Get("theme"), form.Get("font_size"), form.Get("sidebar") != ""}
	faults := views.Errors{}
	if !slices.Contains([]string{"light", "dark", "system"}, prefs.Theme) {
		faults["theme"] = "Choose light, dark or system."
	}
	if !slices.Contains([]string{"small", "medium", "large"}, prefs.FontSize) {
		faults["font_size"] = "Choose small, medium or large."
	}
	if len(faults) > 0 {
		return a.showPreferences(w, r, http.StatusUnprocessableEntity, views.PreferencesData{Theme: prefs.Theme, FontSize: prefs.FontSize, Sidebar: prefs.Sidebar, Errors: faults})
	}
	preferencesKey.Set(s, prefs)
	s.AddMessage(sessions.Success, "Your preferences are saved.")
	return a.redirect(w, r, "/preferences/", "preferences were stored")
}

func checkSearch(q string) string {
	switch {
	case q == "":
		return "Type a word to look for."
	case !utf8.ValidString(q):
		return "This text is not valid UTF-8."
	case utf8.RuneCountInString(q) > maxSearch:
		return fmt.Sprintf("At most %d characters, please.", maxSearch)
	}
	return ""
}

// find returns the chapters that speak of every word of q.
func find(q string) []views.Chapter {
	var found []views.Chapter
	words := strings.Fields(strings.ToLower(q))
	for _, g := range views.Chapters() {
		for _, c := range g.Chapters {
			text := strings.ToLower(c.Title + " " + c.About)
			if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) }) {
				found = append(found, c)
			}
		}
	}
	return found
}
