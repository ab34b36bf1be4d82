package handlers

import (
	"net/http"

	"sessionlab/handlers/config"
	"sessionlab/sessions"
	"sessionlab/views"
)

// listSettings shows the settings in force and where each came from. Without DEBUG it
// shows only those that every visitor may know. GET /settings/
func (a *App) listSettings(w http.ResponseWriter, r *http.Request) error {
	var page views.Settings
	notes := a.settingNotes(r)
	for _, s := range a.settings.All() {
		if s.Public || a.debugOn(r) && a.room == nil {
			page.Settings = append(page.Settings, views.Setting{
				Name: s.Name, Group: s.Group, Value: s.Value, From: s.From,
				Means: s.Help, Note: notes[s.Name],
			})
		}
	}
	return a.render(w, r, page)
}

// settingNotes are remarks on values, by the setting's name: the warnings of the command
// check, and what a value means for this very request.
func (a *App) settingNotes(r *http.Request) map[string]string {
	notes := map[string]string{}
	for _, f := range a.settings.Check() {
		if f.Level >= config.Warning {
			notes[f.Title] = f.Why
		}
	}
	cookie := sessions.From(r).Manager().Config().Cookie
	if cookie.Secure == sessions.SecureAuto && !a.proxies.HTTPS(r) {
		notes["SESSION_COOKIE_SECURE"] = "This page came over plain HTTP, " +
			"so your cookie travels unencrypted."
	}
	if name := a.engineOf(r); name != a.engines.Default {
		notes["SESSION_ENGINE"] = "You have chosen " + name + " for yourself."
		notes["SESSION_COOKIE_NAME"] = "With the engine that you have chosen, " +
			"your cookie is named " + cookie.Name + "."
	}
	return notes
}
