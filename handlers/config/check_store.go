package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/handlers/health"
	"sessionlab/sessions"
	"sessionlab/sessions/db"
	"sessionlab/sessions/signing"
)

// CheckStore stores a record, as a visitor's request would, and deletes it again; and it
// asks the servers what they can do, and looks whether the dates of the table are in the zone
// of the settings. It makes neither a database nor tables.
func (s *Settings) CheckStore(ctx context.Context, log *slog.Logger) []Finding {
	f := Finding{Title: "The session store", Why: "Without it no session can be saved."}
	if path := s.SQLiteFile(); path != "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			f.Level, f.Found, f.Why = Note, "the database "+path+" does not exist yet", "The first start makes it."
			if err := database.Probe(filepath.Dir(path)); err != nil {
				f.Level, f.Found = Error, err.Error()
			}
			return []Finding{f}
		}
	}
	d, set, err := s.openStore(ctx, log)
	if err != nil {
		f.Level, f.Found = Error, err.Error()
		f.Why += " If a table is missing, run: sessionlab migrate"
		return []Finding{f}
	}
	engine := set.Manager(s.SessionEngine).Config().Engine
	found := s.CheckServers(ctx, d, set)
	if table, ok := engine.(*db.Engine); ok {
		found = append(found, s.checkZone(ctx, table)...)
	}
	if err := errors.Join(health.Write(ctx, engine), set.Close(), d.Close()); err != nil {
		f.Level, f.Found = Error, err.Error()
		f.Why += " If a table is missing, run: sessionlab migrate"
	} else {
		f.Found = s.SessionEngine + ": stores and deletes records"
	}
	return append([]Finding{f}, found...)
}

// OpenStore opens the engine in the settings, whose tables have to be there, and returns how
// to close it and its database.
func (s *Settings) OpenStore(ctx context.Context, log *slog.Logger) (*sessions.Manager, func() error, error) {
	d, set, err := s.openStore(ctx, log)
	if err != nil {
		return nil, nil, err
	}
	return set.Manager(s.SessionEngine), func() error { return errors.Join(set.Close(), d.Close()) }, nil
}

func (s *Settings) openStore(ctx context.Context, log *slog.Logger) (*database.DB, *Engines, error) {
	d, err := database.Open(ctx, s.DatabaseURL)
	if err != nil {
		return nil, nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	set, err := OpenEngines(ctx, EngineOptions{
		Settings: s, DB: d, Log: log, HTTPS: func(*http.Request) bool { return false },
		Observe: func(context.Context, string, sessions.Event) {},
	}, s.SessionEngine)
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	return d, set, nil
}

// checkZone names a difference between the zone in the settings and that of the dates in the
// table. A signature has the time at which its record was written, in UTC.
func (s *Settings) checkZone(ctx context.Context, table *db.Engine) []Finding {
	signer, err := signing.New(signing.StoreSalt, s.SecretKey, s.SecretKeyFallbacks...)
	if err != nil {
		return nil
	}
	written := func(data []byte) (time.Time, bool) {
		_, at, err := signer.Load(data, 16<<20)
		return at, err == nil
	}
	off, rows, err := table.ZoneOffset(ctx, s.Age(), written)
	if err != nil || rows == 0 || off == 0 {
		return nil
	}
	return []Finding{{
		Level: Error, Title: "SESSION_DB_TIME_ZONE",
		Found: fmt.Sprintf("the dates in the table are %s away from %s", off, s.SessionDBTimeZone),
		Why:   "Sessions end too early or too late. Set it to the TIME_ZONE of the Django site that has USE_TZ=False.",
	}}
}
