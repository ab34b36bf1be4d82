package signedcookies

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest"
	"sessionlab/sessions/signing"
)

const (
	testKey  = "cookie-test-key-0123456789abcdefghijklmnopqrstuvwxyz"
	otherKey = "cookie-other-key-0123456789abcdefghijklmnopqrstuvwxyz"
)

// engines are the two ways to make one.
var engines = []struct {
	name string
	make func(Config) (*Engine, error)
}{{"Signed", New}, {"Encrypted", NewEncrypted}}

func open(t testing.TB, make func(Config) (*Engine, error), cfg Config) *Engine {
	t.Helper()
	if cfg.Secret == "" {
		cfg.Secret = testKey
	}
	e, err := make(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func create(t testing.TB, e *Engine, data string) string {
	t.Helper()
	key, err := e.Create(t.Context(), sessions.Record{Data: []byte(data), Used: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func wantGone(t testing.TB, e *Engine, what, key string) {
	t.Helper()
	if rec, err := e.Load(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) || rec.Data != nil {
		t.Errorf("%s: Load(%.90q) = %.90q, %v, want ErrNotFound", what, key, rec.Data, err)
	}
}

func wantData(t testing.TB, e *Engine, what, key, want string) {
	t.Helper()
	if rec, err := e.Load(t.Context(), key); err != nil || string(rec.Data) != want {
		t.Errorf("%s: Load = %.90q, %v, want %.90q", what, rec.Data, err, want)
	}
}

func TestConformance(t *testing.T) {
	for _, c := range engines {
		t.Run(c.name, func(t *testing.T) {
			sessionstest.Run(t, func(t *testing.T) sessions.Engine { return open(t, c.make, Config{}) }, sessionstest.Cookie())
		})
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, c := range engines {
		for name, cfg := range map[string]Config{
			"no secret":         {},
			"an empty fallback": {Secret: testKey, Fallbacks: []string{""}},
			"a negative age":    {Secret: testKey, Age: -1},
		} {
			if _, err := c.make(cfg); err == nil || strings.Contains(err.Error(), testKey) {
				t.Errorf("%s: %s: err = %v, want one without the key", c.name, name, err)
			}
		}
	}
}

// TestEveryBitOfACookieCounts is.
func TestEveryBitOfACookieCounts(t *testing.T) {
	for _, c := range engines {
		e := open(t, c.make, Config{})
		key := create(t, e, `{"user":"alice"}`)
		for i := range 8 * len(key) {
			flipped := []byte(key)
			flipped[i/8] ^= 1 << (i % 8)
			wantGone(t, e, fmt.Sprintf("%s: bit %d flipped", c.name, i), string(flipped))
		}
		for i := range len(key) {
			wantGone(t, e, c.name+": a prefix", key[:i])
			wantGone(t, e, c.name+": a suffix", key[i+1:])
		}
		for _, more := range []string{"=", "A", "\n", " ", "."} {
			wantGone(t, e, c.name+": more at the end", key+more)
			wantGone(t, e, c.name+": more in front", more+key)
		}
		wantGone(t, e, c.name+": upper case", strings.ToUpper(key))
		wantData(t, e, c.name+": untouched", key, `{"user":"alice"}`)
	}
}

// TestOneTextForEachCookie is R-32: what only decodes to the same bytes is refused.
func TestOneTextForEachCookie(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, c := range engines {
		for n := range 4 { // every kind of last character
			e := open(t, c.make, Config{})
			key := create(t, e, `{"a":"`+strings.Repeat("x", n)+`"}`)
			valid := 0
			for _, last := range alphabet {
				if _, err := e.Load(t.Context(), key[:len(key)-1]+string(last)); err == nil {
					valid++
				}
			}
			if valid != 1 {
				t.Errorf("%s: %d last characters are valid, want 1", c.name, valid)
			}
		}
	}
}

// TestACookieIsGoodForOneThing is: no other purpose, name or weaker form.
func TestACookieIsGoodForOneThing(t *testing.T) {
	store, err := signing.New(signing.StoreSalt, testKey)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	plain, hidden := open(t, New, Config{}), open(t, NewEncrypted, Config{})
	data := `{"user":"alice"}`
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(data))
	for name, key := range map[string]string{
		"a record of the table":      string(store.Dump([]byte(data), now)),
		"an encrypted cookie":        create(t, hidden, data),
		"unsigned JSON":              unsigned,
		"unsigned JSON with a time":  unsigned + ":1r31eq:" + strings.Repeat("A", 43),
		"another key":                create(t, open(t, New, Config{Secret: otherKey}), data),
		"bare JSON":                  data,
		"a key of another engine":    sessions.NewKey(),
		"an empty signature":         unsigned + ":1r31eq:",
		"an HMAC in the wrong place": strings.Repeat("A", 43) + ":1r31eq:" + unsigned,
	} {
		wantGone(t, plain, "signed: "+name, key)
	}
	for name, key := range map[string]string{
		"a cookie that is only signed": create(t, plain, data),
		"plain text under the prefix":  prefix + unsigned,
		"another cookie name":          create(t, open(t, NewEncrypted, Config{CookieName: "__Host-sessionid"}), data),
		"another key":                  create(t, open(t, NewEncrypted, Config{Secret: otherKey}), data),
		"another version":              "e2." + strings.TrimPrefix(create(t, hidden, data), prefix),
		"no version":                   strings.TrimPrefix(create(t, hidden, data), prefix),
	} {
		wantGone(t, hidden, "encrypted: "+name, key)
	}
}

func TestPartsOfTwoCookiesDoNotMix(t *testing.T) {
	e := open(t, New, Config{})
	one := strings.Split(create(t, e, `{"user":"alice"}`), ":")
	other := strings.Split(string(e.form.seal([]byte(`{"user":"bob"}`), time.Now().Add(-time.Hour), Limit)), ":")
	for mix := 1; mix < 7; mix++ {
		parts := [3]string{}
		for i := range parts {
			if parts[i] = one[i]; mix>>i&1 == 1 {
				parts[i] = other[i]
			}
		}
		wantGone(t, e, fmt.Sprintf("mix %03b", mix), strings.Join(parts[:], ":"))
	}
}

// TestAgeIsCheckedHere is R-36 and Django B-245.
func TestAgeIsCheckedHere(t *testing.T) {
	for _, c := range engines {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(300 * time.Millisecond) // a fraction of a second that the cookie does not hold
			e := open(t, c.make, Config{Age: time.Hour})
			key := create(t, e, `{"a":1}`)
			signed := time.Now().Truncate(time.Second)
			for _, step := range []struct {
				age   time.Duration
				valid bool
			}{
				{time.Hour - time.Second, true},
				{time.Hour, true},
				{time.Hour + time.Microsecond, false},
				{time.Hour + time.Second, false},
			} {
				time.Sleep(time.Until(signed.Add(step.age)))
				_, err := e.Load(t.Context(), key)
				if (err == nil) != step.valid || (err != nil && !errors.Is(err, sessions.ErrExpired)) {
					t.Errorf("%s: at the age of %v: err = %v, want valid = %v", c.name, step.age, err, step.valid)
				}
				if _, err := e.Touch(t.Context(), key, sessions.Record{Used: time.Now()}); (err == nil) != step.valid {
					t.Errorf("%s: Touch at the age of %v: err = %v, want valid = %v", c.name, step.age, err, step.valid)
				}
			}
			for _, step := range []struct {
				ahead time.Duration
				valid bool
			}{{time.Minute, true}, {time.Minute + time.Second, false}, {24 * time.Hour, false}} {
				key := string(e.form.seal([]byte(`{}`), time.Now().Truncate(time.Second).Add(step.ahead), Limit))
				if _, err := e.Load(t.Context(), key); (err == nil) != step.valid {
					t.Errorf("%s: signed %v ahead: err = %v, want valid = %v", c.name, step.ahead, err, step.valid)
				}
			}
		})
	}
}

// TestClocksMayJump is R-133: a clock that is set back, a leap day and the end of 32-bit seconds.
func TestClocksMayJump(t *testing.T) {
	for _, c := range engines {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, c.make, Config{Age: 2 * time.Hour})
			for _, now := range []time.Time{
				time.Date(2024, 2, 29, 23, 59, 30, 0, time.UTC),
				time.Date(2038, 1, 19, 3, 14, 7, 0, time.UTC),
				time.Date(2106, 2, 7, 6, 28, 15, 0, time.UTC),
			} {
				time.Sleep(time.Until(now))
				key := create(t, e, `{"a":1}`)
				time.Sleep(time.Minute) // over the end of the day, and of the second that counts in 32 bits
				rec, err := e.Load(t.Context(), key)
				if err != nil || !rec.Used.Equal(now) || !rec.Saved.IsZero() || !rec.Expires.IsZero() {
					t.Errorf("%s: Load = %+v, %v, want Used %v and no other time", c.name, rec, err, now)
				}
				later := time.Now().Add(30 * time.Second)
				key, err = e.Touch(t.Context(), key, sessions.Record{Used: later, Saved: later, Expires: later.Add(time.Hour)})
				if rec, loadErr := e.Load(t.Context(), key); err != nil || loadErr != nil || !rec.Used.Equal(later.Truncate(time.Second)) {
					t.Errorf("%s: after a touch Load = %+v, %v, %v, want Used %v", c.name, rec, err, loadErr, later)
				}
			}
			// The clock is set back by an hour: what was signed before is from the future.
			signed := time.Now().Add(time.Hour)
			before := string(e.form.seal([]byte(`{"a":1}`), signed, Limit))
			after := create(t, e, `{"a":2}`)
			wantGone(t, e, c.name+": signed before the clock was set back", before)
			wantData(t, e, c.name+": signed afterwards", after, `{"a":2}`)
			time.Sleep(time.Hour - time.Minute)
			wantData(t, e, c.name+": when the clock has caught up", before, `{"a":1}`)
			time.Sleep(time.Until(signed.Add(2*time.Hour + 2*time.Second)))
			wantGone(t, e, c.name+": after its age", before)
		})
	}
	for _, c := range engines {
		at := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
		form := open(t, c.make, Config{}).form
		if _, got, err := form.open(string(form.seal([]byte(`{}`), at, Limit))); err != nil || !got.Equal(at) {
			t.Errorf("%s: signed at %v, read as %v, %v", c.name, at, got, err)
		}
	}
}

