// Package class is a workshop in one room: who may come in, what the teacher shows to all,
// what everybody is doing, and the experiments that the whole room takes part in.
//
// A [Room] holds what is live in memory. What has to outlive a restart, the learners, their
// progress, their answers, the join code, is in tables.
package class

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/handlers/learners"
	"sessionlab/handlers/limit"
	"sessionlab/handlers/missions"
	"sessionlab/sessions/signing"
	"sessionlab/views"
)

var (
	// ErrCode: this is not the join code of the class, or not the teacher's code.
	ErrCode = errors.New("class: wrong code")
	// ErrLocked: the teacher lets nobody in any more.
	ErrLocked = errors.New("class: the door is closed")
	// ErrBusy: an experiment is running, and there is one at a time.
	ErrBusy = errors.New("class: an experiment is running")
	// ErrOver: what this was meant for is over, such as a question or an experiment.
	ErrOver = errors.New("class: it is over")
	// ErrUnavailable: the database does not answer. Nothing was changed.
	ErrUnavailable = errors.New("class: unavailable")
)

// Teacher is the teacher's id among the learners'.
const Teacher = ""

// Options are what a class needs beside its learners.
type Options struct {
	// Secret is what the codes follow from.
	Secret string
	// Missions are how far everybody has come.
	Missions *missions.Store
	// Chapter is the title of the chapter that a path belongs to, "" for none.
	Chapter func(path string) string
}

// Room is the class. It is safe for concurrent use.
type Room struct {
	Learners *learners.Store
	db       *database.DB
	o        Options
	cookies  *signing.Signer // the teacher's
	joins    *limit.Buckets  // tries at the join code, by network
	teachers *limit.Buckets  // tries at the teacher's code, by network
	clicks   *limit.Buckets  // in an experiment, by learner

	mu     sync.Mutex
	group  int64 // how many classes there were in this directory
	epoch  int64 // a teacher's cookie is good for one
	locked bool
	seats  map[string]*seat
	live   []happening // the latest of all, the newest last
	show   show
	run    *run
	stolen *loan
	moved  int64 // rises with every change of show, run and stolen

	hub  hub
	gate Gate
	url  string        // where learners join
	qr   views.ClassQR // of it, with the join code
}

// New opens the class, as the tables have it.
func New(ctx context.Context, db *database.DB, l *learners.Store, o Options) (*Room, error) {
	cookies, err := signing.New("sessionlab.class.teacher", o.Secret)
	if err != nil {
		return nil, fmt.Errorf("class: %w", err)
	}
	c := &Room{
		Learners: l, db: db, o: o, cookies: cookies, seats: map[string]*seat{},
		joins: limit.NewBuckets(limit.JoinCodes), teachers: limit.NewBuckets(limit.TeacherCodes),
		clicks: limit.NewBuckets(limit.RoomClicks),
	}
	c.hub.init()
	if c.group, err = c.state(ctx, "group"); err != nil {
		return nil, err
	}
	if c.epoch, err = c.state(ctx, "epoch"); err != nil {
		return nil, err
	}
	return c, nil
}

// Gate stands in front of the engines of the class.
func (c *Room) Gate() *Gate { return &c.gate }

// Open tells at which address of the server the others in the room reach it.
func (c *Room) Open(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.url = url + "join/"
	c.qr = QR(c.url + "?code=" + c.joinCode())
}

// URL is where learners join.
func (c *Room) URL() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.url
}

// letters are what codes are made of: none that looks like another.
const letters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// code is a code of n characters that follows from the secret.
func (c *Room) code(what string, n int) string {
	mac := hmac.New(sha256.New, []byte(c.o.Secret))
	mac.Write([]byte("sessionlab.class." + what))
	text := make([]byte, n)
	for i, b := range mac.Sum(nil)[:n] {
		text[i] = letters[int(b)%len(letters)]
	}
	return string(text)
}

// JoinCode is what learners type to come in: six characters with a dash in the middle. Every
// group has another one.
func (c *Room) JoinCode() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.joinCode()
}

