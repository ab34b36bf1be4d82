package config_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"sessionlab/handlers/config"
	"sessionlab/handlers/database"
	"sessionlab/migrations"
	"sessionlab/sessions"
	"sessionlab/sessions/db"
)

// A Django site with USE_TZ=False writes local dates. Its sessions would end at the wrong
// hour, so check names the difference.
func TestCheckNamesATableWhoseDatesAreInAnotherZone(t *testing.T) {
	s := &config.Settings{
		SecretKey: "T3sts-0nly.aWq9zR7xLm2vKd8sHf4gJp6tYb1nUc5eXo0iQrBz", SessionEngine: "db",
		DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "lab.db"), CacheURL: "memory:",
		SessionCookieAge: 1209600, SessionCookieSameSite: "Lax", SessionCookiePath: "/",
		SessionCookieSecure: "auto", SessionDBTimeZone: "UTC",
	}
	d, err := database.Open(t.Context(), s.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := migrations.Up(t.Context(), d.W, string(d.Dialect)); err != nil {
		t.Fatal(err)
	}
	for zone, want := range map[string]string{"UTC": "", "America/Phoenix": "-7h"} {
		if _, err := d.W.Exec("DELETE FROM django_session"); err != nil {
			t.Fatal(err)
		}
		theirs := *s
		theirs.SessionDBTimeZone = zone
		at, err := theirs.DBTimeZone()
		if err != nil {
			t.Fatal(err)
		}
		table, err := d.Sessions(db.Options{Location: at})
		if err != nil {
			t.Fatal(err)
		}
		m, err := sessions.New(sessions.Config{Engine: table, Secret: s.SecretKey})
		if err != nil {
			t.Fatal(err)
		}
		visit := m.Open(t.Context(), "")
		visit.Set("a", 1)
		if err := visit.Save(); err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, f := range s.CheckStore(t.Context(), slog.New(slog.DiscardHandler)) {
			if f.Title == "SESSION_DB_TIME_ZONE" {
				said = f.Found
			}
		}
		if (said == "") != (want == "") || !strings.Contains(said, want) {
			t.Errorf("dates of %s: check says %q, want %q in it", zone, said, want)
		}
		_ = table.Close()
	}
}
