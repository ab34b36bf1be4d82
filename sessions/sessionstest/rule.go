package sessionstest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"sessionlab/sessions"
	"sessionlab/sessions/internal/rule"
)

// ruleCases play random histories, 100 or as many as -rapid.checks says.
var ruleCases = []layerCase{
	{"random requests keep the rule of the transaction", swap, func(t *testing.T, b *bench) {
		m := b.manager()
		rapid.Check(t, func(t *rapid.T) { rule.Check(t, &ruled{m: m}) })
	}},
}

// ruled is one session for package rule.
type ruled struct {
	m   *sessions.Manager
	key string
}

// anchor is an entry that is always there: an emptied session has no record, and who comes
// then with its key is told that the session has ended.
const anchor = "anchor"

var errLong = errors.New("sessionstest: too long")

func (r *ruled) open() *sessions.Session { return r.m.Open(context.Background(), r.key) }

func (r *ruled) Request() rule.Request {
	s := &ruledRequest{r.open(), r}
	if r.key == "" {
		s.s.Set(anchor, 1)
	}
	return s
}

func (r *ruled) Stored() (map[string]string, []string) {
	s := &ruledRequest{r.open(), r}
	return s.Items(), s.Messages()
}

func (r *ruled) Conflict(err error) bool { return errors.Is(err, sessions.ErrConflict) }
func (r *ruled) Refused(err error) bool  { return errors.Is(err, errLong) }

// ruledRequest is a whole session as a request of package rule.
type ruledRequest struct {
	s *sessions.Session
	r *ruled
}

func (q *ruledRequest) Get(name string) (value string, found bool) {
	return sessions.Key[string](name).Lookup(q.s)
}

func (q *ruledRequest) Has(name string) bool    { return q.s.Has(name) }
func (q *ruledRequest) Set(name, value string)  { q.s.Set(name, value) }
func (q *ruledRequest) Delete(name string) bool { return q.s.Delete(name) }

func (q *ruledRequest) Pop(name string) (value string, found bool) {
	found = q.s.Pop(name, &value)
	return value, found
}

func (q *ruledRequest) SetDefault(name, value string) { q.s.SetDefault(name, value) }

func (q *ruledRequest) Append(name, text string) {
	sessions.Key[string](name).Update(q.s, func(v string) string { return v + text })
}

func (q *ruledRequest) AppendUpTo(name, text string, longest int) {
	_, _ = sessions.Key[string](name).TryUpdate(q.s, func(v string) (string, error) {
		if len(v) >= longest {
			return "", errLong
		}
		return v + text, nil
	})
}

func (q *ruledRequest) Clear() {
	q.s.Clear()
	q.s.Set(anchor, 1)
}

func (q *ruledRequest) Items() map[string]string {
	all := map[string]string{}
	for name, raw := range q.s.Items() {
		var text string
		if json.Unmarshal(raw, &text) == nil && name[0] != '_' {
			all[name] = text
		}
	}
	return all
}

func (q *ruledRequest) AddMessage(text string) { q.s.AddMessage(sessions.Info, text) }

func (q *ruledRequest) Messages() (texts []string) {
	for _, m := range q.s.Messages() {
		texts = append(texts, m.Text)
	}
	return texts
}

func (q *ruledRequest) Save() error {
	err := q.s.Save()
	if q.r.key == "" {
		q.r.key = q.s.Key()
	}
	return err
}