// TestTheTimeOfSigningOrdersCopies: of two cookies that are both good, Used tells which one
// was signed last, whatever was done to the session first.
func TestTheTimeOfSigningOrdersCopies(t *testing.T) {
	for _, c := range engines {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, c.make, Config{})
			first := create(t, e, `{"a":1}`)
			time.Sleep(time.Second)
			second, err := e.Replace(t.Context(), first, sessions.Record{Data: []byte(`{"a":1}`)}, sessions.Record{Data: []byte(`{"a":2}`), Used: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			one, err1 := e.Load(t.Context(), first)
			two, err2 := e.Load(t.Context(), second)
			if err1 != nil || err2 != nil || !two.Used.After(one.Used) {
				t.Errorf("%s: signed at %v and a second later at %v, %v, %v", c.name, one.Used, two.Used, err1, err2)
			}
		})
	}
}

// TestSizeLimitIsExact is R-34: at 4,097 bytes of name and value nothing is made, and what
// the visitor had stays good.
func TestSizeLimitIsExact(t *testing.T) {
	for _, c := range engines {
		for _, name := range []string{"sessionid", "__Host-a-rather-long-name"} {
			e := open(t, c.make, Config{CookieName: name})
			before := create(t, e, `{"a":1}`)
			fits, refused := 0, 0
			for size := 2900; refused < 3 && size < 5000; size++ {
				if fits < Limit-100 {
					size += 15
				}
				data := sessions.Record{Data: []byte(`{"small":1,"cart":"` + randomText(size-21) + `"}`), Used: time.Now()}
				key, err := e.Replace(t.Context(), before, sessions.Record{Data: []byte(`{"a":1}`)}, data)
				if err == nil {
					fits = max(fits, len(name)+len(key))
					continue
				}
				refused++
				if !errors.Is(err, sessions.ErrTooLarge) || key != "" {
					t.Fatalf("Replace = %.40q, %v, want ErrTooLarge", key, err)
				}
				for _, want := range []string{"4096", `largest keys: "cart" (`, "signed_cookies: replace"} {
					if !strings.Contains(err.Error(), want) {
						t.Fatalf("err = %q, want %q in it", err, want)
					}
				}
			}
			if fits > Limit || fits < Limit-12 || refused == 0 { // compression takes steps of a few bytes
				t.Errorf("%s: the largest cookie that was made has %d bytes with its name, want at most %d; %d were refused", c.name, fits, Limit, refused)
			}
			wantData(t, e, c.name+": before", before, `{"a":1}`)
		}
	}
}

