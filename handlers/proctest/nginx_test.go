package proctest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sessionlab/sessions/sessionstest/testserver"
)

const siteName = "lab.example.org" // in the README

// fence is the block of the README in this language, of which there must be one.
func fence(t *testing.T, language string) string {
	t.Helper()
	return fenceOf(t, "../../README.md", language)
}

// fenceOf is the block of a document in this language.
func fenceOf(t *testing.T, document, language string) string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "\n```"+language+"\n")
	if len(parts) != 2 {
		t.Fatalf("%s has %d blocks of %s, want 1", document, len(parts)-1, language)
	}
	block, _, _ := strings.Cut(parts[1], "\n```")
	return block + "\n"
}

// put replaces what the README says by what holds in this test, and wants it to be there.
func put(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the README no longer says %q", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// certificate writes a certificate for the site, and its key.
func certificate(t *testing.T, dir string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: siteName}, DNSNames: []string{siteName},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	for name, text := range map[string][]byte{
		"fullchain.pem": chain, "privkey.pem": private, "both.pem": slices.Concat(chain, private),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// freeAddress is an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// front is a proxy with the lines that a document has for it.
type front struct {
	plain, secure string // addresses
	dir           string // where its certificate is
	cert          *x509.Certificate
}

// newFront chooses the addresses of a proxy and makes its certificate in dir.
func newFront(t *testing.T, dir string) *front {
	t.Helper()
	return &front{plain: freeAddress(t), secure: freeAddress(t), dir: dir, cert: certificate(t, dir)}
}

// run starts the proxy and waits until it listens.
func (f *front) run(t *testing.T, command ...string) {
	t.Helper()
	var said strings.Builder
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = &said, &said
	testserver.DieWithUs(cmd, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); <-done })
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", f.secure); err == nil {
			conn.Close()
			return
		}
		select {
		case err := <-done:
			done <- err
			t.Fatalf("the proxy ended: %v: %s", err, said.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("the proxy does not listen")
		}
	}
}

// nginx starts nginx before the program, with the README's lines, until the test ends.
func nginx(t *testing.T, p *process) *front {
	t.Helper()
	f := newFront(t, t.TempDir())
	f.nginx(t, fence(t, "nginx"), "127.0.0.1:8000", p.host())
	return f
}

// nginx starts nginx with these lines, after what they say was replaced by what holds here.
func (f *front) nginx(t *testing.T, site string, pairs ...string) {
	t.Helper()
	path, dir := needs(t, "nginx"), t.TempDir()
	site = put(t, site, append(pairs, "listen 443 ssl", "listen "+f.secure+" ssl", "listen 80;", "listen "+f.plain+";",
		"/etc/ssl/sessionlab", f.dir)...)
	config := "daemon off; pid " + dir + "/pid; error_log stderr; events {}\nhttp { access_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		config += kind + "_temp_path " + filepath.Join(dir, kind) + ";\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(config+site+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.run(t, path, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr")
}

// browserAt is a browser on the computer with this address.
func (f *front) browserAt(address string) *http.Client {
	c := browser()
	roots := x509.NewCertPool()
	roots.AddCert(f.cert)
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	c.Transport = &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: siteName}, DialContext: from.DialContext,
		ForceAttemptHTTP2: true, // as browsers do
	}
	return c
}

// send sends a form, or asks for a page, as a browser does that is too old for Sec-Fetch-Site.
func (f *front) send(t *testing.T, c *http.Client, method, path, form string, headers ...string) (*http.Response, string) {
	t.Helper()
	_, port, _ := net.SplitHostPort(f.secure)
	host := net.JoinHostPort(siteName, port)
	req, err := http.NewRequestWithContext(t.Context(), method, "https://"+f.secure+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	req.Header.Set("Accept", "application/json")
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "https://"+host)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

// behindNginx starts the program with the README's settings, and nginx in front of it.
func behindNginx(t *testing.T, more ...string) *front {
	t.Helper()
	needs(t, "nginx") // before servers are started
	return nginx(t, start(t, t.TempDir(), siteSettings(t, testserver.NewRedis(t).Addr, more...)...))
}

// siteSettings are those of the README, with servers of the test.
func siteSettings(t *testing.T, redis string, more ...string) []string {
	t.Helper()
	env := put(t, fence(t, "sh sessionlab.env"),
		"SECRET_KEY=\n", "SECRET_KEY=T3sts-0nly.behind-nginx.aWq9zR7xLm2vKd8sHf4gJp6tYb1nUc5e\n",
		"STORE_KEY=\n", "STORE_KEY=T3sts-0nly.in-the-store.mZ8kQw3eRt6yUi9oPa2sDf5gHj7lXc4v\n",
		"postgres:///sessionlab?host=/run/postgresql", testserver.NewPostgres(t).NewDatabase(t),
		"redis://127.0.0.1:6379/0", "redis://"+redis)
	var settings []string
	for line := range strings.Lines(env) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			settings = append(settings, line)
		}
	}
	return append(settings, more...)
}

