package sessions

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestASaveEndsAtItsLimitAndNotWithTheRequest(t *testing.T) {
	for name, watched := range map[string]bool{"if its end is awaited": true, "if it is only asked for": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				type key struct{}
				request, hangUp := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
				ctx := newSaving(time.Now().Add(8*time.Second), request)
				if watched {
					ctx.Done()
				}
				hangUp()
				time.Sleep(8*time.Second - time.Nanosecond)
				if err := ctx.Err(); err != nil || ctx.Value(key{}) != "value" {
					t.Errorf("just before its end: error %v, value %v", err, ctx.Value(key{}))
				}
				if end, ok := ctx.Deadline(); !ok || time.Until(end) != 1 {
					t.Errorf("deadline in %v, want 1ns", time.Until(end))
				}
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				if err := ctx.Err(); err != context.DeadlineExceeded {
					t.Errorf("at its end: %v, want %v", err, context.DeadlineExceeded)
				}
				<-ctx.Done()
			})
		})
	}
}

func TestWhatWaitsOnASaveEndsWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := newSaving(time.Now().Add(time.Hour), t.Context())
		child, cancel := context.WithTimeout(ctx, 2*time.Hour)
		defer cancel()
		go ctx.over()
		<-child.Done()
		if err := child.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("the child ended with %v, want %v", err, context.Canceled)
		}
		late := newSaving(time.Now().Add(time.Hour), t.Context())
		late.over()
		start := time.Now()
		<-late.Done() // closed, although nobody had asked for it before
		if late.Err() == nil || time.Since(start) != 0 {
			t.Errorf("it ended %v after it was over, with the error %v", time.Since(start), late.Err())
		}
	})
}
