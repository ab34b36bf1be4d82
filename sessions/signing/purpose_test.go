package signing

import (
	"errors"
	"testing"
)

// signatures of one key under two salts differ, and neither is good for the other.
func TestASignatureIsGoodForOnePurpose(t *testing.T) {
	salts := []string{StoreSalt, CookieSalt, "django.contrib.auth.tokens.PasswordResetTokenGenerator", "django.core.signing"}
	for _, made := range salts {
		signed := newSigner(t, made, testKey).Sign("text", moment)
		for _, read := range salts {
			_, _, err := newSigner(t, read, testKey).Unsign(signed)
			if made == read && err != nil || made != read && !errors.Is(err, ErrSignature) {
				t.Errorf("made for %s, read for %s: err = %v", made, read, err)
			}
		}
	}
}
