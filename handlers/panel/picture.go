package panel

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"sessionlab/sessions"
	"sessionlab/views"
)

// The lanes that every picture has; the stores follow.
const (
	browser = iota
	middleware
	handler
	firstStore
)

// picture is drawn arrow by arrow, in the order of the events.
type picture struct {
	*facts
	views.Lanes
	table int  // the lane of the store that counts
	ran   bool // the handler has begun
	noted bool // the change was drawn
	ended bool // it ended early
}

// lanes draws the way of the request.
func (f *facts) lanes() views.Lanes {
	p := picture{facts: f, table: firstStore}
	p.Names = append([]string{"Browser", "Middleware", "Handler"}, f.stores()...)
	switch f.kind {
	case inBoth:
		p.table = firstStore + 1
	case inCookie:
		p.Names[browser], p.table = "Browser, the store", middleware
	}
	cookie := "no session cookie"
	if f.came != "" {
		cookie = f.cookie + "=" + short(f.came)
	} else if f.cookie == "" {
		cookie = ""
	}
	p.arrow(browser, middleware, strings.TrimSpace(f.r.Method+" "+clip(f.cleaned(f.r.URL.RequestURI()), 40)+"\n"+cookie))
	for i, e := range f.events {
		if i == f.ran {
			p.run()
		}
		if f.again(i) {
			p.change()
			p.save("replace", p.key, "refused: changed by another request")
			p.last().Quiet = false
		}
		p.event(e)
	}
	p.answer()
	p.Title = "The way of " + f.r.Method + " " + f.cleaned(f.r.URL.Path)
	return p.Lanes
}

func (p *picture) arrow(from, to int, label string) {
	p.Arrows = append(p.Arrows, views.Arrow{From: from, To: to, Label: label})
}

// last is the arrow that was drawn last.
func (p *picture) last() *views.Arrow { return &p.Arrows[len(p.Arrows)-1] }

func (p *picture) note(lane int, label string, hot bool) {
	p.Arrows = append(p.Arrows, views.Arrow{From: lane, To: lane, Label: label, Hot: hot})
}

// stop marks where the request came to its end.
func (p *picture) stop(lane int, label string) {
	if lane == middleware {
		p.note(middleware, label, false)
	} else {
		p.arrow(lane, middleware, label)
	}
	p.last().Stop, p.ended = true, true
}

// run hands over to the handler, once.
func (p *picture) run() {
	if !p.ran {
		p.arrow(middleware, handler, "runs "+cmp.Or(p.handler, "the handler"))
		p.last().Quiet, p.ran = true, true
	}
}

// change draws what the handler did to the session, once, before it is saved.
func (p *picture) change() {
	if p.noted {
		return
	}
	p.run()
	p.noted = true
	if text := summary(p.own, p.layer); text != "" {
		p.note(handler, text, true)
	}
}

func (p *picture) event(e sessions.Event) {
	if stepOf[e.Kind] == stepSave && e.Kind != sessions.Retried {
		p.change()
	}
	switch e.Kind {
	case sessions.Loaded:
		p.load(p.was())
	case sessions.Unknown:
		p.load("nothing there")
	case sessions.Expired:
		p.load("expired")
	case sessions.Corrupt:
		if e.Op == "load" {
			p.load("cannot be read")
		}
	case sessions.Created:
		p.save("create", p.key, "stored")
	case sessions.Saved:
		p.save("replace", p.key, "saved")
	case sessions.Touched:
		p.save("touch", p.key, "done")
	case sessions.KeyCycled:
		p.save("create", p.key, "stored")
		if p.kind != inCookie {
			p.save("delete", p.came, "gone")
		}
	case sessions.Flushed, sessions.Emptied:
		p.save("delete", p.came, "gone")
	case sessions.Retried:
		p.note(middleware, fmt.Sprintf("another request had saved first: tried again %s", times(e.Attempts)), false)
	case sessions.Interrupted:
		p.change()
		p.ask("replace")
		p.stop(p.table, "the record is gone")
	case sessions.Failed:
		if e.Op != "" {
			p.ask("touch")
			p.arrow(p.table, middleware, "no answer")
			p.last().Bad = true
			return
		}
		if text := failure(e.Err); text == noAnswer {
			p.ask(p.wanted())
			p.stop(p.table, "no answer")
		} else {
			p.change()
			p.stop(middleware, stopText(text))
		}
	}
}

// wanted is the call that got no answer: the load, if nothing was loaded yet.
func (p *picture) wanted() string {
	for _, e := range p.events {
		if stepOf[e.Kind] == stepLoad {
			p.change()
			return "replace"
		}
	}
	if p.came == "" {
		p.change()
		return "create"
	}
	return "load"
}

