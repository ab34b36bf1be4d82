package accounts

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/argon2id"

	"sessionlab/handlers/database"
	"sessionlab/handlers/internal/dbtest"
	"sessionlab/handlers/limit"
)

// 8 to 1,024 characters of any kind, nothing cut off, what is easy to guess refused.
func TestWhichPasswordsAreTaken(t *testing.T) {
	for _, c := range []struct {
		name, password string
		ok             bool
	}{
		{"seven characters", "jx4mzkq", false},
		{"seven characters of two bytes each", "жхщъюяэ", false},
		{"eight characters", "jx4mzkqw", true},
		{"eight characters of three bytes each", "海山川雨風花鳥月", true},
		{"the longest", strings.Repeat("jx4mzkqw", 128), true},
		{"the longest, of four bytes each", strings.Repeat("🌊🌋🍀🎲", 256), true},
		{"one character more", strings.Repeat("jx4mzkqw", 128) + "x", false},
		{"spaces and any alphabet", "дом у моря 海 🌊", true},
		{"only letters", "copperkettle", true},
		{"a few words", "a few words", true},
		{"everybody's", "password", false},
		{"everybody's in capitals", "PassWord123", false},
		{"everybody's with signs", "P@ssw0rd!", false},
		{"a row of keys", "qwertyuiop", false},
		{"a name and a year", "charlie2026", false},
		{"a date", "24.12.2026", false},
		{"the words of a famous drawing", "correct horse battery staple", false},
		{"the name", "grace.hopper", false},
		{"the name with a number", "Grace.Hopper1906!", false},
		{"one character again and again", "zzzzzzzzzzzz", false},
		{"one character of another alphabet", "жжжжжжжж", false},
		{"wide letters for everybody's", "ｐａｓｓｗｏｒｄ", false},
	} {
		err := checkPassword("grace.hopper", c.password)
		if (err == nil) != c.ok {
			t.Errorf("%s: got %v, want ok: %v", c.name, err, c.ok)
		}
		if err == nil {
			continue
		}
		weak, is := errors.AsType[*WeakPasswordError](err)
		if !is || !errors.Is(err, ErrWeakPassword) || !strings.HasSuffix(weak.Reason, ".") {
			t.Errorf("%s: got %#v, want a WeakPasswordError with a sentence", c.name, err)
		}
		if strings.Contains(err.Error(), c.password) && c.name != "everybody's" {
			t.Errorf("%s: the error shows the password: %v", c.name, err)
		}
	}
}

func TestOnePasswordTypedTwoWaysIsOne(t *testing.T) {
	s := open(t, dbtest.SQLite(t), Options{})
	if _, err := s.Register(t.Context(), "zoe", "cafe\u0301 am meer"); err != nil {
		t.Fatal(err)
	}
	signIn(t, s, "zoe", "caf\u00e9 am meer", nil)
	signIn(t, s, "zoe", "cafe am meer", ErrCredentials)
}

// all of a long password counts.
func TestTheLastByteOfALongPasswordCounts(t *testing.T) {
	s := open(t, dbtest.SQLite(t), Options{})
	long := strings.Repeat("jx4mzkqw", 128)
	if _, err := s.Register(t.Context(), "ada", long); err != nil {
		t.Fatal(err)
	}
	signIn(t, s, "ada", long, nil)
	signIn(t, s, "ada", long[:1023]+"x", ErrCredentials)
	signIn(t, s, "ada", long[:1023], ErrCredentials)
	signIn(t, s, "ada", long+"x", ErrCredentials)

	empty, err := s.hash("") // what an overlong one is compared as
	if err != nil {
		t.Fatal(err)
	}
	if match, _ := s.verify(long+"x", empty); match {
		t.Error("an overlong password counts as the empty one")
	}
}

// the parameters in force, and a hash made with older ones is made anew.
func TestAnOlderHashIsReplacedAtSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{})
		u := register(t, s, "ada")
		today, err := New(d, Options{Secret: "the first secret"})
		if err != nil {
			t.Fatal(err)
		}
		signIn(t, today, "ada", "wrong password", ErrCredentials)
		if a, err := s.byID(t.Context(), u.ID); err != nil || a.User != u {
			t.Errorf("a wrong password changed the account: %v", err)
		}
		fresh := signIn(t, today, "ada", goodPassword, nil)
		a, err := s.byID(t.Context(), u.ID)
		if err != nil || a.User != fresh || fresh == u {
			t.Fatalf("got %v, want the account under its new hash", err)
		}
		params, _, _, err := argon2id.DecodeHash(a.hash)
		want := argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
		if err != nil || *params != want {
			t.Errorf("got %+v, %v, want %+v", params, err, want)
		}
		if again := signIn(t, today, "ada", goodPassword, nil); again != fresh {
			t.Error("the hash was replaced again, which would end all other sessions at each sign-in")
		}
	})
}

