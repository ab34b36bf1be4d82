package database

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
)

// told is a log that hands on what it is told.
type told chan string

func (c told) Write(line []byte) (int, error) { c <- string(line); return len(line), nil }

// Other tables than that of the sessions take nothing either, while the file is away, and they
// do again when it is back.
func TestNothingIsCommittedWhileTheFileIsAway(t *testing.T) {
	d := openDB(t, sqliteURL(t))
	createTable(t, d)
	insert := func() error {
		_, err := d.W.Exec("CREATE TABLE IF NOT EXISTS other (n INTEGER); INSERT INTO other VALUES (1)")
		return err
	}
	ctx, stop := context.WithCancel(t.Context())
	lines := make(told, 8)
	var watch sync.WaitGroup
	watch.Go(func() { d.Watch(ctx, slog.New(slog.NewTextHandler(lines, nil))) })
	defer watch.Wait()
	defer stop()
	if err := insert(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(d.Name, d.Name+".aside"); err != nil {
		t.Fatal(err)
	}
	if line := <-lines; !strings.Contains(line, d.Name+" was removed or replaced") {
		t.Errorf("the log says %s", line)
	}
	if err := insert(); err == nil {
		t.Error("another table took a row that the next program would not find")
	}
	if err := os.Rename(d.Name+".aside", d.Name); err != nil {
		t.Fatal(err)
	}
	<-lines
	if err := insert(); err != nil {
		t.Errorf("the file is back: %v", err)
	}
}
