package handlers

import (
	"net/http"

	"sessionlab/handlers/source"
	"sessionlab/sessions/patterns"
	"sessionlab/views"
)

// listPatterns lists the small programs that engineers may copy. GET /patterns/
func (a *App) listPatterns(w http.ResponseWriter, r *http.Request) error {
	var page views.Patterns
	for _, p := range patterns.All() {
		page.Patterns = append(page.Patterns, views.PatternLink{
			Name: p.Name, Title: p.Title, Summary: p.Summary,
			Path: "/patterns/" + p.Name + "/",
		})
	}
	return a.render(w, r, page)
}

// showPattern shows one of them, whole. GET /patterns/{name}/
func (a *App) showPattern(w http.ResponseWriter, r *http.Request) error {
	for _, p := range patterns.All() {
		if p.Name != r.PathValue("name") {
			continue
		}
		return a.render(w, r, views.Pattern{
			Name: p.Name, Title: p.Title, Summary: p.Summary, Trap: p.Trap,
			NotWhen: p.NotWhen, Django: p.Django, GoMod: p.GoMod,
			Program: p.Source, Test: p.Test,
			Source: source.Highlight("main.go", "go", p.Source),
			Tests:  source.Highlight("main_test.go", "go", p.Test),
		})
	}
	return &statusError{status: http.StatusNotFound, public: "There is no such pattern."}
}