// ask calls the store.
func (p *picture) ask(op string) {
	key := p.key
	if key == "" {
		key = p.came
	}
	if p.kind != inCookie {
		p.arrow(middleware, p.table, call(p.kind, op, key))
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// stopText says in few words why the layer refused.
func stopText(failure string) string {
	reason, _, _ := strings.Cut(failure, ".")
	return strings.ToLower(reason[:1]) + reason[1:]
}

func (p *picture) load(found string) {
	ask := call(p.kind, "load", p.came)
	switch p.kind {
	case inCookie:
		p.note(middleware, ask+"\n"+found, false)
		return
	case inBoth:
		p.arrow(middleware, firstStore, "GET "+short(p.came))
		p.arrow(middleware, p.table, "only if the cache has it not: SELECT")
		p.last().Dashed = true
		p.arrow(firstStore, middleware, found)
		return
	}
	p.arrow(middleware, p.table, ask)
	p.arrow(p.table, middleware, found)
}

func (p *picture) save(op, key, done string) {
	ask := call(p.kind, op, key)
	if p.kind == inCookie {
		p.note(middleware, ask, false)
		return
	}
	p.arrow(middleware, p.table, ask)
	p.arrow(p.table, middleware, done)
	p.last().Quiet = true
	if p.kind == inBoth {
		copied := "the copy too"
		if op == "delete" {
			copied = "delete the copy too"
		}
		p.arrow(middleware, firstStore, copied)
		p.last().Quiet = true
	}
}

// answer goes back to the browser.
func (p *picture) answer() {
	if !p.ended {
		p.change()
		back := "the page"
		switch {
		case p.target != "" && p.status < 400:
			back = "redirect to " + clip(p.cleaned(p.target), 40)
		case p.status >= 400:
			back = "an error"
		}
		p.arrow(handler, middleware, back)
		p.last().Quiet = true
	}
	text := fmt.Sprintf("%d %s", p.status, http.StatusText(p.status))
	switch {
	case p.did(sessions.CookieSent):
		text += "\nSet-Cookie: " + p.cookie + "=" + short(p.key)
	case p.did(sessions.CookieCleared):
		text += "\nSet-Cookie: " + p.cookie + "= (delete it)"
	case p.target != "":
		text += " · Location: " + clip(p.cleaned(p.target), 40)
	}
	p.arrow(middleware, browser, text)
	p.last().Bad = p.status >= 400
}

// was is the record as it was loaded, in one line.
func (f *facts) was() string {
	before := map[string][]byte{}
	for _, c := range f.changes {
		before[c.name] = c.before
	}
	var parts []string
	more := 0
	add := func(name string, raw []byte) {
		switch {
		case raw == nil:
		case meaning(name) != "":
			more++
		default:
			parts = append(parts, quoted(name)+": "+clip(whole(raw).Text, 40))
		}
	}
	for _, e := range f.entries {
		raw := []byte(e.Value)
		if old, changed := before[e.Name]; changed {
			raw = old
			delete(before, e.Name)
		}
		add(e.Name, raw)
	}
	for _, c := range f.changes {
		if _, left := before[c.name]; left {
			add(c.name, c.before)
		}
	}
	if text := f.wasThere(); text != "" {
		return text
	}
	if len(parts) == 0 {
		if more > 0 {
			return "the record, with nothing of the app's in it"
		}
		return "the record"
	}
	if more > 0 {
		parts = append(parts, "…")
	}
	return clip("{"+strings.Join(parts, ", ")+"}", 84)
}

// wasThere is of the record that place alone which the request went on to change:
// {"cart": {"2": {"quantity": 1, …}, …}, …}.
func (f *facts) wasThere() string {
	if len(f.own) == 0 || len(f.own[0].Leaves) == 0 || f.own[0].Leaves[0].Kind == "add" {
		return ""
	}
	l := f.own[0].Leaves[0]
	text := clip(l.Before.Text, 30)
	for _, step := range slices.Backward(append([]string{f.own[0].Name}, l.Path...)) {
		if step[0] == '[' {
			return ""
		}
		if step[0] != '"' {
			step = `"` + step + `"`
		}
		text = "{" + step + ": " + text + ", …}"
	}
	return clip(text, 84)
}

// summary says a change in few words: quantity 1 → 2.
func summary(own, layer []views.Diff) string {
	all := own
	if len(all) == 0 {
		all = layer
	}
	if len(all) == 0 {
		return ""
	}
	d, places := all[0], 0
	for _, each := range all {
		places += max(1, len(each.Leaves)+each.More)
	}
	text := d.Means
	if text == "" {
		text = d.Name
		if len(d.Leaves) > 0 {
			text = leafText(d.Name, d.Leaves[0])
		}
	}
	if places > 1 {
		text += fmt.Sprintf(", and %d more", places-1)
	}
	return text
}

// leafText is one place of a change, named by the last steps to it.
func leafText(name string, l views.Leaf) string {
	path := append([]string{name}, l.Path...)
	where := strings.Join(path[max(0, len(path)-2):], " · ")
	before, after := clip(l.Before.Text, 24), clip(l.After.Text, 24)
	switch l.Kind {
	case "add":
		return where + " = " + after
	case "delete":
		return where + " removed"
	}
	return where + " " + before + " → " + after
}
