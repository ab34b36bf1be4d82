package missions

import (
	"context"
	"errors"
	"fmt"

	"sessionlab/sessions"
)

var errSilent = errors.New("missions: the store is silent, as its learner wanted")

// Silenced returns a manager like m whose store answers nothing, or nil if m keeps sessions
// in the cookie: there is no store to fall silent.
func Silenced(m *sessions.Manager) (*sessions.Manager, error) {
	if m.Traits().InCookie {
		return nil, nil
	}
	cfg := m.Config()
	cfg.Engine = silentEngine{m.Traits()}
	silent, err := sessions.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("missions: a silent store: %w", err)
	}
	return silent, nil
}

// silentEngine fails every call.
type silentEngine struct{ traits sessions.Traits }

var _ sessions.Describer = silentEngine{}

func (silentEngine) Load(context.Context, string) (sessions.Record, error) {
	return sessions.Record{}, errSilent
}

func (silentEngine) Create(context.Context, sessions.Record) (string, error) { return "", errSilent }

func (silentEngine) Replace(context.Context, string, sessions.Record, sessions.Record) (string, error) {
	return "", errSilent
}

func (silentEngine) Delete(context.Context, string) error { return errSilent }

func (e silentEngine) Traits() sessions.Traits { return e.traits }
