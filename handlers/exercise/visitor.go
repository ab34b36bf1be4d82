package exercise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/html"
)

// visitor is a browser with its own cookies.
type visitor struct {
	p      *play
	client http.Client
	set    map[string]*http.Cookie // by name, as the app set them last; deleted ones are left out
}

// visitor opens a new browser.
func (p *play) visitor() *visitor {
	jar, _ := cookiejar.New(nil) // fails never
	v := &visitor{p: p, client: *p.client, set: map[string]*http.Cookie{}}
	v.client.Jar = jar
	return v
}

// thief is a browser with copies of cookies: it sends them however old they are.
func (p *play) thief(cookies map[string]*http.Cookie, change func(string) string) *visitor {
	v := p.visitor()
	for _, c := range cookies {
		v.client.Jar.SetCookies(p.target.base, []*http.Cookie{{Name: c.Name, Value: change(c.Value), Path: "/"}})
	}
	return v
}

func same(value string) string { return value }

// answer is what came back; the zero answer if nothing did.
type answer struct {
	status   int
	body     string
	at       *url.URL // address that gave it
	location *url.URL // where it redirects to; nil if it does not
	note     string   // why a redirect was not followed
}

// get opens a page as a browser does: it follows redirects, but only on the app's own host.
func (v *visitor) get(path string) *answer {
	a := v.look(path)
	for n := 0; a.location != nil; n++ {
		switch {
		case !v.p.ours(a.location):
			a.note = ", which is not the app's address and was not followed"
			return a
		case n == v.p.most.redirects:
			a.note = fmt.Sprintf(", the last of %d redirects in a row", n+1)
			return a
		}
		a = v.send(http.MethodGet, a.location, nil)
	}
	return a
}

// look opens a page and follows no redirect.
func (v *visitor) look(path string) *answer {
	u, err := v.p.target.base.Parse(path)
	if err != nil {
		v.p.fail(fmt.Errorf("no address: %w", err))
		return &answer{}
	}
	return v.send(http.MethodGet, u, nil)
}

// submit opens the page at path, fills in its form and sends it, hidden fields included, as
// a browser does. A page without a form is sent the fields at its own address. It returns
// the answer to the POST and follows no redirect.
func (v *visitor) submit(path string, fields url.Values) *answer {
	page := v.get(path)
	to, values := page.at, url.Values{}
	if page.location != nil || to == nil {
		return page
	}
	if f, ok := findForm(page.body); ok {
		action, err := to.Parse(f.action)
		if err != nil || !v.p.ours(action) {
			page.note = ": a form that leads to another host"
			return page
		}
		to, values = action, f.hidden
	}
	for name := range fields {
		values[name] = fields[name]
	}
	return v.send(http.MethodPost, to, values)
}

// ours reports whether a URL is the app's.
func (p *play) ours(u *url.URL) bool { return u.Scheme == "http" && u.Host == p.target.base.Host }

// send sends one request with the visitor's cookies and keeps those of the answer.
func (v *visitor) send(method string, u *url.URL, form url.Values) *answer {
	p := v.p
	if p.err != nil {
		return &answer{}
	}
	p.last = method + " " + u.RequestURI()
	if p.requests++; p.requests > p.most.requests {
		p.fail(fmt.Errorf("no more answers: the check has sent its %d requests", p.most.requests))
		return &answer{}
	}
	slow := fmt.Errorf("no whole answer within %v", p.most.answer)
	ctx, cancel := context.WithTimeoutCause(p.ctx, p.most.answer, slow)
	defer cancel()
	a, err := v.exchange(ctx, method, u, form)
	if err != nil {
		p.fail(reason(ctx, err))
		return &answer{}
	}
	return a
}

