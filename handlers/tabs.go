package handlers

import (
	"net/http"
	"net/url"
	"slices"

	"sessionlab/handlers/forms"
	"sessionlab/handlers/source"
	"sessionlab/sessions"
	"sessionlab/views"
)

// sources are the handlers' own files, which travel in the binary.
var sources = source.New(sourceFiles)

// sourceTab is the tab that the visitor has chosen for the code of a page.
// Its name begins like those of all entries that the lab keeps for itself.
var sourceTab = sessions.Key[string]("_source_tab")

// languages are the tabs in which code is shown, the first one to those who chose none.
var languages = []string{"go", "django", "curl"}

// chooseTab keeps the tab that a script has switched to in place. POST /source/
func (a *App) chooseTab(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Lang string `form:"lang" validate:"oneof=go django curl"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	sourceTab.Set(sessions.From(r), form.Lang)
	return a.redirect(w, r, cameFrom(r))
}

// code is the code that ran, of the click that led to this page if one did. An address
// with ?lang= is a choice, and is kept; a page that is only looked at writes nothing.
func (a *App) code(r *http.Request) []views.Source {
	s, ok := sessions.FromContext(r.Context())
	if !ok || !a.debugOn(r) {
		return nil
	}
	lang := r.URL.Query().Get("lang")
	if slices.Contains(languages, lang) {
		if isSeen(r) && sourceTab.Get(s) != lang {
			sourceTab.Set(s, lang)
		}
	} else if lang = sourceTab.Get(s); !slices.Contains(languages, lang) {
		lang = languages[0]
	}
	site := "http://" + r.Host
	if a.proxies.HTTPS(r) {
		site = "https://" + r.Host
	}
	name := a.panel.Clicked(r.Context())
	if sources.File(name) == "" {
		name = routeOf(r).name
	}
	tabs := sources.Tabs(name, site, s.Manager().Config().Cookie.Name)
	for i := range tabs {
		tabs[i].Shown = tabs[i].Lang == lang
		tabs[i].Link = tabLink(r, tabs[i].Lang)
	}
	isShown := func(t views.Source) bool { return t.Shown }
	if len(tabs) > 0 && !slices.ContainsFunc(tabs, isShown) {
		tabs[0].Shown = true // this page has no such tab
	}
	return tabs
}

// tabLink is the address of this page with another tab, without a script. Of the query it
// keeps what the pages read: anything else, a key perhaps, is not written into a page.
func tabLink(r *http.Request, lang string) string {
	query := url.Values{"lang": {lang}}
	for _, name := range []string{"form", "refused", "tried", "q", "next"} {
		if value := r.URL.Query().Get(name); value != "" {
			query.Set(name, value)
		}
	}
	return formPage(r) + "?" + query.Encode() + "#source"
}
