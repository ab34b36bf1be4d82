package e2e

import "testing"

// TestTheInspectorGivesValuesRoom opens the inspector in every width: no value is squeezed into a
// column of a few characters beside its label.
func TestTheInspectorGivesValuesRoom(t *testing.T) {
	t.Parallel()
	v := serve(t).visitor(t, withMouse)
	v.post("/debug/")
	for _, width := range []int64{360, 520, 700, 1000, 1280, 1440} {
		v.resize(window{width: width, height: 800})
		v.open("/debug/")
		if room := ask[int](v, `Math.round(Math.min(...[...document.querySelectorAll("#inspector .rows td")].map(td => td.clientWidth / parseFloat(getComputedStyle(td).fontSize))))`); room < 16 {
			t.Errorf("%d px: a value has %d em of room, want 16 at least", width, room)
		}
	}
}
