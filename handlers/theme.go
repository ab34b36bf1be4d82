package handlers

import (
	"net/http"

	"sessionlab/handlers/forms"
	"sessionlab/sessions"
	"sessionlab/views"
)

var themePreference = sessions.Key[string]("theme_preference")

// theme shows the choice of themes. GET /theme/
func (a *App) theme(w http.ResponseWriter, r *http.Request) error {
	theme, chosen := themePreference.Lookup(sessions.From(r))
	if !chosen {
		theme = "light"
	}
	return a.render(w, r, views.Theme{ThemePreference: theme})
}

// setTheme stores the theme and leads back to the page that one came from. POST /theme/
func (a *App) setTheme(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Theme string `form:"theme"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	if form.Theme != "dark" && form.Theme != "system" {
		form.Theme = "light" // whatever else was sent
	}
	themePreference.Set(sessions.From(r), form.Theme)
	return a.redirect(w, r, cameFrom(r))
}
