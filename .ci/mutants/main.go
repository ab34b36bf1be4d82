// Mutants takes the guards of this program away, one at a time, in a copy of the tree, and sees
// that a test notices each time. A guard whose removal no test notices may be gone
// already.
//
//	go run ./.ci/mutants           all of them; exit code 1 if one survives
//	go run ./.ci/mutants REGEXP    those whose sentence matches
//	go run ./.ci/mutants -check    only that each of them still fits the sources
//
// The list, and how it is written, is in mutants.txt.
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
	check := flag.Bool("check", false, "see that each mutant still fits the sources, and run nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *check, flag.Arg(0)); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run works on the module whose root is the working directory.
func run(ctx context.Context, checkOnly bool, choice string) error {
	chosen, err := regexp.Compile(choice)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(".ci/mutants/mutants.txt")
	if err != nil {
		return err
	}
	all, err := parse(string(text))
	if err != nil {
		return err
	}
	var faults []error
	var mutants []mutant
	for _, m := range all {
		faults = append(faults, m.fits())
		if chosen.MatchString(m.sentence) {
			mutants = append(mutants, m)
		}
	}
	if err := errors.Join(faults...); err != nil || checkOnly {
		return err
	}
	if len(mutants) == 0 {
		return fmt.Errorf("no mutant is named like %q", choice)
	}
	dir, err := copyTree(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := passAsTheyAre(ctx, dir, mutants); err != nil {
		return err
	}
	missed := 0
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
		fmt.Printf("%s %4.1fs  %-70s %s\n", outcome, time.Since(begun).Seconds(), m.sentence, test)
	}
	if missed > 0 {
		return fmt.Errorf("%d of %d were not caught: a test is missing for each, or a mutant is none", missed, len(mutants))
	}
	fmt.Printf("all %d were caught\n", len(mutants))
	return nil
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
	patterns := map[string][]string{}
	for _, m := range mutants {
		patterns[m.dir] = append(patterns[m.dir], m.tests...)
	}
	for pkg, tests := range patterns {
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
