package scsstore

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/alexedwards/scs/v2"

	"sessionlab/sessions"
)

// Store hands e to a plain scs.SessionManager. scs makes its own tokens, which are kept as
// keyed hashes under secret, in the shape that engines want. scs writes without looking, so
// the last of two parallel requests wins there, as always with scs; only a
// sessions.Manager makes use of what e can do.
//
// Expired sessions of an engine that keeps no Expires, such as file, are not found, and stay
// until they are deleted: no policy of this layer clears what scs has made.
func Store(e sessions.Keyed, secret []byte) scs.CtxStore {
	return &store{sessions.HashKeys(e, secret)}
}

type store struct{ engine sessions.Keyed }

// FindCtx does not find what is damaged: scs would answer with 500 for as long as it is there.
func (s *store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	rec, err := s.engine.Load(ctx, token)
	var b []byte
	if err == nil {
		b, err = decode(&rec)
	}
	switch {
	case err == nil && !rec.Expired(time.Now()):
		return b, true, nil
	case err == nil, errors.Is(err, sessions.ErrNotFound), errors.Is(err, sessions.ErrDecode):
		return nil, false, nil
	}
	return nil, false, fmt.Errorf("scsstore: find: %w", err)
}

// What is stored is the expiry in microseconds, since not every engine keeps it, and the
// bytes in base64, since engines keep text and the codecs of scs make bytes.

func encode(b []byte, expiry time.Time) []byte {
	return base64.StdEncoding.AppendEncode(fmt.Appendf(nil, "%d ", expiry.UnixMicro()), b)
}

// decode returns the bytes in rec, and sets its Expires.
func decode(rec *sessions.Record) ([]byte, error) {
	expiry, text, _ := bytes.Cut(rec.Data, []byte(" "))
	n, err := strconv.ParseInt(string(expiry), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: no expiry in it", sessions.ErrDecode)
	}
	rec.Expires = time.UnixMicro(n)
	b, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sessions.ErrDecode, err)
	}
	return b, nil
}

// CommitCtx stores b, whatever is there: nothing, a session, or one that is damaged or has
// expired and still has its place in the store.
func (s *store) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	now := time.Now().UTC()
	rec := sessions.Record{Data: encode(b, expiry), Saved: now, Used: now, Expires: expiry.UTC()}
	for range 10 { // another request may write between the look and the write: then look again
		old, err := s.engine.Load(ctx, token)
		switch {
		case err == nil:
			_, err = s.engine.Replace(ctx, token, old, rec)
		case errors.Is(err, sessions.ErrNotFound), errors.Is(err, sessions.ErrDecode):
			err = s.create(ctx, token, rec)
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, sessions.ErrConflict) && !errors.Is(err, sessions.ErrNotFound) {
			return fmt.Errorf("scsstore: commit: %w", err)
		}
	}
	return fmt.Errorf("scsstore: commit: %w", sessions.ErrBusy)
}

// create stores rec where nothing was found. A conflict there is with an expired or a damaged
// record, which goes. It may also be with one that another request has stored
// in this instant: then the last of the two wins, as with any scs.Store.
func (s *store) create(ctx context.Context, token string, rec sessions.Record) error {
	err := s.engine.CreateUnder(ctx, token, rec)
	if errors.Is(err, sessions.ErrConflict) {
		if err = s.engine.Delete(ctx, token); err == nil {
			err = s.engine.CreateUnder(ctx, token, rec)
		}
	}
	return err
}

func (s *store) DeleteCtx(ctx context.Context, token string) error {
	return s.engine.Delete(ctx, token)
}

// The methods without a context are there for those parts of scs that have none.

func (s *store) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s *store) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

func (s *store) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
