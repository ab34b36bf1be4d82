package views

import (
	"slices"
	"strings"
)

// Chapter is one page of the lab.
type Chapter struct {
	Path, Title, About string
	also               []string // paths of further pages of the same chapter
}

// Group is a part of the tutorial with its chapters.
type Group struct {
	Title    string
	Chapters []Chapter
}

// Chapters returns the contents of the lab in reading order, as the menu shows them and as
// the link to the next chapter leads through them.
func Chapters() []Group {
	return []Group{
		{"Use a session", []Chapter{
			{"/counter/", "Visit counter", "The smallest session there is: one number that survives from one request to the next.", nil},
			{"/preferences/", "Preferences", "A dictionary and a list in the session, and how they are stored.", nil},
			{"/methods/", "Session methods", "Ask, set, delete, flush, expire: one button each, for your own session.", nil},
		}},
		{"Real examples", []Chapter{
			{"/cart/", "Shopping cart", "Exact totals, bounded quantities, and a product that is no longer sold.", nil},
			{"/theme/", "Theme", "A choice that is kept without an account, and applied before the first pixel is drawn.", nil},
			{"/form/step-one/", "Multi-step form", "Two pages, one submission. The session carries the first page to the second.", []string{"/form/step-two/", "/form/thank-you/"}},
			{"/login/", "Sign in, remember me", "Why the cookie changes at the moment you sign in, and how long it lasts.", []string{"/signup/", "/account/"}},
		}},
		{"Look inside", []Chapter{
			{"/engines/", "Engines, side by side", "Five places to keep a session. Switch between them, measure them, race them.", nil},
			{"/race/", "Two requests at once", "Move two requests step by step, and see what is lost, and where.", nil},
			{"/settings/", "Settings", "Each setting in force, where it came from, and what it means.", nil},
			{"/middleware/", "Middleware order", "The layers that a request passes, and what breaks in another order.", nil},
			{"/security/", "Security", "A checklist of this server, and safe attacks on your own session.", nil},
			{"/debug/", "Debugging", "Four questions that find most session faults, and an inspector.", nil},
			{"/events/", "Live events", "Watch your sessions begin, get a new key and end.", nil},
		}},
		{"Exercises", []Chapter{
			{"/missions/", "Missions", "Small tasks about your own session. The lab sees for itself what you have solved.", nil},
			{"/exercises/1/", "1 Recently visited", "Count the visits to each page and list the latest ones.", []string{"/recent/"}},
			{"/exercises/2/", "2 Remember me", "Let one check box decide how long a sign-in lasts.", nil},
			{"/exercises/3/", "3 A/B test", "Put visitors into groups at random, and keep each in the same group.", []string{"/experiments/"}},
			{"/exercises/4/", "4 Event log", "Log the beginning and the end of every session.", nil},
			{"/exercises/5/", "5 Idle timeout", "Sign people out who have walked away, and bring them back to their page.", nil},
		}},
		{"To take home", []Chapter{
			{"/patterns/", "Patterns", "Small complete programs for what people look for.", nil},
			{"/glossary/", "Glossary", "Every word of the trade that these pages use, in one sentence.", nil},
		}},
	}
}

// aboutWithoutDebug is what a chapter is about where there is nothing to try.
var aboutWithoutDebug = map[string]string{
	"/engines/":  "Five places to keep a session, and what each of them promises.",
	"/security/": "A checklist of this server, and five habits for a site of your own.",
}

// groups returns the chapters that this run serves.
func (p Frame) groups() []Group {
	var all []Group
	for _, g := range Chapters() {
		g.Chapters = slices.DeleteFunc(g.Chapters, func(c Chapter) bool {
			return slices.Contains(p.Hide, c.Path)
		})
		for i, c := range g.Chapters {
			if about, ok := aboutWithoutDebug[c.Path]; ok && !p.Debug {
				g.Chapters[i].About = about
			}
		}
		if len(g.Chapters) > 0 {
			all = append(all, g)
		}
	}
	return all
}

// current reports whether the page belongs to chapter c, as does the answer of a form that
// was posted to a path below it. No page belongs to two.
func (p Frame) current(c Chapter) bool {
	return slices.ContainsFunc(append(c.also, c.Path), func(path string) bool { return strings.HasPrefix(p.Path, path) })
}

// turn returns the chapters before and after this page, nil at either end. Before the first
// chapter comes the home page.
func (p Frame) turn() (prev, next *Chapter) {
	var all []Chapter
	for _, g := range p.groups() {
		all = append(all, g.Chapters...)
	}
	i := slices.IndexFunc(all, p.current)
	if p.Path == "/" && len(all) > 0 {
		return nil, &all[0]
	}
	if i < 0 {
		return nil, nil
	}
	if i > 0 {
		prev = &all[i-1]
	}
	if i+1 < len(all) {
		next = &all[i+1]
	}
	return prev, next
}

// ChapterTitle is the title of the chapter that a path belongs to, "" for none.
func ChapterTitle(path string) string {
	for _, g := range Chapters() {
		for _, c := range g.Chapters {
			if (Frame{Path: path}).current(c) {
				return c.Title
			}
		}
	}
	return ""
}
