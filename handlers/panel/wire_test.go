package panel

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// messages are the texts on the card of the wire, in pairs of request and response. With
// own its visitor has uncovered the own cookie.
func messages(doc *html.Node, own bool) (all []string) {
	for _, box := range byClass(byID(doc, "wire"), "wired") {
		var lines []string
		for _, l := range byClass(box, "line") {
			lines = append(lines, lineText(l, own))
		}
		all = append(all, strings.Join(lines, "\r\n"))
	}
	return all
}

// lineText is one line as one reads it. Text between the elements counts: it would show.
func lineText(n *html.Node, own bool) string {
	var b strings.Builder
	for d := range n.ChildNodes() {
		switch {
		case d.Type == html.TextNode:
			b.WriteString(d.Data)
		case d.Data == "details" && own:
			b.WriteString(text(byClass(d, "bare")[0]))
		case d.Data == "details":
			b.WriteString(text(byClass(d, "covered")[0]))
		default:
			b.WriteString(lineText(d, own))
		}
	}
	return b.String()
}

// tapped is what the first connection carried: heads of requests with the bodies of forms,
// and heads of responses, without pages.
func (s *site) tapped(t *testing.T) (in, out []string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wires) != 1 {
		t.Fatalf("there were %d connections, want one", len(s.wires))
	}
	w := s.wires[0]
	w.mu.Lock()
	defer w.mu.Unlock()
	return parts(t, w.in.String(), true), parts(t, w.out.String(), false)
}

// parts cuts a stream into messages, by the lengths that net/http reads out of them.
func parts(t *testing.T, stream string, requests bool) (all []string) {
	t.Helper()
	rest := stream
	for rest != "" {
		end := strings.Index(rest, "\r\n\r\n") + 4
		text := rest[:end]
		src := strings.NewReader(rest)
		b := bufio.NewReaderSize(src, 1<<20)
		var body io.Reader
		if requests {
			r, err := http.ReadRequest(b)
			if err != nil {
				t.Fatal(err)
			}
			body = r.Body
		} else {
			r, err := http.ReadResponse(b, nil)
			if err != nil {
				t.Fatal(err)
			}
			body = r.Body
		}
		content, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		text = strings.TrimSuffix(text, "\r\n\r\n")
		if requests && len(content) > 0 {
			text += "\r\n\r\n" + string(content)
		}
		all = append(all, text)
		rest = rest[len(rest)-b.Buffered()-src.Len():]
	}
	return all
}

// ticketIn is the value of the panel's own cookie in a message.
func ticketIn(text string) string {
	_, after, _ := strings.Cut(text, ticketCookie+"=")
	value, _, _ := strings.Cut(strings.SplitN(after, "\r\n", 2)[0], ";")
	return value
}

// What the page shows is what a proxy has seen, but for what is covered.
func TestTheWireIsShownByteForByte(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			s := open(t, engine, true)
			s.do(s.client, "POST", "/cart/add/2/", "")
			doc := s.do(s.client, "POST", "/login/?next=%2Fcart%2F", "username=alice&password=wonderland-2026")
			in, out := s.tapped(t)
			shown := messages(doc, true)
			if len(shown) != 4 || len(in) != 4 || len(out) != 4 {
				t.Fatalf("%d messages are shown, %d were received and %d sent", len(shown), len(in), len(out))
			}
			for i, want := range []string{in[2], out[2], in[3], out[3]} {
				if value := ticketIn(want); value != "" {
					want = strings.ReplaceAll(want, value, dots)
				}
				want = strings.ReplaceAll(want, "wonderland-2026", dots)
				if shown[i] != want {
					t.Errorf("message %d:\nshown %q\n sent %q", i+1, shown[i], want)
				}
			}
		})
	}
}

// A key is nowhere on a page but where its owner uncovers it, and a password nowhere.
func TestNoPageGivesAwayAKey(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			s := open(t, engine, true)
			keys := []string{}
			visit := func(method, path, body string) {
				doc := s.do(s.client, method, path, body)
				if key := s.key(s.client); key != "" {
					keys = append(keys, key)
				}
				removeOwn(doc)
				for _, n := range byClass(byID(doc, "record"), "three") {
					if key := s.key(s.client); key != "" && strings.Contains(strings.ReplaceAll(text(n), " ", ""), key) {
						t.Errorf("%s %s shows the key as the record", method, path)
					}
				}
				var b strings.Builder
				if err := html.Render(&b, doc); err != nil {
					t.Fatal(err)
				}
				for _, secret := range append(keys, "wonderland-2026", "tok3n-of-a-form") {
					if strings.Contains(b.String(), secret) {
						t.Errorf("%s %s shows %q", method, path, secret)
					}
				}
			}
			visit("POST", "/cart/add/2/", "csrfmiddlewaretoken=tok3n-of-a-form")
			visit("POST", "/cart/add/2/", "")
			visit("POST", "/login/?copy="+s.key(s.client), "username=alice&password=wonderland-2026")
			visit("GET", "/cart/", "")
			visit("POST", "/logout/", "")
		})
	}
}

