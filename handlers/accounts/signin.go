package accounts

import (
	"context"
	"errors"
	"fmt"
)

// Authenticate returns the user with this name and password. addr is the client's
// IP address, without a port.
//
// It returns [ErrCredentials], [ErrThrottled] or [ErrBusy], and takes the same time
// for names that exist and names that do not. Where the session is signed in
// already as this very user, call [Store.Confirm] instead: strangers' guesses do
// not keep out a device that is known.
func (s *Store) Authenticate(ctx context.Context, name, password, addr string) (User, error) {
	folded := fold(name)
	a, err := s.guess(ctx, folded, password, s.throttle.forSignIn(folded, addr))
	return a.User, err
}

// Confirm checks the password of a user who is signed in, before something that
// matters. Its errors are those of Authenticate, and [ErrNotFound].
func (s *Store) Confirm(ctx context.Context, id int64, password string) (User, error) {
	a, err := s.confirm(ctx, id, password)
	return a.User, err
}

func (s *Store) confirm(ctx context.Context, id int64, password string) (account, error) {
	a, err := s.byID(ctx, id)
	if err != nil {
		return account{}, err
	}
	return s.guess(ctx, a.folded, password, s.throttle.forConfirm(a.folded))
}

// ChangePassword gives the user a new password if old is the present one. All
// sessions of the user are over then; the caller puts the [Store.AuthHash] of the
// returned user into the one that is to stay, under a new key (Django B-333).
// Its errors are those of Confirm, and [ErrWeakPassword].
func (s *Store) ChangePassword(ctx context.Context, id int64, old, password string) (User, error) {
	a, err := s.confirm(ctx, id, old)
	if err != nil {
		return User{}, err
	}
	if err := checkPassword(a.Name, password); err != nil {
		return User{}, err
	}
	free, err := s.waitSlot(ctx)
	if err != nil {
		return User{}, err
	}
	defer free()
	a, err = s.replacePassword(ctx, a, password)
	if errors.Is(err, ErrNotFound) { // of two changes at once, one wins
		return User{}, ErrCredentials
	}
	if err != nil {
		return User{}, fmt.Errorf("accounts: change password: %w", err)
	}
	return a.User, nil
}

// replacePassword stores a new hash in place of the one that a has, which ends the
// user's sessions. It returns ErrNotFound if the account has another one meanwhile.
func (s *Store) replacePassword(ctx context.Context, a account, password string) (account, error) {
	hash, err := s.hash(password)
	if err != nil {
		return account{}, err
	}
	return s.endSessions(ctx, `UPDATE lab_users SET password_hash = ? WHERE id = ? AND password_hash = ?`, hash, a.ID, a.hash)
}

// guess checks a password under the rules of the throttle. Everything that is not
// the right password of an account that may enter takes the same way out.
func (s *Store) guess(ctx context.Context, folded, password string, rules []rule) (account, error) {
	if err := s.throttle.check(ctx, rules); err != nil { // early, so that a flood costs no waiting
		return account{}, err
	}
	done, err := s.waitTurn(ctx, folded)
	if err != nil {
		return account{}, err
	}
	defer done()
	if err := s.throttle.check(ctx, rules); err != nil { // again: others failed meanwhile
		return account{}, err
	}
	a, err := s.find(ctx, folded)
	if errors.Is(err, ErrNotFound) {
		a = account{hash: s.noHash()}
	} else if err != nil {
		return account{}, fmt.Errorf("accounts: sign in: %w", err)
	}
	match, old := s.verify(password, a.hash)
	if !match || !s.mayEnter(a) {
		if err := s.throttle.record(ctx, rules); err != nil {
			return account{}, err
		}
		return account{}, ErrCredentials
	}
	if !old {
		return a, nil
	}
	// The password under today's parameters. The user's other sessions end
	// with it, as in Django, since their hashes are of the old one.
	fresh, err := s.replacePassword(ctx, a, password)
	if errors.Is(err, ErrNotFound) { // changed since we looked: this sign-in came just before
		return a, nil
	}
	if err != nil {
		return account{}, fmt.Errorf("accounts: rehash: %w", err)
	}
	return fresh, nil
}
