package views

import "strings"

// Word is a word of the trade.
type Word struct {
	Name   string `json:"word"`
	Means  string `json:"means"` // one sentence
	Path   string `json:"path"`  // of the page where it is met
	Django string `json:"django"`
	Go     string `json:"go"` // in the standard library or in package sessions
}

// Words returns the glossary, in the order of the alphabet.
func Words() []Word {
	return []Word{
		{"A/B test", "Two variants of a page are shown to different visitors, and one counts which works better.", "/experiments/", "", ""},
		{"Absolute timeout", "A session ends this long after the sign-in, however much it is used.", "/account/", "", "Config.AbsoluteAge"},
		{"Backend", "Django's word for the engine.", "/engines/", "SessionBase", "Engine"},
		{"Cache", "A store in memory that answers fast and may forget.", "/engines/", "django.core.cache", "cache.Memory"},
		{"Client", "The program that asks, such as a browser or curl.", "/counter/", "", "http.Client"},
		{"Codec", "It turns the values of a session into the bytes of a record, and back.", "/debug/", "SESSION_SERIALIZER", "Codec"},
		{"Compare-and-swap", "A write that happens only if the record still is what the writer has read.", "/engines/", "", "Engine.Replace"},
		{"Confidence interval", "A range that holds the true value in 95 of 100 such tests.", "/experiments/", "", ""},
		{"Conflict", "Two requests changed the same value at the same time, and the later one is refused instead of overwriting the earlier one.", "/engines/", "", "ErrConflict"},
		{"Conversion", "A visitor did what an A/B test hopes for.", "/experiments/", "", ""},
		{"Cookie", "A short text that a server hands to a browser, and that the browser sends back with every later request.", "/counter/", "request.COOKIES", "http.Cookie"},
		{"CSP", "Content Security Policy: a header that tells the browser which scripts and styles it may load.", "/security/", "SECURE_CSP", "Content-Security-Policy"},
		{"CSRF", "Cross-site request forgery: another site makes your browser send a form with your cookie.", "/security/", "CsrfViewMiddleware", "http.CrossOriginProtection"},
		{"DEBUG", "The setting that shows internals; it is for your own computer only.", "/settings/", "DEBUG", "DEBUG"},
		{"Developer tools", "The browser's own view of a page's cookies, requests and scripts; in most browsers F12 opens it.", "/debug/", "", ""},
		{"Dictionary", "A list of names, each with one value.", "/preferences/", "dict", "map"},
		{"Engine", "The part that stores sessions: in a database, in files, in a cache or in the cookie.", "/engines/", "SESSION_ENGINE", "Engine"},
		{"Event", "A note that something happened to a session: it was created, saved, moved, ended.", "/events/", "", "Event"},
		{"Event stream", "A response that stays open, over which the server sends news as they happen.", "/events/", "StreamingHttpResponse", "http.Flusher"},
		{"Expiry", "The time at which a session ends if nothing renews it.", "/methods/", "set_expiry()", "Session.SetExpiry"},
		{"Flash message", "A message that waits in the session and is shown once, on the next page.", "/preferences/", "messages.success()", "Session.AddMessage"},
		{"Flush", "Ends the session: its record is deleted and its cookie is taken back.", "/methods/", "flush()", "Session.Flush"},
		{"GET", "The method of a request that only asks for a page, as a link does.", "/counter/", "require_GET", "http.MethodGet"},
		{"Handler", "The function that answers a request.", "/counter/", "view", "http.Handler"},
		{"Hash", "A short fingerprint from which the original cannot be computed.", "/events/", "salted_hmac()", "Manager.ID"},
		{"Header", "A named line at the top of a request or a response, such as Cookie or Set-Cookie.", "/counter/", "request.headers", "http.Header"},
		{"HTTP", "The language in which browsers and servers talk: one request, one response, and nothing is remembered.", "/counter/", "", "net/http"},
		{"HttpOnly", "An attribute of a cookie: scripts on the page cannot read it.", "/settings/", "SESSION_COOKIE_HTTPONLY", "http.Cookie.HttpOnly"},
		{"HTTPS", "HTTP over an encrypted connection, so that nobody on the way can read or change it.", "/settings/", "SECURE_SSL_REDIRECT", "crypto/tls"},
		{"Idle timeout", "A session ends this long after its last request.", "/account/", "", "Config.IdleTimeout"},
		{"JSON", "A text format for numbers, texts, lists and dictionaries, in which session values are kept.", "/preferences/", "JSONSerializer", "encoding/json"},
		{"Key cycle", "The session gets a new key and keeps its values, as it must at every sign-in.", "/login/", "cycle_key()", "Session.CycleKey"},
		{"Loopback", "The addresses by which a computer reaches itself, such as 127.0.0.1.", "/settings/", "INTERNAL_IPS", "netip.Addr.IsLoopback"},
		{"Lost update", "Of two requests that read, compute and save at the same time, one change disappears.", "/engines/", "", "Key.Update"},
		{"Middleware", "Code that every request passes on its way to the handler, and every response on its way back.", "/middleware/", "MIDDLEWARE", "Manager.Middleware"},
		{"Origin", "Scheme, host and port of a site: what browsers compare to tell one site from another.", "/security/", "CSRF_TRUSTED_ORIGINS", "Origin"},
		{"Payload", "The part of a record that holds the values, beside the time stamp and the signature.", "/debug/", "session_data", "Record.Data"},
		{"POST", "The method of a request that asks for a change, as a form does.", "/cart/", "require_POST", "http.MethodPost"},
		{"Private window", "A window of the browser, opened by Ctrl+Shift+N or Ctrl+Shift+P, that begins without cookies and forgets its own when it is closed.", "/counter/", "", ""},
		{"Proxy", "A server that stands before the app and passes requests on to it, such as nginx.", "/settings/", "SECURE_PROXY_SSL_HEADER", "TRUSTED_PROXIES"},
		{"Race", "Two requests run at the same time, and the result depends on which is faster.", "/engines/", "", ""},
		{"Rate limit", "A bound on how often somebody may do something in a given time.", "/login/", "", "rate.Limiter"},
		{"Record", "What a store keeps of one session: its values, and when it ends.", "/debug/", "Session", "Record"},
		{"Redirect", "A response that sends the browser to another address; after a form, so that a reload does not send it again.", "/form/step-one/", "redirect()", "http.Redirect"},
		{"Redis", "A server that keeps data in memory for many programs.", "/engines/", "RedisCache", "cache.Redis"},
		{"Remember me", "The check box that lets a sign-in outlive the browser.", "/login/", "set_expiry()", "Session.SetExpiry"},
		{"Replay", "Sending an old, once valid value again, such as a signed cookie from before the sign-out.", "/security/", "", ""},
		{"Request", "What a client sends: a method, an address, headers, and perhaps a form.", "/counter/", "HttpRequest", "http.Request"},
		{"Response", "What a server answers: a status, headers, and a page.", "/counter/", "HttpResponse", "http.ResponseWriter"},
		{"SameSite", "An attribute of a cookie: whether it is sent with requests that other sites cause.", "/settings/", "SESSION_COOKIE_SAMESITE", "http.SameSite"},
		{"scs", "A library for sessions in Go, on whose values and lock this lab's own layer is built.", "/race/", "", "github.com/alexedwards/scs"},
		{"SECRET_KEY", "The secret with which the server signs; whoever has it can forge sessions.", "/settings/", "SECRET_KEY", "Config.Secret"},
		{"Secure", "An attribute of a cookie: it is sent over HTTPS only.", "/settings/", "SESSION_COOKIE_SECURE", "http.Cookie.Secure"},
		{"Server", "The program that answers requests.", "/counter/", "runserver", "http.Server"},
		{"Session", "A small dictionary that the server keeps for one visitor from one request to the next.", "/counter/", "request.session", "sessions.From"},
		{"Session cookie", "The cookie that holds the session's key, or with signed_cookies the session itself.", "/counter/", "SESSION_COOKIE_NAME", "Config.Cookie"},
		{"Session fixation", "An attacker gives a victim a key that the attacker knows, and waits for the victim to sign in with it.", "/security/", "cycle_key()", "Session.CycleKey"},
		{"Session hijacking", "An attacker gets hold of somebody's session cookie and uses it.", "/security/", "", ""},
		{"Session key", "The long random text that names a session's record; whoever has it is the visitor.", "/counter/", "session_key", "Session.Key"},
		{"Sign-in", "A visitor proves who they are, and the session remembers it.", "/login/", "login()", ""},
		{"Signature", "A code computed from a text and a secret: without the secret nobody can change the text unnoticed.", "/engines/", "django.core.signing", "signing.Signer"},
		{"Status", "The number with which a response begins: 200 is done, 303 go there, 404 not found, 409 a conflict.", "/counter/", "HttpResponse.status_code", "http.StatusOK"},
		{"Store", "The place where an engine keeps records: a table, a directory, Redis.", "/engines/", "SessionStore", "Engine"},
		{"Test cookie", "A cookie that is set only to see whether the browser sends it back.", "/methods/", "set_test_cookie()", "Session.SetTestCookie"},
		{"Touch", "Moves a record's expiry without writing its values again.", "/account/", "", "Toucher"},
		{"Vary", "A header that tells caches on which request headers a page depends.", "/middleware/", "patch_vary_headers()", "Vary"},
		{"XSS", "Cross-site scripting: text from an attacker runs as a script in your page.", "/security/", "autoescape", "html/template"},
	}
}

// wordIndex are the words by their names in small letters.
var wordIndex = func() map[string]Word {
	all := map[string]Word{}
	for _, w := range Words() {
		all[strings.ToLower(w.Name)] = w
	}
	return all
}()

// wordOf finds a word by its name, in large or small letters, or by its plural.
func wordOf(name string) (Word, bool) {
	name = strings.ToLower(name)
	if w, ok := wordIndex[name]; ok {
		return w, true
	}
	w, ok := wordIndex[strings.TrimSuffix(name, "s")]
	return w, ok
}
