package panel

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/html"

	sitedb "sessionlab/handlers/database"
	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/db"
	"sessionlab/sessions/file"
	"sessionlab/sessions/signedcookies"
	"sessionlab/sessions/signing"
	"sessionlab/static"
	"sessionlab/views"
)

// site is a small shop with a panel, behind a real server.
type site struct {
	t       *testing.T
	server  *httptest.Server
	client  *http.Client
	m       *sessions.Manager
	engine  string
	pause   func() // runs in the handler of /slow/, between reading and saving
	mu      sync.Mutex
	wires   []*tap // what really went over each connection
	panel   *Panel
	breaks  atomic.Int32 // see broken; of the engine cache alone
	preview string       // a folder for pages to look at, "" for none
}

// tap keeps all that a connection has carried, as a proxy would.
type tap struct {
	net.Conn
	mu      sync.Mutex
	in, out bytes.Buffer
}

func (c *tap) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in.Write(b[:n])
	return n, err
}

func (c *tap) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.Write(b)
	return c.Conn.Write(b)
}

type tapped struct {
	net.Listener
	s *site
}

func (l tapped) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	t := &tap{Conn: c}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.wires = append(l.s.wires, t)
	return t, nil
}

type item struct {
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
}

var cartKey = sessions.Key[map[string]item]("cart")

// open starts a site on an engine. With recorded its connections are recorded.
func open(t *testing.T, engine string, recorded bool) *site {
	t.Helper()
	s := &site{t: t, engine: engine, panel: New(Options{})}
	cfg := sessions.Config{Observer: func(ctx context.Context, e sessions.Event) { s.panel.Observe(ctx, engine, e) }}
	cfg.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) { s.page(w, r, sessions.Status(err)) }
	signer, err := signing.New(signing.StoreSalt, "a secret key for tests only")
	if err != nil {
		t.Fatal(err)
	}
	switch engine {
	case "cache":
		cfg.Codec = sessions.InsecureUnsigned{} // as over a cache in memory
		cfg.Engine = broken{cache.NewMemory(cache.MemoryOptions{}), &s.breaks}
	case "signed_cookies":
		cfg.Engine, err = signedcookies.New(signedcookies.Config{Secret: "a secret key for tests only"})
	case "file":
		cfg.Codec = sessions.Signed{Signer: signer}
		cfg.Engine, err = file.Open(file.Config{Dir: filepath.Join(t.TempDir(), "files")})
	case "db", "cached_db":
		cfg.Codec = sessions.Signed{Signer: signer}
		var d *sitedb.DB
		if d, err = sitedb.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "lab.db")); err == nil {
			t.Cleanup(func() { d.Close() })
			if err = db.CreateSQLiteTable(t.Context(), d.W); err == nil {
				var table *db.Engine
				if table, err = db.SQLite(d.R, d.W, db.Options{}); err == nil {
					cfg.Engine = table
					t.Cleanup(func() { table.Close() })
				}
				if err == nil && engine == "cached_db" {
					cfg.Engine = cacheddb.New(table, cache.NewMemory(cache.MemoryOptions{}), cacheddb.Options{})
				}
			}
		}
	}
	if err == nil {
		s.m, err = sessions.New(cfg)
	}
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := cfg.Engine.(io.Closer); ok {
		t.Cleanup(func() { c.Close() })
	}
	s.server = httptest.NewUnstartedServer(s.panel.Middleware(s.routes()))
	s.server.Listener = tapped{s.server.Listener, s}
	if recorded {
		s.server.Listener = s.panel.Listener(s.server.Listener)
		s.server.Config.ConnContext = s.panel.ConnContext
	}
	s.server.Start()
	t.Cleanup(s.server.Close)
	s.client = s.visitor()
	return s
}

