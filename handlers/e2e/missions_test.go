package e2e

import "testing"

func TestMissionsAreSolvedByWhatHappens(t *testing.T) {
	inEveryWay(t, []walk{
		{"the first cookie, a hint, and an answer", func(v *visitor) {
			v.open("/missions/")
			v.reads("#first-cookie small", "open")
			v.press("#count-to-five button[name=hint]")
			v.reads("#count-to-five .hint", "Hint 1. Each visit to the counter adds one.")
			v.open("/counter/")
			v.open("/missions/")
			v.reads("#first-cookie small", "solved")
			v.reads("#count-to-five .hint", "Hint 1. Each visit to the counter adds one.")
			v.fill("#answer-read-record", "2")
			v.press("#read-record .answer button")
			v.reads("#read-record .note strong", "Not yet.")
			v.fill("#answer-read-record", "1")
			v.press("#read-record .answer button")
			v.reads("#read-record small", "solved")
			v.press("#progress summary")
			v.press("#progress form button")
			v.reads("#first-cookie small", "open")
		}},
	})
}
