package learners

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"net/http"
	"strings"
	"time"
)

const (
	cookieAge = 400 * 24 * time.Hour // as long as browsers keep any cookie
	linkAge   = 15 * time.Minute
)

// From returns the learner who sent r, and whether one did. A cookie that this site did not
// make is nobody's, and in a class so is that of a learner who was removed.
func (s *Store) From(r *http.Request) (Learner, bool) {
	c, err := r.Cookie(s.o.Cookie)
	if err != nil {
		return Learner{}, false
	}
	text, at, err := s.cookies.Unsign(c.Value)
	if err != nil || time.Since(at) > cookieAge {
		return Learner{}, false
	}
	id, browser, _ := strings.Cut(text, ".")
	l := Learner{ID: id}
	if s.o.Class {
		if l, err = s.Get(r.Context(), id); err != nil {
			return Learner{}, false
		}
	}
	l.Browser = browser
	return l, true
}

// Alone reports whether learners are alone here: this is no class.
func (s *Store) Alone() bool { return !s.o.Class }

// Solo returns the learner who sent r, and makes one who learns alone if there is none. The
// cookie is all that is made: nothing is stored. It must be called before the first byte of
// the answer. In a class it makes nobody and returns [ErrNotFound].
func (s *Store) Solo(w http.ResponseWriter, r *http.Request) (Learner, error) {
	if l, ok := s.From(r); ok {
		return l, nil
	}
	if s.o.Class {
		return Learner{}, ErrNotFound
	}
	return s.SetCookie(w, r, Learner{ID: rand.Text()}), nil
}

// SetCookie has the browser be this learner's, and returns the learner with the browser. One
// that is the learner's already stays the same browser.
func (s *Store) SetCookie(w http.ResponseWriter, r *http.Request, l Learner) Learner {
	l.Browser = rand.Text()
	if now, ok := s.From(r); ok && now.ID == l.ID {
		l.Browser = now.Browser
	}
	s.send(w, r, s.cookies.Sign(l.ID+"."+l.Browser, time.Now()), int(cookieAge/time.Second))
	return l
}

// ClearCookie has the browser be nobody's.
func (s *Store) ClearCookie(w http.ResponseWriter, r *http.Request) { s.send(w, r, "", -1) }

func (s *Store) send(w http.ResponseWriter, r *http.Request, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: s.o.Cookie, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.o.Secure(r),
	})
}

// Link returns a text that makes another browser the same learner's for a quarter of an hour,
// see [Store.Follow]. It is for who learns alone; in a class there is the personal code.
func (s *Store) Link(l Learner) string { return s.links.Sign(l.ID, time.Now()) }

// Follow returns the learner whose [Store.Link] it is, for [Store.SetCookie], or [ErrCode].
func (s *Store) Follow(link string) (Learner, error) {
	id, at, err := s.links.Unsign(link)
	if err != nil || time.Since(at) > linkAge || s.o.Class {
		return Learner{}, ErrCode
	}
	return Learner{ID: id}, nil
}

// Code returns the learner's personal code, eight characters with a dash in the middle. It
// follows from the secret and the id, so that it is stored nowhere and can be shown again.
func (s *Store) Code(l Learner) string { return code(s.codes[0], l.ID) }

// Return returns the learner of this name for another browser, for [Store.SetCookie]. It
// returns [ErrCode], and a [*limit.Refused] after too many wrong codes for one name.
func (s *Store) Return(ctx context.Context, name, typed string) (Learner, error) {
	_, folded, err := usable(name)
	if err != nil {
		return Learner{}, ErrCode
	}
	if err := s.guesses.Take(folded); err != nil {
		return Learner{}, err
	}
	l, err := s.one(ctx, `folded_name = ?`, folded)
	if errors.Is(err, ErrNotFound) {
		return Learner{}, ErrCode
	}
	if err != nil {
		return Learner{}, err
	}
	typed = plain.Replace(strings.ToUpper(typed))
	for _, key := range s.codes {
		if hmac.Equal([]byte(plain.Replace(code(key, l.ID))), []byte(typed)) {
			return l, nil
		}
	}
	return Learner{}, ErrCode
}

// plain takes out what people put between the characters of a code, and puts right what they
// take for one of them.
var plain = strings.NewReplacer("-", "", " ", "", "0", "O", "1", "I")

func codeKey(secret string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("sessionlab.learners.code"))
	return mac.Sum(nil)
}

func code(key []byte, id string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id))
	text := base32.StdEncoding.EncodeToString(mac.Sum(nil))
	return text[:4] + "-" + text[4:8]
}
