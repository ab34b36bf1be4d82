package panel

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"sessionlab/views"
)

// asTold writes a request as far as net/http has kept it: the header names in their usual
// case, in the order of the alphabet.
func asTold(r *http.Request) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s\r\n", r.Method, r.RequestURI, r.Proto)
	fmt.Fprintf(&b, "Host: %s\r\n", r.Host)
	_ = r.Header.Write(&b) // memory: it cannot fail
	b.WriteString("\r\n")
	return b.String()
}

// willSend writes the head of a response as net/http is about to send it: the headers in
// the order of the alphabet, then what the server adds itself. A body without a length is
// sent in chunks, as every page is that is longer than net/http's buffer.
func willSend(r *http.Request, status int, h http.Header) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/%d.%d %03d %s\r\n", r.ProtoMajor, min(r.ProtoMinor, 1), status, http.StatusText(status))
	_ = h.Write(&b)
	if h.Get("Date") == "" {
		fmt.Fprintf(&b, "Date: %s\r\n", time.Now().UTC().Format(http.TimeFormat))
	}
	bodyless := r.Method == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified
	sized := h.Get("Content-Length") != ""
	if status >= 300 && status < 400 && !bodyless && !sized {
		b.WriteString("Content-Length: 0\r\n") // a redirect of this app has no body
		sized = true
	}
	if r.Close && r.ProtoAtLeast(1, 1) && h.Get("Connection") == "" {
		b.WriteString("Connection: close\r\n")
	}
	if !bodyless && !sized && r.ProtoAtLeast(1, 1) {
		b.WriteString("Transfer-Encoding: chunked\r\n")
	}
	b.WriteString("\r\n")
	return b.String()
}

const (
	exactNote = "As it came in, byte for byte, except for what is covered."
	toldNote  = "As the server's HTTP library tells it, which keeps neither the order nor the case of the header names."
	sentNote  = "As it went out, byte for byte, except for what is covered."
	soonNote  = "As the server is about to send it with this page, except for what is covered."
	ownNote   = " The cookie " + ticketCookie + " is this panel's own: it brings the story of a click to the next page."
)

// sent is the request as its visitor may see it. What was found to be secret in it is
// secret in the response too.
func (t *trace) sent(own string) (views.Wire, []string) {
	c := cover{own: own}
	for _, before := range t.lead { // an address may come back as the next request's Referer
		c.secrets = append(c.secrets, before.secrets...)
	}
	w := views.Wire{Note: toldNote}
	text := t.received
	if text != "" {
		w.Note = exactNote
	} else {
		text = t.told
	}
	c.head(text)
	body := len(c.lines)
	var note string
	if t.form != nil {
		t.form.mu.Lock()
		text, more := string(t.form.text), t.form.more
		t.form.mu.Unlock()
		switch {
		case text == "" && t.length != 0:
			note = "The handler did not read the form."
		case more:
			note = fmt.Sprintf("The form goes on; its first %d bytes are shown.", maxForm)
		}
		if text != "" {
			c.lines = append(c.lines, views.WireLine{Known: true, Parts: c.form(text)})
		}
	} else if t.length != 0 {
		note = "The body is no plain form, and is not shown."
	}
	lines := c.seal()
	w.Note = noted(w.Note, text)
	w.Lines, w.Body, w.BodyNote = lines[:body], lines[body:], note
	return w, c.secrets
}

// answered is the response's head, with what is secret covered, and all that is secret so far.
func answered(head, note, own string, secrets []string) (views.Wire, []string) {
	c := cover{own: own, secrets: slices.Clone(secrets)}
	c.head(head)
	return views.Wire{Lines: c.seal(), Note: noted(note, head)}, c.secrets
}

// noted explains the panel's own cookie where a message carries it.
func noted(note, head string) string {
	if strings.Contains(head, ticketCookie+"=") {
		note += ownNote
	}
	return note
}

// cookieRows explains the session cookie that a response sets, attribute by attribute.
func cookieRows(h http.Header, name string) []views.Row {
	var sent *http.Cookie
	for _, line := range h["Set-Cookie"] {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == name {
			sent = c
		}
	}
	if sent == nil {
		return nil
	}
	if sent.MaxAge < 0 {
		return []views.Row{
			{Label: "value", Value: "empty: the browser deletes the cookie"},
			{Label: "Max-Age", Value: "0: at once"},
			{Label: "Path", Value: sent.Path + ": the same as when it was set, or the browser would keep it"},
		}
	}
	httpOnly := yes(sent.HttpOnly, "scripts on the page cannot read it", "any script on the page can read it")
	secure := yes(sent.Secure, "it is sent over HTTPS only", "fine on your own computer, wrong anywhere else")
	rows := []views.Row{
		{Label: "HttpOnly", Value: httpOnly},
		{Label: "SameSite", Value: sameSite(sent.SameSite)},
		{Label: "Secure", Value: secure},
		{Label: "Path", Value: sent.Path + ": it is sent with every page below this path"},
	}
	if sent.Domain != "" {
		rows = append(rows, views.Row{Label: "Domain", Value: sent.Domain + ": it is sent to all hosts of this domain"})
	}
	if sent.MaxAge > 0 {
		age := span(time.Duration(sent.MaxAge) * time.Second)
		text := fmt.Sprintf("%d: the browser deletes it after %s", sent.MaxAge, age)
		return append(rows, views.Row{Label: "Max-Age", Value: text})
	}
	return append(rows, views.Row{Label: "Max-Age", Value: "none: the browser deletes it when it is closed"})
}

func yes(is bool, yes, no string) string {
	if is {
		return "yes: " + yes
	}
	return "no: " + no
}

func sameSite(s http.SameSite) string {
	switch s {
	case http.SameSiteStrictMode:
		return "Strict: not sent when another site sends the visitor here"
	case http.SameSiteLaxMode:
		return "Lax: not sent with forms of other sites"
	case http.SameSiteNoneMode:
		return "None: sent with every request, whichever site causes it"
	}
	return "not set: the browser decides"
}

// span is a length of time in its two largest units.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	if d < 0 {
		return "no time"
	}
	days, d := d/(24*time.Hour), d%(24*time.Hour)
	hours, d := d/time.Hour, d%time.Hour
	minutes, seconds := d/time.Minute, d%time.Minute/time.Second
	switch {
	case days > 0 && hours == 0:
		return views.Count(int(days), "day", "days")
	case days > 0:
		return fmt.Sprintf("%s %d h", views.Count(int(days), "day", "days"), hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min %d s", minutes, seconds)
	}
	return fmt.Sprintf("%d s", seconds)
}

// took is a duration as the page shows it.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

// prefersHTML reports whether a request comes from somebody who looks at pages, rather than
// from a program.
func prefersHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}
