package sessionstest

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// blur is how far the clock that counts a history may be from the one that ends its session.
const blur = time.Millisecond

// impossible says in words what cannot have happened, "" if all of it can.
func (h *history) impossible() string {
	made := map[int]call{}
	for _, c := range h.calls {
		if c.what != "incr" || c.n < 0 {
			continue
		}
		if other, twice := made[c.n]; twice {
			return fmt.Sprintf("two increments made the same number: %+v and %+v", other, c)
		}
		made[c.n] = c
	}
	slices.SortFunc(h.calls, func(a, b call) int { return cmp.Compare(a.begun, b.begun) })
	for _, c := range h.calls {
		if fault := h.untimely(c); fault != "" && !c.unsure {
			return fmt.Sprintf("%s: %+v", fault, c)
		}
	}
	for _, before := range h.calls {
		for _, after := range h.calls {
			if before.end >= after.begun || before.unsure || after.unsure {
				continue // they met, and either may have been first
			}
			if fault := h.contradiction(before, after); fault != "" {
				return fmt.Sprintf("%s: %+v and then %+v", fault, before, after)
			}
		}
	}
	return ""
}

// contradiction looks at two calls of which one was over when the other began.
func (h *history) contradiction(before, after call) string {
	switch {
	case after.n < 0:
		return ""
	case before.key == after.key && (before.ended || before.n < 0 && !h.renewedMeanwhile(before)):
		return "a key was good again after it had ended"
	case after.n < before.n, after.n == before.n && after.what == "incr":
		return "a number was forgotten"
	case after.expires < before.expires:
		return "a renewal was forgotten"
	}
	return ""
}

// renewedMeanwhile reports whether c may have found nothing because it met a renewal that was
// in time: a save looks at the clock when it begins, and counts when it is stored. In
// between, others may find the session expired.
func (h *history) renewedMeanwhile(c call) bool {
	return slices.ContainsFunc(h.calls, func(r call) bool {
		return r.what == "renew" && r.key == c.key && r.saving > 0 && r.saving < h.short+blur && r.end > c.begun
	})
}

// untimely looks at one call and the end of its session: what is found after it has expired,
// and what is not found before, although nobody has ended it.
func (h *history) untimely(c call) string {
	switch {
	case c.n >= 0 && c.begun-blur > c.expires:
		return "a session was there after its end"
	case c.n >= 0, c.ended:
		return ""
	}
	expires := never
	if h.short > 0 {
		expires = h.short
	}
	for _, other := range h.calls {
		if (other.ended || other.unsure) && other.key == c.key && other.begun < c.end {
			return ""
		}
		if other.n >= 0 && other.end < c.begun {
			expires = max(expires, other.expires)
		}
	}
	if c.end < expires-blur {
		return "a session was gone before its end"
	}
	return ""
}