// removeOwn takes away what only a click of the owner shows.
func removeOwn(doc *html.Node) {
	for _, d := range byClass(doc, "own") {
		for c := d.FirstChild; c != nil; {
			next := c.NextSibling
			if c.Data != "summary" {
				d.RemoveChild(c)
			}
			c = next
		}
	}
}

// Without the listener the page says that it knows the request by hearsay.
func TestWithoutTheListenerThePageSaysWhatItKnows(t *testing.T) {
	s := open(t, "cache", false)
	doc := s.do(s.client, "POST", "/cart/add/2/", "")
	wants(t, "the wire", text(byID(doc, "wire")), "neither the order nor the case of the header names", "POST /cart/add/2/ HTTP/1.1", "Set-Cookie: sessionid=")
}

// speak sends text over one connection and returns all that comes back.
func (s *site) speak(t *testing.T, text string) string {
	t.Helper()
	c, err := net.Dial("tcp", s.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// pages are the pages in what came back over one connection.
func pages(t *testing.T, stream string, n int) (docs []*html.Node) {
	t.Helper()
	b := bufio.NewReader(strings.NewReader(stream))
	for range n {
		res, err := http.ReadResponse(b, nil)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := html.Parse(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, doc)
	}
	return docs
}

func TestRequestsOfOneConnectionAreKeptApart(t *testing.T) {
	const accept = "aCCept: text/html\r\n"
	get := func(path, more string) string {
		return "GET " + path + " HTTP/1.1\r\nhOst: x\r\n" + accept + more + "\r\n"
	}
	s := open(t, "cache", true)
	t.Run("sent at once, with a body between", func(t *testing.T) {
		body := "GET /stolen/ HTTP/1.1\r\nHost: x\r\n\r\n"
		post := fmt.Sprintf("POST /fails/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		docs := pages(t, s.speak(t, get("/plain/?a", "")+post+get("/plain/?b", "Connection: close\r\n")), 3)
		for i, want := range []string{"GET /plain/?a HTTP/1.1\r\nhOst: x\r\naCCept: text/html",
			fmt.Sprintf("POST /fails/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d", len(body)),
			"GET /plain/?b HTTP/1.1\r\nhOst: x\r\naCCept: text/html\r\nConnection: close"} {
			if got := messages(docs[i], true)[0]; got != want {
				t.Errorf("request %d:\n got %q\nwant %q", i+1, got, want)
			}
		}
	})
	t.Run("with a body that comes later", func(t *testing.T) {
		body := "GET /stolen/ HTTP/1.1\r\nHost: x\r\n\r\n"
		head := fmt.Sprintf("POST /fails/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", len(body))
		one, _ := http.ReadRequest(bufio.NewReader(strings.NewReader(head + body)))
		two, _ := http.ReadRequest(bufio.NewReader(strings.NewReader(get("/plain/", ""))))
		server, client := net.Pipe()
		defer server.Close()
		c := &conn{Conn: server}
		go func() {
			defer client.Close()
			for _, piece := range []string{head, body[:5], body[5:] + get("/plain/", "")} {
				_, _ = io.WriteString(client, piece)
			}
		}()
		read := func() { _, _ = c.Read(make([]byte, 4096)) }
		read()
		if got, _ := c.take(one); got != head {
			t.Errorf("the first head is %q, want %q", got, head)
		}
		read()
		read()
		if got, _ := c.take(two); got != get("/plain/", "") {
			t.Errorf("the second head is %q, want %q", got, get("/plain/", ""))
		}
	})
	t.Run("after a body without a length nothing is shown as exact", func(t *testing.T) {
		post := "POST /fails/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
		docs := pages(t, s.speak(t, post+get("/plain/", "Connection: close\r\n")), 2)
		for i, doc := range docs {
			if got := text(byID(doc, "wire")); strings.Contains(got, exactNote) || !strings.Contains(got, toldNote) {
				t.Errorf("page %d says %s", i+1, got)
			}
		}
	})
	t.Run("a head that is not the request's is not shown", func(t *testing.T) {
		r, _ := http.NewRequest("GET", "http://x/mine/", nil)
		r.RequestURI = "/mine/"
		c := &conn{in: []byte("GET /other/ HTTP/1.1\r\nHost: x\r\n\r\n")}
		if head, _ := c.take(r); head != "" || !c.lost {
			t.Errorf("another's request is shown: %q", head)
		}
	})
}

func TestInterimAnswersAreNotTheResponse(t *testing.T) {
	e := &exchange{}
	for _, piece := range []string{"HTTP/1.1 100 Conti", "nue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nA: ", "b\r\n\r\nthe page", "more"} {
		e.add([]byte(piece))
	}
	if got, want := e.head(), "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
