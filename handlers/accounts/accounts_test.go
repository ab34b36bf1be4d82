package accounts

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"sessionlab/handlers/database"
	"sessionlab/handlers/internal/dbtest"
	"sessionlab/handlers/limit"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

const (
	goodPassword = "a lamp beside the window"
	newPassword  = "eleven paper boats"
)

var home = netip.MustParseAddr("192.0.2.1")

// open returns a store whose hashes are too weak for anything but a test.
func open(t testing.TB, d *database.DB, o Options) *Store {
	t.Helper()
	if o.Secret == "" {
		o.Secret = "the first secret"
	}
	s, err := New(d, o)
	if err != nil {
		t.Fatal(err)
	}
	weak := *s.params
	weak.Memory, weak.Iterations = 64, 1
	s.params = &weak
	return s
}

func register(t testing.TB, s *Store, name string) User {
	t.Helper()
	u, err := s.Register(t.Context(), name, goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// signIn tries a password from home and wants this error.
func signIn(t testing.TB, s *Store, name, password string, want error) User {
	t.Helper()
	u, err := s.Authenticate(t.Context(), Attempt{Name: name, Password: password, Client: home, Demo: true})
	if !errors.Is(err, want) {
		t.Errorf("sign in as %q: got %v, want %v", name, err, want)
	}
	return u
}

func TestSignUpAndSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{})
		ada := register(t, s, " Ada.L ")
		if ada.Name != "Ada.L" || ada.ID == 0 || ada.Demo || ada.Created.IsZero() {
			t.Errorf("got %+v, want an account of the name Ada.L", ada)
		}
		for _, name := range []string{"Ada.L", "ada.l", "ADA.L", " ada.l\t"} {
			if got := signIn(t, s, name, goodPassword, nil); got != ada {
				t.Errorf("as %q: got %+v, want %+v", name, got, ada)
			}
		}
		signIn(t, s, "Ada.L", goodPassword+" ", ErrCredentials)
		signIn(t, s, "Ada.L", strings.ToUpper(goodPassword), ErrCredentials)
		signIn(t, s, "Ada.L", "", ErrCredentials)
		signIn(t, s, "nobody", goodPassword, ErrCredentials)
		signIn(t, s, "ada\x00' OR 1=1 --", goodPassword, ErrCredentials)
		if got, err := s.ByID(t.Context(), ada.ID); err != nil || got != ada {
			t.Errorf("ByID: got %+v, %v, want %+v", got, err, ada)
		}
		for _, id := range []int64{0, -1, ada.ID + 1} {
			if got, err := s.ByID(t.Context(), id); !errors.Is(err, ErrNotFound) {
				t.Errorf("ByID(%d): got %+v, %v, want ErrNotFound", id, got, err)
			}
		}
	})
}

func TestANameBelongsToOneAccount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{})
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				name := []string{"grace", "GRACE", "Grace"}[i%3]
				_, errs[i] = s.Register(t.Context(), name, fmt.Sprint(goodPassword, i))
			})
		}
		wg.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else if !errors.Is(err, ErrNameTaken) {
				t.Errorf("got %v, want ErrNameTaken", err)
			}
		}
		if made != 1 {
			t.Errorf("%d of 8 sign-ups at once succeeded, want 1", made)
		}
	})
}

func TestNamesHaveAShape(t *testing.T) {
	s := open(t, dbtest.SQLite(t), Options{})
	for _, name := range []string{
		"", "ab", strings.Repeat("a", 31), "two words", "аlice" /* Cyrillic а */, "zoë", "-dash", ".dot",
		"a@b.c", "a/b", "a\x00b", "new\nline", "<b>bold</b>", "\u212Aelvin",
	} {
		if _, err := s.Register(t.Context(), name, goodPassword); !errors.Is(err, ErrName) {
			t.Errorf("%q: got %v, want ErrName", name, err)
		}
	}
	for _, name := range []string{"bob", strings.Repeat("a", 30), "4ever", "a-b_c.d"} {
		register(t, s, name)
	}
}

//
func TestDemoAccountsExistForDebugOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		debug, live := open(t, d, Options{Demo: true}), open(t, d, Options{})
		if err := live.EnsureDemo(t.Context()); err != nil {
			t.Fatal(err)
		}
		signIn(t, debug, "alice", "wonderland-2026", ErrCredentials) // nobody made it yet
		for range 2 {
			if err := debug.EnsureDemo(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, demo := range DemoAccounts() {
			u := signIn(t, debug, demo.Name, demo.Password, nil)
			if !u.Demo {
				t.Errorf("%s is not marked as a demo account", demo.Name)
			}
			signIn(t, live, demo.Name, demo.Password, ErrCredentials)
			if _, err := live.ByID(t.Context(), u.ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s, signed in from a run with DEBUG=true: got %v, want ErrNotFound", demo.Name, err)
			}
			if _, err := live.Register(t.Context(), "somebody", demo.Password); !errors.Is(err, ErrWeakPassword) {
				t.Errorf("the password of %s for another account: got %v, want ErrWeakPassword", demo.Name, err)
			}
		}
	})
}

