package missions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"sessionlab/handlers/database"
)

var (
	// ErrUnknown: there is no mission of this id.
	ErrUnknown = errors.New("missions: no such mission")
	// ErrUnavailable: the database does not answer. Nothing was changed.
	ErrUnavailable = errors.New("missions: unavailable")
)

// What is remembered of whom. It is in the memory of this process: what was solved is in the
// table, and half of a mission is soon done again.
const (
	maxPeople   = 300
	maxFacts    = 100
	maxWaiting  = 30
	maxSessions = 5000
)

// Progress is how far a learner has come with a mission.
type Progress struct {
	Begun  time.Time // when a hint was opened, or the mission solved
	Solved time.Time // zero: not yet
	Hints  int       // how many were opened
}

// Store keeps progress. It is safe for concurrent use.
type Store struct {
	db     *database.DB
	resets sync.RWMutex // no note is taken while something is reset
	mu     sync.Mutex
	people *lru.Cache[string, *person]
	// By the short hash of a session: whose it is, and what happened to one that is nobody's.
	owners  *lru.Cache[string, string]
	waiting *lru.Cache[string, []Fact]
	silent  map[string]time.Time // until when the store answers a learner nothing
}

// person is what is remembered of one learner.
type person struct {
	mu     sync.Mutex
	known  bool // solved was read
	solved map[string]bool
	facts  []Fact
}

// New returns a Store on d, whose migrations are up to date.
func New(d *database.DB) *Store {
	people, _ := lru.New[string, *person](maxPeople) // fails for sizes below 1 only
	owners, _ := lru.New[string, string](maxSessions)
	waiting, _ := lru.New[string, []Fact](maxPeople)
	return &Store{db: d, people: people, owners: owners, waiting: waiting, silent: map[string]time.Time{}}
}

// Adopt credits a new learner with what was noted about a session while nobody knew whose it
// was.
func (s *Store) Adopt(ctx context.Context, learner, browser, session string) error {
	waiting, _ := s.waiting.Get(session)
	s.waiting.Remove(session)
	for _, f := range waiting {
		f.Browser = browser
		if _, err := s.Note(ctx, learner, f); err != nil {
			return err
		}
	}
	return nil
}

// Note takes down what a request did and returns the missions that are solved by it. learner
// is "" for a browser that is nobody's: then it is kept with the session, see [Store.Adopt].
// Whose session it used learns of it too: a session that was carried to another browser is
// still its owner's.
func (s *Store) Note(ctx context.Context, learner string, f Fact) (solved []string, err error) {
	owner, _ := s.owners.Get(f.Named)
	if learner != "" && f.Session != "" {
		s.owners.ContainsOrAdd(f.Session, learner)
	}
	if learner != "" {
		solved, err = s.note(ctx, learner, f)
	}
	if learner == "" && owner == "" && f.Session != "" {
		before, _ := s.waiting.Get(f.Named)
		s.waiting.Remove(f.Named)
		s.waiting.Add(f.Session, slices.Concat(before[max(0, len(before)-maxWaiting+1):], []Fact{f}))
	}
	if owner != "" && owner != learner {
		_, more := s.note(ctx, owner, f)
		err = errors.Join(err, more)
	}
	return solved, err
}

func (s *Store) note(ctx context.Context, learner string, f Fact) (solved []string, err error) {
	s.resets.RLock()
	defer s.resets.RUnlock()
	p := s.person(learner)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := s.know(ctx, learner, p); err != nil {
		return nil, err
	}
	if len(p.facts) == maxFacts {
		p.facts = slices.Delete(p.facts, 0, 1)
	}
	p.facts = append(p.facts, f)
	for _, m := range all {
		if p.solved[m.ID] || !m.solved(p.facts) {
			continue
		}
		if err := s.solve(ctx, learner, m.ID); err != nil {
			return solved, err
		}
		p.solved[m.ID] = true
		solved = append(solved, m.ID)
	}
	return solved, nil
}

// know reads what a learner has solved, once. The caller holds p's lock.
func (s *Store) know(ctx context.Context, learner string, p *person) error {
	if p.known {
		return nil
	}
	now, err := s.Of(ctx, learner)
	if err != nil {
		return err
	}
	p.known, p.solved = true, map[string]bool{}
	for id, progress := range now {
		p.solved[id] = !progress.Solved.IsZero()
	}
	return nil
}

// Solved returns the missions that a learner has solved. It is quick: it asks the database
// once for each learner.
func (s *Store) Solved(ctx context.Context, learner string) (map[string]bool, error) {
	p := s.person(learner)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := s.know(ctx, learner, p); err != nil {
		return nil, err
	}
	return maps.Clone(p.solved), nil
}

func (s *Store) person(learner string) *person {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.people.Get(learner)
	if !ok {
		p = &person{}
		s.people.Add(learner, p)
	}
	return p
}

