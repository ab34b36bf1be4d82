package views_test

import (
	"testing"

	"golang.org/x/net/html"

	"sessionlab/views"
)

// The link to the next chapter is how a learner goes through the lab.
func TestNextLeadsThroughEveryChapterOnce(t *testing.T) {
	for name, hidden := range map[string][]string{
		"with DEBUG": nil, "without": {"/debug/", "/events/"},
	} {
		t.Run(name, func(t *testing.T) {
			want := 0
			for _, g := range views.Chapters() {
				want += len(g.Chapters)
			}
			want -= len(hidden)
			seen := map[string]bool{}
			for path := next(t, "/", hidden); path != ""; path = next(t, path, hidden) {
				if seen[path] {
					t.Fatalf("%s comes twice", path)
				}
				seen[path] = true
			}
			if len(seen) != want {
				t.Errorf("%d chapters are on the way, want %d: %v", len(seen), want, seen)
			}
			for n := '1'; n <= '5'; n++ {
				if path := "/exercises/" + string(n) + "/"; !seen[path] {
					t.Errorf("%s is not on the way", path)
				}
			}
		})
	}
}

// A worked example belongs to its exercise, so that Next leads on from there as well.
func TestAWorkedExampleLeadsOnLikeItsExercise(t *testing.T) {
	for example, want := range map[string]string{"/recent/": "/exercises/2/", "/experiments/": "/exercises/4/"} {
		if got := next(t, example, nil); got != want {
			t.Errorf("after %s comes %s, want %s", example, got, want)
		}
	}
}

// next is where the page at path says that one goes next.
func next(t *testing.T, path string, hidden []string) string {
	t.Helper()
	p := page(path)
	p.Hide = hidden
	links := 0
	var href string
	for n := range render(t, named(t, "counter"), p).Descendants() {
		if n.Type == html.ElementNode && attr(n, "rel") == "next" {
			links, href = links+1, attr(n, "href")
		}
	}
	if links > 1 {
		t.Errorf("%s has %d links to the next chapter", path, links)
	}
	return href
}