// The README's settings are ones that check --deploy lets pass. The server of the tests does
// without fsync, which is the one thing to complain of.
func TestTheSettingsOfTheREADMEPassCheckDeploy(t *testing.T) {
	t.Parallel()
	lab, err := program()
	if err != nil {
		t.Fatal(err)
	}
	settings := siteSettings(t, testserver.NewRedis(t).Addr)
	for _, command := range []string{"migrate", "check"} {
		cmd := exec.Command(lab, command)
		if command == "check" {
			cmd.Args = append(cmd.Args, "--deploy", "--fail-level", "warning")
		}
		cmd.Env, cmd.Dir = settings, t.TempDir()
		out, err := cmd.CombinedOutput()
		if command == "migrate" && err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for line := range strings.Lines(string(out)) {
			level, _, _ := strings.Cut(line, " ")
			if (level == "warning" || level == "error") && !strings.Contains(line, "fsync is off") {
				t.Errorf("check --deploy says %s", line)
			}
		}
	}
}

func TestBehindNginxAVisitorSignsUpAndIn(t *testing.T) {
	t.Parallel()
	f := behindNginx(t)
	c := f.browserAt("127.0.0.1")
	res, text := f.send(t, c, "POST", "/signup/", "username=carol&password1=a-few-words-2026&password2=a-few-words-2026")
	if res.StatusCode != 303 {
		t.Fatalf("sign-up: %d %s, want 303", res.StatusCode, text)
	}
	if res, text = f.send(t, c, "POST", "/logout/", ""); res.StatusCode != 303 {
		t.Fatalf("sign-out: %d %s, want 303", res.StatusCode, text)
	}
	res, text = f.send(t, c, "POST", "/login/", "username=carol&password=a-few-words-2026")
	if res.StatusCode != 303 {
		t.Fatalf("sign-in: %d %s, want 303", res.StatusCode, text)
	}
	found := false
	for _, cookie := range res.Cookies() {
		if strings.Contains(cookie.Name, "sessionid") {
			found = true
			if !cookie.Secure || !cookie.HttpOnly {
				t.Errorf("the session's cookie is %v, want it Secure and HttpOnly", cookie.Raw)
			}
		}
	}
	if !found {
		t.Errorf("sign-in sets no session cookie: %v", res.Header)
	}
	if res, text = f.send(t, c, "GET", "/account/", ""); res.StatusCode != 200 || !strings.Contains(text, "carol") {
		t.Errorf("/account/: %d %s, want 200 and the name", res.StatusCode, text)
	}
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("the site does not ask browsers to stay with HTTPS: X-Forwarded-Proto is not believed")
	}
	if res, _ = f.send(t, c, "GET", "/debug/", ""); res.StatusCode != 404 {
		t.Errorf("/debug/: %d, want 404", res.StatusCode)
	}
	if res, _ = f.send(t, c, "POST", "/theme/", "theme=dark", "Origin", "https://elsewhere.example"); res.StatusCode != 403 {
		t.Errorf("a form from another site: %d, want 403", res.StatusCode)
	}
}

// Two computers have limits of their own, and what a visitor sends as X-Forwarded-For
// changes nothing.
func TestBehindNginxEachClientHasItsOwnLimits(t *testing.T) {
	t.Parallel()
	f := behindNginx(t, "SIGNIN_NAME_LIMIT=3")
	guess := func(from string, forged int) int {
		c := f.browserAt(from)
		defer c.CloseIdleConnections()
		res, _ := f.send(t, c, "POST", "/login/", "username=dora&password=wrong", "X-Forwarded-For", "192.0.2."+strconv.Itoa(forged))
		return res.StatusCode
	}
	for i, want := range []int{422, 422, 422, 429} {
		if got := guess("127.0.0.2", i); got != want {
			t.Errorf("guess %d: status %d, want %d", i+1, got, want)
		}
	}
	if got := guess("127.0.0.3", 0); got != 422 {
		t.Errorf("the first guess of another computer: status %d, want 422", got)
	}
}

func TestNginxLeadsToHTTPS(t *testing.T) {
	t.Parallel()
	f := nginx(t, start(t, t.TempDir(), "SESSION_ENGINE=cache"))
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+f.plain+"/counter/?a=b", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = siteName
	res, err := browser().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("Location"); res.StatusCode != 301 || got != "https://"+siteName+"/counter/?a=b" {
		t.Errorf("%d to %q, want 301 to the same page over HTTPS", res.StatusCode, got)
	}
}
