package events

import (
	"sync"
	"time"

	"sessionlab/sessions"
)

// sampler lets the first events of a kind through, and later a few each second, so that
// ten thousand made-up cookies are not ten thousand lines.
type sampler struct {
	mu   sync.Mutex
	left map[sessions.EventKind]*allowance
}

type allowance struct {
	events float64
	at     time.Time
}

func (s *sampler) allow(kind sessions.EventKind, now time.Time) bool {
	most, perSecond := 1000.0, 50.0
	switch kind {
	case sessions.Unknown, sessions.Corrupt, sessions.Failed: // anybody can cause these, at no cost
		most, perSecond = 300, 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.left[kind]
	if a == nil {
		a = &allowance{most, now}
		if s.left == nil {
			s.left = map[sessions.EventKind]*allowance{}
		}
		s.left[kind] = a
	}
	if d := now.Sub(a.at); d > 0 {
		a.events, a.at = min(most, a.events+d.Seconds()*perSecond), now
	}
	if a.events < 1 {
		return false
	}
	a.events--
	return true
}
