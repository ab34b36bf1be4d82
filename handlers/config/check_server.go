package config

import (
	"context"
	"fmt"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/sessions/redis"
)

// maxSkew is how far two clocks may be apart before somebody should know.
const maxSkew = 2 * time.Second

// CheckServers asks the servers that keep the sessions whether they can do what sessions need.
// One that does not answer is left out: saves say so themselves.
func (s *Settings) CheckServers(ctx context.Context, d *database.DB, set *Engines) []Finding {
	var all []Finding
	if d.Dialect == database.Postgres {
		all = append(all, s.checkPostgres(ctx, d)...)
	}
	store, ok := set.cache.(*redis.Redis)
	if ok && (s.SessionEngine == "cache" || s.SessionEngine == "cached_db") {
		all = append(all, s.checkRedis(ctx, store)...)
	}
	return all
}

func (s *Settings) checkPostgres(ctx context.Context, d *database.DB) []Finding {
	var standby, readOnly, noSync, late, unlogged bool
	var isolation string
	var clock time.Time
	before := time.Now()
	err := d.R.QueryRowContext(ctx, `SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
		current_setting('fsync') = 'off', current_setting('synchronous_commit') = 'off',
		EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('django_session') AND relpersistence = 'u'),
		current_setting('default_transaction_isolation'), clock_timestamp()`).
		Scan(&standby, &readOnly, &noSync, &late, &unlogged, &isolation, &clock)
	if err != nil {
		return nil
	}
	ahead := clock.Sub(before.Add(time.Since(before) / 2))
	title := "PostgreSQL at " + d.Name
	var all []Finding
	say := func(bad bool, level Level, found, why string) {
		if bad {
			all = append(all, Finding{level, title, found, why})
		}
	}
	say(standby, Error, "is a standby, which takes no saves",
		"Name the primary in DATABASE_URL, or all servers, and the primary among them is taken.")
	say(readOnly && !standby, Error, "is read-only for this user or database, and takes no saves",
		"Look for default_transaction_read_only, of the role, the database and the server.")
	say(noSync, Warning, "fsync is off: a crash of its machine can destroy the database",
		"Set fsync = on in postgresql.conf.")
	say(late, Warning, "synchronous_commit is off: saves of the last moments are lost in a crash",
		"Set synchronous_commit = on, at least for this role, if an acknowledged save has to be kept.")
	say(unlogged, Warning, "the table django_session is UNLOGGED: a crash empties it, and a standby has none of it",
		"Run: ALTER TABLE django_session SET LOGGED")
	say(isolation != "read committed", Note, "default_transaction_isolation is "+isolation+
		": saves that meet are run again", "It works, but read committed is enough, and faster.")
	return append(all, clockFinding(title, ahead)...)
}

func (s *Settings) checkRedis(ctx context.Context, store *redis.Redis) []Finding {
	server, err := store.Server(ctx)
	if err != nil {
		return nil
	}
	title := store.Locate("").Store
	alone := s.SessionEngine == "cache" // nobody else has the sessions
	var all []Finding
	say := func(bad bool, level Level, found, why string) {
		if bad && !alone && level == Error {
			level, why = Warning, why+" Until then cached_db works without its cache."
		}
		if bad {
			all = append(all, Finding{level, title, found, why})
		}
	}
	say(server.Replica, Error, "is a replica, which takes no saves", "Name the master in CACHE_URL.")
	say(server.Scripts != nil, Error, fmt.Sprintf("runs no scripts for this user: %v", server.Scripts),
		"Saves need EVAL and EVALSHA: give the user +@scripting.")
	say(alone && server.Evicts != "", Warning, "maxmemory-policy is "+server.Evicts+
		": when the memory is full, sessions are removed before they expire, and their visitors signed out",
		"Set maxmemory-policy noeviction, or use cached_db, where the database has every session too.")
	say(alone && server.Volatile, Warning, "writes nothing to the disk: a restart ends all sessions",
		"Set appendonly yes, or use cached_db, where the database has every session too.")
	say(server.Untold != "", Note, "does not tell everything: "+server.Untold,
		"Look yourself: it has to be no replica, and to remove no sessions when its memory is full.")
	return append(all, clockFinding(title, server.Ahead)...)
}

// clockFinding is about the clock of a server that all copies of the program share, so that a
// copy whose clock is wrong is told of it.
func clockFinding(title string, ahead time.Duration) []Finding {
	if ahead.Abs() <= maxSkew {
		return nil
	}
	found := fmt.Sprintf("its clock is %v ahead of this machine's", ahead.Round(time.Second/10))
	if ahead < 0 {
		found = fmt.Sprintf("its clock is %v behind this machine's", -ahead.Round(time.Second/10))
	}
	return []Finding{{
		Warning, title, found,
		"Copies of this program whose clocks differ end sessions too early or too late by as much. " +
			"On signed_cookies, a cookie signed by a clock more than a minute ahead counts as unknown, " +
			"and its visitor is signed out. Run chrony or systemd-timesyncd on every machine.",
	}}
}
