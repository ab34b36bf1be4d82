// Package accounts keeps users: sign-up, sign-in that is slow to guess at and
// tells nobody who exists, password change, and the list of a user's sessions.
//
// A session holds two things about its user: the id, and [Store.AuthHash]. The
// hash stops fitting when the password changes or the user signs out everywhere,
// so both end every other session, on every engine, as in Django:
//
//	user, err := store.ByID(ctx, id)
//	ok, stale := store.VerifyAuthHash(user, hash)
//
// Passwords appear in no error, log line or value of this package.
package accounts

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"

	"sessionlab/handlers/database"
	"sessionlab/handlers/limit"
	"sessionlab/sessions/signing"
)

var (
	// ErrCredentials: the name and password do not let anybody in. It is the same for an
	// unknown name, a wrong password and a disabled account, so that nobody can ask which
	// names exist.
	ErrCredentials = errors.New("accounts: wrong name or password")
	// ErrNotFound: no account has this id, or it may not sign in.
	ErrNotFound = errors.New("accounts: no such account")
	// ErrName: [ValidName] does not hold for the name.
	ErrName = errors.New("accounts: not a usable name")
	// ErrNameTaken: somebody has this name, perhaps in other case.
	ErrNameTaken = errors.New("accounts: the name is taken")
	// ErrNotAdmin: only an admin's account may do this.
	ErrNotAdmin = errors.New("accounts: not an admin")
	// ErrWeakPassword: [*WeakPasswordError] says why.
	ErrWeakPassword = errors.New("accounts: the password is too weak")
	// ErrUnavailable: the database does not answer. Nothing was changed.
	ErrUnavailable = errors.New("accounts: unavailable")
	// ErrUncertain: the database did not say whether it has made a change.
	ErrUncertain = errors.New("accounts: not known whether it was done")
)

// User is an account that may sign in.
type User struct {
	ID      int64
	Name    string // as it was typed at sign-up
	Demo    bool   // its password is public
	Admin   bool   // may do what changes the site for everybody, see [Store.SetAdmin]
	Created time.Time

	// stamp changes with the password and with the epoch, and betrays neither the
	// password nor what a session holds: a User may safely end up in a log line.
	stamp [sha256.Size]byte
}

// Options are the settings of a [Store].
type Options struct {
	// Secret keys the hashes that sessions hold. It must not be empty.
	Secret string
	// Fallbacks are older secrets. Sessions made under one are still accepted.
	Fallbacks []string
	// Demo lets the demo accounts in: a run with DEBUG, and never otherwise.
	Demo bool
	// PerName, PerNetwork and PerAccount are how many wrong passwords are allowed, see
	// package limit; 0 is the number there.
	PerName, PerNetwork, PerAccount uint
}

// Store keeps accounts. It is safe for concurrent use.
type Store struct {
	db       *database.DB
	demo     bool
	keys     [][]byte // for auth hashes: the newest first
	devices  *signing.Signer
	throttle throttle
	params   *argon2id.Params
	cores    *limit.Places      // a hash takes 19 MiB and a core
	turns    [256]*limit.Places // guesses at one account, one after the other
}

// New returns a Store on d, whose migrations are up to date.
func New(d *database.DB, o Options) (*Store, error) {
	if o.Secret == "" {
		return nil, errors.New("accounts: no secret")
	}
	devices, err := signing.New(deviceSalt, o.Secret, o.Fallbacks...)
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	s := &Store{
		db: d, demo: o.Demo, devices: devices,
		throttle: throttle{
			db: d, key: deriveKey("throttle", o.Secret),
			perName: rate(limit.FailuresPerName, o.PerName), perNetwork: rate(limit.FailuresPerNetwork, o.PerNetwork),
			perAcct: rate(limit.FailuresPerAccount, o.PerAccount),
		},
		params: &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		cores:  limit.NewPlaces(runtime.GOMAXPROCS(0), limit.PasswordWait, limit.Passwords()),
	}
	for _, secret := range append([]string{o.Secret}, o.Fallbacks...) {
		s.keys = append(s.keys, deriveKey("auth hash", secret))
	}
	for i := range s.turns {
		s.turns[i] = limit.NewPlaces(1, limit.PasswordWait, limit.Passwords())
	}
	return s, nil
}