func TestEnsureDemoRestoresThePublicPassword(t *testing.T) {
	s := open(t, dbtest.SQLite(t), Options{Demo: true})
	bob := register(t, s, "bob") // a person who was here before the demo
	for range 2 {
		if err := s.EnsureDemo(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := signIn(t, s, "bob", goodPassword, nil); got != bob {
		t.Errorf("a person's account became %+v, want %+v", got, bob)
	}
	alice := signIn(t, s, "alice", "wonderland-2026", nil)
	if _, err := s.ChangePassword(t.Context(), alice.ID, "here", "wonderland-2026", newPassword); err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	signIn(t, s, "alice", newPassword, ErrCredentials)
	signIn(t, s, "alice", "wonderland-2026", nil)
}

func TestNobodyCanTakeADemoAccountFromTheOthers(t *testing.T) {
	s := open(t, dbtest.SQLite(t), Options{Demo: true})
	if err := s.EnsureDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	alice := signIn(t, s, "alice", "wonderland-2026", nil)
	before := s.AuthHash(alice)
	changed, err := s.ChangePassword(t.Context(), alice.ID, "here", "wonderland-2026", newPassword)
	if err != nil {
		t.Fatal(err)
	}
	if ok, _ := s.VerifyAuthHash(changed, before); ok {
		t.Error("the other sessions did not end, as the page about passwords says")
	}
	signIn(t, s, "alice", newPassword, nil)
	signIn(t, s, "alice", "wonderland-2026", nil)
	if _, err := s.ChangePassword(t.Context(), alice.ID, "here", "wonderland-2026", goodPassword); err != nil {
		t.Errorf("the public password as the old one: %v", err)
	}
	signIn(t, s, "bob", "wonderland-2026", ErrCredentials)
	for range 50 { // typing errors of a whole class
		signIn(t, s, "alice", "wunderland", ErrCredentials)
	}
	signIn(t, s, "alice", "wonderland-2026", nil)
}

func TestAPersonsAccountOfADemoNameHasNoPublicPassword(t *testing.T) {
	d := dbtest.SQLite(t)
	register(t, open(t, d, Options{}), "alice")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, d, Options{Demo: true})
		for range 10 {
			signIn(t, s, "alice", "wonderland-2026", ErrCredentials)
		}
		_, err := s.Authenticate(t.Context(), Attempt{Name: "alice", Password: goodPassword, Client: home, Demo: true})
		if !errors.As(err, new(*limit.Refused)) {
			t.Errorf("after ten wrong passwords: %v, want a refusal as for everybody", err)
		}
	})
}

func TestARequestWithoutDebugKnowsNoDemoAccount(t *testing.T) {
	s := open(t, dbtest.SQLite(t), Options{Demo: true})
	if err := s.EnsureDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authenticate(t.Context(), Attempt{Name: "alice", Password: "wonderland-2026", Client: home}); err != ErrCredentials {
		t.Errorf("got %v, want ErrCredentials", err)
	}
}

// R-08, B-333, B-334.
func TestAPasswordChangeEndsTheOtherSessions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{})
		u := register(t, s, "ada")
		before := s.AuthHash(u)
		if err := s.AddSession(t.Context(), u.ID, "abc", "browser"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ChangePassword(t.Context(), u.ID, "here", "wrong password", newPassword); !errors.Is(err, ErrCredentials) {
			t.Fatalf("with a wrong old password: got %v, want ErrCredentials", err)
		}
		if _, err := s.ChangePassword(t.Context(), u.ID, "here", goodPassword, "short"); !errors.Is(err, ErrWeakPassword) {
			t.Fatalf("a weak one: got %v, want ErrWeakPassword", err)
		}
		if now, err := s.ByID(t.Context(), u.ID); err != nil || now != u {
			t.Fatalf("refused changes changed the user: got %+v, %v", now, err)
		}
		changed, err := s.ChangePassword(t.Context(), u.ID, "here", goodPassword, newPassword)
		if err != nil {
			t.Fatal(err)
		}
		now, err := s.ByID(t.Context(), u.ID)
		if err != nil || now != changed {
			t.Fatalf("got %+v, %v, want the returned user", now, err)
		}
		if ok, _ := s.VerifyAuthHash(now, before); ok {
			t.Error("a session from before the change is still signed in")
		}
		if ok, stale := s.VerifyAuthHash(now, s.AuthHash(changed)); !ok || stale {
			t.Errorf("the session that made the change: got ok %v, stale %v", ok, stale)
		}
		if list, err := s.Sessions(t.Context(), u.ID); err != nil || len(list) != 0 {
			t.Errorf("got the sessions %v, %v, want none", list, err)
		}
		signIn(t, s, "ada", goodPassword, ErrCredentials)
		signIn(t, s, "ada", newPassword, nil)
		if _, err := s.ChangePassword(t.Context(), u.ID+1, "here", goodPassword, newPassword); !errors.Is(err, ErrNotFound) {
			t.Errorf("of nobody: got %v, want ErrNotFound", err)
		}
	})
}

