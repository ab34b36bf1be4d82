package sessionstest

import (
	"testing"
	"time"

	"sessionlab/sessions"
)

func expiredAtCreate(t testing.TB, e sessions.Engine) {
	first, second := create(t, e, expired()), create(t, e, expired())
	if first == second {
		t.Error("Create: the same key twice")
	}
	wantGone(t, e, first)
	_, err := e.Replace(t.Context(), first, expired(), numbered(1))
	wantErr(t, "Replace", err, sessions.ErrNotFound)
	wantGone(t, e, first)
}

func expiredIsGone(t testing.TB, e sessions.Engine) {
	if !keepsExpiry(t, e) {
		t.Skip("this engine leaves it to the layer when a record ends")
	}
	created := numbered(1)
	created.Expires = time.Now().UTC().Add(200 * time.Millisecond).Truncate(time.Microsecond)
	key := create(t, e, created)

	// One that gets its short time later: a replaced record must not keep the old expiry.
	long := numbered(2)
	shortened := create(t, e, long)
	short := long
	short.Expires = created.Expires
	replace(t, e, shortened, long, short)

	passed(created)
	for _, key := range []string{key, shortened} {
		wantGone(t, e, key)
		_, err := e.Replace(t.Context(), key, created, numbered(3))
		wantErr(t, "Replace", err, sessions.ErrNotFound)
		_, err = e.Replace(t.Context(), key, short, numbered(3))
		wantErr(t, "Replace", err, sessions.ErrNotFound)
		if e, ok := e.(sessions.Toucher); ok {
			_, err := e.Touch(t.Context(), key, numbered(3))
			wantErr(t, "Touch", err, sessions.ErrNotFound)
		}
		wantGone(t, e, key)
	}
}
