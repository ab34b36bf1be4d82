// Package static holds what pages need beside their HTML: the style sheet, two
// small scripts and the icon. They are embedded, and each is served under a name
// that carries a hash of its content, so a browser keeps it for a year and still
// sees a new version at once.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// Prefix is the path below which [Handler] answers.
const Prefix = "/static/"

//go:embed css/*.css js/*.js icon.svg
var files embed.FS

// The style sheet is written in parts that are served as one file, in this order.
var sheet = []string{
	"base", "layout", "parts", "hood", "panel", "forms", "pages", "lab", "race", "lesson",
	"missions", "faults", "second", "class", "print",
}

// types says what each kind of file is; the system's own table may be missing or wrong.
var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

type asset struct {
	url, kind, etag string
	body            []byte
}

// assets maps both names of a file, the plain one and the hashed one, to its content.
var assets = sync.OnceValue(func() map[string]asset {
	all := map[string]asset{}
	add := func(name string, body []byte) {
		sum := sha256.Sum256(body)
		hash := hex.EncodeToString(sum[:6])
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "." + hash + ext
		a := asset{url: Prefix + hashed, kind: types[ext], etag: `"` + hash + `"`, body: body}
		all[name], all[hashed] = a, a
	}
	var css bytes.Buffer
	for _, part := range sheet {
		css.Write(read("css/" + part + ".css"))
	}
	add("app.css", css.Bytes())
	add("app.js", read("js/app.js"))
	add("events.js", read("js/events.js"))
	add("class.js", read("js/class.js"))
	add("xss.js", read("js/xss.js"))
	add("icon.svg", read("icon.svg"))
	return all
})

// read returns an embedded file. The compiler has seen to it that it is there, and
// a test that none of them is empty.
func read(name string) []byte {
	b, _ := fs.ReadFile(files, name)
	return b
}

// URL returns the address of a file under its hashed name: "app.css", "app.js",
// "events.js", "class.js" or "icon.svg". An unknown name gives an address that answers 404.
func URL(name string) string {
	if a, ok := assets()[name]; ok {
		return a.url
	}
	return Prefix + name
}

// Handler serves the files below [Prefix]. A hashed name may be kept for a year, a
// plain name is asked for again each time. It sets no cookie and no Vary, and reads
// neither.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		a, ok := assets()[strings.TrimPrefix(r.URL.Path, Prefix)]
		if !ok {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("ETag", a.etag)
		h.Set("X-Content-Type-Options", "nosniff")
		if r.URL.Path == a.url {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			h.Set("Cache-Control", "no-cache")
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
	})
}
