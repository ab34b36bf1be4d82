package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The load is made by hand on bare connections: a full HTTP client would need as much of the
// processor as the servers that it is to measure, and flatter them all alike.

// visitor is a browser with its session cookie.
type visitor struct {
	cookie []byte // name=value, nil before the first answer
	added  int    // how often its counter was acknowledged to have been counted up
}

// cell is what one page of one engine did at one number of clients.
type cell struct {
	perSec     []float64 // in each of its turns
	cpu, store []float64 // likewise: microseconds of the processors for a request, in server and store
	p50, p99   time.Duration
}

// rank returns the duration that percent of all, which are sorted, are not above.
func rank(all []time.Duration, percent int) time.Duration {
	return all[max(0, (len(all)*percent+99)/100-1)]
}

// A turn is how long all clients stay with one page before they go on to the next, so that a
// machine which is slower for a while is so for all pages alike. The settling at the begin of
// a turn does not count: answers to the page before are still on their way.
const (
	turn     = 100 * time.Millisecond
	settling = 20 * time.Millisecond
)

// load has clients ask for the pages in turns, one request after another on a connection
// each, until each page had so much time. Each client has visitors of its own and takes one
// at random for each request, so no two requests change one session at once.
func load(c *candidate, pages []string, clients int, each time.Duration) ([]cell, error) {
	all := make([][][]time.Duration, clients)
	errs := make([]error, clients)
	var wg sync.WaitGroup
	begin := time.Now()
	var used []usage
	wg.Go(func() { used = watch(c, len(pages), begin, each) })
	for i := range clients {
		var mine []*visitor
		for v := i; v < len(c.visitors); v += clients {
			mine = append(mine, c.visitors[v])
		}
		wg.Go(func() { all[i], errs[i] = browse(c.address, pages, mine, begin, each) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(pages, ", "), err)
	}
	cells := make([]cell, len(pages))
	for p := range pages {
		var times []time.Duration
		for t := p; t < len(all[0]); t += len(pages) {
			var total time.Duration
			begun := len(times)
			for _, client := range all {
				for _, d := range client[t] {
					times, total = append(times, d), total+d
				}
			}
			if n := len(times) - begun; n > 0 {
				// A client always waits for one answer, so so many come in the time that all wait.
				rate := float64(clients) * float64(n) / total.Seconds()
				cells[p].perSec = append(cells[p].perSec, rate)
				cells[p].cpu = append(cells[p].cpu, used[t].server/rate)
				cells[p].store = append(cells[p].store, used[t].store/rate)
			}
		}
		slices.Sort(times)
		cells[p].p50, cells[p].p99 = rank(times, 50), rank(times, 99)
	}
	return cells, nil
}

// usage is what server and store took of the processors in a turn: microseconds a second.
type usage struct{ server, store float64 }

// watch follows the processors through the turns, each without its settling.
func watch(c *candidate, pages int, begin time.Time, each time.Duration) []usage {
	step := min(turn, each)
	used := make([]usage, pages*turns(each))
	for n := range used {
		start := begin.Add(time.Duration(n) * step)
		time.Sleep(time.Until(start.Add(min(settling, step/4))))
		from, server, store := time.Now(), cpuOf(c.pids...), cpuOf(c.store...)
		time.Sleep(time.Until(start.Add(step)))
		seconds := time.Since(from).Seconds()
		used[n].server = float64((cpuOf(c.pids...) - server).Microseconds()) / seconds
		used[n].store = float64((cpuOf(c.store...) - store).Microseconds()) / seconds
	}
	return used
}

// turns is how many turns each page has.
func turns(each time.Duration) int {
	step := min(turn, each)
	return int((each + step - 1) / step)
}

// browse is one client. It returns the times of the answers in each turn, one at least for
// each page.
func browse(address string, pages []string, visitors []*visitor, begin time.Time, each time.Duration) ([][]time.Duration, error) {
	c, err := dial(address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	step := min(turn, each)
	times := make([][]time.Duration, len(pages)*turns(each))
	for start := time.Now(); ; {
		n := int(start.Sub(begin) / step)
		if n >= len(times) {
			if n = slices.IndexFunc(times[:len(pages)], func(t []time.Duration) bool { return len(t) == 0 }); n < 0 {
				return times, nil
			}
		}
		if err := c.visit(pages[n%len(pages)], visitors); err != nil {
			return nil, err
		}
		end := time.Now()
		if start.Sub(begin)%step >= min(settling, step/4) || len(times[n]) == 0 {
			times[n] = append(times[n], end.Sub(start))
		}
		start = end
	}
}

// visit is one request of a visitor who is chosen at random, or of a new one.
func (c *client) visit(page string, visitors []*visitor) error {
	v := &visitor{}
	if page != "new" {
		if len(visitors) == 0 {
			return errors.New("there are more clients than visitors")
		}
		v = visitors[rand.IntN(len(visitors))]
	}
	_, err := c.get("/"+page, v)
	if err == nil && page == "new" && v.cookie == nil {
		err = errors.New("a new visitor was given no cookie")
	}
	if page == "write" {
		v.added++
	}
	return err
}

// client is a connection to a server.
type client struct {
	net.Conn
	in      *bufio.Reader
	request []byte
	body    []byte
}

func dial(address string) (*client, error) {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return nil, err
	}
	// No answer takes so long; a server that hangs must not hang the benchmark.
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &client{Conn: conn, in: bufio.NewReaderSize(conn, 8<<10)}, nil
}

var (
	okStatus    = []byte("HTTP/1.1 200 ")
	bodyLength  = []byte("Content-Length: ")
	cookieField = []byte("Set-Cookie: ")
)

// get asks for a page with the visitor's cookie and keeps the one in the answer. The body
// is good until the next call.
func (c *client) get(path string, v *visitor) (body []byte, err error) {
	c.request = append(append(append(c.request[:0], "GET "...), path...), " HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n"...)
	if v.cookie != nil {
		c.request = append(append(append(c.request, "Cookie: "...), v.cookie...), "\r\n"...)
	}
	c.request = append(c.request, "\r\n"...)
	if _, err := c.Write(c.request); err != nil {
		return nil, err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	status, length := string(bytes.TrimSpace(line)), -1
	for len(line) > len("\r\n") {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return nil, err
		}
		if value, ok := bytes.CutPrefix(line, bodyLength); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return nil, err
			}
		} else if value, ok := bytes.CutPrefix(line, cookieField); ok {
			value, _, _ = bytes.Cut(value, []byte(";"))
			v.cookie = append(v.cookie[:0], bytes.TrimSpace(value)...)
		}
	}
	if !bytes.HasPrefix([]byte(status), okStatus) || length < 0 {
		return nil, fmt.Errorf("answered with %q and %d bytes", status, length)
	}
	c.body = slices.Grow(c.body[:0], length)[:length]
	_, err = io.ReadFull(c.in, c.body)
	return c.body, err
}

