package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sessionlab/sessions/sessionstest/testserver"
)

// stores are the servers that engines keep their sessions in. Each is started when it is
// first asked for, as the tests start theirs, and stopped at the end. They sync to the disk
// as they do by default.
type stores struct {
	testing.TB // what is not below is not called
	redis      *testserver.RedisServer
	postgres   *testserver.PostgresServer
	stops      []func()
}

// errMissing: the server is not installed, so its engines take no part.
var errMissing = errors.New("not installed")

// url is a database of its own for one candidate, "" for an engine that needs none.
func (s *stores) url(engine string) (url string, err error) {
	defer func() {
		if e, ok := recover().(error); ok { // Fatalf and Skip end the call
			err = e
		}
	}()
	switch engine {
	case redisServer:
		if s.redis == nil {
			s.redis = testserver.NewRedis(s)
		}
		return s.redis.NewDatabase(s), nil
	case postgresServer:
		if s.postgres == nil {
			s.postgres = testserver.NewPostgres(s, "fsync=on")
		}
		return s.postgres.NewDatabase(s), nil
	}
	return "", nil
}

func (s *stores) stop() {
	for _, stop := range slices.Backward(s.stops) {
		stop()
	}
}

// The methods of testing.TB that package testserver calls.

func (s *stores) Helper()             {}
func (s *stores) Cleanup(stop func()) { s.stops = append(s.stops, stop) }

func (s *stores) Fatalf(format string, args ...any) { panic(fmt.Errorf(format, args...)) }

func (s *stores) Skip(args ...any) {
	panic(fmt.Errorf("%w: %s", errMissing, strings.TrimSpace(fmt.Sprintln(args...))))
}
