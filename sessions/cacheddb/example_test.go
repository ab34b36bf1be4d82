package cacheddb_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"

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

	d, err := db.Open(ctx, "sqlite:"+filepath.Join(dir, "site.db")) // or postgres://…
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	if err := d.CreateTable(ctx); err != nil {
		log.Fatal(err)
	}
	store, err := db.New(d, db.Options{})
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