func rate(standard limit.Rate, n uint) limit.Rate {
	if n == 0 {
		return standard
	}
	return standard.With(n)
}

// account is a row of the table.
type account struct {
	User
	folded   string
	hash     string
	epoch    int64
	disabled bool
}

const columns = `id, name, folded_name, password_hash, epoch, demo, admin, disabled, created_at`

// scan reads columns. A row that is not there is ErrNotFound.
func scan(row *sql.Row) (account, error) {
	var a account
	var demo, admin, disabled, created int64
	err := row.Scan(&a.ID, &a.Name, &a.folded, &a.hash, &a.epoch, &demo, &admin, &disabled, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return account{}, ErrNotFound
	}
	if err != nil {
		return account{}, err
	}
	a.Demo, a.Admin, a.disabled = demo != 0, admin != 0, disabled != 0
	a.Created = time.UnixMicro(created).UTC()
	a.stamp = sha256.Sum256([]byte(a.hash + "\x00" + strconv.FormatInt(a.epoch, 10)))
	return a, nil
}

// find reads the account with this folded name.
func (s *Store) find(ctx context.Context, folded string) (account, error) {
	if !ValidName(folded) { // what no account can have, no database needs to see
		return account{}, ErrNotFound
	}
	return s.read(ctx, "folded_name", folded)
}

// readTimeout bounds each question to the database. A caller that hashes passwords has to
// wait longer than that, but not for a database that is silent.
const readTimeout = 2 * time.Second

// read reads the account with this value in a column.
func (s *Store) read(ctx context.Context, column string, value any) (account, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return scan(s.db.R.QueryRowContext(ctx, s.db.Q(`SELECT `+columns+` FROM lab_users WHERE `+column+` = ?`), value))
}

// mayEnter: a disabled account has no sessions, and demo accounts exist with DEBUG only.
func (s *Store) mayEnter(a account) bool {
	return !a.disabled && (!a.Demo || s.demo)
}

// ByID returns the user whom a session names, or [ErrNotFound] if there is none or
// the account is disabled: such a session is nobody's.
func (s *Store) ByID(ctx context.Context, id int64) (User, error) {
	a, err := s.byID(ctx, id)
	return a.User, err
}

func (s *Store) byID(ctx context.Context, id int64) (account, error) {
	a, err := s.read(ctx, "id", id)
	switch {
	case errors.Is(err, ErrNotFound) || (err == nil && !s.mayEnter(a)):
		return account{}, ErrNotFound
	case err != nil:
		return account{}, unavailable(fmt.Sprintf("user %d", id), err)
	}
	return a, nil
}

// Register makes an account. It returns [ErrName], [ErrWeakPassword],
// [ErrNameTaken], or a [*limit.Refused] when too many passwords are being hashed. Names that
// differ in case alone are one name.
func (s *Store) Register(ctx context.Context, name, password string) (User, error) {
	name = strings.TrimSpace(name)
	if !ValidName(name) {
		return User{}, ErrName
	}
	if err := checkPassword(name, password); err != nil {
		return User{}, err
	}
	// Asked before the costly hash; the insert below is what decides.
	if _, err := s.find(ctx, fold(name)); err == nil {
		return User{}, ErrNameTaken
	} else if !errors.Is(err, ErrNotFound) {
		return User{}, unavailable("register", err)
	}
	free, err := s.cores.Enter(ctx)
	if err != nil {
		return User{}, unavailable("register", err)
	}
	hash, err := s.hash(password)
	free()
	if err != nil {
		return User{}, err
	}
	a, err := s.insert(ctx, name, hash, false)
	return a.User, err
}

