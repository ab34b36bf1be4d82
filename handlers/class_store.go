package handlers

import (
	"context"
	"errors"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/handlers/events"
	"sessionlab/sessions"
)

// What a class's experiments need of the engines, see class.Store.

// Alive reports whether an engine has a session under key whose idle clock still runs.
func (a *App) Alive(ctx context.Context, engine, key string) bool {
	m := a.engines.Manager(engine)
	if m == nil {
		return false
	}
	s := m.Open(events.Quiet(ctx), key)
	clock := ownIdle.Get(s)
	away := clock.runs() && time.Now().Unix()-clock.Seen >= clock.Timeout
	return s.Err() == nil && s.Key() != "" && !away
}

// Forget empties the engines that are in memory.
func (a *App) Forget(ctx context.Context) error {
	var errs []error
	for _, name := range config.EngineNames() {
		if m := a.engines.Manager(name); m != nil {
			if f, ok := m.Config().Engine.(interface{ Forget(context.Context) error }); ok {
				errs = append(errs, f.Forget(ctx))
			}
		}
	}
	return errors.Join(errs...)
}

// endAll ends every session of every engine.
func (a *App) endAll(ctx context.Context) error {
	var errs []error
	for _, name := range config.EngineNames() {
		m := a.engines.Manager(name)
		if m == nil {
			continue
		}
		for s, err := range m.All(events.Quiet(ctx)) {
			if err != nil {
				errs = append(errs, err)
				break
			}
			s.Flush()
			errs = append(errs, s.Save())
		}
	}
	return errors.Join(append(errs, a.Forget(ctx))...)
}

// Pass has d go by for every session that a store has. Those in cookies are out of reach.
func (a *App) Pass(ctx context.Context, d time.Duration) error {
	var errs []error
	for _, name := range config.EngineNames() {
		m := a.engines.Manager(name)
		if m == nil {
			continue
		}
		for s, err := range m.All(events.Quiet(ctx)) {
			if err != nil {
				errs = append(errs, err)
				break
			}
			if ownIdle.Get(s).runs() {
				ownIdle.Update(s, func(c idleClock) idleClock {
					c.Seen -= int64(d / time.Second)
					return c
				})
			}
			err := sessions.LetPass(s, d)
			if errors.Is(err, sessions.ErrNotFound) || errors.Is(err, sessions.ErrConflict) {
				continue // it has ended, or is at work right now
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
