package race

import (
	"fmt"
	"strconv"
)

// Preset is a pair of requests to run.
type Preset struct {
	Name, Title string
	Idea        string // what happens, in a sentence or two
	DoesA       string
	DoesB       string
	Steps       [2][StepsEach]string // what each step is called
	Order       Steps                // in which they meet
	Question    string               // what the first track makes of that order
	Answers     []Answer             // the right one is its outcome
	Learned     string               // in one sentence

	A, B  handler
	start map[string]any // what the session holds at first
	lanes []lane
	judge func(answers [2]int, records []Record) (Outcome, string)
}

// Answer is one that a visitor may predict.
type Answer struct {
	Outcome Outcome
	Text    string
}

// Presets are all of them. The first one is the simplest.
func Presets() []Preset {
	return []Preset{
		paired(Preset{
			Name: "lost-click", Title: "A lost click", A: click, B: click,
			Idea: "Two tabs are clicked at the same moment. Each request reads the counter, adds one and " +
				"writes it back.",
			Question: "Both clicks are answered with 200. What does plain scs do with them?",
			Answers: []Answer{
				{Kept, "It counts both."}, {Lost, "It counts one, and tells nobody."}, {Refused, "It refuses one with an error."},
			},
			Learned: "Read, add, write loses clicks as soon as two requests overlap, unless the save " +
				"looks whether anything changed in between.",
			start: map[string]any{"visit_count": 5}, judge: judgeClicks,
		}),
		paired(Preset{
			Name: "sign-out", Title: "Sign-out during a slow page", A: slowPage, B: signOut,
			Idea: "A slow page has loaded the session. Before it saves, the visitor signs out in " +
				"another tab.",
			Order:    Steps{A, A, B, B, B, B, A, A},
			Question: "The sign-out is answered with 200, and then the slow page saves. What happens with plain scs?",
			Answers: []Answer{
				{Kept, "The session stays ended."}, {Revived, "The ended session comes back, signed in."},
				{Refused, "The slow page is refused."},
			},
			Learned: "A save must never create a record that has gone: else a slow page undoes a sign-out.",
			start:   map[string]any{"user": "ann", "visit_count": 5}, judge: judgeSignOut,
		}),
		paired(Preset{
			Name: "two-entries", Title: "Two different entries", A: sets("theme", "dark"), B: sets("language", "fr"),
			Idea: "Two requests change different entries of the same session. They do not disagree " +
				"about anything.",
			Question: "One sets the theme, the other the language. What does plain scs keep?",
			Answers: []Answer{
				{Kept, "Both entries: they have nothing to do with each other."},
				{Lost, "Only the entry of the request that saved last."}, {Refused, "One entry; the other request is refused."},
			},
			Learned: "A session is stored as a whole, so even changes that do not touch each other " +
				"collide, unless they are put together again at the save.",
			start: map[string]any{"theme": "light", "language": "en"}, judge: judgeEntries,
		}),
		paired(Preset{
			Name: "key-cycle", Title: "A key cycle beside a write", A: signIn, B: click,
			Idea: "One tab signs in, and the session moves to a new key. Another tab is still under way " +
				"with the old key.",
			Question: "The sign-in makes the old key worthless. The other tab still saves with it. What does plain scs do?",
			Answers: []Answer{
				{Kept, "It adds the click to the session under the new key."},
				{Revived, "It stores a session under the old key again."},
				{Lost, "It loses the click, and tells nobody."}, {Refused, "It refuses the click."},
			},
			Learned: "After a sign-in the old key must stay dead, also for requests that were under " +
				"way: else whoever knows it still has a session.",
			start: map[string]any{"visit_count": 5}, judge: judgeCycle,
		}),
		{
			Name: "late-fill", Title: "A late cache fill",
			Idea: "A page finds nothing in the cache and loads the session from the database. Before it " +
				"puts its copy into the cache, the visitor signs out.",
			DoesA: "reads the session through the cache", DoesB: "signs out",
			Steps: [2][StepsEach]string{
				{"asks the cache", "loads from the store", "fills the cache", "answers"},
				{"loads the session", "begins to sign out", "deletes in the store", "clears the cache, answers"},
			},
			Order:    Steps{A, A, B, B, B, B, A, A},
			Question: "The sign-out has cleared store and cache, and then the page fills the cache. Who is signed in now?",
			Answers: []Answer{
				{Kept, "Nobody: the record is deleted."}, {Revived, "Ann: the cache says so to every further request."},
			},
			Learned: "A copy that was loaded before a write must not be put into the cache after it.",
			start:   map[string]any{"user": "ann"}, lanes: []lane{naiveCache, leasedCache},
		},
	}
}

