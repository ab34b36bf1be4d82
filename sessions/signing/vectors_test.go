package signing

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"testing"
	"time"
)

// vectors are what a real Django wrote and read (3.2.25, checked with 5.2.17). The other
// tests of this module read the same file.
type vectors struct {
	Vectors []struct {
		ID         string      `json:"id"`
		SecretKey  string      `json:"secret_key"`
		Time       json.Number `json:"time"`
		JSON       string      `json:"json"`
		JSONBytes  int         `json:"json_bytes"`
		ZlibBytes  int         `json:"zlib_bytes"`
		Compressed bool        `json:"compressed"`
		Timestamp  string      `json:"timestamp"`
		Payload    string      `json:"payload"`
		Stored     string      `json:"db_session_data"`
		Cookie     string      `json:"signed_cookie"`
	} `json:"vectors"`
	Cases []struct {
		ID           string   `json:"id"`
		Engine       string   `json:"engine"`
		SecretKey    string   `json:"secret_key"`
		FallbackKeys []string `json:"fallback_keys"`
		Value        string   `json:"value"`
	} `json:"cases"`
	Base62 []struct{ N, Text string } `json:"base62"`
	Keys   []struct {
		Salt      string `json:"salt"`
		SecretKey string `json:"secret_key"`
		Message   string `json:"message"`
		HMAC      string `json:"hmac_hex"`
		Signature string `json:"signature"`
	} `json:"key_derivation"`
}

func loadVectors(t testing.TB) (v vectors) {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func newSigner(t testing.TB, salt, key string, fallbacks ...string) *Signer {
	t.Helper()
	s, err := New(salt, key, fallbacks...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// at is the moment of a vector, with its fraction.
func at(t testing.TB, seconds json.Number) time.Time {
	t.Helper()
	r, ok := new(big.Rat).SetString(string(seconds))
	if !ok {
		t.Fatalf("time %q", seconds)
	}
	micros := new(big.Int).Quo(new(big.Int).Mul(r.Num(), big.NewInt(1e6)), r.Denom())
	return time.UnixMicro(micros.Int64()).UTC()
}

func TestSignsLikeDjango(t *testing.T) {
	for _, v := range loadVectors(t).Vectors {
		t.Run(v.ID, func(t *testing.T) {
			when := at(t, v.Time)
			for salt, signed := range map[string]string{StoreSalt: v.Stored, CookieSalt: v.Cookie} {
				s := newSigner(t, salt, v.SecretKey)
				if got := s.Sign(v.Payload, when); got != signed {
					t.Errorf("Sign(%q) = %q, want %q", v.Payload, got, signed)
				}
				payload, signedAt, err := s.Unsign(signed)
				if err != nil || payload != v.Payload || !signedAt.Equal(when.Truncate(time.Second)) {
					t.Errorf("Unsign(%q) = %q, %v, %v, want %q, %v", signed, payload, signedAt, err, v.Payload, when)
				}
				data, _, err := s.Load([]byte(signed), 1<<20)
				if err != nil || string(data) != v.JSON {
					t.Errorf("Load(%.80q) = %.80q, %v, want %.80q", signed, data, err, v.JSON)
				}
				// Compressed bytes depend on the zlib build, so they are compared by their content.
				dumped := s.Dump([]byte(v.JSON), when)
				if v.Payload[0] != compressed && string(dumped) != signed && dumped[0] != compressed {
					t.Errorf("Dump = %q, want %q", dumped, signed)
				}
				if data, _, err := s.Load(dumped, 1<<20); err != nil || string(data) != v.JSON {
					t.Errorf("Load of what was dumped = %.80q, %v, want %.80q", data, err, v.JSON)
				}
			}
		})
	}
}

// TestCompressesLikeDjango: where Go's zlib and C's disagree, they do by a few bytes. Any
// choice can be read, and a difference shows only this close to the limit.
func TestCompressesLikeDjango(t *testing.T) {
	others := 0
	for _, v := range loadVectors(t).Vectors {
		dumped := newSigner(t, StoreSalt, v.SecretKey).Dump([]byte(v.JSON), time.Unix(1700000000, 0))
		if got := dumped[0] == compressed; got != v.Compressed {
			others++
			if won := v.JSONBytes - v.ZlibBytes; won > 8 {
				t.Errorf("%s: compressed = %v, but Django wins %d bytes", v.ID, got, won)
			}
		}
	}
	if others > 3 {
		t.Errorf("%d of the vectors are compressed otherwise than by Django, want at most 3", others)
	}
}

func TestBase62LikeDjango(t *testing.T) {
	for _, v := range loadVectors(t).Base62 {
		if v.N[0] == '-' {
			continue // TestStamp
		}
		n, _ := new(big.Int).SetString(v.N, 10)
		if got := appendBase62(nil, n.Uint64()); string(got) != v.Text {
			t.Errorf("appendBase62(%s) = %q, want %q", v.N, got, v.Text)
		}
		if got, ok := parseBase62([]byte(v.Text)); got != n.Uint64() || !ok {
			t.Errorf("parseBase62(%q) = %d, %v, want %s", v.Text, got, ok, v.N)
		}
	}
}

func TestDerivesKeysLikeDjango(t *testing.T) {
	for _, v := range loadVectors(t).Keys {
		var sig [signatureLength]byte
		sign(newSigner(t, v.Salt, v.SecretKey).keys[0], []byte(v.Message), &sig)
		if got := string(sig[:]); got != v.Signature {
			t.Errorf("signature under %q = %q, want %q", v.Salt, got, v.Signature)
		}
		mac, err := base64.RawURLEncoding.DecodeString(v.Signature)
		if want, _ := hex.DecodeString(v.HMAC); err != nil || !bytes.Equal(mac, want) {
			t.Errorf("%s is not the signature of %s", v.Signature, v.HMAC)
		}
	}
}
