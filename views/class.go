package views

import (
	"fmt"
	"strconv"
	"time"
)

// ClassBar is what a learner's pages show of the class, above their own content.
type ClassBar struct {
	Name      string         `json:"name"`
	Colour    int            `json:"-"`
	Teacher   bool           `json:"teacher"` // the teacher's own pages
	Hand      bool           `json:"hand"`    // is raised
	Following bool           `json:"following"`
	Frozen    bool           `json:"frozen"`
	Hint      string         `json:"hint"` // the mission whose hint was opened for all, "" for none
	Lead      *ClassLead     `json:"lead"` // nil: the teacher shows nothing
	Question  *ClassQuestion `json:"question"`
	Run       *ClassRun      `json:"run"`
	Consent   *ClassConsent  `json:"consent"`
	Left      time.Duration  `json:"-"`
	Version   string         `json:"version"` // changes when any learner's bar may
}

// ClassLead is the page that the teacher shows to all. Number rises each time.
type ClassLead struct {
	Path   string `json:"path"`
	Title  string `json:"title"`
	Number int    `json:"number"`
}

// ClassQuestion is a question with its answers; which is right is told once it is revealed.
type ClassQuestion struct {
	ID       int           `json:"id"`
	Text     string        `json:"text"`
	Answers  []ClassAnswer `json:"answers"`
	Votes    int           `json:"votes"`
	Revealed bool          `json:"revealed"`
}

// ClassAnswer is one answer with its votes.
type ClassAnswer struct {
	Text  string `json:"text"`
	Votes int    `json:"votes"`
	Mine  bool   `json:"mine"`
	Right bool   `json:"right"`
}

// ClassRun is an experiment with the whole room. Phase is ready, running, counting or over.
type ClassRun struct {
	Kind    string        `json:"kind"`
	Title   string        `json:"title"`
	Says    string        `json:"says"`
	Phase   string        `json:"phase"`
	Left    time.Duration `json:"-"`
	Met     int           `json:"met"` // requests that the store did not answer
	Counter *ClassCounter `json:"counter,omitempty"`
	Rows    []ClassResult `json:"rows,omitempty"`
}

// ClassCounter is one counter for everybody, on plain scs and on the layer.
type ClassCounter struct {
	Plain   ClassCount `json:"plain"`
	Layer   ClassCount `json:"layer"`
	Refused int        `json:"refused"` // answers of the layer that said: not saved
}

// ClassCount is what a record counts, and how many answers said that they were saved.
type ClassCount struct {
	Kept int `json:"kept"`
	Said int `json:"said"`
}

// ClassResult is how many sessions an engine had before an experiment, and how many are left.
type ClassResult struct {
	Engine string `json:"engine"`
	Before int    `json:"before"`
	After  int    `json:"after"`
}

// ClassConsent asks a learner whether one may have the other's session. Mine: it is theirs.
type ClassConsent struct {
	Owner string `json:"owner"`
	Thief string `json:"thief"`
	Mine  bool   `json:"mine"`
}

// ClassBoard is the teacher's screen.
type ClassBoard struct {
	URL      string         `json:"url"` // of the room: where learners join
	JoinCode string         `json:"join_code"`
	Here     int            `json:"here"`
	Done     int            `json:"done"` // missions, of all together
	Of       int            `json:"of"`
	Left     time.Duration  `json:"-"`
	Frozen   bool           `json:"frozen"`
	Locked   bool           `json:"locked"`
	Lead     string         `json:"lead"`
	Loan     string         `json:"stolen"`
	Question *ClassQuestion `json:"question"`
	Run      *ClassRun      `json:"run"`
	Tiles    []ClassTile    `json:"learners"`
	Missions []ClassHeat    `json:"missions"`
	Live     []ClassLive    `json:"live"`
	Ask      ClassAsk       `json:"-"`
	Errors   Errors         `json:"-"`
	Chapters []Chapter      `json:"-"`
}

// ClassAsk is what the teacher types to ask a question.
type ClassAsk struct {
	Text    string `json:"text" form:"text" validate:"required,max=200,line"`
	Answer1 string `json:"-" form:"answer1" validate:"required,max=80,line"`
	Answer2 string `json:"-" form:"answer2" validate:"max=80,line"`
	Answer3 string `json:"-" form:"answer3" validate:"max=80,line"`
	Answer4 string `json:"-" form:"answer4" validate:"max=80,line"`
	Right   int    `json:"-" form:"right"`
}

// Answers are the answers in their order, those that are empty too.
func (a ClassAsk) Answers() []string { return []string{a.Answer1, a.Answer2, a.Answer3, a.Answer4} }

// ClassTile is one learner at a glance. State is "", idle or stuck.
type ClassTile struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Colour  int    `json:"colour"`
	Chapter string `json:"chapter"`
	Engine  string `json:"engine"`
	State   string `json:"state"`
	Ago     string `json:"ago"`
	Hand    bool   `json:"hand"`
	Done    int    `json:"done"`
	Of      int    `json:"of"`
}

// ClassHeat is a mission with a cell for each learner.
type ClassHeat struct {
	ID     string      `json:"id"`
	Title  string      `json:"title"`
	Solved int         `json:"solved"`
	Cells  []ClassCell `json:"-"`
}

// ClassCell is how far one learner is with one mission.
type ClassCell struct {
	Name          string
	Solved, Tried bool
}

func (c ClassCell) class() string {
	switch {
	case c.Solved:
		return "solved"
	case c.Tried:
		return "tried"
	}
	return ""
}

// ClassLive is one line of what happens in the room.
type ClassLive struct {
	Name   string `json:"name"`
	Colour int    `json:"-"`
	Text   string `json:"text"`
	Engine string `json:"engine"`
	Ago    string `json:"ago"`
}

// ClassEvent is one line of a learner's story. It holds no key and no value.
type ClassEvent struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	Text   string    `json:"text"`
	Engine string    `json:"engine"`
	Path   string    `json:"path"`
}

// ClassScreen is what the projector shows.
type ClassScreen struct {
	URL      string         `json:"url"`
	JoinCode string         `json:"join_code"`
	Started  bool           `json:"started"` // the teacher has led somewhere
	Here     int            `json:"here"`
	Done     int            `json:"done"`
	Of       int            `json:"of"`
	Left     time.Duration  `json:"-"`
	Frozen   bool           `json:"frozen"`
	Lead     string         `json:"lead"`
	LeadPath string         `json:"-"`
	Hint     string         `json:"hint"`
	Loan     string         `json:"stolen"`
	Question *ClassQuestion `json:"question"`
	Run      *ClassRun      `json:"run"`
	Chapter  string         `json:"chapter"`
	Story    []string       `json:"story"`
	QR       ClassQR        `json:"-"`
}

// ClassQR is a QR code: its size in modules, and the dark ones as the path of an SVG.
type ClassQR struct {
	Size int
	Path string
}

// viewBox leaves the four modules around the code that readers need.
func (q ClassQR) viewBox() string { return fmt.Sprintf("-4 -4 %d %d", q.Size+8, q.Size+8) }

// clock is a length of time as a clock shows it: 04:09.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// colour is the class of one of the twelve colours of learners.
func colour(n int) string { return "c" + strconv.Itoa(n) }
