package handlers

import (
	"net/http"

	"sessionlab/views"
)

// glossary explains every word of the trade that pages use. GET /glossary/
func (a *App) glossary(w http.ResponseWriter, r *http.Request) error {
	return a.render(w, r, views.Glossary{Words: views.Words()})
}
