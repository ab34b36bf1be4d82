package panel

import (
	"net/url"
	"slices"
	"strings"

	"sessionlab/views"
)

// dots stand for what is covered. Their number says nothing of its length.
const dots = "••••••••"

// covered is a key of which one sees enough to recognise it: a quarter, and at most eight
// characters, so that more stays hidden than anybody can guess.
func covered(key string) string {
	if key == "" {
		return ""
	}
	return strings.ToValidUTF8(key[:min(8, len(key)/4)], "") + dots
}

// secretWords mark a name whose value is nobody's business, in lower case.
var secretWords = []string{
	"pass", "pwd", "secret", "token", "auth", "credential", "csrf", "session", "api-key", "apikey", "otp",
}

// secretName reports whether what goes under name is to be covered: password, old_password,
// new_password1, csrfmiddlewaretoken, Authorization, X-Api-Key and their like.
func secretName(name string) bool {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	name = strings.ToLower(name)
	for _, word := range secretWords {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// cover turns text of a request or a response into lines whose secrets are covered. It
// collects them on the way, so that [cover.seal] can cover them wherever else they stand.
type cover struct {
	own     string // the name of the session cookie, whose value its owner may uncover
	secrets []string
	lines   []views.WireLine
}

// hide covers value; with whole, its owner may uncover it.
func (c *cover) hide(value string, own bool) views.WirePart {
	bare := strings.Trim(value, `"`)
	if bare == "" {
		return views.WirePart{Text: value}
	}
	c.secrets = append(c.secrets, value, bare)
	if plain, err := url.QueryUnescape(bare); err == nil {
		c.secrets = append(c.secrets, plain)
	}
	if own {
		return views.WirePart{Text: covered(bare), Own: value}
	}
	return views.WirePart{Text: dots}
}

// head covers the head of a message: its first line and its headers.
func (c *cover) head(text string) {
	name := ""
	for i, line := range strings.Split(strings.TrimRight(text, "\r\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if i == 0 {
			c.lines = append(c.lines, views.WireLine{Known: true, Parts: c.address(line)})
			continue
		}
		if line != "" && (line[0] == ' ' || line[0] == '\t') { // goes on with the header above
			part := views.WirePart{Text: line}
			if isCookie(name) || secretName(name) {
				part = c.hide(line, false)
			}
			c.lines = append(c.lines, views.WireLine{Parts: []views.WirePart{part}})
			continue
		}
		var value string
		var ok bool
		if name, value, ok = strings.Cut(line, ":"); !ok {
			c.lines = append(c.lines, views.WireLine{Parts: []views.WirePart{c.hide(line, false)}})
			continue
		}
		c.lines = append(c.lines, c.header(name, value))
	}
}

func isCookie(header string) bool {
	header = strings.TrimSpace(header)
	return strings.EqualFold(header, "Cookie") || strings.EqualFold(header, "Set-Cookie")
}

// known are the headers that a lesson on sessions is about; the others are folded.
var known = map[string]bool{
	"host": true, "cookie": true, "origin": true, "referer": true, "content-type": true, "content-length": true,
	"sec-fetch-site": true, "location": true, "set-cookie": true, "vary": true, "cache-control": true, "retry-after": true,
}

func (c *cover) header(name, value string) views.WireLine {
	line := views.WireLine{Known: known[strings.ToLower(name)], Parts: []views.WirePart{{Text: name + ":"}}}
	add := func(parts ...views.WirePart) { line.Parts = append(line.Parts, parts...) }
	switch {
	case strings.EqualFold(name, "Cookie"):
		for i, pair := range strings.Split(value, ";") {
			if i > 0 {
				add(views.WirePart{Text: ";"})
			}
			parts, own := c.pair(pair)
			add(parts...)
			line.Mark = line.Mark || own
		}
	case strings.EqualFold(name, "Set-Cookie"):
		pair, attributes, _ := strings.Cut(value, ";")
		parts, own := c.pair(pair)
		add(parts...)
		if len(value) > len(pair) {
			add(views.WirePart{Text: ";" + attributes})
		}
		line.Mark = own
	case secretName(name):
		value = strings.TrimLeft(value, " ")
		scheme, credentials, ok := strings.Cut(value, " ") // Basic, Bearer
		if ok && len(scheme) < 10 {
			add(views.WirePart{Text: " " + scheme + " "}, c.hide(credentials, false))
		} else {
			add(views.WirePart{Text: " "}, c.hide(value, false))
		}
	default:
		add(c.address(value)...)
	}
	return line
}

// pair covers the value of a cookie, and reports whether it is the session's.
func (c *cover) pair(pair string) ([]views.WirePart, bool) {
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		space := pair[:len(pair)-len(strings.TrimLeft(pair, " "))]
		return []views.WirePart{{Text: space}, c.hide(pair[len(space):], false)}, false
	}
	own := c.own != "" && strings.Trim(name, " \t") == c.own
	return []views.WirePart{{Text: name + "="}, c.hide(value, own)}, own
}

// address covers what may be secret in a text with an address in it: the user's part of it
// and the values of its query.
func (c *cover) address(text string) (parts []views.WirePart) {
	if i := strings.Index(text, "://"); i >= 0 {
		authority := text[i+3:]
		authority = authority[:strings.IndexAny(authority+"/", "/?#")]
		if at := strings.LastIndex(authority, "@"); at > 0 {
			parts = append(parts, views.WirePart{Text: text[:i+3]}, c.hide(authority[:at], false))
			text = text[i+3+at:]
		}
	}
	path, query, ok := strings.Cut(text, "?")
	parts = append(parts, views.WirePart{Text: path})
	if !ok {
		return parts
	}
	parts = append(parts, views.WirePart{Text: "?"})
	query, end, _ := strings.Cut(query, " ") // the protocol, in the first line of a request
	parts = append(parts, c.form(query)...)
	if end != "" {
		parts = append(parts, views.WirePart{Text: " " + end})
	}
	return parts
}

// form covers the values of a form, in an address or in a body.
func (c *cover) form(text string) (parts []views.WirePart) {
	for i, pair := range strings.Split(text, "&") {
		if i > 0 {
			parts = append(parts, views.WirePart{Text: "&"})
		}
		name, value, ok := strings.Cut(pair, "=")
		if ok && secretName(name) {
			parts = append(parts, views.WirePart{Text: name + "="}, c.hide(value, false))
		} else {
			parts = append(parts, views.WirePart{Text: pair})
		}
	}
	return parts
}

// leastSecret is how long a secret must be to be looked for in the rest of the text: a
// shorter one would take whole words with it.
const leastSecret = 4

// seal covers the secrets that were found wherever else they stand, and returns the lines.
func (c *cover) seal() []views.WireLine {
	slices.SortFunc(c.secrets, func(a, b string) int { return len(b) - len(a) }) // the whole before its parts
	for i := range c.lines {
		for j := range c.lines[i].Parts {
			part := &c.lines[i].Parts[j]
			if part.Own == "" {
				part.Text = c.clean(part.Text)
			}
		}
	}
	return c.lines
}

// clean covers every secret that was found in text.
func (c *cover) clean(text string) string {
	for _, secret := range c.secrets {
		if len(secret) >= leastSecret && !strings.Contains(dots, secret) {
			text = strings.ReplaceAll(text, secret, dots)
		}
	}
	return strings.ToValidUTF8(text, "\ufffd")
}