// TestACookieIsMadeShorterBeforeItIsRefused: what is not pressed for room is not compressed,
// which is a quarter of the work.
func TestACookieIsMadeShorterBeforeItIsRefused(t *testing.T) {
	e := open(t, New, Config{})
	signer := e.form.(signed).signer
	var text strings.Builder
	text.WriteString(`{"t":"`)
	scarce := 0
	for n := 0; ; n++ {
		fmt.Fprintf(&text, "line %d of a long text, ", n*n)
		data := text.String() + `"}`
		fast, small := len(signer.DumpFast([]byte(data), time.Now())), len(signer.Dump([]byte(data), time.Now()))
		room := Limit - len("sessionid")
		if small > room {
			break
		}
		key := create(t, e, data)
		wantData(t, e, "a long text", key, data)
		want := fast
		if fast > room {
			want, scarce = small, scarce+1
		}
		if len(key) != want {
			t.Errorf("%d bytes make a cookie of %d, want %d", len(data), len(key), want)
		}
	}
	if scarce == 0 {
		t.Error("no text was short enough only for the better compression, so nothing was tested")
	}
}

func randomText(n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = byte('#' + rand.IntN(56)) // neither quote nor backslash
	}
	return string(text)
}

// TestNothingIsMadeThatCannotBeRead: text that compresses below the limit, but is larger
// than a reader would inflate.
func TestNothingIsMadeThatCannotBeRead(t *testing.T) {
	e := open(t, New, Config{})
	for size, fits := range map[int]bool{maxData: true, maxData + 1: false} {
		data := append(bytes.Repeat([]byte(" "), size-2), "{}"...)
		key, err := e.Create(t.Context(), sessions.Record{Data: data, Used: time.Now()})
		if (err == nil) != fits || (err != nil && !errors.Is(err, sessions.ErrTooLarge)) {
			t.Errorf("Create of %d bytes: err = %v, want success = %v", size, err, fits)
		}
		if fits {
			wantData(t, e, "at the limit", key, string(data))
		}
	}
}