// Tried returns the learner's latest answer to a mission, "" if there was none.
func (s *Store) Tried(learner, mission string) string {
	p := s.person(learner)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range slices.Backward(p.facts) {
		if f.answers(mission) {
			return f.Answer
		}
	}
	return ""
}

func (s *Store) solve(ctx context.Context, learner, mission string) error {
	now := time.Now().UnixMicro()
	return s.exec(ctx, "solve", `
		INSERT INTO lab_progress (learner, mission, begun_at, solved_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (learner, mission) DO UPDATE SET solved_at = excluded.solved_at WHERE lab_progress.solved_at = 0`,
		learner, mission, now, now)
}

// Of returns how far a learner is, by mission; what was not begun is not in it.
func (s *Store) Of(ctx context.Context, learner string) (map[string]Progress, error) {
	all, err := s.progress(ctx, `WHERE learner = ?`, learner)
	return all[learner], err
}

// Progress returns how far everybody is, by learner and mission.
func (s *Store) Progress(ctx context.Context) (map[string]map[string]Progress, error) {
	return s.progress(ctx, ``)
}

func (s *Store) progress(ctx context.Context, where string, args ...any) (map[string]map[string]Progress, error) {
	rows, err := s.db.R.QueryContext(ctx, s.db.Q(
		`SELECT learner, mission, hints, begun_at, solved_at FROM lab_progress `+where), args...)
	if err != nil {
		return nil, unavailable("progress", err)
	}
	defer rows.Close()
	byLearner := map[string]map[string]Progress{}
	for rows.Next() {
		var learner, mission string
		var p Progress
		var begun, solved int64
		if err := rows.Scan(&learner, &mission, &p.Hints, &begun, &solved); err != nil {
			return nil, unavailable("progress", err)
		}
		p.Begun = time.UnixMicro(begun).UTC()
		if solved != 0 {
			p.Solved = time.UnixMicro(solved).UTC()
		}
		if byLearner[learner] == nil {
			byLearner[learner] = map[string]Progress{}
		}
		byLearner[learner][mission] = p
	}
	if err := rows.Err(); err != nil {
		return nil, unavailable("progress", err)
	}
	return byLearner, nil
}

// OpenHint opens the next hint of a mission for these learners. It returns [ErrUnknown].
func (s *Store) OpenHint(ctx context.Context, mission string, learners []string) error {
	for _, l := range learners {
		now, err := s.Of(ctx, l)
		if err != nil {
			return err
		}
		if err := s.Hint(ctx, l, mission, now[mission].Hints+1); err != nil {
			return err
		}
	}
	return nil
}

// Hint opens hint n, from 1, if those before it are open. A second click changes nothing. It
// returns [ErrUnknown].
func (s *Store) Hint(ctx context.Context, learner, mission string, n int) error {
	if _, ok := Find(mission); !ok {
		return ErrUnknown
	}
	if n == 1 {
		return s.exec(ctx, "hint", `
			INSERT INTO lab_progress (learner, mission, hints, begun_at) VALUES (?, ?, 1, ?)
			ON CONFLICT (learner, mission) DO UPDATE SET hints = 1 WHERE lab_progress.hints = 0`,
			learner, mission, time.Now().UnixMicro())
	}
	if n > Hints {
		return nil
	}
	return s.exec(ctx, "hint", `UPDATE lab_progress SET hints = ? WHERE learner = ? AND mission = ? AND hints = ?`,
		n, learner, mission, n-1)
}

// Reset has learners begin anew: "" is all of them, and with missions the same. What has
// happened so far counts for none of the learner's missions any more.
func (s *Store) Reset(ctx context.Context, learner, mission string) error {
	if _, ok := Find(mission); mission != "" && !ok {
		return ErrUnknown
	}
	s.resets.Lock()
	defer s.resets.Unlock()
	err := s.exec(ctx, "reset", `DELETE FROM lab_progress WHERE (? = '' OR learner = ?) AND (? = '' OR mission = ?)`,
		learner, learner, mission, mission)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case learner != "":
		s.people.Remove(learner)
	case mission != "":
		s.people.Purge()
	default: // the next group has nothing to do with this one's sessions
		s.people.Purge()
		s.owners.Purge()
		s.waiting.Purge()
	}
	return err
}

// Silence has the session store answer nothing to a learner for d.
func (s *Store) Silence(learner string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent[learner] = time.Now().Add(d)
}

// Silent returns for how long the session store will answer a learner nothing.
func (s *Store) Silent(learner string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := time.Until(s.silent[learner])
	if left <= 0 {
		delete(s.silent, learner)
		return 0
	}
	return left
}

// AnySilent reports whether the store may be silent to anybody: a cheap look before a
// request's learner is asked for.
func (s *Store) AnySilent() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.silent) > 0
}

func (s *Store) exec(ctx context.Context, what, query string, args ...any) error {
	if _, err := s.db.W.ExecContext(ctx, s.db.Q(query), args...); err != nil {
		return unavailable(what, err)
	}
	return nil
}

func unavailable(what string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, what, err)
}
