package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"sessionlab/sessions"
)

// hold keeps the writer busy until release is called, so that saves gather.
func hold(t *testing.T, e *Engine) (release func()) {
	t.Helper()
	conn, err := e.writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { conn.Close() })
	t.Cleanup(release)
	return release
}

// waiting waits until n saves are in the queue.
func waiting(t *testing.T, e *Engine, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d saves wait", n), func() bool {
		e.group.mu.Lock()
		defer e.group.mu.Unlock()
		return len(e.group.queue) == n
	})
}

func TestLoneSaveIsCommittedByItself(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	for range 20 {
		create(t, e, "x")
	}
	if e.group.batches != 20 || e.group.saves != 20 {
		t.Errorf("%d saves in %d transactions, want 20 in 20", e.group.saves, e.group.batches)
	}
}

func TestSavesThatWaitShareATransaction(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{MaxBatch: 50})
	release := hold(t, e)
	var wg sync.WaitGroup
	for range 120 {
		wg.Go(func() { create(t, e, "x") })
	}
	waiting(t, e, 120)
	release()
	wg.Wait()
	if e.group.batches != 3 || e.group.saves != 120 { // 50, 50, 20
		t.Errorf("%d saves in %d transactions, want 120 in 3", e.group.saves, e.group.batches)
	}
	if got := column(t, e.reader, "SELECT count(*) FROM django_session")[0]; got != "120" {
		t.Errorf("%s records, want 120", got)
	}
}

func TestBatchesFormUnderLoad(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			key := create(t, e, "0")
			increment(t, e, key, 20)
			wantData(t, e, key, "20")
		})
	}
	wg.Wait()
	if want := 32 * 21; e.group.saves != want || e.group.batches > want/2 {
		t.Errorf("%d saves in %d transactions, want %d in at most half as many", e.group.saves, e.group.batches, want)
	}
}

// The order in which savers came is the order in which their saves take effect.
func TestSavesKeepTheirOrder(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{MaxBatch: 7})
	key := create(t, e, "0")
	release := hold(t, e)
	var wg sync.WaitGroup
	for n := range 30 {
		wg.Go(func() { replace(t, e, key, fmt.Sprint(n), fmt.Sprint(n+1)) }) // works in this order alone
		waiting(t, e, n+1)
	}
	release()
	wg.Wait()
	wantData(t, e, key, "30")
}

// One that fails with an error of the database is undone, and takes nobody with it.
func TestFailedSaveTakesNoOtherWithIt(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	if _, err := e.writer.Exec(`CREATE TRIGGER poison BEFORE INSERT ON django_session WHEN NEW.session_data = 'poison'
		BEGIN SELECT RAISE(ROLLBACK, 'poisoned'); END`); err != nil { // the whole transaction goes
		t.Fatal(err)
	}
	gone := create(t, e, "gone")
	release := hold(t, e)
	var wg sync.WaitGroup
	for n := range 30 {
		wg.Go(func() {
			switch n % 10 {
			case 3:
				_, err := e.Create(t.Context(), record("poison"))
				wantOwnError(t, "Create of poison", err)
				if err != nil && !strings.Contains(err.Error(), "poisoned") {
					t.Errorf("Create of poison: err = %v, want SQLite's words", err)
				}
			case 5:
				if _, err := e.Replace(t.Context(), gone, record("other"), record("x")); !errors.Is(err, sessions.ErrConflict) {
					t.Errorf("Replace: err = %v, want ErrConflict", err)
				}
			default:
				wantData(t, e, create(t, e, fmt.Sprint(n)), fmt.Sprint(n))
			}
		})
	}
	waiting(t, e, 30)
	release()
	wg.Wait()
	if got := column(t, e.reader, "SELECT count(*) FROM django_session")[0]; got != "25" {
		t.Errorf("%s records, want 25", got)
	}
}

