package accounts

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Length of a password in bytes (R-102, NIST SP 800-63B-4 3.1.1.2). All of it counts.
const (
	MinPassword = 8
	MaxPassword = 1024
)

// maxWait is how long a sign-in waits for its turn before it gets ErrBusy.
const maxWait = 10 * time.Second

// WeakPasswordError says in a sentence for the visitor why a password is refused.
// It wraps [ErrWeakPassword].
type WeakPasswordError struct{ Reason string }

func (e *WeakPasswordError) Error() string { return ErrWeakPassword.Error() + ": " + e.Reason }
func (e *WeakPasswordError) Unwrap() error { return ErrWeakPassword }

// checkPassword returns a *WeakPasswordError, or nil when the password will do.
// No rule asks for digits or capitals: they make passwords worse (NIST).
func checkPassword(name, password string) error {
	weak := func(reason string, args ...any) error {
		return &WeakPasswordError{Reason: fmt.Sprintf(reason, args...)}
	}
	switch {
	case len(password) < MinPassword:
		return weak("Please choose a password of at least %d characters.", MinPassword)
	case len(password) > MaxPassword:
		return weak("Please choose a password of at most %d characters.", MaxPassword)
	}
	lower := strings.ToLower(normalize(password))
	first, _ := utf8.DecodeRuneInString(lower)
	switch {
	case strings.Trim(lower, "0123456789 !?.,_-") == fold(name):
		return weak("The password is too close to the name.")
	case strings.Trim(lower, string(first)) == "":
		return weak("The password is one character again and again.")
	case slices.Contains(strings.Fields(commonPasswords), lower):
		return weak("The password is one of those that everybody tries first.")
	}
	return nil
}

// normalize makes é typed as one character and é typed as two the same password,
// since which one a keyboard sends depends on the machine (NIST SP 800-63B-4).
func normalize(password string) string { return norm.NFKC.String(password) }

func (s *Store) hash(password string) (string, error) {
	hash, err := argon2id.CreateHash(normalize(password), s.params)
	if err != nil {
		return "", fmt.Errorf("accounts: hash: %w", err)
	}
	return hash, nil
}

// verify reports whether password belongs to hash, and whether hash was made with
// other parameters than those in force. It costs the same whatever it finds: a
// hash that cannot be used, and a password too long to be one, are compared too
// the latter without reading a megabyte.
func (s *Store) verify(password, hash string) (match, old bool) {
	usable := len(password) <= MaxPassword
	if !usable {
		password = ""
	}
	params, _, _, err := argon2id.DecodeHash(hash)
	if err != nil || params.Iterations < 1 || params.Parallelism < 1 || params.Memory > 1<<20 {
		usable, hash, params = false, s.noHash(), s.params
	}
	match, _, err = argon2id.CheckHash(normalize(password), hash)
	return match && usable && err == nil, *params != *s.params
}

// noHash is a hash with today's parameters that no password has: what the
// passwords of unknown names are compared with.
func (s *Store) noHash() string {
	zeros := func(n uint32) string { return base64.RawStdEncoding.EncodeToString(make([]byte, n)) }
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		s.params.Memory, s.params.Iterations, s.params.Parallelism, zeros(s.params.SaltLength), zeros(s.params.KeyLength))
}

// waitSlot waits until a core is free for a hash. It returns ErrBusy after maxWait,
// or the error of ctx.
func (s *Store) waitSlot(ctx context.Context) (free func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxWait, ErrBusy)
	defer cancel()
	return take(ctx, s.slots)
}

// waitTurn waits for the turn of this account, then for a core. One guess after the
// other at one account: were they checked at once, all would see that the tenth
// failure has not come yet.
func (s *Store) waitTurn(ctx context.Context, account string) (done func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxWait, ErrBusy)
	defer cancel()
	h := fnv.New32a()
	h.Write([]byte(account))
	endTurn, err := take(ctx, s.turns[h.Sum32()%uint32(len(s.turns))])
	if err != nil {
		return nil, err
	}
	free, err := take(ctx, s.slots)
	if err != nil {
		endTurn()
		return nil, err
	}
	return func() { free(); endTurn() }, nil
}

// take takes a place in c, or returns why ctx ended.
func take(ctx context.Context, c chan struct{}) (giveBack func(), err error) {
	select {
	case c <- struct{}{}:
		return func() { <-c }, nil
	case <-ctx.Done():
		if cause := context.Cause(ctx); errors.Is(cause, ErrBusy) {
			return nil, ErrBusy
		}
		return nil, fmt.Errorf("accounts: wait: %w", ctx.Err())
	}
}
