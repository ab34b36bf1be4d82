// Package exercise has the tutorial's five exercises: their texts, a starter and a solution
// for Go and for Django, and a check that plays visitors against a learner's own app, in
// whatever language that is written. Command is the check on the command line.
package exercise

import (
	"embed"
	"errors"
	"fmt"
)

// Exercise is one task, and all that helps with it. Its texts are plain: no HTML, no Markdown.
type Exercise struct {
	Number     int         `json:"number"` // 1 to 5
	Title      string      `json:"title"`
	Task       []string    `json:"task"`      // paragraphs
	Addresses  []Address   `json:"addresses"` // what the app must answer
	Criteria   []Criterion `json:"criteria"`  // in the order of the check
	Hints      [3]string   `json:"hints"`     // each more concrete than the one before
	Difference string      `json:"difference"`
	Example    string      `json:"example"` // path of the page of the lab that does the same

	play func(*play)
}

// Address is a path that the app must answer, and how. The answer is what the check reads.
type Address struct {
	Request string `json:"request"` // "GET /recent/"
	Answer  string `json:"answer"`
}

// Criterion is one thing that the check looks at. Its ID is unique within the exercise.
type Criterion struct {
	ID   string `json:"id"`
	Text string `json:"text"` // a sentence
}

// ErrUnknown: there is no exercise of this number, or no program in this language.
var ErrUnknown = errors.New("no such exercise or program")

// All returns the exercises, the first one first.
func All() []Exercise {
	return []Exercise{recentlyVisited(), rememberMe(), abTest(), sessionLog(), idleTimeout()}
}

// Find returns exercise n, or an error that wraps [ErrUnknown].
func Find(n int) (Exercise, error) {
	all := All()
	if n < 1 || n > len(all) {
		return Exercise{}, fmt.Errorf("%w: there are the exercises 1 to %d, and no %d", ErrUnknown, len(all), n)
	}
	return all[n-1], nil
}

// Program is a program in one file: where a learner starts, or a solution.
type Program struct {
	Language string `json:"language"` // "go" or "django"
	File     string `json:"file"`     // where to save it
	Needs    string `json:"needs"`    // in a sentence or two
	Run      string `json:"run"`      // command line that starts it, at 127.0.0.1:9000
	Text     string `json:"text"`
}

//go:embed files/*/*/main.go files/*/*/app.py
var files embed.FS

// Languages are those of the programs, in the order in which to offer them.
func Languages() []string { return []string{"go", "django"} }

// Starter returns the program that a learner starts from; lang is one of [Languages]. The
// error wraps [ErrUnknown].
func (e Exercise) Starter(lang string) (Program, error) { return e.program("starter", lang) }

// Solution returns a program that meets every criterion; as [Exercise.Starter] otherwise.
func (e Exercise) Solution(lang string) (Program, error) { return e.program("solution", lang) }

func (e Exercise) program(kind, lang string) (Program, error) {
	p := Program{Language: lang}
	var file string
	name := fmt.Sprintf("%s%d", map[string]string{"starter": "exercise", "solution": "solution"}[kind], e.Number)
	switch lang {
	case "go":
		file, p.File, p.Run = "main.go", name+"/main.go", "go run ./"+name
		p.Needs = "Go. Save the file below the lab's directory, since it imports the lab's package sessions."
	case "django":
		file, p.File, p.Run = "app.py", name+".py", "python3 "+name+".py"
		p.Needs = "Python 3 with Django 3.2 or newer. The file is the whole app; save it anywhere."
	default:
		return Program{}, fmt.Errorf("%w: the programs are written in go and django, not in %q", ErrUnknown, lang)
	}
	text, err := files.ReadFile(fmt.Sprintf("files/%d/%s/%s", e.Number, kind, file))
	if err != nil {
		return Program{}, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	p.Text = string(text)
	return p, nil
}
