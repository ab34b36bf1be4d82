package accounts

import (
	"context"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/alexedwards/argon2id"
	"github.com/trustelem/zxcvbn"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"sessionlab/handlers/limit"
)

// maxBytes bounds what is hashed: a character takes at most four bytes.
const maxBytes = 4 * limit.MaxPassword

// minGuesses is how many guesses a password has to withstand: at a hundred an hour, more than
// a year of them. zxcvbn calls it a score of 2.
const minGuesses = 1_000_000

// estimated is how many characters of a password are estimated: it takes longer the more
// there are, and nobody guesses so many.
const estimated = 64

// WeakPasswordError says in a sentence for the visitor why a password is refused.
// It wraps [ErrWeakPassword].
type WeakPasswordError struct{ Reason string }

func (e *WeakPasswordError) Error() string { return ErrWeakPassword.Error() + ": " + e.Reason }
func (e *WeakPasswordError) Unwrap() error { return ErrWeakPassword }

// checkPassword returns a *WeakPasswordError, or nil when the password will do. No rule asks
// for digits or capitals: they make passwords worse, NIST found. zxcvbn estimates how many
// guesses it takes, from lists of common passwords, names and words, and from patterns such
// as dates and rows of keys.
func checkPassword(name, password string) error {
	text := []rune(normalize(password))
	reason := ""
	switch {
	case len(text) < limit.MinPassword:
		reason = fmt.Sprintf("Please choose a password of at least %d characters.", limit.MinPassword)
	case len(text) > limit.MaxPassword:
		reason = fmt.Sprintf("Please choose a password of at most %d characters.", limit.MaxPassword)
	case different(text) < minDifferent, // zxcvbn sees this in Latin letters alone
		strings.Trim(strings.ToLower(string(text)), "0123456789 !?.,_-") == fold(name),
		guesses(name, string(text[:min(len(text), estimated)])) < minGuesses:
		reason = "This password is too easy to guess: it is common, close to your name, or a simple pattern. " +
			"A few words make a good one."
	default:
		return nil
	}
	return &WeakPasswordError{reason}
}

// minDifferent is how many different characters a password has at least.
const minDifferent = 4

func different(text []rune) int {
	text = slices.Sorted(slices.Values(text))
	return len(slices.Compact(text))
}

// guesses estimates how many guesses it takes somebody who knows the name and this site.
func guesses(name, password string) float64 {
	known := []string{name, "sessionlab", "correct horse battery staple", "correcthorsebatterystaple"}
	for _, demo := range DemoAccounts() {
		known = append(known, demo.Password)
	}
	return zxcvbn.PasswordStrength(password, known).Guesses
}

// normalize makes é typed as one character and é typed as two the same password,
// since which one a keyboard sends depends on the machine.
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
// hash that cannot be used, and a password too long to be one, are compared too,
// the latter without reading a megabyte.
func (s *Store) verify(password, hash string) (match, old bool) {
	usable := len(password) <= maxBytes
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

// waitTurn waits for the turn of this account, then for a core. One guess after the
// other at one account: were they checked at once, all would see that the last
// failure allowed has not come yet. It returns a *limit.Refused if that takes too long.
func (s *Store) waitTurn(ctx context.Context, account string) (done func(), err error) {
	h := fnv.New32a()
	h.Write([]byte(account))
	endTurn, err := s.turns[h.Sum32()%uint32(len(s.turns))].Enter(ctx)
	if err != nil {
		return nil, unavailable("wait", err)
	}
	free, err := s.cores.Enter(ctx)
	if err != nil {
		endTurn()
		return nil, unavailable("wait", err)
	}
	return func() { free(); endTurn() }, nil
}
