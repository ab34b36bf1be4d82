package handlers

import (
	"net/http"
	"net/url"

	"sessionlab/sessions"
	"sessionlab/views"
)

var themePreference = sessions.Key[string]("theme_preference")

// theme shows the choice of themes. GET /theme/
func (a *App) theme(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	return a.show(w, r, http.StatusOK, func(p views.Page) answer {
		theme, ok := themePreference.Lookup(s)
		if !ok {
			theme = "light" // the tutorial's default for a visitor who has not chosen
		}
		return answer{map[string]string{"theme_preference": theme}, views.Theme(p, views.ThemeData{Current: p.Theme})}
	})
}

// setTheme stores the choice and leads back to the page that one came from. POST /theme/
func (a *App) setTheme(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	theme := r.PostForm.Get("theme")
	if theme != "dark" && theme != "system" {
		theme = "light" // whatever else was sent
	}
	themePreference.Set(sessions.From(r), theme)
	return a.redirect(w, r, cameFrom(r), "theme_preference is "+theme)
}

// cameFrom is the page of this site whose form was sent, and otherwise the home page. Only
// the path of the Referer is taken, as it was received.
func cameFrom(r *http.Request) string {
	ref, err := url.Parse(r.Referer())
	if err != nil || ref.Host != r.Host || (ref.Scheme != "http" && ref.Scheme != "https") || ref.User != nil {
		return "/"
	}
	path := ref.EscapedPath()
	if ref.RawQuery != "" {
		path += "?" + ref.RawQuery
	}
	return localPath(path, "/")
}
