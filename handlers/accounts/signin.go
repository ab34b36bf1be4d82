package accounts

import (
	"context"
	"errors"
	"net/netip"
)

// Attempt is an attempt to sign in.
type Attempt struct {
	Name, Password string
	Client         netip.Addr // the visitor's address
	Device         string     // the value of [DeviceCookie] that the browser sent, "" for none
	Demo           bool       // this visitor may use the demo accounts: DEBUG is on for the request
}

// Authenticate returns the user with this name and password. It returns [ErrCredentials], or
// a [*limit.Refused] after too many wrong passwords or when too many sign in at once, and
// takes the same time for names that exist and names that do not. Many wrong passwords cost a
// pause each before they are refused.
//
// A browser that has signed in to the account before is not locked out by what others get
// wrong. If the session is signed in as this very user, call [Store.Confirm] instead.
func (s *Store) Authenticate(ctx context.Context, at Attempt) (User, error) {
	folded := fold(at.Name)
	rules := s.throttle.forStranger(folded, at.Client)
	device := s.readDevice(at.Device)
	a, err := s.find(ctx, folded)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return User{}, unavailable("sign in", err)
	case a.Demo && s.demo && at.Demo:
		rules = s.throttle.forDemo(at.Client)
	case device.knows(a.ID):
		rules = s.throttle.forDevice(folded, device.name)
	}
	a, err = s.guess(ctx, folded, at.Password, at.Demo, rules)
	return a.User, err
}

// Confirm checks the password of a user who is signed in, before something that matters.
// session is the name of the sign-in on the user's list, see [Store.AddSession]: its wrong
// passwords are counted apart from those of all others. Its errors are those of Authenticate,
// and [ErrNotFound].
func (s *Store) Confirm(ctx context.Context, id int64, session, password string) (User, error) {
	a, err := s.confirm(ctx, id, session, password)
	return a.User, err
}

func (s *Store) confirm(ctx context.Context, id int64, session, password string) (account, error) {
	a, err := s.byID(ctx, id)
	if err != nil {
		return account{}, err
	}
	return s.guess(ctx, a.folded, password, s.demo, s.throttle.forDevice(a.folded, session))
}

// ChangePassword gives the user a new password if old is the present one. All
// sessions of the user are over then; the caller puts the [Store.AuthHash] of the
// returned user into the one that is to stay, under a new key, as Django does.
// Its errors are those of Confirm, and [ErrWeakPassword].
//
// The public password of a demo account goes on working beside the new one: everybody
// reads it on the sign-in page, and nobody can take it from the others.
func (s *Store) ChangePassword(ctx context.Context, id int64, session, old, password string) (User, error) {
	a, err := s.confirm(ctx, id, session, old)
	if err != nil {
		return User{}, err
	}
	if err := checkPassword(a.Name, password); err != nil {
		return User{}, err
	}
	free, err := s.cores.Enter(ctx)
	if err != nil {
		return User{}, unavailable("change password", err)
	}
	defer free()
	a, err = s.replacePassword(ctx, a, password)
	if errors.Is(err, ErrNotFound) { // of two changes at once, one wins
		return User{}, ErrCredentials
	}
	if err != nil {
		return User{}, unavailable("change password", err)
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
	const update = `UPDATE lab_users SET password_hash = ? WHERE id = ? AND password_hash = ?`
	return s.endSessions(ctx, update, hash, a.ID, a.hash)
}

// guess checks a password under the rules of the throttle. Everything that is not
// the right password of an account that may enter takes the same way out.
func (s *Store) guess(ctx context.Context, folded, password string, demo bool, rules []rule) (account, error) {
	pause, err := s.throttle.check(ctx, rules) // early, so that a flood costs no waiting
	if err == nil {
		err = rest(ctx, pause)
	}
	if err != nil {
		return account{}, err
	}
	done, err := s.waitTurn(ctx, folded)
	if err != nil {
		return account{}, err
	}
	defer done()
	if _, err := s.throttle.check(ctx, rules); err != nil { // again: others failed meanwhile
		return account{}, err
	}
	a, err := s.find(ctx, folded)
	if errors.Is(err, ErrNotFound) {
		a = account{hash: s.noHash()}
	} else if err != nil {
		return account{}, unavailable("sign in", err)
	}
	match, old := s.verify(password, a.hash)
	if a.Demo && isPublic(a.folded, password) {
		match, old = true, false
	}
	if !match || !s.mayEnter(a) || a.Demo && !demo {
		if err := s.throttle.record(ctx, rules); err != nil {
			return account{}, err
		}
		return account{}, ErrCredentials
	}
	if !old {
		return a, nil
	}
	// The password under today's parameters. The user's other sessions end with it, as in
	// Django, since their hashes are of the old one.
	fresh, err := s.replacePassword(ctx, a, password)
	if errors.Is(err, ErrNotFound) { // changed since we looked: this sign-in came just before
		return a, nil
	}
	if err != nil {
		return account{}, unavailable("rehash", err)
	}
	return fresh, nil
}
