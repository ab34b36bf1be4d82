package static

import (
	"math"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func get(method, path string, headers ...string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	Handler().ServeHTTP(w, r)
	return w
}

func TestFilesAreServedUnderHashedNamesForAYear(t *testing.T) {
	for name, kind := range map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8",
		"events.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
	} {
		url := URL(name)
		if !regexp.MustCompile(`^/static/[a-z]+\.[0-9a-f]{12}\.[a-z]+$`).MatchString(url) {
			t.Errorf("URL(%q) = %q, which carries no hash", name, url)
		}
		w := get("GET", url, "Cookie", "sessionid=oxxqnkf2q7ncub0123456789abcdefgh")
		h := w.Header()
		if w.Code != 200 || w.Body.Len() < 100 {
			t.Errorf("GET %s: %d, %d bytes", url, w.Code, w.Body.Len())
		}
		if h.Get("Content-Type") != kind || h.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("GET %s: %q, %q", url, h.Get("Content-Type"), h.Get("Cache-Control"))
		}
		if len(h.Values("Set-Cookie")) > 0 || len(h.Values("Vary")) > 0 {
			t.Errorf("GET %s: Set-Cookie %q, Vary %q", url, h.Values("Set-Cookie"), h.Values("Vary"))
		}
		if w := get("GET", url, "If-None-Match", h.Get("ETag")); w.Code != 304 || w.Body.Len() > 0 {
			t.Errorf("GET %s again: %d, want 304", url, w.Code)
		}
		if w := get("HEAD", url); w.Code != 200 || w.Body.Len() > 0 {
			t.Errorf("HEAD %s: %d, %d bytes", url, w.Code, w.Body.Len())
		}
	}
}

func TestPlainNamesAreAskedForAgain(t *testing.T) {
	if w := get("GET", "/static/app.css"); w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("GET /static/app.css: %d, %q", w.Code, w.Header().Get("Cache-Control"))
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/static/", 404}, {"GET", "/static/css/", 404}, {"GET", "/static/css/base.css", 404}, {"GET", "/static/static.go", 404},
		{"GET", "/static/../static.go", 404}, {"GET", "/static/app.000000000000.css", 404}, {"GET", "/static/%2e%2e/go.mod", 404},
		{"POST", "/static/app.css", 405}, {"DELETE", URL("app.css"), 405},
	} {
		if got := get(c.method, c.path).Code; got != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, got, c.want)
		}
	}
	if got := URL("nothing.css"); get("GET", got).Code != 404 {
		t.Errorf("URL of an unknown file is served: %s", got)
	}
}

// the policy allows nothing from elsewhere, and pages must not ask for it.
func TestStyleSheetAsksForNothingElse(t *testing.T) {
	css := get("GET", URL("app.css")).Body.String()
	for _, bad := range []string{"url(", "@import", "http:", "https:", "data:"} {
		if strings.Contains(css, bad) {
			t.Errorf("the style sheet has %q", bad)
		}
	}
	if open, closed := strings.Count(css, "{"), strings.Count(css, "}"); open != closed {
		t.Errorf("the style sheet has %d { and %d }", open, closed)
	}
}

// TestContrast computes the contrast of every pair of colours that text is set in, for
// both themes: 4.5 for text, 3 for the edges of controls (WCAG 2.2, 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	colours := palette(t)
	for _, c := range []struct {
		front, back string
		least       float64
	}{
		{"ink", "paper card sunk soft add del chg info-soft", 4.5},
		{"muted", "paper card sunk", 4.5},
		{"accent", "paper card soft sunk", 4.5},
		{"accent-ink", "accent accent-hover", 4.5},
		{"good", "card soft add", 4.5}, {"warn", "card chg sunk", 4.5}, {"bad", "card del sunk", 4.5}, {"info", "card info-soft", 4.5},
		{"keyword", "sunk card", 4.5}, {"name", "sunk card", 4.5}, {"string", "sunk card", 4.5}, {"number", "sunk", 4.5},
		{"edge", "card paper", 3}, {"accent", "card paper", 3}, {"warn", "chg", 3},
	} {
		for back := range strings.FieldsSeq(c.back) {
			for theme, name := range []string{"light", "dark"} {
				f, ok1 := colours[c.front]
				b, ok2 := colours[back]
				if !ok1 || !ok2 {
					t.Fatalf("no colour %s or %s", c.front, back)
				}
				if got := contrast(f[theme], b[theme]); got < c.least {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", name, c.front, back, got, c.least)
				}
			}
		}
	}
}

// palette reads the colours out of the style sheet: the light one and the dark one.
func palette(t *testing.T) map[string][2]float64 {
	t.Helper()
	all := map[string][2]float64{}
	css := get("GET", URL("app.css")).Body.String()
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)`).FindAllStringSubmatch(css, -1) {
		all[m[1]] = [2]float64{luminance(t, m[2]), luminance(t, m[3])}
	}
	if len(all) < 20 {
		t.Fatalf("found %d colours only", len(all))
	}
	return all
}

// luminance is the relative luminance of a colour, as WCAG defines it.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	hex = hex[1:]
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatalf("colour #%s: %v", hex, err)
	}
	channel := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n>>16) + 0.7152*channel(n>>8) + 0.0722*channel(n)
}

func contrast(a, b float64) float64 {
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}
