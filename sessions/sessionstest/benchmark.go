package sessionstest

import (
	"bytes"
	"testing"

	"sessionlab/sessions"
)

// Benchmark measures an engine as Run checks it: each call alone and in parallel
// on many sessions, with records of 400 bytes, the size of a small session.
func Benchmark(b *testing.B, open func(b *testing.B) sessions.Engine) {
	one, two := benchRecord('1'), benchRecord('2')

	b.Run("Load", func(b *testing.B) {
		e := open(b)
		key := create(b, e, one)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := e.Load(b.Context(), key); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Create", func(b *testing.B) {
		e := open(b)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := e.Create(b.Context(), one); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Replace", func(b *testing.B) {
		e := open(b)
		old, rec := one, two
		key := create(b, e, old)
		b.ReportAllocs()
		for b.Loop() {
			var err error
			if key, err = e.Replace(b.Context(), key, old, rec); err != nil {
				b.Fatal(err)
			}
			old, rec = rec, old
		}
	})
	b.Run("LoadAndReplaceInParallelOnManyKeys", func(b *testing.B) {
		e := open(b)
		b.ReportAllocs()
		b.SetParallelism(32) // for each processor
		b.RunParallel(func(pb *testing.PB) {
			rec, next := one, two
			key, err := e.Create(b.Context(), rec)
			for err == nil && pb.Next() {
				var old sessions.Record
				if old, err = e.Load(b.Context(), key); err == nil {
					key, err = e.Replace(b.Context(), key, old, next)
				}
				rec, next = next, rec
			}
			if err != nil {
				b.Error(err)
			}
		})
	})
}

func benchRecord(fill byte) sessions.Record {
	rec := numbered(0)
	rec.Data = bytes.Repeat([]byte{fill}, 400)
	return rec
}
