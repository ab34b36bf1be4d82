package accounts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// AuthHash is what a session keeps beside the user's id: a keyed hash of the
// password's hash, as in Django. It changes with the password, and with
// [Store.SignOutEverywhere].
func (s *Store) AuthHash(u User) string { return authHash(s.keys[0], u) }

// VerifyAuthHash reports whether got, from a session, fits the user as it is now.
// When it is not ok, the session is flushed. When it is stale, it was made under a
// fallback secret: store [Store.AuthHash] in its place, under a new session key, or
// the sign-in ends when that secret goes.
func (s *Store) VerifyAuthHash(u User, got string) (ok, stale bool) {
	for i, key := range s.keys {
		if hmac.Equal([]byte(got), []byte(authHash(key, u))) {
			return true, i > 0
		}
	}
	return false, false
}

func authHash(key []byte, u User) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(u.stamp[:])
	return hex.EncodeToString(mac.Sum(nil))
}

// deriveKey makes a key for one purpose out of a secret that has many.
func deriveKey(purpose, secret string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("sessionlab/accounts: " + purpose))
	return mac.Sum(nil)
}
