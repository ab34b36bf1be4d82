package views_test

import (
	"github.com/a-h/templ"

	"sessionlab/views"
)

// exercises are the pages of exercises, patterns and words.
func exercises() []sample {
	return []sample{
		{"exercise", func(p views.Frame) templ.Component { return exercise1().HTML(p) }, "/exercises/1/"},
		{"exercise-checked", func(p views.Frame) templ.Component {
			e := exercise1()
			e.Checked = &views.Checked{URL: "http://127.0.0.1:9000/", Met: 1, Results: []views.Result{
				{Criterion: "pages", Met: true, Says: "GET /page/1/; back came 200 Page 1; expected: 200."},
				{Criterion: "counts", Says: nasty},
				{Criterion: "order", Waits: true, Says: "Not looked at before this is met: Each visit is counted."},
			}}
			e.URL, e.Errors = nasty, views.Errors{"url": "This is the lab itself.", "": "The form was not accepted."}
			return e.HTML(p)
		}, "/exercises/1/"},
		{"exercise-production", func(p views.Frame) templ.Component {
			e := exercise1()
			e.MayCheck, e.Example = false, ""
			return e.HTML(bare(p.Path))
		}, "/exercises/1/"},
		{"patterns", func(p views.Frame) templ.Component {
			return views.Patterns{Patterns: []views.PatternLink{
				{Name: "flash", Title: "Flash message", Summary: "Shows a message once.", Path: "/patterns/flash/"},
			}}.HTML(p)
		}, "/patterns/"},
		{"pattern", func(p views.Frame) templ.Component {
			return views.Pattern{
				Name: "flash", Title: "Flash message, shown once", Summary: "Shows a message once.", Trap: "A message in the address.", NotWhen: nasty,
				Django: "messages.success()", GoMod: "module example.com/flash", Program: "package main", Test: "package main",
				Source: views.Source{Title: "main.go", HTML: goSource, Text: "package main"}, Tests: views.Source{Title: "main_test.go", Text: "package main"},
			}.HTML(p)
		}, "/patterns/flash/"},
		{"glossary", func(p views.Frame) templ.Component { return views.Glossary{Words: views.Words()}.HTML(p) }, "/glossary/"},
	}
}

func exercise1() views.Exercise {
	program := func(language, file string) views.Program {
		return views.Program{
			Language: language, File: file, Needs: "Nothing more.", Run: "run " + file, Text: "text",
			Source: views.Source{Title: language, HTML: goSource, Text: "text"},
		}
	}
	return views.Exercise{
		Number: 1, Title: "Recently visited", Task: []string{"Count the visits.", "Keep ten."},
		Addresses:  []views.Address{{Request: "GET /recent/", Answer: `JSON: {"recent": []}`}},
		Criteria:   []views.Criterion{{ID: "pages", Text: "The pages answer."}, {ID: "counts", Text: "Each visit is counted."}, {ID: "order", Text: "The last one is first."}},
		Hints:      [3]string{"A list.", "Three steps.", "Update."},
		Starters:   []views.Program{program("go", "exercise1/main.go"), program("django", "exercise1.py")},
		Solutions:  []views.Program{program("go", "solution1/main.go"), program("django", "solution1.py")},
		Difference: "The lab counts only for those who want it.", Example: "/recent/", MayCheck: true,
	}
}
