package cacheddb_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/db"
)

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	file := "file:" + filepath.ToSlash(filepath.Join(dir, "site.db"))
	writer, err := sql.Open("sqlite", file+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		log.Fatal(err)
	}
	defer writer.Close()
	writer.SetMaxOpenConns(1)
	if err := db.CreateSQLiteTable(ctx, writer); err != nil {
		log.Fatal(err)
	}
	reader, err := sql.Open("sqlite", file+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		log.Fatal(err)
	}
	defer reader.Close()
	store, err := db.SQLite(reader, writer, db.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	memory := cache.NewMemory(cache.MemoryOptions{}) // or a redis.Redis
	engine := cacheddb.New(store, memory, cacheddb.Options{Logger: slog.Default()})
	key, err := engine.Create(ctx, sessions.Record{Data: []byte("hello"), Expires: time.Now().Add(time.Hour)})
	if err != nil {
		log.Fatal(err)
	}
	rec, err := engine.Load(ctx, key)
	fmt.Printf("%s %v\n", rec.Data, err)
	// Output: hello <nil>
}
