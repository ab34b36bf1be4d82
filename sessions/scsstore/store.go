package scsstore

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"

	"sessionlab/sessions"
)

// Store hands e to a plain scs.SessionManager. scs makes its own tokens, which are kept as
// keyed hashes under secret, in the shape that engines want. scs writes without looking, so
// the last of two parallel requests wins there, as always with scs; only a
// sessions.Manager makes use of what e can do.
func Store(e sessions.Keyed, secret []byte) scs.CtxStore {
	return &store{sessions.HashKeys(e, secret)}
}

type store struct{ engine sessions.Keyed }

func (s *store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	rec, err := s.engine.Load(ctx, token)
	switch {
	case errors.Is(err, sessions.ErrNotFound):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("scsstore: find: %w", err)
	}
	b, err := base64.StdEncoding.DecodeString(string(rec.Data))
	if err != nil {
		return nil, false, fmt.Errorf("scsstore: find: %w", err)
	}
	return b, true, nil
}

func (s *store) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	// In base64, since engines keep text and scs's codec makes bytes.
	rec := sessions.Record{Data: base64.StdEncoding.AppendEncode(nil, b), Saved: time.Now().UTC(), Expires: expiry.UTC()}
	for range 10 { // another request may write between the look and the swap: then look again
		old, err := s.engine.Load(ctx, token)
		if errors.Is(err, sessions.ErrNotFound) {
			err = s.engine.CreateUnder(ctx, token, rec)
		} else if err == nil {
			_, err = s.engine.Replace(ctx, token, old, rec)
		}
		if err == nil || !errors.Is(err, sessions.ErrConflict) && !errors.Is(err, sessions.ErrNotFound) {
			return err
		}
	}
	return fmt.Errorf("scsstore: commit: %w", sessions.ErrBusy)
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
