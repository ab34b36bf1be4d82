package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// mutant is one guard less.
type mutant struct {
	sentence string   // what is true without the guard
	in       string   // the file of the guard, or its package
	old, new string   // what goes, and what comes in its place
	dir      string   // the package whose tests have to notice
	tests    []string // patterns for go test -run
}

// parse reads one list.
func parse(text string) ([]mutant, error) {
	var all []mutant
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] != '\t' {
			all = append(all, mutant{sentence: line})
			continue
		}
		word, rest, _ := strings.Cut(line[1:], " ")
		if len(all) == 0 {
			return nil, fmt.Errorf("%q stands before the first sentence", line)
		}
		switch m := &all[len(all)-1]; word {
		case "in":
			m.in = rest
		case "-":
			m.old += rest + "\n"
		case "+":
			m.new += rest + "\n"
		case "by":
			var tests string
			m.dir, tests, _ = strings.Cut(rest, " ")
			m.tests = strings.Fields(tests)
		default:
			return nil, fmt.Errorf("%q begins with none of in, -, + and by", line)
		}
	}
	return all, nil
}

// fits says what does not fit the sources any more: the guard, or the names of the tests.
func (m mutant) fits() error {
	_, err := m.find(".")
	if len(m.tests) == 0 {
		err = errors.Join(err, errors.New("no test is named"))
	}
	for _, pattern := range m.tests {
		name, _, _ := strings.Cut(pattern, "/")
		err = errors.Join(err, hasTest(m.dir, name))
	}
	return err
}

func hasTest(dir, name string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(name) + `\(`).Match(text) {
			return nil
		}
	}
	return errors.Join(err, fmt.Errorf("%s has no %s", dir, name))
}

// place is where a guard stands.
type place struct {
	path     string
	source   []byte
	from, to int
}

// find looks for the guard in the tree below root, where it must be exactly once.
func (m mutant) find(root string) (place, error) {
	paths := []string{filepath.Join(root, m.in)}
	if filepath.Ext(m.in) == "" {
		paths, _ = filepath.Glob(filepath.Join(root, m.in, "*.go")) // the pattern is a good one
	}
	var found []place
	want, _ := squeeze([]byte(m.old))
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return place{}, err
		}
		text, at := squeeze(source)
		for i := 0; want != ""; i += len(want) {
			next := strings.Index(text[i:], want)
			if next < 0 {
				break
			}
			i += next
			found = append(found, place{path, source, at[i], at[i+len(want)-1] + 1})
		}
	}
	if len(found) != 1 {
		return place{}, fmt.Errorf("%s has %d times, not once: %s", m.in, len(found), strings.Join(strings.Fields(m.old), " "))
	}
	return found[0], nil
}

// squeeze leaves the code without comments and white space, so that it is found however it is
// formatted. at has the place in the source of each byte that is left.
func squeeze(source []byte) (left string, at []int) {
	var b strings.Builder
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(source))
	s.Init(file, source, nil, 0)
	for {
		pos, tok, text := s.Scan()
		switch {
		case tok == token.EOF:
			return b.String(), at
		case tok == token.SEMICOLON && text == "\n": // not in the source
			continue
		case text == "":
			text = tok.String()
		}
		for i := range len(text) {
			if !strings.ContainsRune(" \t\r\n", rune(text[i])) {
				b.WriteByte(text[i])
				at = append(at, file.Offset(pos)+i)
			}
		}
	}
}

// try applies the mutant to the copy in dir, runs its tests, and takes it back. It returns the
// test that failed, "" if none did.
func (m mutant) try(ctx context.Context, dir string) (caughtBy string, err error) {
	at, err := m.find(dir)
	if err != nil {
		return "", err
	}
	mutated := slices.Concat(at.source[:at.from], []byte(strings.TrimSpace(m.new)), at.source[at.to:])
	if err := os.WriteFile(at.path, mutated, 0o644); err != nil {
		return "", err
	}
	caughtBy, err = goTest(ctx, dir, m.dir, m.tests)
	return caughtBy, errors.Join(err, os.WriteFile(at.path, at.source, 0o644))
}

// goTest runs tests of one package and returns the first that failed, by its longest name. It
// is an error if they do not compile. CI=true forbids them to skip what they have no server for.
func goTest(ctx context.Context, dir, pkg string, tests []string) (failed string, err error) {
	var patterns []string
	for _, test := range tests { // a test by its name, a case by the beginning of its name
		name, cases, _ := strings.Cut(test, "/")
		patterns = append(patterns, strings.TrimSuffix("^"+name+"$/^"+strings.ReplaceAll(cases, "/", "/^"), "/^"))
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-failfast", "-count=1", "-vet=off", "-timeout=5m",
		"-run", strings.Join(patterns, "|"), "./"+pkg)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CI=true")
	out, runErr := cmd.Output()
	var said strings.Builder // what is no event of a test, or of none in particular
	for line := range bytes.Lines(out) {
		var event struct{ Action, Test, Output string }
		if json.Unmarshal(line, &event) != nil {
			event.Output = string(line)
		}
		switch {
		case event.Action == "fail" && strings.HasPrefix(event.Test, failed):
			failed = event.Test
		case event.Test == "":
			said.WriteString(event.Output)
		}
	}
	if runErr != nil && failed == "" {
		return "", fmt.Errorf("go test: %w: %s", runErr, strings.TrimSpace(said.String()))
	}
	failed, _, _ = strings.Cut(failed, "_(") // a case's rows
	return failed, nil
}
