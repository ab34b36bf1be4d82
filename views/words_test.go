package views

import (
	"strings"
	"testing"
)

func TestGroupPutsGapsBetweenThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1\u202f000", 1209600: "1\u202f209\u202f600", -1000: "-1\u202f000", -100: "-100"} {
		if got := group(n); got != want {
			t.Errorf("group(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestShortenFoldsLongTextsOnly(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int
	}{{strings.Repeat("ä", 200), 0}, {strings.Repeat("ä", 201), 201}, {"", 0}} {
		short, n := shorten(c.in, 0)
		if n != c.want {
			t.Errorf("shorten of %d characters says %d, want %d", len([]rune(c.in)), n, c.want)
		}
		if n > 0 && short != strings.Repeat("ä", 60)+"…" {
			t.Errorf("shortened to %q", short)
		}
	}
}

// Of a long value that changed one sees the place where it did.
func TestALongChangeIsShownWhereItBegins(t *testing.T) {
	long := strings.Repeat("é", 250)
	for _, c := range []struct{ name, before, after, want string }{
		{"in the middle", long + "1" + long, long + "2" + long, "…" + strings.Repeat("é", 20) + "2" + strings.Repeat("é", 39) + "…"},
		{"at the start", "1" + long, "2" + long, "2" + strings.Repeat("é", 59) + "…"},
		{"at the end", long, long + "2", "…" + strings.Repeat("é", 59) + "2"},
		{"nothing", long, long, "…" + strings.Repeat("é", 60)},
	} {
		if got, _ := shorten(c.after, differ(c.before, c.after)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestShareStaysWithinTheChart(t *testing.T) {
	for _, c := range []struct {
		v, most float64
		want    string
	}{{1, 2, "50.00%"}, {0, 2, "0%"}, {-1, 2, "0%"}, {3, 2, "100.00%"}, {1, 0, "0%"}, {0.001, 1000, "0.40%"}} {
		if got := share(c.v, c.most); got != c.want {
			t.Errorf("share(%v, %v) = %s, want %s", c.v, c.most, got, c.want)
		}
	}
}

// Every engine of the contract has its promises, one for each question.
func TestEveryEngineHasItsPromises(t *testing.T) {
	for _, name := range []string{"db", "file", "cache", "cached_db", "signed_cookies"} {
		p := promiseOf(name)
		if p.short == "" {
			t.Errorf("%s: no words", name)
		}
		for i, a := range p.answers {
			if a == "" {
				t.Errorf("%s: nothing on %q", name, promiseQuestions[i])
			}
		}
	}
}

func TestWithNextEscapesTheWayBack(t *testing.T) {
	for next, want := range map[string]string{"": "/signup/", "/account/": "/signup/?next=%2Faccount%2F", "/a?b=c&d": "/signup/?next=%2Fa%3Fb%3Dc%26d"} {
		if got := withNext("/signup/", next); got != want {
			t.Errorf("withNext(%q) = %s, want %s", next, got, want)
		}
	}
}

// only a path of this site becomes a link.
func TestLocalKnowsPathsOfThisSite(t *testing.T) {
	for path, want := range map[string]bool{"/": true, "/cart/?a=b#c": true, "": false, "//evil.test": false, `/\evil.test`: false, "https://evil.test": false, "javascript:alert(1)": false, "/\t/evil.test": false, "cart/": false} {
		if got := local(path); got != want {
			t.Errorf("local(%q) = %v, want %v", path, got, want)
		}
	}
}
