package attack

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sessionlab/handlers/accounts"
	"sessionlab/sessions"
	"sessionlab/sessions/signedcookies"
	"sessionlab/views"
)

// hijack sends the visitor's cookie from another browser, which only reads.
func hijack(l Lab) (Outcome, error) {
	a := l.with(l.Session.Key()).get(l.anEntry())
	return came(a, a.value() == ""), nil
}

// anEntry is the name of one entry of the visitor's session: one of the layer's own only
// where there is no other.
func (l Lab) anEntry() (name string) {
	for one := range l.Session.Items() {
		if name == "" || strings.HasPrefix(name, "_") {
			name = one
		}
	}
	return name
}

// replay copies the cookie, ends the session as a sign-out does, and sends the copy.
func replay(l Lab, ctx context.Context, twin *sessions.Session) (Outcome, error) {
	if err := end(ctx, twin.Manager(), twin.Key()); err != nil {
		return Outcome{}, err
	}
	a := l.with(twin.Key()).get(twinEntry)
	return came(a, a.value() == ""), nil
}

// fixation has an attacker begin a session and plant its cookie in a victim's browser. The
// victim signs in, and the attacker asks for the account with the cookie from before.
func fixation(l Lab) (Outcome, error) {
	demo := accounts.DemoAccounts()[0]
	attacker := l.browser()
	attacker.set(twinEntry, "planted")
	planted := attacker.session()
	defer attacker.send("/lab/flush", url.Values{}) // gone already, unless the attack succeeds
	victim := l.with(planted)
	in := victim.send("/login/", url.Values{"username": {demo.Name}, "password": {demo.Password}})
	if planted == "" || in.status != http.StatusSeeOther {
		return Outcome{}, fmt.Errorf("%w: the demo account's sign-in answered %d", ErrNotRun, in.status)
	}
	a := l.with(planted).send("/account/", nil)
	if to := a.header.Get("Location"); to != "" {
		a.body = "to " + to
	}
	blocked := a.status != http.StatusOK
	victim.send("/logout/", url.Values{})
	return came(a, blocked), nil
}

// unknown plants a key that nobody issued, and looks whether the session that begins then
// gets it. Where the key is the data, it is signed with another secret.
func unknown(l Lab) (Outcome, error) {
	key := sessions.NewKey()
	if l.Session.Manager().Traits().InCookie {
		e, err := signedcookies.New(signedcookies.Config{Secret: key + sessions.NewKey()})
		if err != nil {
			return Outcome{}, fmt.Errorf("forge a cookie: %w", err)
		}
		now := time.Now()
		key, err = e.Create(context.Background(), sessions.Record{
			Data: []byte(`{"` + twinEntry + `":true}`), Saved: now, Expires: now.Add(time.Hour),
		})
		if err != nil {
			return Outcome{}, fmt.Errorf("forge a cookie: %w", err)
		}
	}
	seen := l.with(key).get(twinEntry)
	victim := l.with(key)
	victim.set("begun", "yes")
	adopted := victim.session() == key
	victim.send("/lab/flush", url.Values{})
	return came(seen, seen.value() == "" && !adopted), nil
}

// flip sends the visitor's cookie with one bit turned over: of the last character where what
// comes out still has the shape of a key, so that it is not refused by its looks alone.
func flip(l Lab) (Outcome, error) {
	m, key := l.Session.Manager(), l.Session.Key()
	shaped := sessions.ValidKey
	if c, ok := m.Config().Engine.(sessions.KeyChecker); ok {
		shaped = c.ValidKey
	}
	for i := len(key) - 1; i >= 0; i-- {
		b := []byte(key)
		if b[i] ^= 1; shaped(string(b)) {
			key = string(b)
			break
		}
	}
	a := l.with(key).get(l.anEntry())
	return came(a, a.value() == ""), nil
}

// tamper puts other data into the cookie, and leaves time and signature as they are.
func tamper(l Lab) (Outcome, error) {
	data := base64.RawURLEncoding.EncodeToString([]byte(`{"` + twinEntry + `":true}`))
	_, rest, _ := strings.Cut(l.Session.Key(), ":") // of an encrypted cookie nothing is left
	a := l.with(data + ":" + rest).get(twinEntry)
	return came(a, a.value() == ""), nil
}

// forged sends a form with the victim's cookie, as a browser does for a page of another
// site that SameSite does not stop.
func forged(l Lab, _ context.Context, twin *sessions.Session) (Outcome, error) {
	victim := l.with(twin.Key())
	a := victim.set("forged", "yes", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	return came(a, victim.get("forged").value() == ""), nil
}

// script looks at how a new session's cookie is sent: without HttpOnly, every script on a
// page can read it.
func script(l Lab) (Outcome, error) {
	victim := l.browser()
	a := victim.set(twinEntry, "yes")
	blocked := false
	for _, line := range a.header["Set-Cookie"] {
		name, attributes, _ := strings.Cut(line, ";")
		if strings.HasPrefix(name, l.cookieName()+"=") {
			a.body = "Set-Cookie: " + l.cookieName() + "=••••;" + attributes
			blocked = strings.Contains(attributes, "; HttpOnly")
		}
	}
	victim.send("/lab/flush", url.Values{})
	o := came(a, blocked)
	o.Came = views.Clip(a.body, 2*maxCame) // to the last attribute
	return o, nil
}

// oversized sends a cookie of more bytes than browsers would.
func oversized(l Lab, _ context.Context, twin *sessions.Session) (Outcome, error) {
	const size = 2 * signedcookies.Limit
	a := l.with(twin.Key() + strings.Repeat("a", size-len(twin.Key()))).get(twinEntry)
	return came(a, a.value() == "" && a.status < http.StatusInternalServerError), nil
}

// expire lets the time of the session run out, and sends its cookie.
func expire(l Lab, _ context.Context, twin *sessions.Session) (Outcome, error) {
	if err := sessions.LetPass(twin, time.Hour); err != nil {
		return Outcome{}, err
	}
	a := l.with(twin.Key()).get(twinEntry)
	return came(a, a.value() == ""), nil
}

// remove deletes the record, and sends the cookie.
func remove(l Lab, ctx context.Context, twin *sessions.Session) (Outcome, error) {
	if err := twin.Manager().Config().Engine.Delete(ctx, twin.Key()); err != nil {
		return Outcome{}, err
	}
	a := l.with(twin.Key()).get(twinEntry)
	return came(a, a.value() == ""), nil
}
