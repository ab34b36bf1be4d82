package sessions

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
)

// HashKeys returns an engine that keeps its records in e under a keyed hash of their keys,
// so that whoever reads the store, or a backup of it, cannot take over a session. Another
// secret makes all sessions unknown. Django cannot find sessions that are kept so: it looks
// for the key itself. For the same reason such an engine is no [Lister]: nobody can tell the
// keys. It clears if e does, and has the traits of e.
func HashKeys(e Keyed, secret []byte) Keyed {
	h := &hashed{e, secret}
	if c, ok := e.(Clearer); ok { // only an engine that keeps what has expired says that it clears
		return &struct {
			*hashed
			Clearer
		}{h, c}
	}
	return h
}

type hashed struct {
	Keyed
	secret []byte
}

var (
	_ Toucher   = (*hashed)(nil)
	_ Describer = (*hashed)(nil)
	_ Locator   = (*hashed)(nil)
)

// under is where the record of key is kept: a text with the shape of a key, since that is
// what all engines take.
func (h *hashed) under(key string) string {
	mac := hmac.New(sha256.New, h.secret)
	mac.Write([]byte(key))
	sum := mac.Sum(nil)
	for i, b := range sum {
		sum[i] = keyAlphabet[b%36]
	}
	return string(sum[:keyLength])
}

func (h *hashed) Load(ctx context.Context, key string) (Record, error) {
	return h.Keyed.Load(ctx, h.under(key))
}

func (h *hashed) Create(ctx context.Context, rec Record) (string, error) {
	return CreateKeyed(func(key string) error { return h.Keyed.CreateUnder(ctx, h.under(key), rec) })
}

func (h *hashed) CreateUnder(ctx context.Context, key string, rec Record) error {
	return h.Keyed.CreateUnder(ctx, h.under(key), rec)
}

func (h *hashed) Replace(ctx context.Context, key string, old, rec Record) (string, error) {
	_, err := h.Keyed.Replace(ctx, h.under(key), old, rec)
	if err != nil {
		return "", err
	}
	return key, nil
}

func (h *hashed) Delete(ctx context.Context, key string) error {
	return h.Keyed.Delete(ctx, h.under(key))
}

// Touch touches where the engine can, and otherwise swaps what is stored for equal data.
func (h *hashed) Touch(ctx context.Context, key string, rec Record) (string, error) {
	var err error
	if t, ok := h.Keyed.(Toucher); ok {
		_, err = t.Touch(ctx, h.under(key), rec)
	} else {
		var stored Record
		if stored, err = h.Load(ctx, key); err == nil {
			rec.Data, rec.Saved = stored.Data, stored.Saved
			if rec.Expires.Before(stored.Expires) {
				rec.Expires = stored.Expires
			}
			_, err = h.Replace(ctx, key, stored, rec)
		}
	}
	if err != nil {
		return "", err
	}
	return key, nil
}

func (h *hashed) Traits() Traits {
	if d, ok := h.Keyed.(Describer); ok {
		return d.Traits()
	}
	return Traits{}
}

// Locate says where the engine keeps the record, under the hash of its key.
func (h *hashed) Locate(key string) Location {
	l, ok := h.Keyed.(Locator)
	if !ok {
		return Location{Place: "record under a hash of its key"}
	}
	at := l.Locate(h.under(key))
	at.Key += " (a hash of it)"
	return at
}
