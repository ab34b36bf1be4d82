package panel

import (
	"strings"
	"testing"

	"sessionlab/views"
)

// plain is what everybody sees of lines; bare is what their owner may see.
func plain(lines []views.WireLine) string { return joined(lines, false) }
func bare(lines []views.WireLine) string  { return joined(lines, true) }

func joined(lines []views.WireLine, own bool) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		for _, part := range l.Parts {
			if own && part.Own != "" {
				b.WriteString(part.Own)
			} else {
				b.WriteString(part.Text)
			}
		}
	}
	return b.String()
}

func coveredHead(text string) []views.WireLine {
	c := cover{own: "sessionid"}
	c.head(text)
	return c.seal()
}

func TestSecretsAreCoveredWhereverTheyStand(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"the session's cookie keeps a quarter", "Cookie: sessionid=abcdefgh23456789abcdefgh23456789", "Cookie: sessionid=abcdefgh" + dots},
		{"other cookies keep nothing", "Cookie: theme=dark; sessionid=abcdefgh; x=1", "Cookie: theme=" + dots + "; sessionid=ab" + dots + "; x=" + dots},
		{"a cookie without a name", "Cookie: abcdefgh", "Cookie: " + dots},
		{"a cookie in quotes", `Cookie: sessionid="abcdefgh"`, "Cookie: sessionid=ab" + dots},
		{"a cookie that is set", "Set-Cookie: sessionid=abcdefgh; Path=/; HttpOnly", "Set-Cookie: sessionid=ab" + dots + "; Path=/; HttpOnly"},
		{"another cookie that is set", "Set-Cookie: lab_click=abcdefgh; Path=/", "Set-Cookie: lab_click=" + dots + "; Path=/"},
		{"a cookie that is deleted", "Set-Cookie: sessionid=; Max-Age=0", "Set-Cookie: sessionid=; Max-Age=0"},
		{"names of headers in any case", "cOOKIE: sessionid=abcdefgh", "cOOKIE: sessionid=" + dots},
		{"a password of HTTP", "Authorization: Basic YWxpY2U6eA==", "Authorization: Basic " + dots},
		{"a key of an interface", "X-Api-Key: abcdefgh", "X-Api-Key: " + dots},
		{"a token in an address", "Referer: http://h/a?x=1&token=abcdefgh", "Referer: http://h/a?x=1&token=" + dots},
		{"a password in an address", "Referer: http://bob:abcdefgh@h/a", "Referer: http://" + dots + "@h/a"},
		{"a copy in another header", "Cookie: sessionid=abcdefgh\r\nX-Copy: <abcdefgh>", "Cookie: sessionid=ab" + dots + "\r\nX-Copy: <" + dots + ">"},
		{"a header that goes on", "Cookie: a=b;\r\n sessionid=abcdefgh", "Cookie: a=" + dots + ";\r\n" + dots},
		{"what is no header", "abcdefgh", dots},
		{"what is no secret", "Host: 127.0.0.1:8000\r\nAccept: */*", "Host: 127.0.0.1:8000\r\nAccept: */*"},
	} {
		got := plain(coveredHead("GET / HTTP/1.1\r\n" + c.in + "\r\n\r\n"))
		want := "GET / HTTP/1.1\r\n" + c.want
		if c.name == "names of headers in any case" {
			want = "GET / HTTP/1.1\r\ncOOKIE: sessionid=ab" + dots
		}
		if got != want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, want)
		}
	}
}

func TestPasswordsInFormsAreCovered(t *testing.T) {
	c := cover{}
	body := "username=alice&password=wonderland&old_password=a1b2c3&new_password1=x&csrfmiddlewaretoken=qwertz&pass%77ord=hidden&quantity=2"
	c.lines = append(c.lines, views.WireLine{Parts: c.form(body)})
	want := "username=alice&password=" + dots + "&old_password=" + dots + "&new_password1=" + dots +
		"&csrfmiddlewaretoken=" + dots + "&pass%77ord=" + dots + "&quantity=2"
	if got := plain(c.seal()); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// What an owner uncovers is the text as it was, byte for byte but for others' secrets.
func TestUncoveringGivesTheTextAsItWas(t *testing.T) {
	head := "POST /a?b=c HTTP/1.1\r\nHost: x\r\ncookie: sessionid=abcdefgh23456789;  x\r\nX-Odd:no space\r\nSec-Fetch-Site: none"
	want := strings.Replace(head, ";  x", ";  "+dots, 1)
	if got := bare(coveredHead(head + "\r\n\r\n")); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// FuzzNoSecretSurvivesTheCover puts a secret wherever secrets are sent, among any noise.
func FuzzNoSecretSurvivesTheCover(f *testing.F) {
	f.Add("theme=dark", "sessionid", "Path=/", uint8(0))
	f.Add("a; b=c", "x\u2028", ";;=", uint8(3))
	f.Add("\r\n fold", "password", "?&=#", uint8(7))
	f.Add("\xff\xfe", "\"", "%zz", uint8(9))
	const secret = "S3cr3tZ0123456789abcdefgh"
	f.Fuzz(func(t *testing.T, before, name, after string, where uint8) {
		noise := func(s string) string { // a new header would be another message
			s = strings.ReplaceAll(strings.ReplaceAll(s, "\r", ""), "\n", "\n\t")
			return s
		}
		before, after = noise(before), noise(after)
		name = strings.NewReplacer("\r", "", "\n", "", ";", "", "=", "", "&", "", ":", "", "?", "", "#", "", "+", "").Replace(name)
		places := []string{
			"Cookie: " + before + ";" + name + "=" + secret + ";" + after,
			"Cookie: " + name + "=" + secret,
			"Cookie: " + secret + ";" + after,
			"Set-Cookie: " + name + "=" + secret + ";" + after,
			"Set-Cookie: " + secret,
			"Authorization: " + secret,
			"Authorization: Bearer " + secret,
			"Authorization: " + strings.ReplaceAll(before, "\n", "") + "\n " + secret,
			"X-" + name + "-Token: " + before + secret + after,
			"Referer: http://h/?password=" + secret,
			"Cookie: a=" + secret + "\r\nX-Copy: " + before + secret + after,
			"Cookie: sessionid=" + secret + "\r\nReferer: http://h/" + before + "?x=" + secret,
		}
		lines := coveredHead("GET / HTTP/1.1\r\n" + places[int(where)%len(places)] + "\r\n\r\n")
		if got := plain(lines); strings.Contains(got, secret) {
			t.Errorf("a secret survives: %q", got)
		}
		c := cover{}
		c.lines = append(c.lines, views.WireLine{Parts: c.form(strings.ReplaceAll(before, "\n", "") + "&my_password=" + secret + "&" + secret)})
		if got := plain(c.seal()); strings.Contains(got, secret) {
			t.Errorf("a secret in a form survives: %q", got)
		}
	})
}
