package redis_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/redis"
	"sessionlab/sessions/sessionstest/testserver"
)

// Every record has a positive time to live, or is not written (Django B-203);
// its key has a prefix of its own (B-201).
func TestRedisRecordsHaveATimeToLive(t *testing.T) {
	server := testserver.NewRedis(t)
	r := openRedis(t, "redis://"+server.Addr, redis.Options{})
	rec := sessions.Record{Data: []byte("x"), Saved: time.Now(), Expires: soon()}
	key, err := r.Create(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	pttl := func() (ms int) {
		t.Helper()
		reply := server.Do(t, "PTTL", "sessions:record:"+key)
		if _, err := fmt.Sscanf(reply, ":%d", &ms); err != nil {
			t.Fatalf("PTTL: %q", reply)
		}
		return ms
	}
	if got := pttl(); got < 3_590_000 || got > 3_600_000 {
		t.Errorf("after Create for an hour: PTTL = %d", got)
	}
	next := rec
	next.Expires = rec.Expires.Add(time.Hour)
	if _, err := r.Replace(t.Context(), key, rec, next); err != nil {
		t.Fatal(err)
	}
	if got := pttl(); got < 7_190_000 || got > 7_200_000 {
		t.Errorf("after Replace for two hours: PTTL = %d", got)
	}
	next.Expires = rec.Expires.Add(2 * time.Hour)
	if _, err := r.Touch(t.Context(), key, next); err != nil {
		t.Fatal(err)
	}
	if got := pttl(); got < 10_790_000 || got > 10_800_000 {
		t.Errorf("after Touch for three hours: PTTL = %d", got)
	}

	for left := time.Nanosecond; left < time.Second; left *= 10 { // also those that end under way
		rec.Expires = time.Now().Add(left)
		if _, err := r.Create(t.Context(), rec); err != nil {
			t.Errorf("Create with %v to live: %v", left, err)
		}
	}
	if err := r.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	within(t, 5*time.Second, "nothing is left", func() bool { return server.Do(t, "KEYS", "*") == "*0" })
}

// The expiry stands in the record too, to the microsecond.
func TestRedisRecordThatOutlivedItsTimeIsGone(t *testing.T) {
	server := testserver.NewRedis(t)
	r := openRedis(t, "redis://"+server.Addr, redis.Options{})
	rec := sessions.Record{Data: []byte("x"), Expires: time.Now().Add(50 * time.Millisecond)}
	key, err := r.Create(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	server.Do(t, "PERSIST", "sessions:record:"+key)
	time.Sleep(time.Until(rec.Expires))
	later := rec
	later.Expires = soon()
	_, err1 := r.Load(t.Context(), key)
	_, err2 := r.Replace(t.Context(), key, rec, later)
	_, err3 := r.Touch(t.Context(), key, later)
	for call, err := range map[string]error{"Load": err1, "Replace": err2, "Touch": err3} {
		if !errors.Is(err, sessions.ErrNotFound) {
			t.Errorf("%s: err = %v, want ErrNotFound", call, err)
		}
	}
}

// who reads Redis learns no session key.
func TestRedisHoldsAHashOfTheKey(t *testing.T) {
	server := testserver.NewRedis(t)
	r := openRedis(t, "redis://"+server.Addr, redis.Options{HashKey: []byte("secret")})
	key := createIn(t, r, 10, time.Hour)
	if _, _, err := r.Get(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) { // leaves a lease
		t.Fatal(err)
	}
	names := server.Do(t, "KEYS", "*")
	if strings.Contains(names, key) || strings.Count(names, "sessions:") != 3 {
		t.Errorf("KEYS = %q, want a record, a lease and the generation, without the session key", names)
	}
	if isThere(t, openRedis(t, "redis://"+server.Addr, redis.Options{HashKey: []byte("other")}), key) {
		t.Error("found with another hash key")
	}
	if !isThere(t, openRedis(t, "redis://"+server.Addr, redis.Options{HashKey: []byte("secret")}), key) {
		t.Error("not found with the same hash key")
	}
}

// what is not ours is no session; the layer is told that it is damaged.
func TestRedisValueOfSomebodyElseIsADamagedRecord(t *testing.T) {
	server := testserver.NewRedis(t)
	r := openRedis(t, "redis://"+server.Addr, redis.Options{})
	for _, value := range []string{"", "x", strings.Repeat("x", 100), strings.Repeat("1", 35)} {
		key := sessions.NewKey()
		server.Do(t, "SET", "sessions:record:"+key, value, "EX", "60")
		wantDamaged(t, r, key, fmt.Sprintf("the value %.50q", value))
	}
}

// a store that forgets is an anonymous visitor; one without room is an error.
func TestRedisThatForgetsOrIsFull(t *testing.T) {
	server := testserver.NewRedis(t)
	r := openRedis(t, "redis://"+server.Addr, redis.Options{})
	key := createIn(t, r, 10, time.Hour)
	server.Do(t, "CONFIG", "SET", "maxmemory", "1")
	rec, err := r.Load(t.Context(), key)
	if err != nil {
		t.Errorf("Load when full: %v", err)
	}
	for name, call := range map[string]func() error{
		"Create":  func() error { _, err := r.Create(t.Context(), rec); return err },
		"Replace": func() error { _, err := r.Replace(t.Context(), key, rec, rec); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), "OOM") || strings.Contains(err.Error(), key) {
			t.Errorf("%s when full: err = %v, want one that says OOM and no key", name, err)
		}
	}
	if err := r.Delete(t.Context(), key); err != nil {
		t.Errorf("Delete when full: %v", err)
	}
	server.Do(t, "CONFIG", "SET", "maxmemory", "0")
	key = createIn(t, r, 10, time.Hour)
	server.Do(t, "FLUSHALL")
	if isThere(t, r, key) {
		t.Error("there after FLUSHALL")
	}
}

// the password is in no error.
func TestRedisPing(t *testing.T) {
	server := testserver.NewRedis(t)
	server.Do(t, "CONFIG", "SET", "requirepass", "right-marker")
	for _, c := range []struct{ name, url, want string }{
		{"no password", "redis://" + server.Addr, "NOAUTH"},
		{"a wrong password", "redis://:wrong-marker@" + server.Addr, "WRONGPASS"},
		{"an unknown user", "redis://bob:wrong-marker@" + server.Addr, "WRONGPASS"},
		{"no such database", "redis://:right-marker@" + server.Addr + "/123456", "out of range"},
		{"nobody there", "redis://:right-marker@127.0.0.1:1", "connection refused"},
		{"the right password", "redis://:right-marker@" + server.Addr + "/7", ""},
		{"the right user", "redis://default:right-marker@" + server.Addr, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := openRedis(t, c.url, redis.Options{}).Ping(t.Context())
			if c.want == "" && err != nil {
				t.Errorf("Ping: %v", err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("Ping: err = %v, want it to say %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "marker") {
				t.Errorf("Ping: the error quotes the password: %v", err)
			}
		})
	}
}

// One visitor who hangs up while a connection is made must not fail the others.
func TestRedisCallerWhoGivesUpFailsNobodyElse(t *testing.T) {
	server := testserver.NewRedis(t)
	for range 30 {
		r := openRedis(t, "redis://"+server.Addr+"?connections=16", redis.Options{})
		var wg sync.WaitGroup
		for i := range 40 {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			wg.Go(func() {
				_, err := r.Create(ctx, sessions.Record{Data: []byte("x"), Expires: soon()})
				if err != nil && (i%2 == 0 || !errors.Is(err, context.Canceled)) {
					t.Errorf("Create: %v", err)
				}
			})
			if i%2 == 1 {
				wg.Go(cancel)
			}
		}
		wg.Wait()
	}
}

func TestRedisOverTLS(t *testing.T) {
	address := encrypted(t, testserver.NewRedis(t).Addr)
	r := openRedis(t, "rediss://"+address.String(), redis.Options{TLS: &tls.Config{RootCAs: address.roots, ServerName: "example.com"}})
	if key := createIn(t, r, 10, time.Hour); !isThere(t, r, key) {
		t.Error("not found")
	}
	for name, o := range map[string]redis.Options{
		"an unknown authority": {},
		"another host's name":  {TLS: &tls.Config{RootCAs: address.roots, ServerName: "example.net"}},
	} {
		if err := openRedis(t, "rediss://"+address.String(), o).Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("Ping with %s: err = %v, want one about the certificate", name, err)
		}
	}
}

type tlsAddress struct {
	net.Addr
	roots *x509.CertPool
}

// encrypted starts a TLS front for a server, with the certificate of httptest, which
// is for example.com.
func encrypted(t *testing.T, backend string) tlsAddress {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	config := web.TLS.Clone()
	config.NextProtos = nil
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	web.Close()

	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			front, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer front.Close()
				back, err := net.Dial("tcp", backend)
				if err != nil {
					return
				}
				defer back.Close()
				go func() { io.Copy(back, front); back.Close() }()
				io.Copy(front, back)
			})
		}
	})
	return tlsAddress{l.Addr(), roots}
}
