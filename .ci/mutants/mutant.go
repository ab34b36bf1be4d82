package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// mutant is one guard less.
type mutant struct {
	sentence string // what is true without the guard
	file     string
	old, new []string // whole lines, without the space around them
	dir      string   // the package whose tests have to notice
	tests    []string // patterns for go test -run
}

// parse reads mutants.txt.
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
			return nil, fmt.Errorf("mutants.txt: %q stands before the first sentence", line)
		}
		switch m := &all[len(all)-1]; word {
		case "in":
			m.file = rest
		case "-":
			m.old = append(m.old, strings.TrimSpace(rest))
		case "+":
			m.new = append(m.new, strings.TrimSpace(rest))
		case "by":
			var tests string
			m.dir, tests, _ = strings.Cut(rest, " ")
			m.tests = strings.Fields(tests)
		default:
			return nil, fmt.Errorf("mutants.txt: %q begins with none of in, -, + and by", line)
		}
	}
	return all, nil
}

// fits says what does not fit the sources any more: the lines, or the names of the tests.
func (m mutant) fits() error {
	source, err := os.ReadFile(m.file)
	if err == nil {
		_, err = m.apply(string(source))
	}
	if err == nil && len(m.tests) == 0 {
		err = errors.New("no test is named")
	}
	for _, pattern := range m.tests {
		name, _, _ := strings.Cut(pattern, "/")
		err = errors.Join(err, hasTest(m.dir, name))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", m.sentence, err)
	}
	return nil
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

// apply puts the new lines in the place of the old ones, which must be there exactly once.
func (m mutant) apply(source string) (string, error) {
	lines := strings.Split(source, "\n")
	at, found := 0, 0
	for i := range len(lines) - len(m.old) + 1 {
		if matches(lines[i:], m.old) {
			at, found = i, found+1
		}
	}
	if len(m.old) == 0 || found != 1 {
		return "", fmt.Errorf("%s has %d times, not once: %s", m.file, found, strings.Join(m.old, " ⏎ "))
	}
	mutated := append(append([]string{}, lines[:at]...), m.new...)
	return strings.Join(append(mutated, lines[at+len(m.old):]...), "\n"), nil
}

func matches(lines, want []string) bool {
	for i, line := range want {
		if strings.TrimSpace(lines[i]) != line {
			return false
		}
	}
	return true
}

// try applies the mutant to the copy in dir, runs its tests, and takes it back. It returns the
// test that failed, "" if none did.
func (m mutant) try(ctx context.Context, dir string) (caughtBy string, err error) {
	path := filepath.Join(dir, m.file)
	source, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	mutated, err := m.apply(string(source))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(path, []byte(mutated), 0o644); err != nil {
		return "", err
	}
	caughtBy, err = goTest(ctx, dir, m.dir, m.tests)
	return caughtBy, errors.Join(err, os.WriteFile(path, source, 0o644))
}

// goTest runs tests of one package and returns the first that failed, by its longest name. It
// is an error if they do not compile. CI=true forbids them to skip what they have no server for.
func goTest(ctx context.Context, dir, pkg string, tests []string) (failed string, err error) {
	var patterns []string
	for _, test := range tests { // a test by its name, a case by the beginning of its name
		name, cases, _ := strings.Cut(test, "/")
		patterns = append(patterns, strings.TrimSuffix("^"+name+"$/^"+strings.ReplaceAll(cases, "/", "/^"), "/^"))
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-failfast", "-count=1", "-vet=off", "-timeout=5m", "-run", strings.Join(patterns, "|"), "./"+pkg)
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
