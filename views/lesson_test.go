package views

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"testing"

	"sessionlab/static"
)

// Every mark of every lesson leads somewhere, every lesson is whole, and every page outside of
// the lab that it names is in the library.
func TestEveryLessonIsWhole(t *testing.T) {
	for place, all := range lessons {
		for id, l := range all {
			if id != "race" && (len(l.Answers) < 2 || len(l.Answers) > 4 || l.Right < 1 || l.Right > len(l.Answers) || l.Why == "") {
				t.Errorf("%s: the question has %d answers, the right one is %d", id, len(l.Answers), l.Right)
			}
			if (l.Do == "") != (len(l.Settles) == 0) {
				t.Errorf("%s: it says %q, and is settled by %q", id, l.Do, l.Settles)
			}
			if len(l.Try) < 2 || len(l.Try) > 3 || l.Sentence == "" || len(l.More) == 0 {
				t.Errorf("%s: %d things to try, %d to read", id, len(l.Try), len(l.More))
			}
			if other := lessons[!place][id]; l.Text != other.Text || len(l.Answers) != len(other.Answers) {
				t.Errorf("%s: the question depends on the engine, so a kept answer means two things", id)
			}
			texts := append([]string{l.Text, l.Why, l.Sentence, l.Do}, l.Answers...)
			for _, s := range l.Try {
				texts = append(texts, s.Do, s.See)
			}
			for _, name := range l.Words {
				texts = append(texts, "["+name+"]")
			}
			for _, text := range texts {
				for _, p := range pieces(text) {
					if _, ok := wordOf(p.word); p.word != "" && !ok {
						t.Errorf("%s: there is no entry %q", id, p.word)
					}
				}
			}
			for _, name := range l.More {
				if _, ok := library[name]; !ok {
					t.Errorf("%s: %q is not in the library", id, name)
				}
			}
		}
	}
}

func TestMarksBecomeLinksAndCode(t *testing.T) {
	for text, want := range map[string]string{
		"no mark":                 "no mark",
		"a [cookie].":             `a <a class="word" href="/glossary/#word-cookie">cookie</a>.`,
		"[Keys|session key], `x`": `<a class="word" href="/glossary/#word-session-key">Keys</a>, <code>x</code>`,
		"[nothing of ours]":       "nothing of ours",
		"an open [bracket":        "an open [bracket",
		"<b> & [<i>]":             "&lt;b&gt; &amp; &lt;i&gt;",
	} {
		var b bytes.Buffer
		if err := marked(text).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(regexp.MustCompile(`\s+`).ReplaceAllString(b.String(), " ")); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// What a lesson adds to a page, beside the same page without one.
func BenchmarkLesson(b *testing.B) {
	static.URL("app.css")
	for name, path := range map[string]string{"with": "/counter/", "without": "/nowhere/"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f := Frame{Path: path, Predicted: map[string]Predicted{"counter": {Answer: 1, Settled: true}}}
				if err := (Counter{VisitCount: 7}).HTML(f).Render(context.Background(), io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