// TestKeysRotate is R-37.
func TestKeysRotate(t *testing.T) {
	for _, c := range engines {
		before := open(t, c.make, Config{})
		during := open(t, c.make, Config{Secret: otherKey, Fallbacks: []string{"unused", testKey}})
		after := open(t, c.make, Config{Secret: otherKey})

		old := create(t, before, `{"a":1}`)
		wantData(t, during, c.name+": old key as a fallback", old, `{"a":1}`)
		wantGone(t, after, c.name+": old key gone", old)

		rec, _ := during.Load(t.Context(), old)
		renewed, err := during.Replace(t.Context(), old, rec, sessions.Record{Data: []byte(`{"a":2}`), Used: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		wantData(t, after, c.name+": saved once during the change", renewed, `{"a":2}`)
		wantGone(t, before, c.name+": the new key in the old program", renewed)
	}
}

// TestReplaceNeedsTheOldCookie: it is the only thing that can be checked here (B-247).
func TestReplaceNeedsTheOldCookie(t *testing.T) {
	for _, c := range engines {
		e := open(t, c.make, Config{})
		old := sessions.Record{Data: []byte(`{"a":1}`), Used: time.Now()}
		rec := sessions.Record{Data: []byte(`{"a":2}`), Used: time.Now()}
		key := create(t, e, `{"a":1}`)
		if _, err := e.Replace(t.Context(), key[:len(key)-1], old, rec); !errors.Is(err, sessions.ErrNotFound) {
			t.Errorf("%s: Replace of a forged key: err = %v, want ErrNotFound", c.name, err)
		}
		if _, err := e.Replace(t.Context(), key, rec, rec); !errors.Is(err, sessions.ErrConflict) {
			t.Errorf("%s: Replace of another record: err = %v, want ErrConflict", c.name, err)
		}
		gone, err := e.Replace(t.Context(), key, old, sessions.Record{Saved: time.Unix(0, 0), Expires: time.Unix(1, 0)})
		if err != nil {
			t.Errorf("%s: Replace by an expired record: %v", c.name, err)
		}
		wantGone(t, e, c.name+": what an expired record leaves", gone)
	}
}

// TestEncryptedCookiesTellNothing: not the data, not whether two are equal.
func TestEncryptedCookiesTellNothing(t *testing.T) {
	e := open(t, NewEncrypted, Config{})
	one, two := create(t, e, `{"secret":"marker"}`), create(t, e, `{"secret":"marker"}`)
	if one == two {
		t.Error("equal sessions make equal cookies")
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(one, prefix))
	if err != nil || bytes.Contains(raw, []byte("secret")) || bytes.Contains(raw, []byte("marker")) {
		t.Errorf("the cookie holds its data in clear: %q, %v", raw, err)
	}
	if a, b := create(t, e, `{"t":"`+strings.Repeat("x", 100)+`"}`), create(t, e, `{"t":"`+randomText(100)+`"}`); len(a) != len(b) {
		t.Errorf("lengths %d and %d for equal amounts of data: compression shows what is stored", len(a), len(b))
	}
	if l := e.Locate(one); !strings.Contains(l.Place, "encrypted") || strings.Contains(fmt.Sprint(l), one) {
		t.Errorf("Locate = %+v", l)
	}
}

func TestValidKeyLooksAtShapeAndSize(t *testing.T) {
	for _, c := range engines {
		e := open(t, c.make, Config{})
		key := create(t, e, `{"a":1}`)
		for name, bad := range map[string]string{
			"nothing": "", "a space": key + " ", "a quote": `"` + key + `"`, "a NUL": key[:5] + "\x00" + key[6:], "é": "é" + key,
			"five kilobytes": strings.Repeat("A", 5000) + key, "colons": strings.Repeat(":", 100), "%": "%" + key[1:],
		} {
			if e.ValidKey(bad) {
				t.Errorf("%s: ValidKey is true for %s", c.name, name)
			}
		}
		if !e.ValidKey(key) {
			t.Errorf("%s: ValidKey(%q) = false", c.name, key)
		}
	}
}

func FuzzLoad(f *testing.F) { // no panic, and only what a key holder made
	plain, hidden := open(f, New, Config{}), open(f, NewEncrypted, Config{})
	f.Add("e30:1r31eq:kJKD__ukt2K5vJ0vIB3LYAj0ct6PH2wA6gTjAxUsk64")
	f.Add(create(f, plain, `{"a":1}`)[1:])
	f.Add(create(f, hidden, `{"a":1}`)[:60])
	f.Add(prefix + strings.Repeat("A", 60))
	f.Fuzz(func(t *testing.T, key string) {
		for _, e := range []*Engine{plain, hidden} {
			if rec, err := e.Load(t.Context(), key); err == nil || !errors.Is(err, sessions.ErrNotFound) {
				t.Errorf("Load(%q) = %q, %v, want ErrNotFound", key, rec.Data, err)
			}
		}
	})
}

func BenchmarkEngine(b *testing.B) {
	for _, c := range engines {
		e := open(b, c.make, Config{})
		rec := sessions.Record{Data: []byte(`{"visit_count":3}`), Used: time.Now()}
		key := create(b, e, string(rec.Data))
		b.Run(c.name+"/Load", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Load(b.Context(), key); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/Replace", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Replace(b.Context(), key, rec, rec); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
