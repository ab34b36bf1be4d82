package db

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest/testdb"
)

// The test binary runs itself again as another process: with childURL set it is a
// program that increments the record under childKey, one hundred times, from four
// goroutines, and prints each number that was acknowledged.
const (
	childURL = "SESSIONS_DB_TEST_URL"
	childKey = "SESSIONS_DB_TEST_KEY"
)

func child(url, key string) int {
	ctx := context.Background()
	d, err := testdb.Open(ctx, url)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer d.Close()
	e, err := newEngine(d, Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer e.Close()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := 0; n < 25; {
				old, err := e.Load(ctx, key)
				if err == nil {
					count, _ := strconv.Atoi(string(old.Data))
					_, err = e.Replace(ctx, key, old, record(strconv.Itoa(count+1)))
					if err == nil {
						n++
						fmt.Println(count + 1)
					}
				}
				if err != nil && !errors.Is(err, sessions.ErrConflict) {
					fmt.Println("error:", err)
					return
				}
			}
		})
	}
	wg.Wait()
	return 0
}