func (v *visitor) exchange(ctx context.Context, method string, u *url.URL, form url.Values) (*answer, error) {
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "sessionlab-exercise")
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := v.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	left := v.p.most.bytes - v.p.bytes
	text, err := io.ReadAll(io.LimitReader(res.Body, left+1))
	if v.p.bytes += int64(len(text)); int64(len(text)) > left {
		return nil, fmt.Errorf("more than %d kB in all, which is as much as the check reads", v.p.most.bytes>>10)
	}
	if err != nil {
		return nil, err
	}
	a := &answer{status: res.StatusCode, body: string(text), at: u}
	if to := res.Header.Get("Location"); to != "" && a.status >= 300 && a.status < 400 {
		if a.location, err = destination(u, to); err != nil {
			return nil, fmt.Errorf("a redirect to no address: %q", to)
		}
	}
	v.remember(res.Cookies())
	return a, nil
}

// destination is where a Location leads to from u. Browsers take a backslash for a slash, so
// that /\host/ leads to another host.
func destination(u *url.URL, location string) (*url.URL, error) {
	return u.Parse(strings.ReplaceAll(location, `\`, "/"))
}

// remember notes the cookies of an answer, with the attributes that the jar does not tell.
func (v *visitor) remember(cookies []*http.Cookie) {
	for _, c := range cookies {
		if c.Value == "" || c.MaxAge < 0 || !c.Expires.IsZero() && c.Expires.Before(time.Now()) {
			delete(v.set, c.Name)
			continue
		}
		v.set[c.Name] = c
	}
}

// reason says for a learner why there was no answer.
func reason(ctx context.Context, err error) error {
	var op *net.OpError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &op) && op.Op == "dial":
		return errors.New("nothing: no app listens there, so start it first")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &op):
		return errors.New("a connection that the app closed before it had answered; see what it printed")
	}
	return errors.New("no answer that the check can read: " + printable(err.Error()))
}

// got says what came back, in one line.
func (a *answer) got() string {
	switch {
	case a.location != nil:
		return fmt.Sprintf("%d to %s", a.status, printable(a.path())) + a.note
	case strings.TrimSpace(a.body) == "":
		return fmt.Sprintf("%d and an empty page", a.status) + a.note
	}
	return fmt.Sprintf("%d %s", a.status, printable(gist(a.body))) + a.note
}

// gist is the title of a page, which frameworks let say what went wrong, or else the text as
// it is.
func gist(body string) string {
	root, err := html.Parse(strings.NewReader(body))
	if err != nil || !strings.Contains(body, "<") {
		return body
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "title" && n.FirstChild != nil {
			return "a page “" + strings.TrimSpace(n.FirstChild.Data) + "”"
		}
	}
	return body
}

// path is where the answer redirects to: without the host if that is the app's own.
func (a *answer) path() string {
	if a.location.Scheme == a.at.Scheme && a.location.Host == a.at.Host {
		return a.location.RequestURI()
	}
	return a.location.String()
}

// json decodes the body of a 200 answer and reports whether it has the shape of dst.
func (a *answer) json(dst any) bool {
	return a.status == http.StatusOK && json.Unmarshal([]byte(a.body), dst) == nil
}

// ok reports whether a form was taken: with a page, or with a redirect on the app's host.
func (a *answer) ok() bool { return a.note == "" && a.status >= 200 && a.status < 400 }

// printable makes one line of text from outside, without what a terminal would obey.
func printable(text string) string {
	const most = 500
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' })
	line := []rune(strings.Join(words, " "))
	if len(line) > most {
		return string(line[:most]) + " …"
	}
	return string(line)
}

// form is what a browser knows of a form before anybody types.
type form struct {
	action string
	hidden url.Values
}

// findForm returns the page's first form that is sent by POST.
func findForm(page string) (form, bool) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return form{}, false
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && strings.EqualFold(attribute(n, "method"), "post") {
			f := form{attribute(n, "action"), url.Values{}}
			for field := range n.Descendants() {
				if field.Data == "input" && strings.EqualFold(attribute(field, "type"), "hidden") {
					f.hidden.Add(attribute(field, "name"), attribute(field, "value"))
				}
			}
			return f, true
		}
	}
	return form{}, false
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
