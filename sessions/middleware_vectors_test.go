package sessions_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// middlewareVector is one answer of real Django: what it did to a stored session {a: 1}, and
// the headers that came of it.
type middlewareVector struct {
	ID        string              `json:"id"`
	Action    string              `json:"action"`
	Cookie    *string             `json:"request_cookie"`
	Settings  map[string]any      `json:"settings"`
	Status    int                 `json:"status"`
	Vary      *string             `json:"response_vary_before"`
	Now       float64             `json:"now"`
	Key       string              `json:"stored_key"`
	SetCookie map[string][]string `json:"set_cookie"`
	WantVary  map[string]*string  `json:"vary"`
}

// different are the answers that differ from Django's on purpose: "" for no cookie, "gone"
// for one that is deleted. The package documentation says why, row by row.
var different = map[string]string{
	"clear-keeps-cookie": "gone", // B-127
	"expiry-negative":    "gone", // B-122
	"status-500-flush":   "",     // B-112
	// B-113, B-114: a request that only reads takes back no cookie that it does not know.
	"unknown-cookie-read":    "",
	"short-cookie-untouched": "",
	"empty-cookie-untouched": "",
}

// Django's later form is compared attribute by attribute; spelling and order mean nothing
// (B-139), and a deletion repeats HttpOnly and Secure (B-131).
func TestTheMiddlewareAnswersAsDjangoDoes(t *testing.T) { // B-110 to B-146
	text, err := os.ReadFile("signing/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Middleware []middlewareVector `json:"middleware"`
	}
	if err := json.Unmarshal(text, &all); err != nil || len(all.Middleware) == 0 {
		t.Fatalf("%d vectors, %v", len(all.Middleware), err)
	}
	for _, v := range all.Middleware {
		t.Run(v.ID, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { checkMiddleware(t, v) })
		})
	}
}

func checkMiddleware(t *testing.T, v middlewareVector) {
	whole := int64(v.Now)
	time.Sleep(time.Until(time.Unix(whole, int64((v.Now-float64(whole))*1e9)))) // the bubble's clock
	engine := cache.NewMemory(cache.MemoryOptions{})
	rec := sessions.Record{Data: []byte(`{"a":1}`), Saved: time.Now(), Expires: time.Now().Add(time.Hour)}
	if err := engine.CreateUnder(t.Context(), v.Key, rec); err != nil {
		t.Fatal(err)
	}
	cfg := configOf(v)
	cfg.Engine = engine
	m, err := sessions.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	if v.Cookie != nil {
		r.Header.Set("Cookie", m.Config().Cookie.Name+"="+*v.Cookie)
	}
	w := httptest.NewRecorder()
	m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v.Vary != nil {
			w.Header().Set("Vary", *v.Vary)
		}
		s := sessions.From(r)
		switch action, seconds, _ := strings.Cut(v.Action, " "); action {
		case "write":
			s.Set("b", 2)
		case "read":
			s.Has("a")
		case "flush":
			s.Flush()
		case "clear":
			s.Clear()
		case "expiry":
			n, _ := strconv.Atoi(seconds)
			e := sessions.After(time.Duration(n) * time.Second)
			if n == 0 {
				e = sessions.AtBrowserClose
			}
			s.SetExpiry(e)
		}
		w.WriteHeader(v.Status)
	})).ServeHTTP(w, r)

	got := attributes(w.Header()["Set-Cookie"])
	want := attributes(v.SetCookie["5.2"])
	if answer, ok := different[v.ID]; ok {
		want = nil
		if answer == "gone" {
			want = map[string]string{"": m.Config().Cookie.Name + "=", "max-age": "0", "path": "/", "samesite": "Lax"}
		}
	}
	if cfg.Cookie.SameSite == http.SameSiteNoneMode {
		delete(got, "secure") // without it New refuses the settings
		delete(want, "secure")
	}
	if !maps.Equal(got, want) {
		t.Errorf("Set-Cookie %q, want %q", got, want)
	}
	wantVary := ""
	if p := v.WantVary["5.2"]; p != nil && !strings.HasSuffix(v.ID, "-cookie-untouched") {
		wantVary = *p
	}
	if vary := strings.Join(w.Header()["Vary"], ", "); vary != wantVary {
		t.Errorf("Vary %q, want %q", vary, wantVary)
	}
}

func configOf(v middlewareVector) (c sessions.Config) {
	c.Cookie.Secure = sessions.SecureNever
	for name, value := range v.Settings {
		switch name {
		case "SESSION_COOKIE_NAME":
			c.Cookie.Name = value.(string)
		case "SESSION_COOKIE_DOMAIN":
			c.Cookie.Domain = value.(string)
		case "SESSION_COOKIE_PATH":
			c.Cookie.Path = value.(string)
		case "SESSION_COOKIE_SECURE":
			c.Cookie.Secure = sessions.SecureAlways
		case "SESSION_COOKIE_HTTPONLY":
			c.Cookie.ReadableByScripts = value == false
		case "SESSION_COOKIE_AGE":
			c.Age = time.Duration(value.(float64)) * time.Second
		case "SESSION_EXPIRE_AT_BROWSER_CLOSE":
			c.ExpireAtBrowserClose = value == true
		case "SESSION_SAVE_EVERY_REQUEST":
			c.SaveEveryRequest = value == true
		case "SESSION_COOKIE_SAMESITE":
			c.Cookie.SameSite = map[any]http.SameSite{"Strict": http.SameSiteStrictMode, "None": http.SameSiteNoneMode, false: http.SameSiteDefaultMode}[value]
		}
	}
	if c.Cookie.SameSite == http.SameSiteNoneMode || strings.HasPrefix(c.Cookie.Name, "__") {
		c.Cookie.Secure = sessions.SecureAlways
	}
	return c
}

// attributes are the parts of a Set-Cookie header with its name and value under "".
func attributes(lines []string) map[string]string {
	if len(lines) == 0 {
		return nil
	}
	all := map[string]string{}
	for i, part := range strings.Split(lines[0], ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if i == 0 {
			all[""] = name + "=" + strings.Trim(value, `"`)
			continue
		}
		all[strings.ToLower(name)] = strings.TrimPrefix(value, ".") // a leading dot of a domain has no meaning (RFC 6265)
	}
	if all["max-age"] == "0" {
		delete(all, "expires")
		delete(all, "httponly")
		delete(all, "secure")
	}
	return all
}
