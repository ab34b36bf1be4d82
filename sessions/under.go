package sessions

import (
	"errors"
	"reflect"
)

// Under puts the session under the settings of m for the rest of the request: m's clocks
// count when it is loaded and saved, and m says how its cookie is sent. So an app can serve
// some of its visitors under other settings, whom it tells by a cookie of its own, say. A
// session that is loaded already stays as it is until it is saved. Both managers must have
// the same engine and the same cookie name; otherwise Under returns an error and changes
// nothing. It must not be called once the answer has begun.
//
// Make m of the other one's [Manager.Config], so that they also share secret and codec.
func Under(s *Session, m *Manager) error {
	s.lock()
	defer s.mu.Unlock()
	here, there := s.m.cfg, m.cfg
	same := reflect.ValueOf(here.Engine).Comparable() && here.Engine == there.Engine
	if !same || here.Cookie.Name != there.Cookie.Name {
		return errors.New("sessions: Under needs the same engine and the same cookie name")
	}
	if s.m = m; s.loaded() {
		s.values.m = m
	}
	return nil
}
