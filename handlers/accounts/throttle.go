package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"sessionlab/handlers/database"
)

// What is allowed to fail before the next attempt is refused.
const (
	burst, burstWindow    = 10, 10 * time.Minute // from one address, and at one account
	hourly, hourlyWindow  = 100, time.Hour       // at one account in all
	maxFailures, perSwept = 300_000, 100         // rows kept, and how many each failure looks at
	recordTimeout         = 2 * time.Second
)

// ThrottledError says how long an attempt has to wait. It wraps [ErrThrottled].
type ThrottledError struct {
	RetryAfter time.Duration // whole seconds, at least one: what Retry-After takes
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("%v: wait %v", ErrThrottled, e.RetryAfter)
}
func (e *ThrottledError) Unwrap() error { return ErrThrottled }

// throttle counts failures in a table, so a restart and a second copy of the app
// know of them. What is counted is the name that was typed, not the account: names
// that nobody has are throttled in the same way.
//
// The table is bounded whatever comes: rows older than an hour go, and beyond
// maxFailures the oldest do.
type throttle struct {
	db  *database.DB
	key []byte
}

// rule allows limit failures of one subject within a window.
type rule struct {
	subject string
	limit   int
	window  time.Duration
}

// forSignIn are the rules for somebody who is not known here yet.
func (t throttle) forSignIn(folded, addr string) []rule {
	return []rule{
		{t.subject("name", folded), burst, burstWindow},
		{t.subject("address", network(addr)), burst, burstWindow},
		{t.subject("account", folded), hourly, hourlyWindow},
	}
}

// forConfirm are the rules for a device that is signed in. What strangers got wrong
// counts only in the hourly sum, of which they can use 60 at most, so they cannot
// keep the owner out.
func (t throttle) forConfirm(folded string) []rule {
	return []rule{
		{t.subject("confirm", folded), burst, burstWindow},
		{t.subject("account", folded), hourly, hourlyWindow},
	}
}

// subject is a keyed hash: people type passwords into the name field, and an
// address is nobody else's business.
func (t throttle) subject(kind, value string) string {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(kind + "\x00" + value))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// network is what counts as one address: in IPv6 a /64, since one customer has all
// of it. Text that is no address counts as it is.
func network(addr string) string {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return addr
	}
	return prefix.String()
}

// check returns a *ThrottledError when one of the rules has used up its failures.
func (t throttle) check(ctx context.Context, rules []rule) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	now := time.Now()
	var wait time.Duration
	for _, r := range rules {
		var at int64
		// The failure that makes the limit full; when it leaves the window, there is
		// room again. Rows from the future (the clock was set back) do not count.
		err := t.db.R.QueryRowContext(ctx, t.db.Q(`
			SELECT at FROM lab_signin_failures WHERE subject = ? AND at > ? AND at <= ?
			ORDER BY at DESC LIMIT 1 OFFSET ?`),
			r.subject, now.Add(-r.window).UnixMicro(), now.UnixMicro(), r.limit-1).Scan(&at)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return fmt.Errorf("accounts: throttle: %w", err)
		}
		wait = max(wait, time.UnixMicro(at).Add(r.window).Sub(now))
	}
	if wait == 0 {
		return nil
	}
	return &ThrottledError{RetryAfter: (wait + time.Second - 1).Truncate(time.Second)}
}

// record counts one failure under each rule. It goes on when the client has hung
// up, or a guess would be free.
func (t throttle) record(ctx context.Context, rules []rule) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	tx, err := t.db.W.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("accounts: throttle: %w", err)
	}
	defer tx.Rollback()
	now := time.Now()
	for _, r := range rules {
		if _, err := tx.ExecContext(ctx, t.db.Q(`INSERT INTO lab_signin_failures (subject, at) VALUES (?, ?)`),
			r.subject, now.UnixMicro()); err != nil {
			return fmt.Errorf("accounts: throttle: %w", err)
		}
	}
	// Only the oldest few are looked at: always cheap, and more go than come.
	if _, err := tx.ExecContext(ctx, t.db.Q(`
		DELETE FROM lab_signin_failures WHERE id IN (
			SELECT id FROM (SELECT id, at FROM lab_signin_failures ORDER BY id LIMIT ?) AS oldest
			WHERE at <= ? OR id <= (SELECT MAX(id) FROM lab_signin_failures) - ?)`),
		perSwept, now.Add(-hourlyWindow).UnixMicro(), maxFailures); err != nil {
		return fmt.Errorf("accounts: throttle: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("accounts: throttle: %w", err)
	}
	return nil
}