// visitor is one more browser, with a jar of its own.
func (s *site) visitor() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, Transport: &http.Transport{DisableCompression: true}}
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, h func(w http.ResponseWriter, r *http.Request, v *sessions.Session)) {
		mux.Handle(pattern, s.m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, name, _ := strings.Cut(pattern, " ")
			Ran(r.Context(), strings.Trim(name, "/"))
			h(w, r, sessions.From(r))
		})))
	}
	redirect := func(w http.ResponseWriter, to string) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusSeeOther)
	}
	handle("GET /cart/", func(w http.ResponseWriter, r *http.Request, v *sessions.Session) {
		v.Messages()
		_ = cartKey.Get(v)
		s.page(w, r, http.StatusOK)
	})
	handle("GET /plain/", func(w http.ResponseWriter, r *http.Request, v *sessions.Session) { s.page(w, r, http.StatusOK) })
	handle("POST /cart/add/{id}/", func(w http.ResponseWriter, r *http.Request, v *sessions.Session) {
		cartKey.Update(v, func(c map[string]item) map[string]item {
			if c == nil {
				c = map[string]item{}
			}
			it := c[r.PathValue("id")]
			c[r.PathValue("id")] = item{"Notebook, dotted: דפי זהב", it.Quantity + 1}
			return c
		})
		v.AddMessage(sessions.Success, "It is in your cart.")
		redirect(w, "/cart/")
	})
	handle("POST /login/", func(w http.ResponseWriter, r *http.Request, v *sessions.Session) {
		_ = r.ParseForm()
		v.Set("_auth_user_id", "1")
		v.CycleKey()
		redirect(w, "/cart/?from=login")
	})
	handle("POST /logout/", func(w http.ResponseWriter, r *http.Request, v *sessions.Session) {
		v.Flush()
		redirect(w, "/cart/")
	})
	handle("POST /slow/", func(w http.ResponseWriter, r *http.Request, v *sessions.Session) {
		var n int
		v.Get("n", &n)
		if s.pause != nil {
			s.pause()
		}
		v.Set("n", n+1)
		redirect(w, "/cart/")
	})
	handle("POST /fails/", func(w http.ResponseWriter, r *http.Request, v *sessions.Session) {
		v.Set("n", 1)
		s.page(w, r, http.StatusInternalServerError)
	})
	mux.Handle("GET /static/", static.Handler())
	return mux
}

// page saves and draws, as an app's render does.
func (s *site) page(w http.ResponseWriter, r *http.Request, status int) {
	v, _ := sessions.FromContext(r.Context())
	if err := sessions.Commit(v, status); err != nil && status < 400 {
		status = sessions.Status(err)
	}
	p := views.Frame{
		Path: "/cart/", Theme: r.URL.Query().Get("theme"), Engine: s.engine, Debug: true, Call: r.Method + " " + r.URL.Path,
		Panel: s.panel.View(w, r, v, status), Title: "Shopping cart",
	}
	d := views.Cart{Total: "74.30", Most: 99, Products: []views.Product{{ID: "2", Name: "The Go Programming Language", Price: "34.90", About: "A book"}}}
	var b bytes.Buffer
	if err := d.HTML(p).Render(r.Context(), &b); err != nil {
		s.t.Error(err)
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// do sends a request as a browser would, follows the redirect, and returns the page.
func (s *site) do(c *http.Client, method, path, body string) *html.Node {
	s.t.Helper()
	text := s.raw(c, method, path, body)
	if s.preview != "" {
		_ = os.WriteFile(s.preview, bytes.ReplaceAll(text, []byte("/static/"), []byte("static/")), 0o600)
	}
	doc, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	return doc
}

// raw returns what came back, whatever it is.
func (s *site) raw(c *http.Client, method, path, body string) []byte {
	s.t.Helper()
	r, _ := http.NewRequest(method, s.server.URL+path, strings.NewReader(body))
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

func (s *site) key(c *http.Client) string {
	r, _ := http.NewRequest("GET", s.server.URL+"/", nil)
	for _, k := range c.Jar.Cookies(r.URL) {
		if k.Name == "sessionid" {
			return k.Value
		}
	}
	return ""
}

func byClass(n *html.Node, class string) (all []*html.Node) {
	for d := range n.Descendants() {
		for _, a := range d.Attr {
			if a.Key == "class" && strings.Contains(" "+a.Val+" ", " "+class+" ") {
				all = append(all, d)
			}
		}
	}
	return all
}

func byID(n *html.Node, id string) *html.Node {
	for d := range n.Descendants() {
		for _, a := range d.Attr {
			if a.Key == "id" && a.Val == id {
				return d
			}
		}
	}
	return nil
}

func text(n *html.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