// If the commit fails, nothing of the batch is stored and nobody is told otherwise,
// not even that a record was gone: it may be there again.
func TestFailedCommitFailsAllAndTheNextBatchRecovers(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	if _, err := e.writer.Exec(`CREATE TABLE parent (id INTEGER PRIMARY KEY);
		CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
		CREATE TRIGGER orphan AFTER INSERT ON django_session WHEN NEW.session_data = 'orphan'
		BEGIN INSERT INTO child VALUES (1); END`); err != nil { // noticed at COMMIT, no earlier
		t.Fatal(err)
	}
	key := create(t, e, "kept")
	release := hold(t, e)
	var wg sync.WaitGroup
	for i, save := range []func() error{
		func() error { return e.Delete(t.Context(), key) },
		func() error { _, err := e.Create(t.Context(), record("orphan")); return err },
		func() error { _, err := e.Create(t.Context(), record("bystander")); return err },
		func() error { _, err := e.Replace(t.Context(), key, record("kept"), record("x")); return err },
	} {
		wg.Go(func() { wantOwnError(t, fmt.Sprintf("save number %d", i), save()) })
		waiting(t, e, i+1)
	}
	release()
	wg.Wait()
	wantData(t, e, key, "kept")
	if got := column(t, e.reader, "SELECT count(*) FROM django_session")[0]; got != "1" {
		t.Errorf("%s records after the failed commit, want 1", got)
	}
	replace(t, e, key, "kept", "changed")
}

func TestSaveWhoseContextEndsWhileItWaitsNeverStarts(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	key := create(t, e, "old")
	release := hold(t, e)
	cancelled := errors.New("none")
	leader, stopLeader := context.WithCancel(t.Context())
	follower, stopFollower := context.WithCancel(t.Context())
	defer stopFollower()
	var wg, gone sync.WaitGroup
	for i, ctx := range []context.Context{leader, follower, t.Context()} {
		wait := &wg
		if i < 2 {
			wait = &gone
		}
		wait.Go(func() {
			_, err := e.Replace(ctx, key, record("old"), record(fmt.Sprint(i)))
			if i < 2 && !errors.Is(err, context.Canceled) {
				t.Errorf("Replace number %d: err = %v, want %v", i, err, context.Canceled)
			} else if i == 2 {
				cancelled = err
			}
		})
		waiting(t, e, i+1)
	}
	stopFollower()
	waiting(t, e, 2)
	stopLeader() // the last one takes the lead
	gone.Wait()  // both return while the writer is still held
	release()
	wg.Wait()
	if cancelled != nil {
		t.Errorf("the save that stayed: err = %v, want none", cancelled)
	}
	wantData(t, e, key, "2")
}

func TestSaveWhoseContextEndsWhileAnotherProcessHoldsTheLockNeverStarts(t *testing.T) {
	url := stores["SQLite"](t)
	e := openEngine(t, url, Options{})
	key := create(t, e, "old")
	other, err := openDB(t, url).Writer.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := e.Replace(ctx, key, record("old"), record("new")); !errors.Is(err, context.Canceled) {
			t.Errorf("Replace: err = %v, want %v", err, context.Canceled)
		}
	})
	eventually(t, "the save waits for the lock", func() bool { return e.writer.Stats().InUse == 1 })
	cancel()
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	wantData(t, e, key, "old")
}

// Who is chosen to lead at the moment when its own context ends must lead all the
// same, or those behind it would wait for ever.
func TestLeadIsNeverLost(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 { // select takes either of two ready channels
		s := &save{ctx: ctx, lead: true, wake: make(chan struct{}, 1)}
		s.wake <- struct{}{}
		g := &group{led: true, queue: []*save{s}}
		if !g.wait(s) || len(g.queue) != 1 {
			t.Fatal("the leader left")
		}
	}
}

