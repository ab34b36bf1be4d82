package proctest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sessionlab/sessions/sessionstest/testserver"
)

// Two copies of the program behind a PgBouncer in transaction mode, which knows no prepared
// statements: both start at once on an empty database, and no visit and no line of the event
// log is lost.
func TestTwoCopiesThroughAPoolerInTransactionMode(t *testing.T) {
	const visitors, visits = 6, 10
	server := testserver.NewPostgres(t)
	direct := server.NewDatabase(t)
	url := strings.Replace(direct, server.Addr, server.NewPgBouncer(t).Addr, 1) + "&pooler=transaction"
	key := "SECRET_KEY=" + strings.Repeat("a key for this test ", 3)
	var copies [2]*process
	var both sync.WaitGroup
	for i := range copies {
		dir := t.TempDir()
		both.Go(func() {
			copies[i] = start(t, dir, "DATABASE_URL="+url, "SESSION_ENGINE=db", key)
		})
	}
	both.Wait()
	if t.Failed() { // to start
		return
	}

	var all sync.WaitGroup
	for range visitors {
		all.Go(func() {
			c := browser()
			defer c.CloseIdleConnections()
			for n := range visits {
				p := copies[n%len(copies)]
				status, text, err := ask(c, "GET", p.url+"/counter/", "")
				want := fmt.Sprintf(`{"visit_count":%d}`, n+1)
				if err != nil || status != 200 || strings.TrimSpace(text) != want {
					t.Errorf("%d %s (%v), want 200 %s", status, text, err, want)
				}
			}
		})
	}
	all.Wait()

	db, err := pgx.Connect(t.Context(), direct)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	const logged = "SELECT count(*) FROM lab_events WHERE kind = 'created'"
	created := 0
	for deadline := time.Now().Add(patience); created != visitors && time.Now().Before(deadline); {
		if err := db.QueryRow(t.Context(), logged).Scan(&created); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, p := range copies {
		log := p.output()
		failed := strings.Contains(log, "prepared statement") || strings.Contains(log, "level=ERROR")
		if failed || created != visitors {
			t.Errorf("%d lines tell of %d new sessions; the program says:\n%s", created, visitors, log)
		}
	}
}