func (s *Store) insert(ctx context.Context, name, hash string, demo bool) (account, error) {
	a, err := scan(s.db.W.QueryRowContext(ctx, s.db.Q(`
		INSERT INTO lab_users (name, folded_name, password_hash, demo, created_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (folded_name) DO NOTHING RETURNING `+columns),
		name, fold(name), hash, flag(demo), time.Now().UnixMicro()))
	if errors.Is(err, ErrNotFound) { // nothing returned, so nothing inserted
		return account{}, ErrNameTaken
	}
	if err != nil {
		return account{}, fmt.Errorf("%w: register: %w", ErrUncertain, err)
	}
	return a, nil
}

// SignOutEverywhere ends every session of the user, the running one included, and
// returns the user whose new [Store.AuthHash] a caller may put into a session that
// is to stay. Ask for the password first, with [Store.Confirm].
func (s *Store) SignOutEverywhere(ctx context.Context, id int64) (User, error) {
	a, err := s.endSessions(ctx, `UPDATE lab_users SET epoch = epoch + 1 WHERE id = ?`, id)
	if err != nil {
		return User{}, unavailable("sign out everywhere", err)
	}
	return a.User, nil
}

// Disable closes the account: its user cannot sign in, and its sessions are over.
// It returns [ErrNotFound] for an unknown id.
func (s *Store) Disable(ctx context.Context, id int64) error {
	if _, err := s.endSessions(ctx, `UPDATE lab_users SET disabled = 1, epoch = epoch + 1 WHERE id = ?`, id); err != nil {
		return unavailable("disable", err)
	}
	return nil
}

// Enable opens the account again; sessions from before stay ended.
// It returns [ErrNotFound] for an unknown id.
func (s *Store) Enable(ctx context.Context, id int64) error {
	if _, err := s.endSessions(ctx, `UPDATE lab_users SET disabled = 0 WHERE id = ?`, id); err != nil {
		return unavailable("enable", err)
	}
	return nil
}

// SetAdmin makes the account of this name an admin's, or no longer one. It counts from the
// next request on. It returns [ErrNotFound] for an unknown name.
func (s *Store) SetAdmin(ctx context.Context, name string, admin bool) error {
	_, err := scan(s.db.W.QueryRowContext(ctx, s.db.Q(
		`UPDATE lab_users SET admin = ? WHERE folded_name = ? RETURNING `+columns), flag(admin), fold(name)))
	if err != nil {
		return fmt.Errorf("accounts: admin %q: %w", name, err)
	}
	return nil
}

// endSessions runs an update of one account that makes its sessions' hashes
// useless, and empties the list of them. It returns the account as it now is, or
// ErrNotFound when the update met none.
func (s *Store) endSessions(ctx context.Context, update string, args ...any) (account, error) {
	tx, err := s.db.W.BeginTx(ctx, nil)
	if err != nil {
		return account{}, err
	}
	defer tx.Rollback()
	a, err := scan(tx.QueryRowContext(ctx, s.db.Q(update+` RETURNING `+columns), args...))
	if err != nil {
		return account{}, err
	}
	if _, err := tx.ExecContext(ctx, s.db.Q(`DELETE FROM lab_user_sessions WHERE user_id = ?`), a.ID); err != nil {
		return account{}, err
	}
	if err := tx.Commit(); err != nil {
		return account{}, fmt.Errorf("%w: %w", ErrUncertain, err)
	}
	return a, nil
}

var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{2,29}$`)

// ValidName reports whether name can be an account's: 3 to 30 of the letters a to z
// in either case, digits, dot, underscore and hyphen, the first one a letter or a
// digit. No other alphabets: names that only look alike are a way to be mistaken
// for somebody else.
func ValidName(name string) bool { return validName.MatchString(name) }

// fold is what makes two names the same account.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// unavailable wraps an error of the database as [ErrUnavailable]. Errors that say more than
// that keep their meaning.
func unavailable(doing string, err error) error {
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrUncertain) || errors.As(err, new(*limit.Refused)) {
		return fmt.Errorf("accounts: %s: %w", doing, err)
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, doing, err)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