// newVisitors asks a page that makes a session, so many times.
func newVisitors(address, path string, n int) ([]*visitor, error) {
	visitors := make([]*visitor, n)
	const clients = 16
	errs := make([]error, clients)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			c, err := dial(address)
			if err != nil {
				errs[i] = err
				return
			}
			defer c.Close()
			for j := i; j < n && errs[i] == nil; j += clients {
				visitors[j] = &visitor{}
				_, errs[i] = c.get(path, visitors[j])
			}
		})
	}
	wg.Wait()
	return visitors, errors.Join(errs...)
}

// check asks some of the visitors for their counters: figures of an engine that loses
// counts are worth nothing.
func check(address string, visitors []*visitor) error {
	c, err := dial(address)
	if err != nil {
		return err
	}
	defer c.Close()
	for i := 0; i < len(visitors); i += max(1, len(visitors)/50) {
		body, err := c.get("/read", visitors[i])
		if err != nil {
			return err
		}
		want := fmt.Appendf(nil, `<strong id="visit-count">%d</strong>`, visitors[i].added)
		if !bytes.Contains(body, want) {
			_, got, _ := bytes.Cut(body, []byte(`visit-count">`))
			got, _, _ = bytes.Cut(got, []byte("<"))
			return fmt.Errorf("a counter reads %s after %d counts", got, visitors[i].added)
		}
	}
	return nil
}
