// Package accept chooses the face of an answer by the Accept header: HTML or JSON.
package accept

import (
	"net/http"
	"strings"

	"github.com/elnormous/contenttype"
)

// faces are what every page can answer with, with and without the one parameter that clients
// add; of two that are equally welcome, the first.
var faces = []contenttype.MediaType{
	contenttype.NewMediaType("text/html"), contenttype.NewMediaType("text/html; charset=utf-8"),
	contenttype.NewMediaType("application/json"), contenttype.NewMediaType("application/json; charset=utf-8"),
}

// JSON reports whether the client would rather have JSON than HTML. A client that names
// neither, or sends what cannot be read, gets HTML.
func JSON(r *http.Request) bool {
	face, _, err := contenttype.GetAcceptableMediaTypeFromHeader(strings.Join(r.Header["Accept"], ","), faces)
	return err == nil && face.Subtype == "json"
}