func TestTheHashOfNobodyIsOfTodaysParameters(t *testing.T) {
	s, err := New(dbtest.SQLite(t), Options{Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	params, _, _, err := argon2id.DecodeHash(s.noHash())
	if err != nil || *params != *s.params {
		t.Errorf("got %+v, %v, want %+v", params, err, *s.params)
	}
}

// the same answer after the same work. R-102: however long the password is.
func TestEveryFailureTakesTheSameTime(t *testing.T) {
	d := dbtest.SQLite(t)
	s, err := New(d, Options{Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	known, shut, broken := register(t, s, "known"), register(t, s, "shut"), register(t, s, "broken")
	if err := s.Disable(t.Context(), shut.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.W.ExecContext(t.Context(), `UPDATE lab_users SET password_hash = '!' WHERE id = ?`, broken.ID); err != nil {
		t.Fatal(err)
	}
	cases := []struct{ name, password string }{
		{known.Name, "wrong password"},
		{"unknown", goodPassword},
		{shut.Name, goodPassword},
		{broken.Name, goodPassword},
		{"no\x00name", goodPassword},
		{known.Name, strings.Repeat("x", 32<<20)},
	}
	// The least time of each counts, since a busy machine only ever adds; and there
	// are more rounds as long as the machine is too busy to tell. A hash left out
	// would be a hundred times faster, in every round.
	least := make([]time.Duration, len(cases))
	alike := func() bool { return slices.Max(least) < 2*slices.Min(least) }
	for round := 0; round < 5 || (round < 40 && !alike()); round++ {
		for i, c := range cases {
			start := time.Now()
			_, err := s.Authenticate(t.Context(), Attempt{Name: c.name, Password: c.password})
			if took := time.Since(start); round == 0 || took < least[i] {
				least[i] = took
			}
			if err != ErrCredentials {
				t.Fatalf("%q: got %v, want ErrCredentials itself", c.name, err)
			}
			if _, err := d.W.ExecContext(t.Context(), `DELETE FROM lab_signin_failures`); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !alike() {
		for i, c := range cases {
			t.Errorf("%.10q with %d bytes: %v at least; want them alike", c.name, len(c.password), least[i])
		}
	}
}

func TestADamagedHashLetsNobodyIn(t *testing.T) {
	d := dbtest.SQLite(t)
	s := open(t, d, Options{})
	register(t, s, "ada")
	for _, hash := range []string{
		"", "!", "$argon2id$", "$argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
		"$argon2id$v=19$m=64,t=1,p=0$AAAAAAAAAAAAAAAAAAAAAA$AAAA", "$argon2id$v=19$m=4294967295,t=1,p=1$AAAA$AAAA",
		"$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", goodPassword, s.noHash(),
	} {
		if _, err := d.W.ExecContext(t.Context(), `UPDATE lab_users SET password_hash = ?`, hash); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Authenticate(t.Context(), Attempt{Name: "ada", Password: goodPassword}); !errors.Is(err, ErrCredentials) {
			t.Errorf("hash %q: got %v, want ErrCredentials", hash, err)
		}
		if _, err := d.W.ExecContext(t.Context(), `DELETE FROM lab_signin_failures`); err != nil {
			t.Fatal(err)
		}
	}
}

// who has to wait too long for a core is sent away, and a client that hangs
// up waits no longer.
func TestWaitingForACoreEnds(t *testing.T) {
	d := dbtest.SQLite(t)
	s := open(t, d, Options{})
	register(t, s, "ada")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, d, Options{})
		var leave func()
		for range runtime.GOMAXPROCS(0) {
			var err error
			if leave, err = s.cores.Enter(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		attempt := Attempt{Name: "ada", Password: goodPassword, Client: home}
		busy := func(err error) {
			t.Helper()
			if refused, ok := errors.AsType[*limit.Refused](err); !ok || refused.Status != 503 || refused.RetryAfter == 0 {
				t.Errorf("got %v, want a refusal with 503", err)
			}
		}
		start := time.Now()
		_, err := s.Authenticate(t.Context(), attempt)
		busy(err)
		if got := time.Since(start); got != limit.PasswordWait {
			t.Errorf("waited %v, want %v", got, limit.PasswordWait)
		}
		_, err = s.Register(t.Context(), "grace", goodPassword)
		busy(err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		_, err = s.Authenticate(ctx, attempt)
		busy(err)
		if got := time.Since(start); got != time.Second {
			t.Errorf("a request with a second to spend waited %v", got)
		}
		gone, hangUp := context.WithCancel(t.Context())
		hangUp()
		if _, err := s.Authenticate(gone, attempt); !errors.Is(err, context.Canceled) {
			t.Errorf("a client that hung up: got %v", err)
		}
		leave()
		signIn(t, s, "ada", goodPassword, nil) // and no turn was kept by those who left
	})
}