// Once it has started a save goes to its end: old or new, never half.
func TestSaveThatHasStartedIsFinished(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	var key string
	err := e.group.do(ctx, func(inner context.Context, x execer) error {
		cancel()
		key = sessions.NewKey()
		_, err := x.ExecContext(inner, e.text.insert, key, "x", e.date(record("").Expires))
		return err
	})
	if err != nil {
		t.Errorf("do: err = %v, want none", err)
	}
	wantData(t, e, key, "x")
}

func TestFullQueueIsAnError(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{MaxQueue: 3})
	release := hold(t, e)
	var wg sync.WaitGroup
	for n := range 3 {
		wg.Go(func() { create(t, e, "x") })
		waiting(t, e, n+1)
	}
	_, err := e.Create(t.Context(), record("x"))
	if !errors.Is(err, ErrQueueFull) {
		t.Errorf("Create: err = %v, want %v", err, ErrQueueFull)
	}
	wantOwnError(t, "Create", err)
	release()
	wg.Wait()
	create(t, e, "x")
}

// Without it the log would grow until the writer makes a checkpoint in the middle of a save.
func TestLogIsMovedIntoTheFileBesideTheSaves(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	e.group.log.every.Store(20)
	size := func() int64 {
		info, err := os.Stat(e.opts.Name)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	for range 19 {
		create(t, e, "x")
	}
	if after := size(); after != before {
		t.Fatalf("the file grew from %d to %d bytes before its time", before, after)
	}
	create(t, e, "x")
	eventually(t, "the file has grown", func() bool { return size() > before })
	eventually(t, "the saves have taken all steps", func() bool {
		create(t, e, "x")
		return e.group.log.step.Load() == logIsShort
	})
	if every := e.group.log.every.Load(); every < minCheckpoint {
		t.Errorf("the next checkpoint comes after %d rows, whatever the disk needed for this one", every)
	}
}

func TestALongReaderHoldsNoSaveUpAgainAndAgain(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	create(t, e, "x")
	reader, err := e.reader.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback()
	var n int
	if err := reader.QueryRow("SELECT count(*) FROM django_session").Scan(&n); err != nil {
		t.Fatal(err)
	}
	create(t, e, "x") // the reader must not see it, so it cannot be copied
	e.group.log.step.Store(logIsCopied)
	for range checkpointPauses {
		create(t, e, "x")
		e.group.log.background.Wait()
	}
	if step := e.group.log.step.Load(); step != logIsShort {
		t.Errorf("after %d pauses the next save pauses too: step %d", checkpointPauses, step)
	}
}

// Under load the saves always add to the log while it is copied, so the last step is the leader's.
func TestTheLogBeginsAnewAfterACheckpoint(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	for range 20 {
		create(t, e, "x")
	}
	pages := func() (n int) {
		var busy, copied int
		if err := e.opts.Checkpoints.QueryRow("PRAGMA wal_checkpoint(NOOP)").Scan(&busy, &n, &copied); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := pages()
	e.group.log.step.Store(fileIsSynced)
	create(t, e, "x")
	if after := pages(); before < 20 || after >= 20 {
		t.Errorf("the log has %d pages after %d, want few", after, before)
	}
	if step := e.group.log.step.Load(); step != logIsShort {
		t.Errorf("the next checkpoint is not waited for: step %d", step)
	}
}

// The app writes its own tables over the same connection.
func TestOthersMayUseTheWriter(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	if _, err := e.writer.Exec("CREATE TABLE visits (n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				create(t, e, "x")
				tx, err := e.writer.BeginTx(t.Context(), &sql.TxOptions{})
				if err == nil {
					_, err = tx.Exec("INSERT INTO visits VALUES (1)")
					err = errors.Join(err, tx.Commit())
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := column(t, e.reader, "SELECT (SELECT count(*) FROM visits) || ' ' || (SELECT count(*) FROM django_session)")[0]; got != "80 80" {
		t.Errorf("visits and sessions: %s, want 80 80", got)
	}
}
