package db

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest"
)

func BenchmarkEngine(b *testing.B) {
	for name, url := range stores {
		b.Run(name, func(b *testing.B) {
			sessionstest.Benchmark(b, func(b *testing.B) sessions.Engine { return openEngine(b, url(b), Options{}) })
		})
	}
}

// BenchmarkSave measures load and save of random sessions out of 20,000, each of 400
// bytes, on SQLite: what group commit makes of it, and of the slowest saves.
func BenchmarkSave(b *testing.B) {
	for _, clients := range []int{1, 16, 64} {
		for _, batch := range []int{1, 8, 32, 128} {
			for _, expiry := range []string{"moving", "rounded"} {
				b.Run(fmt.Sprintf("clients=%d/batch=%d/expiry=%s", clients, batch, expiry), func(b *testing.B) {
					e := openEngine(b, stores["SQLite"](b), Options{MaxBatch: batch})
					benchmarkSave(b, e, clients, 20_000, expiry == "rounded")
				})
			}
		}
	}
}

func benchmarkSave(b *testing.B, e *Engine, clients, sessions int, rounded bool) {
	keys := fill(b, e, sessions)
	times := make([][]time.Duration, clients)
	var wg sync.WaitGroup
	b.ResetTimer()
	for c := range clients {
		wg.Go(func() {
			mine := keys[c*len(keys)/clients : (c+1)*len(keys)/clients] // nobody else's, so no conflicts
			for range max(1, b.N/clients) {
				key := mine[rand.N(len(mine))]
				old, err := e.Load(b.Context(), key)
				if err != nil {
					b.Error(err)
					return
				}
				rec := benchRecord(rounded)
				start := time.Now()
				if _, err := e.Replace(b.Context(), key, old, rec); err != nil {
					b.Error(err)
					return
				}
				times[c] = append(times[c], time.Since(start))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Sorted(slices.Values(slices.Concat(times...)))
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "saves/s")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(all[len(all)-1].Microseconds())/1000, "max-ms")
	b.ReportMetric(float64(e.group.saves)/float64(e.group.batches), "saves/batch")
}

func benchRecord(rounded bool) sessions.Record {
	expires := time.Now().UTC().Add(14 * 24 * time.Hour)
	if rounded {
		expires = expires.Truncate(time.Hour).Add(time.Hour)
	}
	data := bytes.Repeat([]byte("0123456789"), 40)
	copy(data, fmt.Sprint(rand.Uint64()))
	return sessions.Record{Data: data, Expires: expires}
}

// fill stores n sessions quickly and returns their keys.
func fill(b testing.TB, e *Engine, n int) []string {
	b.Helper()
	tx, err := e.writer.Begin()
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	insert, err := tx.Prepare(e.text.insert)
	if err != nil {
		b.Fatal(err)
	}
	keys := make([]string, n)
	for i := range keys {
		keys[i] = sessions.NewKey()
		rec := benchRecord(true)
		if _, err := insert.Exec(keys[i], string(rec.Data), e.date(rec.Expires)); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	return keys
}
