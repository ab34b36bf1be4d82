package accounts

import (
	"context"
	"errors"
	"slices"
)

// DemoAccount is an account whose password everybody knows.
type DemoAccount struct{ Name, Password string }

// DemoAccounts returns what the sign-in page shows with DEBUG=true.
func DemoAccounts() []DemoAccount {
	return []DemoAccount{{"alice", "wonderland-2026"}, {"bob", "builder-2026"}}
}

// demoAdmin is the demo account that may end A/B tests, so that a learner can try it.
const demoAdmin = "alice"

// isPublic reports whether the sign-in page shows this password for the demo account.
func isPublic(name, password string) bool {
	return slices.Contains(DemoAccounts(), DemoAccount{name, password})
}

// EnsureDemo makes the demo accounts, and gives them back the passwords that the
// sign-in page shows if a visitor changed them. Without [Options].Demo it does
// nothing, and demo accounts from earlier runs cannot sign in. An account that a
// person registered under such a name is left alone. One of them, alice, is an admin.
func (s *Store) EnsureDemo(ctx context.Context) error {
	if !s.demo {
		return nil
	}
	for _, d := range DemoAccounts() {
		if err := s.ensureDemo(ctx, d); err != nil {
			return unavailable("demo account "+d.Name, err)
		}
	}
	admin, err := s.find(ctx, demoAdmin)
	if err == nil && admin.Demo && !admin.Admin {
		err = s.SetAdmin(ctx, demoAdmin, true)
	}
	return err
}

func (s *Store) ensureDemo(ctx context.Context, d DemoAccount) error {
	a, err := s.find(ctx, d.Name)
	found := err == nil
	if !found && !errors.Is(err, ErrNotFound) {
		return err
	}
	if found {
		match, old := s.verify(d.Password, a.hash)
		if !a.Demo || (match && !old && !a.disabled) {
			return nil
		}
	}
	hash, err := s.hash(d.Password)
	if err != nil {
		return err
	}
	if found {
		_, err = s.endSessions(ctx, `UPDATE lab_users SET password_hash = ?, disabled = 0 WHERE id = ?`, hash, a.ID)
		return err
	}
	_, err = s.insert(ctx, d.Name, hash, true)
	if errors.Is(err, ErrNameTaken) { // another copy of the app was faster
		return nil
	}
	return err
}