// Named returns the preset with this name.
func Named(name string) (Preset, bool) {
	for _, p := range Presets() {
		if p.Name == name {
			return p, true
		}
	}
	return Preset{}, false
}

// paired fills in what is the same for each pair of ordinary requests.
func paired(p Preset) Preset {
	p.DoesA, p.DoesB = p.A.does, p.B.does
	for who, h := range []handler{p.A, p.B} {
		p.Steps[who] = [StepsEach]string{"loads", "reads", h.compute, "saves, answers"}
	}
	if p.Order == nil {
		p.Order = Steps{A, B, A, B, A, B, A, B}
	}
	p.lanes = []lane{plainSCS, djangoRule, layerSet, layerUpdate}
	return p
}

// refused says which request was refused, "" if none was.
func refused(answers [2]int) string {
	for who, status := range answers {
		why := map[int]string{
			400: "its session had ended or moved meanwhile", 409: "what it had read was changed meanwhile",
		}[status]
		if status != 200 {
			return fmt.Sprintf("%c was refused with %d and knows it: %s.", 'A'+who, status, why)
		}
	}
	return ""
}

func judgeClicks(answers [2]int, records []Record) (Outcome, string) {
	told := 0
	for _, status := range answers {
		if status == 200 {
			told++
		}
	}
	counted := number(records[0].value("visit_count")) - 5
	if counted < told {
		return Lost, fmt.Sprintf("%d clicks were answered with 200, and %d was counted. Nobody was told.", told, counted)
	}
	if text := refused(answers); text != "" {
		return Refused, text + " No click was lost in silence."
	}
	return Kept, "Both clicks were answered with 200, and both are counted."
}

func judgeSignOut(answers [2]int, records []Record) (Outcome, string) {
	switch text := refused(answers); {
	case records[0].There:
		return Revived, "B was told that the session has ended. It is back: the old cookie is signed in as ann again."
	case text != "":
		return Refused, text + " The session stays ended."
	case len(records) > 1:
		return Apart, "The session has ended. A found none, and began a new one in which nobody is signed in."
	}
	return Kept, "The session has ended, as B was told."
}

func judgeEntries(answers [2]int, records []Record) (Outcome, string) {
	for who, want := range []Entry{{"theme", `"dark"`}, {"language", `"fr"`}} {
		if answers[who] == 200 && records[0].value(want.Name) != want.Value {
			return Lost, fmt.Sprintf("%c was answered with 200, but its %s is not stored. Nobody was told.", 'A'+who, want.Name)
		}
	}
	if text := refused(answers); text != "" {
		return Refused, text
	}
	return Kept, "Both entries are stored."
}

func judgeCycle(answers [2]int, records []Record) (Outcome, string) {
	switch text := refused(answers); {
	case records[0].There:
		return Revived, "The old key was to be worthless after the sign-in. B's save stored a session under it again."
	case text != "":
		return Refused, text + " The old key stays dead."
	case len(records) > 2:
		return Apart, "B came with the old key when it was dead already. It began another session, and counts there."
	case records[1].value("visit_count") != strconv.Itoa(6):
		return Lost, "B was told that its click counts. The session under the new key does not have it."
	}
	return Kept, "The click is in the session under the new key, and the old key is dead."
}

// judgeCache looks at what a request would see that comes after both.
func judgeCache(next Record) (Outcome, string) {
	if next.There {
		return Revived, "The store has no session any more, but the next request finds one in the cache: ann is signed in."
	}
	return Kept, "The next request finds no session: the sign-out holds."
}
