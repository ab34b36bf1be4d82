package sessions

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Level is how important a message is; the values are those of Django's messages
// framework.
type Level int

// The levels of Django's messages framework.
const (
	Debug   Level = 10
	Info    Level = 20
	Success Level = 25
	Warning Level = 30
	Error   Level = 40
)

// String is the level's name in lower case, which pages use as a class name.
func (l Level) String() string {
	switch l {
	case Debug:
		return "debug"
	case Info:
		return "info"
	case Success:
		return "success"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return fmt.Sprintf("level %d", int(l))
}

// Message is a notice that waits in the session until a page shows it: what a POST has to
// say after its redirect.
type Message struct {
	Level Level
	Text  string
}

// messagesKey holds the messages as Django's session storage keeps them: a text
// that is itself JSON, so that either side shows what the other one left.
const messagesKey = "_messages"

// djangoMessage marks a message in Django's list.
const djangoMessage = "__json_message"

// maxMessages bounds what waits for a visitor who never opens a page; the oldest go first.
const maxMessages = 50

// AddMessage leaves a message for the next page. Messages of parallel requests all stay.
func (s *Session) AddMessage(level Level, text string) {
	s.lock()
	defer s.mu.Unlock()
	if s.change() {
		s.changed(true, s.txn.addMessage(Message{level, text}))
	}
}

func (t *txn) addMessage(m Message) error {
	return t.update(messagesKey, messagesUpdate(func(messages []Message) []Message {
		messages = append(messages, m)
		return messages[max(0, len(messages)-maxMessages):]
	}))
}

// Messages returns the waiting messages, oldest first, and takes them away. What parallel
// requests add meanwhile stays.
func (s *Session) Messages() []Message {
	s.lock()
	defer s.mu.Unlock()
	if !s.change() || s.txn.get(messagesKey) == nil {
		return nil
	}
	shown, err := s.txn.takeMessages()
	s.changed(true, err)
	return shown
}

// takeMessages tells the messages that wait now, and deletes these alone, also when it is
// done again where others wait by then.
func (t *txn) takeMessages() (shown []Message, err error) {
	first := true
	err = t.update(messagesKey, messagesUpdate(func(messages []Message) []Message {
		if first {
			shown, first = slices.Clone(messages), false
		}
		return unseen(messages, shown)
	}))
	return shown, err
}

// unseen is what is left of the messages when those that were shown go. Messages come at
// the end and go from the front, so what is still there of the shown ones is their end.
func unseen(messages, shown []Message) []Message {
	for i := range shown {
		if rest := shown[i:]; len(rest) <= len(messages) && slices.Equal(rest, messages[:len(rest)]) {
			return messages[len(rest):]
		}
	}
	return messages
}

// messagesUpdate makes an update of the entry out of one of the list; an empty list is no
// entry.
func messagesUpdate(fn func([]Message) []Message) updateFunc {
	return func(raw jsontext.Value) (jsontext.Value, error) {
		messages := fn(readMessages(raw))
		if len(messages) == 0 {
			return nil, nil
		}
		text, err := writeMessages(messages)
		if err != nil {
			return nil, err
		}
		return marshalValue(text)
	}
}

func readMessages(raw []byte) []Message {
	var text string
	var list [][]any
	if json.Unmarshal(raw, &text) != nil || json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	var messages []Message
	for _, m := range list { // [mark, is it safe HTML, level, text, tags]
		if len(m) < 4 || m[0] != djangoMessage {
			continue
		}
		level, ok1 := m[2].(float64)
		text, ok2 := m[3].(string)
		if ok1 && ok2 {
			messages = append(messages, Message{Level(level), text})
		}
	}
	return messages
}

func writeMessages(messages []Message) (string, error) {
	list := make([][]any, len(messages))
	for i, m := range messages {
		list[i] = []any{djangoMessage, 0, int(m.Level), m.Text}
	}
	text, err := json.Marshal(list)
	return string(text), err
}