func TestOfTwoPasswordChangesAtOnceOneWins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{})
		u := register(t, s, "ada")
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = s.ChangePassword(t.Context(), u.ID, "here", goodPassword, fmt.Sprint(newPassword, i))
			})
		}
		wg.Wait()
		won := -1
		for i, err := range errs {
			switch {
			case err == nil && won < 0:
				won = i
			case err == nil:
				t.Errorf("changes %d and %d both succeeded", won, i)
			case !errors.Is(err, ErrCredentials):
				t.Errorf("got %v, want ErrCredentials", err)
			}
		}
		signIn(t, s, "ada", fmt.Sprint(newPassword, won), nil)

		slow, err := s.byID(t.Context(), u.ID) // one that looked before another changed it
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ChangePassword(t.Context(), u.ID, "here", fmt.Sprint(newPassword, won), goodPassword); err != nil {
			t.Fatal(err)
		}
		if _, err := s.replacePassword(t.Context(), slow, "late and unwelcome"); !errors.Is(err, ErrNotFound) {
			t.Errorf("a change from an older look: got %v, want ErrNotFound", err)
		}
		signIn(t, s, "ada", goodPassword, nil)
	})
}

//
func TestSignOutEverywhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{})
		u, other := register(t, s, "ada"), register(t, s, "grace")
		before, others := s.AuthHash(u), s.AuthHash(other)
		for range 2 { // each time anew
			fresh, err := s.SignOutEverywhere(t.Context(), u.ID)
			if err != nil {
				t.Fatal(err)
			}
			if ok, _ := s.VerifyAuthHash(fresh, before); ok {
				t.Error("a session from before is still signed in")
			}
			before = s.AuthHash(fresh)
		}
		signIn(t, s, "ada", goodPassword, nil)
		if now, err := s.ByID(t.Context(), other.ID); err != nil {
			t.Error(err)
		} else if ok, _ := s.VerifyAuthHash(now, others); !ok {
			t.Error("another user was signed out")
		}
		if _, err := s.SignOutEverywhere(t.Context(), 99); !errors.Is(err, ErrNotFound) {
			t.Errorf("of nobody: got %v, want ErrNotFound", err)
		}
	})
}

// a disabled account looks like one that never was.
func TestADisabledAccountIsNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{})
		u := register(t, s, "ada")
		before := s.AuthHash(u)
		if err := s.Disable(t.Context(), u.ID); err != nil {
			t.Fatal(err)
		}
		signIn(t, s, "ada", goodPassword, ErrCredentials)
		if _, err := s.ByID(t.Context(), u.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("ByID: got %v, want ErrNotFound", err)
		}
		if _, err := s.Confirm(t.Context(), u.ID, "here", goodPassword); !errors.Is(err, ErrNotFound) {
			t.Errorf("Confirm: got %v, want ErrNotFound", err)
		}
		if err := s.Enable(t.Context(), u.ID); err != nil {
			t.Fatal(err)
		}
		if ok, _ := s.VerifyAuthHash(signIn(t, s, "ada", goodPassword, nil), before); ok {
			t.Error("a session from before the account was disabled came back with it")
		}
		if err := s.Disable(t.Context(), 99); !errors.Is(err, ErrNotFound) {
			t.Errorf("disable nobody: got %v, want ErrNotFound", err)
		}
	})
}

// keys A, then B with fallback A, then B alone.
func TestSignInsSurviveAKeyRotation(t *testing.T) {
	d := dbtest.SQLite(t)
	a := open(t, d, Options{Secret: "A"})
	ab := open(t, d, Options{Secret: "B", Fallbacks: []string{"C", "A"}})
	b := open(t, d, Options{Secret: "B"})
	u := register(t, a, "ada")
	old := a.AuthHash(u)
	if ok, stale := ab.VerifyAuthHash(u, old); !ok || !stale {
		t.Errorf("under the fallback: got ok %v, stale %v, want both", ok, stale)
	}
	if ok, _ := b.VerifyAuthHash(u, old); ok {
		t.Error("a hash under a key that was removed still counts")
	}
	if ok, stale := b.VerifyAuthHash(u, ab.AuthHash(u)); !ok || stale {
		t.Errorf("the hash made anew: got ok %v, stale %v, want ok alone", ok, stale)
	}
	for _, forged := range []string{"", old[:63], old + "0", strings.ToUpper(old), strings.Repeat("0", 64)} {
		if ok, _ := a.VerifyAuthHash(u, forged); ok {
			t.Errorf("%q counts as %q", forged, old)
		}
	}
	if _, err := New(d, Options{}); err == nil {
		t.Error("a store without a secret was made")
	}
}

// neither password nor hash is in what a careless line prints.
func TestAUserMayBePrinted(t *testing.T) {
	s := open(t, dbtest.SQLite(t), Options{})
	u := register(t, s, "ada")
	a, err := s.byID(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		got := fmt.Sprintf(format, u)
		for _, secret := range []string{goodPassword, a.hash, s.AuthHash(u)} {
			if strings.Contains(got, secret) {
				t.Errorf("%s shows a secret: %s", format, got)
			}
		}
	}
}
