package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// holds reports whether the visitor's session still holds its cart. It only reads.
func (v *away) holds() bool {
	v.t.Helper()
	r := v.get("/cart/", "Accept", "application/json")
	if r.status != 200 {
		v.t.Fatalf("GET /cart/: status %d", r.status)
	}
	return strings.Contains(r.body, "Field notebook")
}

// wantHolds checks that too; the cookie is kept whatever the answer says of it.
func (v *away) wantHolds(when string, want bool) {
	v.t.Helper()
	kept := v.jar["sessionid"]
	got := v.holds()
	if v.jar["sessionid"] == "" {
		v.jar["sessionid"] = kept
	}
	if got != want {
		v.t.Errorf("%s: the session is there: %t, want %t", when, got, want)
	}
}

func TestTheServerDecidesWhenASessionEnds(t *testing.T) { // Django B-246
	whileAway(t, 0, func(t *testing.T, v *away) {
		v.post("/cart/add/1/", nil)
		time.Sleep(14*24*time.Hour - time.Second)
		v.wantHolds("a second before its age", true)
		time.Sleep(2 * time.Second)
		v.wantHolds("a second after its age", false)
		v.wantHolds("when asked again", false)
		v.post("/cart/add/2/", nil)
		if v.holds() {
			t.Error("a write has brought it back")
		}

		clear(v.jar)
		v.post("/cart/add/1/", nil)
		v.post("/methods/", url.Values{"action": {"expiry-300"}})
		time.Sleep(299 * time.Second)
		v.wantHolds("a second before its own expiry", true)
		time.Sleep(2 * time.Second)
		v.wantHolds("a second after its own expiry", false)

		clear(v.jar)
		v.post("/cart/add/1/", nil)
		v.post("/methods/", url.Values{"action": {"expiry-browser"}}) // the browser may stay open
		time.Sleep(14*24*time.Hour - time.Second)
		v.wantHolds("a browser that stays open", true)
		time.Sleep(2 * time.Second)
		v.wantHolds("a browser that stays open for too long", false)
	})
}

func TestFarYearsAreYearsLikeOthers(t *testing.T) {
	whileAway(t, 0, func(t *testing.T, v *away) {
		for _, at := range []time.Time{
			time.Date(2038, 1, 19, 3, 14, 0, 0, time.UTC), // seconds do not fit into 32 bits from here on
			time.Date(2106, 2, 7, 6, 28, 0, 0, time.UTC),
			time.Date(2261, 12, 1, 0, 0, 0, 0, time.UTC), // as far as a bubble can go
		} {
			time.Sleep(time.Until(at))
			clear(v.jar)
			v.post("/cart/add/1/", nil)
			time.Sleep(time.Minute)
			v.wantHolds("a minute after "+at.Format(time.DateOnly), true)
			time.Sleep(14 * 24 * time.Hour)
			v.wantHolds("two weeks after "+at.Format(time.DateOnly), false)
		}
	})
}

func TestTheIdleClockIsExactAndReadingMovesIt(t *testing.T) {
	whileAway(t, 10*time.Minute, func(t *testing.T, v *away) {
		v.post("/cart/add/1/", nil)
		for range 3 {
			time.Sleep(10*time.Minute - time.Second)
			v.wantHolds("a second before the timeout", true)
		}
		time.Sleep(10*time.Minute + time.Second)
		v.wantHolds("a second after the timeout", false)
	})
}

func TestTheAbsoluteAgeIsAnEndForEverybody(t *testing.T) {
	whileAway(t, 0, func(t *testing.T, v *away) {
		s := v.app.engines.Manager(v.app.engines.Default).Open(t.Context(), "")
		s.StartAbsoluteAge()
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		v.jar["sessionid"] = s.Key()
		begun := time.Now()
		v.post("/cart/add/1/", nil)
		for time.Since(begun) < 30*24*time.Hour-24*time.Hour {
			time.Sleep(24*time.Hour - time.Second)
			r := v.post("/theme/", url.Values{"theme": {"dark"}})
			left := 30*24*time.Hour - time.Since(begun)
			for _, line := range r.header["Set-Cookie"] {
				if c, err := http.ParseSetCookie(line); err == nil && (c.MaxAge > int(left/time.Second)+1 || c.MaxAge < 0) {
					t.Fatalf("after %v: Max-Age %d, but %v are left", time.Since(begun), c.MaxAge, left)
				}
			}
		}
		time.Sleep(time.Until(begun.Add(30*24*time.Hour - time.Second)))
		v.wantHolds("a second before the end", true)
		time.Sleep(2 * time.Second)
		v.wantHolds("a second after the end, however busy", false)
	})
}
