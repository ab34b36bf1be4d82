package class

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"sessionlab/handlers/missions"
	"sessionlab/sessions"
	"sessionlab/views"
)

// Board is what the teacher sees of the class.
func (c *Room) Board(ctx context.Context) (views.ClassBoard, error) {
	all, err := c.Learners.List(ctx)
	if err != nil {
		return views.ClassBoard{}, err
	}
	progress, err := c.o.Missions.Progress(ctx)
	if err != nil {
		return views.ClassBoard{}, err
	}
	tasks := missions.All()
	b := views.ClassBoard{JoinCode: c.JoinCode(), Tiles: []views.ClassTile{}}
	for _, m := range tasks {
		b.Missions = append(b.Missions, views.ClassHeat{ID: m.ID, Title: m.Title})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	names, colours := map[string]string{}, map[string]int{}
	for _, l := range all {
		s := c.seats[l.ID]
		if s == nil { // nobody has seen them since a restart
			s = c.seat(l.ID)
			s.seen, s.path, s.engine, s.since, s.hand = l.Seen, l.Chapter, l.Engine, l.Seen, l.Hand
		}
		names[l.ID], colours[l.ID] = l.Name, l.Colour
		t := views.ClassTile{
			ID: l.ID, Name: l.Name, Colour: l.Colour, Engine: s.engine, Of: len(tasks),
			Chapter: cmp.Or(c.o.Chapter(s.path), "Just joined"), Hand: !s.hand.IsZero(),
		}
		for i, m := range tasks {
			p := progress[l.ID][m.ID]
			cell := views.ClassCell{Name: l.Name, Solved: !p.Solved.IsZero(), Tried: !p.Begun.IsZero()}
			b.Missions[i].Cells = append(b.Missions[i].Cells, cell)
			if cell.Solved {
				t.Done++
				b.Missions[i].Solved++
			}
		}
		if t.Done != s.solved {
			s.solved, s.since = t.Done, now
		}
		t.State, t.Ago = state(s, now)
		if now.Sub(s.seen) < aliveFor {
			b.Here++
		}
		b.Done, b.Of = b.Done+t.Done, b.Of+t.Of
		b.Tiles = append(b.Tiles, t)
	}
	slices.SortStableFunc(b.Tiles, func(x, y views.ClassTile) int { return cmp.Compare(x.Name, y.Name) })
	for i := len(c.live) - 1; i >= 0; i-- {
		if h := c.live[i]; names[h.who] != "" {
			b.Live = append(b.Live, views.ClassLive{
				Name: names[h.who], Colour: colours[h.who], Text: short[h.kind], Engine: h.engine, Ago: ago(now.Sub(h.at)),
			})
		}
	}
	b.URL = c.url
	b.Left, b.Frozen, b.Locked = c.left(now), now.Before(c.show.frozen), c.locked
	b.Lead, b.Question, b.Run, b.Loan = c.show.title, c.asked(Teacher), c.shown(now), c.stolen.says()
	return b, nil
}

// state says in a few words how somebody is getting on.
func state(s *seat, now time.Time) (state, text string) {
	away, there := now.Sub(s.seen), now.Sub(s.since)
	switch {
	case away > idleAfter:
		return "idle", "idle for " + minutes(away)
	case there > stuckFor:
		return "stuck", "stuck for " + minutes(there)
	}
	return "", ago(away)
}

// ago rounds, so that a board on which nobody does anything stays as it is.
func ago(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds())/10*10)
	}
	return minutes(d) + " ago"
}

func minutes(d time.Duration) string { return fmt.Sprintf("%d min", int(d.Minutes())) }

// Screen is what the projector shows.
func (c *Room) Screen(b views.ClassBoard) views.ClassScreen {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := views.ClassScreen{
		URL: b.URL, QR: c.qr, JoinCode: b.JoinCode, Here: b.Here, Done: b.Done, Of: b.Of, Left: b.Left, Frozen: b.Frozen,
		Question: b.Question, Run: b.Run, Loan: b.Loan, Hint: c.show.hint, Started: c.show.leads > 0,
		Lead: c.show.title, LeadPath: c.show.path,
	}
	if t := c.seats[Teacher]; t != nil {
		s.Chapter = c.o.Chapter(t.path)
		for _, h := range lastRequest(t.story) {
			s.Story = append(s.Story, h.text)
		}
	}
	return s
}

// lastRequest is what the last request did that used the session: it begins with a look at
// the cookies.
func lastRequest(story []happening) []happening {
	for i := len(story) - 1; i >= 0; i-- {
		if story[i].kind == sessions.CookieRead {
			return story[i:]
		}
	}
	return story
}
