// Mutants takes the guards of this program away, one at a time, in a copy of the tree, and sees
// that a test notices each time. A guard whose removal no test notices may be gone already.
//
//	go run ./.ci/mutants           all of them; exit code 1 if one survives
//	go run ./.ci/mutants REGEXP    those whose sentence matches
//	go run ./.ci/mutants -n        only which of them the sources have left behind
//
// The lists beside this file name them. A mutant is a sentence that says what is true without
// the guard, and below it, each after a tab:
//
//	in PATH                     the file of the guard, or its package
//	- TEXT                      what goes: code that is there once, however it is formatted
//	+ TEXT                      what comes in its place
//	by DIRECTORY TEST[/CASE]…   the tests of one package that have to notice, with the cases' first words
//
// After the replacement the package must still compile. Keep the tests narrow: all mutants
// together should take a few minutes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func main() {
	lookOnly := flag.Bool("n", false, "say which mutants the sources have left behind, and run nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *lookOnly, flag.Arg(0)); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run works on the module whose root is the working directory.
func run(ctx context.Context, lookOnly bool, choice string) error {
	chosen, err := regexp.Compile(choice)
	if err != nil {
		return err
	}
	all, err := readLists()
	if err != nil {
		return err
	}
	missed := 0
	var mutants []mutant
	for _, m := range all {
		if !chosen.MatchString(m.sentence) {
			continue
		}
		if err := m.fits(); err != nil { // the source has moved on, and the list has not
			fmt.Printf("STALE           %-70s %v\n", m.sentence, err)
			missed++
			continue
		}
		mutants = append(mutants, m)
	}
	if len(mutants)+missed == 0 {
		return fmt.Errorf("no mutant is named like %q", choice)
	}
	if lookOnly && missed > 0 {
		return fmt.Errorf("%d of %d are stale", missed, len(mutants)+missed)
	}
	if lookOnly {
		return nil
	}
	dir, err := copyTree(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("the tests pass without a mutant? %d packages\n", len(byPackage(mutants)))
	if err := passAsTheyAre(ctx, dir, mutants); err != nil {
		return err
	}
	for _, m := range mutants {
		begun := time.Now()
		outcome := "caught  "
		test, err := m.try(ctx, dir)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			outcome, test = "FAULT   ", err.Error()
		case test == "":
			outcome, test = "SURVIVED", m.dir+" "+strings.Join(m.tests, " ")
		}
		if outcome != "caught  " {
			missed++
		}
		fmt.Printf("%s %5.1fs %-70s %s\n", outcome, time.Since(begun).Seconds(), m.sentence, test)
	}
	if missed > 0 {
		return fmt.Errorf("%d were not caught: a test is missing for each, or a mutant is none", missed)
	}
	fmt.Printf("all %d were caught\n", len(mutants))
	return nil
}

// readLists reads the lists of mutants.
func readLists() ([]mutant, error) {
	paths, err := filepath.Glob(".ci/mutants/*.txt")
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		list, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, list...)
	}
	return all, nil
}

// copyTree copies the files that git knows or would add to a directory of their own, where
// all mutants are tried, so that what they share is compiled once.
func copyTree(ctx context.Context) (dir string, err error) {
	list, err := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return "", fmt.Errorf("git ls-files: %w", err)
	}
	if dir, err = os.MkdirTemp("", "sessionlab-mutants-"); err != nil {
		return "", err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not committed yet
		}
		if err == nil {
			err = os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o644)
		}
		if err != nil {
			return "", errors.Join(fmt.Errorf("copy: %w", err), os.RemoveAll(dir))
		}
	}
	return dir, nil
}

// passAsTheyAre runs the tests on the copy as it is: one that fails anyway catches nothing.
func passAsTheyAre(ctx context.Context, dir string, mutants []mutant) error {
	for pkg, tests := range byPackage(mutants) {
		failed, err := goTest(ctx, dir, pkg, tests)
		if failed != "" {
			err = fmt.Errorf("%s fails", failed)
		}
		if err != nil {
			return fmt.Errorf("without any mutant, in %s: %w", pkg, err)
		}
	}
	return nil
}

// byPackage are the tests of all mutants, by their package.
func byPackage(mutants []mutant) map[string][]string {
	tests := map[string][]string{}
	for _, m := range mutants {
		tests[m.dir] = append(tests[m.dir], m.tests...)
	}
	return tests
}
