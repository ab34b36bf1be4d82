package class

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sessionlab/handlers/missions"
	"sessionlab/views"
)

// MostFrozen is how long a class stays frozen at most: then it goes on by itself.
const MostFrozen = 5 * time.Minute

// show is what the teacher shows to all.
type show struct {
	path, title string // "follow me"; "" for nothing
	leads       int    // how often the teacher has led somewhere
	hint        string // of the mission whose hint was opened last
	question    *question
	questions   int
	frozen      time.Time // until when
	countdown   time.Time // its end
}

// question has 2 to 4 answers.
type question struct {
	id       int
	text     string
	answers  []string
	right    int // -1: none is
	votes    map[string]int
	revealed bool
}

// Lead shows a page of the lab to all. An empty path ends it.
func (c *Room) Lead(path, title string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.show.path, c.show.title = path, title
	c.show.leads++
	c.change()
}

// OpenHint opens the next hint of a mission for everybody.
func (c *Room) OpenHint(ctx context.Context, mission string) error {
	all, err := c.Learners.List(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for _, l := range all {
		ids = append(ids, l.ID)
	}
	if err := c.o.Missions.OpenHint(ctx, mission, ids); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if m, ok := missions.Find(mission); ok {
		c.show.hint = m.Title
		c.show.path, c.show.title = "/missions/#"+m.ID, m.Title
		c.show.leads++
	}
	c.change()
	return nil
}

// Ask asks everybody a question; empty answers are left out. right is the number of the right
// answer, from 1, and 0 if none is.
func (c *Room) Ask(text string, answers []string, right int) error {
	q := &question{text: text, right: -1, votes: map[string]int{}}
	for i, a := range answers {
		if a == "" {
			continue
		}
		if i+1 == right {
			q.right = len(q.answers)
		}
		if slices.Contains(q.answers, a) {
			return views.Errors{fmt.Sprint("answer", i+1): "This answer is there already."}
		}
		q.answers = append(q.answers, a)
	}
	if len(q.answers) < 2 {
		return views.Errors{"answer2": "A question needs two answers at least."}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.show.questions++
	q.id = c.show.questions
	c.show.question = q
	c.change()
	return nil
}

// Vote takes a learner's answer to the question with this id; they may change their mind until
// it is revealed. It returns [ErrOver].
func (c *Room) Vote(ctx context.Context, learner string, id, answer int) error {
	c.mu.Lock()
	q := c.show.question
	if q == nil || q.id != id || q.revealed || answer < 0 || answer >= len(q.answers) {
		c.mu.Unlock()
		return ErrOver
	}
	kept := Answer{learner, q.text, q.answers[answer], answer == q.right, time.Now()}
	c.mu.Unlock()
	if err := c.keep(ctx, kept); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	q.votes[learner] = answer // the others' bars do not show it
	return nil
}

// Reveal shows which answer is right, and takes no more of them.
func (c *Room) Reveal() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.show.question != nil {
		c.show.question.revealed = true
	}
	c.change()
}

// Dismiss takes the question, and the result of an experiment, off the screens.
func (c *Room) Dismiss() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.show.question = nil
	if c.run != nil && c.run.over() {
		c.run = nil
	}
	c.change()
}

// Freeze stops everybody's work, for MostFrozen at most, or lets it go on.
func (c *Room) Freeze(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.show.frozen = time.Time{}
	if on {
		c.show.frozen = time.Now().Add(MostFrozen)
	}
	c.change()
}

// Frozen reports whether everybody's work is stopped.
func (c *Room) Frozen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.show.frozen)
}

// Countdown begins a countdown, or ends it with 0.
func (c *Room) Countdown(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.show.countdown = time.Time{}
	if d > 0 {
		c.show.countdown = time.Now().Add(d)
	}
	c.change()
}

// asked is the question as everybody sees it. The caller holds the lock.
func (c *Room) asked(learner string) *views.ClassQuestion {
	q := c.show.question
	if q == nil {
		return nil
	}
	shown := &views.ClassQuestion{ID: q.id, Text: q.text, Revealed: q.revealed, Votes: len(q.votes)}
	for i, a := range q.answers {
		one := views.ClassAnswer{Text: a, Right: q.revealed && i == q.right}
		for who, v := range q.votes {
			if v == i {
				one.Votes++
				one.Mine = one.Mine || who == learner && learner != Teacher
			}
		}
		shown.Answers = append(shown.Answers, one)
	}
	return shown
}

// Bar is what a learner's pages show of the class.
func (c *Room) Bar(id, name string, colour int) *views.ClassBar {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, s := time.Now(), c.seat(id)
	bar := &views.ClassBar{
		Name: name, Colour: colour, Hand: !s.hand.IsZero(), Following: !s.left, Teacher: id == Teacher,
		Frozen: now.Before(c.show.frozen), Question: c.asked(id), Hint: c.show.hint,
		Left: c.left(now), Version: c.version(),
	}
	if c.show.path != "" {
		bar.Lead = &views.ClassLead{Path: c.show.path, Title: c.show.title, Number: c.show.leads}
	}
	bar.Run = c.shown(now)
	bar.Consent = c.stolen.asks(id)
	return bar
}

// left is what is left of the countdown.
func (c *Room) left(now time.Time) time.Duration { return max(0, c.show.countdown.Sub(now)) }

// version changes with everything that all learners see, time included where it runs out.
func (c *Room) version() string {
	state := []string{fmt.Sprint(c.moved), fmt.Sprint(time.Now().Before(c.show.frozen))}
	if c.run != nil {
		state = append(state, c.run.phase(time.Now()))
	}
	return strings.Join(state, ".")
}

// ResetMissions has a learner begin missions anew; "" is all of them, of either.
func (c *Room) ResetMissions(ctx context.Context, learner, mission string) error {
	return c.o.Missions.Reset(ctx, learner, mission)
}
