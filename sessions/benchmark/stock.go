package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/signing"
)

// dataSize is about what a counter and a small cart come to when they are signed.
const dataSize = 300

// signer makes the data of the stored sessions, which the file engine looks into for an
// expiry of their own when it clears.
var signer = func() *signing.Signer {
	s, err := signing.New(signing.StoreSalt, secret)
	if err != nil {
		panic(err) // for an empty secret only
	}
	return s
}()

// record makes a session of its own. An expired one has been over for a day.
func record(expired bool) sessions.Record {
	saved := time.Now().UTC()
	if expired {
		saved = saved.Add(-age - 24*time.Hour)
	}
	noise := make([]byte, dataSize*3/8) // in hexadecimal, which compression cannot shorten to less than half
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	data := fmt.Appendf(nil, `{"visit_count":%d,"noise":"%x"}`, rand.IntN(1000), noise)
	return sessions.Record{Data: signer.Dump(data, saved), Saved: saved, Expires: saved.Add(age)}
}

// stockUp fills a store beside its engine, since a million synced saves would take too long.
func stockUp(ctx context.Context, engine, home string, size, expired int) (*stock, error) {
	put, done, err := filler(ctx, engine, home)
	if err != nil {
		return nil, err
	}
	s := &stock{expired: expired}
	for i := 0; i < size && err == nil; i++ {
		key := sessions.NewKey()
		if err = put(key, record(i < expired)); i >= expired {
			s.keys = append(s.keys, key)
		}
		if err == nil {
			err = ctx.Err()
		}
	}
	if err = errors.Join(err, done()); err == nil && len(s.keys) < scaleClients {
		err = fmt.Errorf("of %d sessions too few are live", size)
	}
	rand.Shuffle(len(s.keys), func(i, j int) { s.keys[i], s.keys[j] = s.keys[j], s.keys[i] })
	return s, err
}

// filler returns how to put one record into an empty store, and how to end.
func filler(ctx context.Context, engine, home string) (put func(string, sessions.Record) error, done func() error, err error) {
	if engine == files {
		dir := filepath.Join(home, "sessions")
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, nil, err
		}
		put = func(key string, rec sessions.Record) error {
			name := filepath.Join(dir, "sessionid"+key)
			if err := os.WriteFile(name, rec.Data, 0o600); err != nil {
				return err
			}
			return os.Chtimes(name, rec.Expires, rec.Saved) // as the engine does
		}
		return put, func() error { return nil }, nil
	}
	l := &layer{}
	d, err := l.openDB(home)
	if err != nil {
		return nil, nil, errors.Join(err, l.close())
	}
	tx, err := d.Writer.BeginTx(ctx, nil)
	if err != nil {
		return nil, nil, errors.Join(err, l.close())
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (?, ?, ?)")
	if err != nil {
		return nil, nil, errors.Join(err, tx.Rollback(), l.close())
	}
	put = func(key string, rec sessions.Record) error {
		_, err := insert.ExecContext(ctx, key, string(rec.Data), rec.Expires.Format("2006-01-02 15:04:05.000000"))
		return err
	}
	return put, func() error { return errors.Join(insert.Close(), tx.Commit(), l.close()) }, nil
}
