package panel

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"sessionlab/views"
)

// drawn puts the requests of a click and the record together.
func drawn(all []act, v view, t *trace) *views.Panel {
	p := &views.Panel{}
	for i, a := range all {
		last := i == len(all)-1
		a.view.ID = fmt.Sprintf("act-%d", i+1)
		if head := a.reply.head(); !last && head != "" {
			a.view.Answered, _ = answered(head, sentNote, a.own, a.secrets)
		} else if !last {
			a.view.Answered.Note = toldNote
		}
		p.Acts = append(p.Acts, a.view)
	}
	t.mu.Lock()
	engine := t.engine
	t.mu.Unlock()
	switch {
	case engine == "":
		p.StoredNote = "This request did not use the session, so its record was not looked at."
	case !v.stored:
		p.StoredNote = "Nothing is stored for you: your session is empty, so it has no record and needs no cookie."
	default:
		p.Stored = stored(kindOf(engine, v.place), v)
	}
	return p
}

// stored is the record as the engine holds it, and as it reads.
func stored(kind storeKind, v view) *views.Stored {
	text := string(v.record.Data)
	if kind == inCookie {
		text = v.key
	}
	st := &views.Stored{Place: v.place.Place, Store: v.place.Store}
	parts := strings.Split(text, ":")
	if n := len(parts); n >= 3 && kind != inMemory && kind != inRedis || n == 3 && !strings.HasPrefix(text, "{") {
		st.Payload = strings.Join(parts[:n-2], ":")
		st.Stamp, st.Signature = parts[n-2], parts[n-1]
		if at, ok := stampTime(st.Stamp); ok {
			st.Signed = at.Format(dateLayout)
		}
	} else {
		st.Payload = shown(v.record.Data)
	}
	if kind == inCookie && st.Signature == "" { // encrypted: the parts mean nothing to anybody else
		st.Payload = text
	}
	if kind == inCookie {
		st.Own = covered(text)
	}
	changed := map[string]bool{}
	for _, c := range v.changes {
		changed[c.name] = true
	}
	for _, e := range v.entries {
		d := views.Decoded{Name: quoted(e.Name), Means: meaning(e.Name), Changed: changed[e.Name]}
		if n, ok := parse(e.Value); ok {
			d.Value = n.pretty()
		} else {
			d.Value, d.Raw = shown(e.Value), true
		}
		st.Entries = append(st.Entries, d)
	}
	if !v.record.Expires.IsZero() {
		st.Expires = v.record.Expires.UTC().Format(dateLayout) + ", in " + span(time.Until(v.record.Expires))
	}
	st.Held, st.Command = held(kind, v)
	return st
}

const dateLayout = "2 January 2006, 15:04:05 UTC"

// stampTime reads the time in a signed text: seconds since 1970, in Django's base 62.
func stampTime(stamp string) (time.Time, bool) {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	n := new(big.Int)
	for _, c := range stamp {
		i := strings.IndexRune(digits, c)
		if i < 0 || len(stamp) > 10 {
			return time.Time{}, false
		}
		n.Add(n.Mul(n, big.NewInt(int64(len(digits)))), big.NewInt(int64(i)))
	}
	return time.Unix(n.Int64(), 0).UTC(), stamp != "" && n.IsInt64()
}

// held is what the engine itself keeps, as a tool of the store's own would print it, and
// the command that shows the same in a terminal.
func held(kind storeKind, v view) (lines []views.WireLine, command views.WireLine) {
	own := views.WirePart{Text: covered(v.key), Own: v.key}
	hashed := strings.Contains(v.place.Key, "hash")
	if hashed {
		own = views.WirePart{Text: "the keyed hash of your key"}
	}
	text := func(s string) views.WirePart { return views.WirePart{Text: s} }
	line := func(parts ...views.WirePart) { lines = append(lines, views.WireLine{Known: true, Parts: parts}) }
	shell := func(parts ...views.WirePart) { command = views.WireLine{Known: true, Parts: parts} }
	data, rec := shown(v.record.Data), v.record
	switch kind {
	case inTable, inBoth:
		row := "|"
		tool, until := "psql 'postgres://"+v.place.Store+"'", rec.Expires.UTC().Format("2006-01-02 15:04:05.999999-07")
		if database(v.place.Store) == "SQLite" {
			form := "2006-01-02 15:04:05.000000" // as Django writes it: six digits, or none
			if rec.Expires.Nanosecond() == 0 {
				form = time.DateTime
			}
			tool, until = "sqlite3 "+shellWord(v.place.Store), rec.Expires.UTC().Format(form)
		}
		line(own, text(row+data+row+until))
		shell(text(tool+` "select * from django_session where session_key = '`), own, text(`'"`))
	case inFile:
		name := strings.TrimPrefix(v.place.Key, "file name, after ")
		size := fmt.Sprintf("-rw------- %d bytes, modified %s, ", len(rec.Data), rec.Used.UTC().Format(time.DateTime))
		line(text(size+name), own)
		line(text(data))
		shell(text("ls -l "+shellWord(v.place.Store)+"/"+name), own, text(" && cat "+shellWord(v.place.Store)+"/"+name), own)
	case inRedis:
		key, _, _ := strings.Cut(v.place.Key, "{")
		line(text("GET "+key), own)
		line(text("… " + data))
		shell(text("redis-cli GET '"+key), own, text("'"))
	case inMemory:
		line(text("records["), own, text("] = "+data))
		line(text("expires " + rec.Expires.UTC().Format(dateLayout)))
	case inCookie:
		line(text(v.cookie+"="), views.WirePart{Text: covered(v.key), Own: v.key})
	default:
		line(own, text(": "+data))
	}
	return lines, command
}

// shellWord quotes a word for a shell where it needs that.
func shellWord(s string) string {
	if strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789/._-") == "" && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// messageTexts are the messages that an entry of messages has gained, as people read them.
func messageTexts(c change) (texts []string) {
	if c.name != "_messages" {
		return nil
	}
	old := map[string]bool{}
	for _, text := range sessionMessages(c.before) {
		old[text] = true
	}
	for _, text := range sessionMessages(c.after) {
		if !old[text] {
			texts = append(texts, clip(shown([]byte(text)), 120))
		}
	}
	return texts
}

// sessionMessages reads Django's form of messages: a text that is itself a list in JSON.
func sessionMessages(raw []byte) (texts []string) {
	n, ok := parse(raw)
	if !ok || n.kind != '"' {
		return nil
	}
	list, ok := parse([]byte(n.plain))
	if !ok {
		return nil
	}
	for _, m := range list.kids {
		if len(m.kids) >= 4 && m.kids[3].kind == '"' {
			texts = append(texts, m.kids[3].plain)
		}
	}
	return texts
}