func (c *Room) joinCode() string {
	text := c.code(fmt.Sprint("join.", c.group), 6)
	return text[:3] + "-" + text[3:]
}

// TeacherCode is the teacher's: sixteen characters in four parts, some 79 bits.
func (c *Room) TeacherCode() string {
	t := c.code("teacher", 16)
	return t[:4] + "-" + t[4:8] + "-" + t[8:12] + "-" + t[12:]
}

// Join lets somebody in who knows the join code. It returns [ErrCode], [ErrLocked], a
// [*limit.Refused] after too many tries from one network, and the errors of [learners.Store.Join].
func (c *Room) Join(ctx context.Context, network, code, name string) (learners.Learner, error) {
	if err := c.joins.Take(network); err != nil {
		return learners.Learner{}, err
	}
	if !same(code, c.JoinCode()) {
		return learners.Learner{}, ErrCode
	}
	if c.isLocked() {
		return learners.Learner{}, ErrLocked
	}
	l, _, err := c.Learners.Join(ctx, name)
	return l, err
}

func (c *Room) isLocked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.locked
}

// Lock closes the door to newcomers, or opens it.
func (c *Room) Lock(locked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.locked = locked
	c.change()
}

// same compares what somebody typed with a code, in a time that tells nothing.
func same(typed, code string) bool {
	return hmac.Equal([]byte(bare(typed)), []byte(bare(code)))
}

// bare leaves out what people put between the characters of a code.
func bare(code string) string {
	text := make([]rune, 0, len(code))
	for _, r := range code {
		switch {
		case r == '-' || r == ' ':
		case 'a' <= r && r <= 'z':
			text = append(text, r-'a'+'A')
		default:
			text = append(text, r)
		}
	}
	return string(text)
}

const (
	teacherCookie = "class_teacher"
	teacherAge    = 12 * time.Hour
)

// SignIn has the browser be the teacher's if code is the teacher's. It returns [ErrCode], or
// a [*limit.Refused] after too many tries from one network.
func (c *Room) SignIn(w http.ResponseWriter, network, code string) error {
	if err := c.teachers.Take(network); err != nil {
		return err
	}
	if !same(code, c.TeacherCode()) {
		return ErrCode
	}
	c.mu.Lock()
	epoch := c.epoch
	c.mu.Unlock()
	c.send(w, c.cookies.Sign(fmt.Sprint(epoch), time.Now()), int(teacherAge/time.Second))
	return nil
}

// IsTeacher reports whether the teacher's browser sent r.
func (c *Room) IsTeacher(r *http.Request) bool {
	cookie, err := r.Cookie(teacherCookie)
	if err != nil {
		return false
	}
	text, at, err := c.cookies.Unsign(cookie.Value)
	c.mu.Lock()
	defer c.mu.Unlock()
	return err == nil && time.Since(at) < teacherAge && text == fmt.Sprint(c.epoch)
}

// SignOutEverywhere ends the teacher's sign-in on every machine.
func (c *Room) SignOutEverywhere(ctx context.Context, w http.ResponseWriter) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.setState(ctx, "epoch", c.epoch+1); err != nil {
		return err
	}
	c.epoch++
	c.send(w, "", -1)
	return nil
}

func (c *Room) send(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: teacherCookie, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// change has the screens drawn again. The caller holds the lock.
func (c *Room) change() { c.moved++ }

// Welcome tells the teacher what to do first. The code stands in the link's fragment, which
// browsers send to no server, so that no log and no Referer has it.
func (c *Room) Welcome(w io.Writer) {
	url := c.URL()
	teach := strings.TrimSuffix(url, "join/") + "teach/"
	fmt.Fprintf(w, `
  The class is open.

  Learners join at   %s
  with the code      %s

  You teach at       %s#%s
  (the part after # is your code: whoever has it is the teacher)

  Others see the engine room of their own sessions, over plain HTTP: use a network that you
  trust, and no password that is used elsewhere. Ctrl+C stops it; "class --resume" goes on.

`, url, c.JoinCode(), teach, c.TeacherCode())
}
