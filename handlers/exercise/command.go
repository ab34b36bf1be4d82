package exercise

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"
)

// Command is `sessionlab exercise N URL`: it checks a learner's app, or prints a program to
// start from. Wrong use is found while the arguments are parsed.
type Command struct {
	N        int    `arg:"" name:"number" help:"Number of the exercise, 1 to 5."`
	URL      string `arg:"" optional:"" name:"url" help:"Address of your own app, such as http://127.0.0.1:9000/."`
	Starter  string `placeholder:"go|django" help:"Print the program to start from, in this language."`
	Solution string `placeholder:"go|django" help:"Print a solution."`
}

// Validate is called by kong before [Command.Run].
func (c *Command) Validate() error {
	e, err := Find(c.N)
	if err != nil {
		return err
	}
	given := 0
	for _, option := range []string{c.URL, c.Starter, c.Solution} {
		if option != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return errors.New("give the address of your app, --starter or --solution, and only one of them")
	case c.Starter != "":
		_, err = e.Starter(c.Starter)
	case c.Solution != "":
		_, err = e.Solution(c.Solution)
	default:
		_, err = parseTarget(context.Background(), c.URL)
	}
	return err
}

// ErrNotYet: the app does not meet all criteria.
var ErrNotYet = errors.New("not yet")

// Run prints what was asked for. A check that finds something missing prints it and returns
// an error that wraps [ErrNotYet].
func (c *Command) Run(ctx context.Context, k *kong.Context) error {
	e, err := Find(c.N)
	if err != nil {
		return err
	}
	if c.URL == "" {
		p, err := e.Starter(c.Starter)
		if c.Solution != "" {
			p, err = e.Solution(c.Solution)
		}
		if err == nil {
			_, err = io.WriteString(k.Stdout, p.Text)
		}
		return err
	}
	fmt.Fprintf(k.Stdout, "Exercise %d, %s, at %s\n", e.Number, e.Title, c.URL)
	texts := map[string]string{}
	for _, criterion := range e.Criteria {
		texts[criterion.ID] = criterion.Text
	}
	sum, err := Check(ctx, c.N, c.URL, func(r Result) {
		switch text := texts[r.Criterion]; {
		case r.After != "":
			fmt.Fprintf(k.Stdout, "\n· %s\n    not looked at before this is met: %s\n", text, texts[r.After])
		case r.Met:
			fmt.Fprintf(k.Stdout, "\n✓ %s\n    sent      %s\n    came back %s\n", text, r.Sent, r.Got)
		default:
			fmt.Fprintf(k.Stdout, "\n✗ %s\n    sent      %s\n    came back %s\n    expected  %s\n",
				text, r.Sent, r.Got, r.Want)
		}
	})
	if err != nil {
		return err
	}
	if !sum.Done() {
		return fmt.Errorf("%w: %d of %d criteria are met; hints are at /exercises/%d/ of the lab",
			ErrNotYet, sum.Met, sum.Total, e.Number)
	}
	_, err = fmt.Fprintf(k.Stdout, "\nAll %d criteria are met.\n", sum.Total)
	return err
}
