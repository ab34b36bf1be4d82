package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/netip"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/handlers/limit"
)

const (
	maxFailures, perSwept = 300_000, 100 // rows kept, and how many each failure looks at
	recordTimeout         = 2 * time.Second
)

// throttle counts wrong passwords in a table, so that a restart and a second copy of the app
// know of them. What is counted is the name that was typed, not the account: names that
// nobody has are throttled in the same way.
//
// The table is bounded whatever comes: old rows go, and beyond maxFailures the oldest do.
type throttle struct {
	db                           *database.DB
	key                          []byte
	perName, perNetwork, perAcct limit.Rate
}

// rule allows a number of failures of one subject within a time.
type rule struct {
	subject string
	rate    limit.Rate
	slow    bool // the last half of the failures that it allows cost a pause each
}

// forStranger are the rules for a browser that has not signed in to the account before.
func (t throttle) forStranger(folded string, addr netip.Addr) []rule {
	network := limit.Network(addr)
	return []rule{
		{t.subject("name", folded+"\x00"+network), t.perName, true},
		{t.subject("network", network), t.perNetwork, false},
		{t.subject("account", folded), t.perAcct, false},
	}
}

// forDemo: everybody knows the password and nobody can guess better, so that typing errors
// of a whole class lock nobody out.
func (t throttle) forDemo(addr netip.Addr) []rule {
	return []rule{{t.subject("network", limit.Network(addr)), t.perNetwork, false}}
}

// forDevice is the rule for a browser, or a session, that has signed in to the account before.
// What others get wrong does not count for it, and what it gets wrong does not count for them.
func (t throttle) forDevice(folded, device string) []rule {
	return []rule{{t.subject("device", folded+"\x00"+device), limit.FailuresPerDevice, true}}
}

// subject is a keyed hash: people type passwords into the name field, and an
// address is nobody else's business.
func (t throttle) subject(kind, value string) string {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(kind + "\x00" + value))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// check returns a *limit.Refused when one of the rules has used up its failures, and
// otherwise the pause that the failures so far cost.
func (t throttle) check(ctx context.Context, rules []rule) (pause time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	now := time.Now()
	var wait time.Duration
	for _, r := range rules {
		var n int
		var first int64
		// The oldest of the failures that make the limit full: when it leaves the window,
		// there is room again. Rows from the future (the clock was set back) do not count.
		err := t.db.R.QueryRowContext(ctx, t.db.Q(`
			SELECT COUNT(*), COALESCE(MIN(at), 0) FROM (
				SELECT at FROM lab_signin_failures WHERE subject = ? AND at > ? AND at <= ?
				ORDER BY at DESC LIMIT ?) AS newest`),
			r.subject, now.Add(-r.rate.Per).UnixMicro(), now.UnixMicro(), r.rate.Burst).Scan(&n, &first)
		if err != nil {
			return 0, unavailable("throttle", err)
		}
		switch over := n - r.rate.Burst/2; {
		case n >= r.rate.Burst:
			wait = max(wait, time.UnixMicro(first).Add(r.rate.Per).Sub(now))
		case r.slow && over >= 0:
			pause = max(pause, min(limit.MaxDelay, 250*time.Millisecond<<over))
		}
	}
	if wait > 0 {
		return 0, tooManyFailures(wait)
	}
	return pause, nil
}

func tooManyFailures(wait time.Duration) *limit.Refused {
	return &limit.Refused{
		Status: http.StatusTooManyRequests, RetryAfter: wait,
		Text: "Too many wrong passwords. Try again in " + limit.InWords(wait) + ".",
	}
}

// rest waits out a pause.
func rest(ctx context.Context, pause time.Duration) error {
	if pause == 0 {
		return nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return unavailable("wait", ctx.Err())
	}
}

// record counts one failure under each rule. It goes on when the client has hung
// up, or a guess would be free.
func (t throttle) record(ctx context.Context, rules []rule) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	tx, err := t.db.W.BeginTx(ctx, nil)
	if err != nil {
		return unavailable("throttle", err)
	}
	defer tx.Rollback()
	now := time.Now()
	for _, r := range rules {
		if _, err := tx.ExecContext(ctx, t.db.Q(`INSERT INTO lab_signin_failures (subject, at) VALUES (?, ?)`),
			r.subject, now.UnixMicro()); err != nil {
			return unavailable("throttle", err)
		}
	}
	// Only the oldest few are looked at: always cheap, and more go than come.
	if _, err := tx.ExecContext(ctx, t.db.Q(`
		DELETE FROM lab_signin_failures WHERE id IN (
			SELECT id FROM (SELECT id, at FROM lab_signin_failures ORDER BY id LIMIT ?) AS oldest
			WHERE at <= ? OR id <= (SELECT MAX(id) FROM lab_signin_failures) - ?)`),
		perSwept, now.Add(-t.longest()).UnixMicro(), maxFailures); err != nil {
		return unavailable("throttle", err)
	}
	if err := tx.Commit(); err != nil {
		return unavailable("throttle", err)
	}
	return nil
}

// longest is the longest window of a rule: older failures count nowhere.
func (t throttle) longest() time.Duration {
	return max(t.perName.Per, t.perNetwork.Per, t.perAcct.Per, limit.FailuresPerDevice.Per)
}
