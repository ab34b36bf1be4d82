package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest"
)

// isolated adds a default isolation level to the URL of a PostgreSQL database.
func isolated(from, level string) string {
	return from + "&default_transaction_isolation=" + url.PathEscape(level)
}

var levels = []string{"read committed", "repeatable read", "serializable"}

// A serialization failure is a conflict to its caller, not a store that does not answer.
func TestParallelSavesUnderEveryIsolationLevel(t *testing.T) {
	for _, level := range levels {
		t.Run(level, func(t *testing.T) {
			e := openEngine(t, isolated(stores["PostgreSQL"](t), level), patient)
			var got string
			if err := e.reader.QueryRow("SHOW transaction_isolation").Scan(&got); err != nil || got != level {
				t.Fatalf("transaction_isolation = %q, %v, want %q", got, err, level)
			}
			key := create(t, e, "0")
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() { increment(t, e, key, 5) }) // takes no error but ErrConflict
			}
			wg.Wait()
			wantData(t, e, key, "80")
		})
	}
}

// The whole suite, with the races between saves, touches and sign-outs in it.
func TestConformanceWhereTransactionsAreSerializable(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessions.Engine {
		return openEngine(t, isolated(stores["PostgreSQL"](t), "serializable"), patient)
	})
}

// A save that waited for a sign-out hears that the record is gone.
func TestSaveThatWaitedForASignOutHearsOfIt(t *testing.T) {
	for _, level := range levels {
		t.Run(level, func(t *testing.T) {
			e := openEngine(t, isolated(stores["PostgreSQL"](t), level), patient)
			for what, save := range map[string]func(ctx context.Context, key string) error{
				"Replace": func(ctx context.Context, key string) error {
					_, err := e.Replace(ctx, key, record("old"), record("new"))
					return err
				},
				"Touch": func(ctx context.Context, key string) error {
					_, err := e.Touch(ctx, key, record(""))
					return err
				},
			} {
				key := create(t, e, "old")
				signOut, err := e.writer.BeginTx(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := signOut.Exec("DELETE FROM django_session WHERE session_key = $1", key); err != nil {
					t.Fatal(err)
				}
				var wg sync.WaitGroup
				wg.Go(func() {
					if err := save(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) {
						t.Errorf("%s: err = %v, want ErrNotFound", what, err)
					}
				})
				waitsForALock(t, e)
				if err := signOut.Commit(); err != nil {
					t.Fatal(err)
				}
				wg.Wait()
			}
		})
	}
}

func waitsForALock(t *testing.T, e *Engine) {
	t.Helper()
	eventually(t, "a statement waits for a lock", func() bool {
		var n int
		err := e.reader.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n)
		return err == nil && n > 0
	})
}

// Where others get in between each time, the error says that, and it is no conflict: the
// row may not have changed at all.
func TestStatementThatIsUndoneForTooLongIsAnError(t *testing.T) {
	e := openEngine(t, stores["PostgreSQL"](t), Options{Timeout: 200 * time.Millisecond})
	if _, err := e.writer.Exec(`CREATE FUNCTION refuse() RETURNS trigger AS $$
		BEGIN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END $$ LANGUAGE plpgsql;
		CREATE TRIGGER refuse BEFORE UPDATE ON django_session FOR EACH ROW EXECUTE FUNCTION refuse()`); err != nil {
		t.Fatal(err)
	}
	key := create(t, e, "old")
	_, err := e.Replace(t.Context(), key, record("old"), record("new"))
	wantOwnError(t, "Replace", err)
	if err != nil && !strings.Contains(err.Error(), "tried again for 200ms") {
		t.Errorf("Replace: err = %v, want one that says so", err)
	}
	wantData(t, e, key, "old")
}

// expireAll makes n records that have expired.
func expireAll(t *testing.T, e *Engine, n int) {
	t.Helper()
	fill(t, e, n)
	if _, err := e.writer.Exec("UPDATE django_session SET expire_date = '2020-01-01 00:00:00'"); err != nil {
		t.Fatal(err)
	}
}

func TestTwoThatClearAtOnceBothFinish(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		engines := []*Engine{openEngine(t, url, patient), openEngine(t, url, patient)}
		expireAll(t, engines[0], 3000)
		var wg sync.WaitGroup
		cleared := make([]int, len(engines))
		for i, e := range engines {
			wg.Go(func() {
				var err error
				if cleared[i], err = e.Clear(t.Context(), nil, nil); err != nil {
					t.Errorf("Clear: %v", err)
				}
				if got := column(t, e.reader, "SELECT count(*) FROM django_session")[0]; got != "0" {
					t.Errorf("Clear is done, but %s expired records are left", got)
				}
			})
		}
		wg.Wait()
		if cleared[0]+cleared[1] != 3000 {
			t.Errorf("%d records were cleared, want each of the 3000 once", cleared)
		}
	})
}

// The other one may be in the middle of its batch, and may yet fail.
func TestClearWaitsForWhatAnotherOneHasTaken(t *testing.T) {
	for name, end := range map[string]func(*sql.Tx) error{"commits": (*sql.Tx).Commit, "fails": (*sql.Tx).Rollback} {
		t.Run(name, func(t *testing.T) {
			e := openEngine(t, stores["PostgreSQL"](t), patient)
			expireAll(t, e, 300)
			other, err := e.writer.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := other.Exec("DELETE FROM django_session WHERE session_key IN (SELECT session_key FROM django_session ORDER BY expire_date LIMIT 100)"); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				_, err := e.Clear(context.Background(), nil, nil)
				done <- err
			}()
			eventually(t, "what is free has been cleared", func() bool {
				return column(t, e.reader, "SELECT count(*) FROM django_session")[0] == "100"
			})
			select {
			case err := <-done:
				t.Errorf("Clear returned %v while 100 expired records were left", err)
				done <- nil
			case <-time.After(5 * clearPause): // it has looked again and again
			}
			if err := end(other); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Errorf("Clear: %v", err)
			}
			if got := column(t, e.reader, "SELECT count(*) FROM django_session")[0]; got != "0" {
				t.Errorf("Clear is done, but %s expired records are left", got)
			}
		})
	}
}

func TestClearSaysThatAnotherTransactionHoldsRecords(t *testing.T) {
	e := openEngine(t, stores["PostgreSQL"](t), Options{Timeout: 500 * time.Millisecond})
	expireAll(t, e, 10)
	other, err := e.writer.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback()
	if _, err := other.Exec("SELECT 1 FROM django_session LIMIT 3 FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	n, err := e.Clear(t.Context(), nil, nil)
	if want := "another transaction holds 3 expired records"; n != 7 || err == nil || !strings.Contains(fmt.Sprint(err), want) {
		t.Errorf("Clear = %d, %v, want 7 and an error with %q", n, err, want)
	}
}

// ended returns a context that has ended.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
