// Package limit holds every rate and size limit of the app: the table of them is at the top
// of this file. Below it are the three things that enforce them: [Buckets] bounds how often
// somebody does something, [Places] how many do something at once, and [Bodies] how much
// they send. What is refused is refused with a [Refused], which says why in plain English
// and when to come back.
package limit

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Rates. Each is a token bucket: Burst at once, and Burst more in the course of Per, evenly.
// A network is an IPv4 address or an IPv6 /56, see [Network].
var (
	// NewSessions bounds how many sessions a network begins: each costs the store a record,
	// and asking for one costs nothing. Enough for a large school behind one address.
	// SESSION_CREATE_LIMIT sets it.
	NewSessions = Rate{600, time.Minute}

	// SignUps bounds how many accounts a network asks for: enough for a class, and too few
	// to fill the table or to find out which names are taken.
	SignUps = Rate{100, time.Hour}

	// FailuresPerName bounds the wrong passwords that one network tries at one name. It is
	// tight, since that is what guessing looks like. SIGNIN_NAME_LIMIT sets it.
	FailuresPerName = Rate{10, 10 * time.Minute}

	// FailuresPerNetwork bounds the wrong passwords that one network tries at all names. It
	// is wide: a class behind one address makes many typing errors. SIGNIN_NETWORK_LIMIT
	// sets it.
	FailuresPerNetwork = Rate{200, 10 * time.Minute}

	// FailuresPerAccount bounds the wrong passwords that all networks together try at one
	// name. NIST SP 800-63B wants at most 100 in a row. SIGNIN_ACCOUNT_LIMIT sets it.
	FailuresPerAccount = Rate{100, time.Hour}

	// FailuresPerDevice bounds the wrong passwords from a browser that has signed in to the
	// account before. What others get wrong does not count for it.
	FailuresPerDevice = Rate{10, 10 * time.Minute}

	// JoinCodes bounds the tries at a class's join code from one network: enough for a room
	// behind one address, and too few to guess one of 887 million.
	JoinCodes = Rate{200, 10 * time.Minute}

	// TeacherCodes bounds the tries at the teacher's code from one network.
	TeacherCodes = Rate{10, 10 * time.Minute}

	// LearnerRequests bounds what one learner asks of a class's server, all browsers together.
	LearnerRequests = Rate{120, 10 * time.Second}

	// RoomClicks bounds a learner's clicks on the counter for everybody: as fast as a finger.
	RoomClicks = Rate{12, time.Second}

	// LoggedEvents bounds the lines that one kind of session event adds to the log and the
	// live feed.
	LoggedEvents = Rate{1000, 20 * time.Second}

	// LoggedNoise is LoggedEvents for the kinds that anybody can cause at no cost, such as
	// an unknown session key: ten thousand invented cookies must not be ten thousand lines.
	LoggedNoise = Rate{300, 300 * time.Second}

	// LoggedCorrupt bounds the lines about one record that cannot be read: it stays in the
	// store, and every request that reads it finds it again.
	LoggedCorrupt = Rate{1, time.Minute}
)

// Numbers at once.
const (
	// Requests are worked on at once. More would queue up at the store, which is scarce.
	Requests = 512
	// RequestWait is how long one more request waits for its turn: crowds are often over in
	// a moment, but a queue without an end would serve nobody.
	RequestWait = 2 * time.Second
	// LargeBodies are received at once, of those above SmallBody: it bounds the memory that
	// slow senders hold. They wait RequestWait too.
	LargeBodies = 128
	// Streams and StreamsPerClient are live feeds open at once; a class behind one address
	// is one client.
	Streams, StreamsPerClient = 1000, 250
	// LearnerAtOnce are the requests of one learner of a class that are worked on at once, and
	// LearnerStreams the feeds that one learner has open.
	LearnerAtOnce, LearnerStreams = 12, 8
	// PasswordWait is how long a sign-in waits for a free core: a hash takes 19 MiB and a
	// core, so there is one hash at a time per core.
	PasswordWait = 10 * time.Second
	// MaxDelay is the longest pause before a guess that follows many wrong ones.
	MaxDelay = 2 * time.Second
)

// Sizes, in bytes unless said otherwise.
const (
	// FormBody is the most that a request's body may hold: forms here are small.
	FormBody = 64 << 10
	// SmallBody is what everybody may send at leisure, without taking a place.
	SmallBody = 16 << 10
	// Headers is the most that a request's headers may hold, cookies included.
	Headers = 32 << 10
	// MinPassword and MaxPassword are the length of a password in characters. NIST SP
	// 800-63B asks for 8 at least and to allow 64; the upper end keeps hashing cheap.
	MinPassword, MaxPassword = 8, 1024
)

// How long a client may take. A slow client holds a connection and nothing else, but there
// is no end to how many connections one can open.
const (
	HeaderTimeout = 5 * time.Second   // to send its headers
	ReadTimeout   = 15 * time.Second  // to send its whole request
	WriteTimeout  = 30 * time.Second  // to receive its answer; streams set their own
	IdleTimeout   = 120 * time.Second // between two requests on one connection
)

// Rate lets Burst events through at once, and Burst more in the course of Per, evenly.
type Rate struct {
	Burst int
	Per   time.Duration
}

// With returns the rate with another burst, as a setting gives it.
func (r Rate) With(burst uint) Rate { return Rate{int(min(burst, math.MaxInt32)), r.Per} }

// Refused is a request that one of the limits stopped. Nothing was done.
type Refused struct {
	Status     int           // 400, 413, 429 or 503
	Text       string        // for the visitor, a sentence or two
	RetryAfter time.Duration // when another try makes sense; 0 says nothing about it
}

func (e *Refused) Error() string { return fmt.Sprintf("limit: %d: %s", e.Status, e.Text) }

// SetHeader adds Retry-After, in whole seconds and never too early.
func (e *Refused) SetHeader(h http.Header) {
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
}

// Refuse answers a request that was refused, in the app's own look.
type Refuse func(http.ResponseWriter, *http.Request, *Refused)

// What visitors read.
const (
	tooManyText   = "Too many requests of this kind came from your network. Nothing was done. Try again in %s."
	crowdedText   = "Too many people are here at once. Nothing was done. Please try again in a moment."
	tooLargeText  = "Your request is too large: this site accepts at most 64 kilobytes. Nothing was saved."
	brokenText    = "Your request did not arrive complete. Nothing was saved. Please send it again."
	passwordsText = "Too many passwords are being checked at once. Nothing was done. Please try again in a moment."
)

// Passwords is the refusal of a sign-in for which no core became free in PasswordWait.
func Passwords() *Refused {
	return &Refused{http.StatusServiceUnavailable, passwordsText, 5 * time.Second}
}

// TooOften is the refusal of something that may be done again after wait.
func TooOften(wait time.Duration) *Refused {
	return &Refused{http.StatusTooManyRequests, fmt.Sprintf(tooManyText, InWords(wait)), wait}
}

// InWords says how long somebody has to wait, rounded up: "20 seconds", "3 minutes".
func InWords(wait time.Duration) string {
	one := func(n int, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return strconv.Itoa(n) + " " + unit + "s"
	}
	switch {
	case wait <= 90*time.Second:
		return one(max(1, int(math.Ceil(wait.Seconds()))), "second")
	case wait <= 90*time.Minute:
		return one(int(math.Ceil(wait.Minutes())), "minute")
	}
	return one(int(math.Ceil(wait.Hours())), "hour")
}
