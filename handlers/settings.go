package handlers

import (
	"net/http"

	"sessionlab/handlers/config"
	"sessionlab/sessions"
	"sessionlab/views"
)

// listSettings shows the settings in force and where each came from; without DEBUG only
// those that every visitor may know. GET /settings/
func (a *App) listSettings(w http.ResponseWriter, r *http.Request) error {
	var d views.SettingsData
	face := map[string]any{}
	notes := a.settingNotes(r)
	for _, s := range a.settings.All() {
		if !a.debugOn(r) && !s.Public {
			continue
		}
		if n := len(d.Groups); n == 0 || d.Groups[n-1].Title != s.Group {
			d.Groups = append(d.Groups, views.SettingGroup{Title: s.Group})
		}
		group := &d.Groups[len(d.Groups)-1]
		group.Settings = append(group.Settings, views.Setting{Name: s.Name, Value: s.Value, From: s.From, Means: s.Help, Note: notes[s.Name]})
		face[s.Name] = map[string]string{"value": s.Value, "from": s.From}
	}
	return a.show(w, r, http.StatusOK, func(p views.Frame) answer {
		return answer{map[string]any{"settings": face}, views.Settings(p, d)}
	})
}

// settingNotes are remarks on values, by the setting's name: the warnings of the command
// check, and what a value comes to for this very request.
func (a *App) settingNotes(r *http.Request) map[string]string {
	notes := map[string]string{}
	for _, f := range a.settings.Check() {
		if f.Level >= config.Warning {
			notes[f.Title] = f.Why
		}
	}
	m := sessions.From(r).Manager()
	if m.Config().Cookie.Secure == sessions.SecureAuto && !a.proxies.HTTPS(r) {
		notes["SESSION_COOKIE_SECURE"] = "This page came over plain HTTP, so your cookie travels in clear."
	}
	if name := a.engineOf(r); name != a.engines.Default {
		notes["SESSION_ENGINE"] = "You have chosen " + name + " for yourself."
		notes["SESSION_COOKIE_NAME"] = "With the engine that you have chosen, your cookie is named " + m.Config().Cookie.Name + "."
	}
	return notes
}
