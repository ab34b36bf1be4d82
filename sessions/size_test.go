package sessions

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// countingView counts what a transaction asks of its view.
type countingView struct {
	mapView
	calls int
}

func (v *countingView) get(name string) *slot { v.calls++; return v.mapView.get(name) }

func (v *countingView) slots() []*slot {
	v.calls += len(v.mapView)
	return v.mapView.slots()
}

func numbered(n int) mapView {
	v := mapView{}
	for i := range n {
		name := strconv.Itoa(i)
		v[name] = slot{Entry{name, jsontext.Value("1")}, int64(i)}
	}
	return v
}

// Twice the entries may cost twice the calls, and not four times.
func TestTheCostOfATransactionGrowsWithItsEntriesAlone(t *testing.T) {
	value := jsontext.Value("2")
	for name, f := range map[string]func(t *txn, n int){
		"all names":     func(t *txn, _ int) { t.entries(); t.entries() },
		"a get of each": func(t *txn, n int) { each(n, func(name string) { t.get(name) }) },
		"a set of each": func(t *txn, n int) { each(n, func(name string) { _ = t.set(name, value) }) },
		"clear":         func(t *txn, _ int) { _ = t.clear() },
		"a replay of all": func(t *txn, n int) {
			t.entries()
			each(n, func(name string) { _ = t.set(name, value) })
			_ = t.rebase(t.view)
		},
		"a replay over more":  func(t *txn, n int) { t.entries(); _ = t.rebase(&countingView{mapView: numbered(2 * n)}) },
		"what it has changed": func(t *txn, n int) { each(n, func(name string) { _, _ = t.remove(name) }); t.changes() },
		"a restart":           func(t *txn, _ int) { t.restart() },
	} {
		cost := func(n int) int {
			v := &countingView{mapView: numbered(n)}
			var tx txn
			tx.begin(v)
			f(&tx, n)
			total := v.calls
			if now := tx.view.(*countingView); now != v {
				total += now.calls
			}
			return total
		}
		if few, many := cost(1000), cost(2000); many > 3*few || few > 20_000 {
			t.Errorf("%s: %d calls for 1,000 entries, %d for 2,000", name, few, many)
		}
	}
}

func each(n int, f func(name string)) {
	for i := range n {
		f(strconv.Itoa(i))
	}
}

// The places of names are looked up, and not searched for: with many names a search would
// look at each of them for each.
func TestManyNamesAreFoundByAnIndex(t *testing.T) {
	var tx txn
	tx.begin(numbered(95_000))
	if got := len(tx.entries()); got != 95_000 || len(tx.places) != 95_000 {
		t.Errorf("%d entries, %d in the index", got, len(tx.places))
	}
}

func TestTheWriteLogOfALongRequestIsBounded(t *testing.T) {
	value := jsontext.Value("2")
	add := func(raw jsontext.Value) (jsontext.Value, error) { return jsontext.Value("3"), nil }
	for name, step := range map[string]func(t *txn){
		"set":                 func(t *txn) { _ = t.set("n", value) },
		"set and delete":      func(t *txn) { _ = t.set("n", value); _, _ = t.remove("n") },
		"default and delete":  func(t *txn) { _, _ = t.setDefault("n", value); _, _ = t.remove("n") },
		"default alone":       func(t *txn) { _, _ = t.setDefault("0", value) },
		"delete of nothing":   func(t *txn) { _, _ = t.remove("nothing") },
		"update, then stored": func(t *txn) { _ = t.update("n", add); t.stored() },
		"message, taken":      func(t *txn) { _ = t.addMessage(Message{Info, "m"}); _, _ = t.takeMessages(); t.stored() },
		"names, then stored":  func(t *txn) { t.entries(); _ = t.set("n", value); t.stored() },
		"clear, then stored":  func(t *txn) { _ = t.set("n", value); _ = t.clear(); t.stored() },
	} {
		var tx txn
		tx.begin(numbered(3))
		for range 10_000 {
			step(&tx)
		}
		ops := 0
		for _, s := range tx.states {
			ops += len(s.log)
		}
		if ops > 4 || len(tx.states) > 8 {
			t.Errorf("%s, 10,000 times: %d operations of %d entries are kept", name, ops, len(tx.states))
		}
	}
}

// A session as large as it may be, of small entries.
func TestASessionOf95000EntriesWorks(t *testing.T) {
	var text bytes.Buffer
	text.WriteByte('{')
	for i := range 95_000 {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(`"` + strings.ToLower(strconv.FormatInt(int64(i), 36)) + `":1`)
	}
	text.WriteByte('}')
	entries, err := InsecureUnsigned{}.Decode(text.Bytes())
	if err != nil || len(entries) != 95_000 || text.Len() > defaultMaxSize {
		t.Fatalf("%d entries, %d bytes, %v", len(entries), text.Len(), err)
	}
	m, err := New(Config{Engine: struct{ Engine }{}, Codec: InsecureUnsigned{}})
	if err != nil {
		t.Fatal(err)
	}
	_, values, err := bridge{m}.Decode(text.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	back, err := bridge{m}.Encode(m.scs.Deadline(m.emptyView(&apart{&requestContext{Context: t.Context()}}).ctx), values)
	if err != nil || !bytes.Equal(back, text.Bytes()) {
		t.Errorf("it comes back as %d bytes, %v", len(back), err)
	}
}
