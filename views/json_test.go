package views

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

func TestAListByNameIsAnObjectForPrograms(t *testing.T) {
	page := Engines{
		Current: "db",
		Engines: []EngineCard{{Name: "db", HasSession: true}, {Name: "cache", State: EngineClosed}},
		Measure: &Measure{Rows: []MeasureRow{{Engine: "db", Read: Micros(1500 * time.Nanosecond), State: NoTime}}},
	}
	text, err := json.Marshal(page, json.Deterministic(true))
	const want = `{"engine":"db","engines":{"cache":{"has_session":false,"ready":false},"db":{"has_session":true,"ready":true}},` +
		`"measure":{"at":"0001-01-01T00:00:00Z","rounds":0,"engines":{"db":{"read_us":1.5,"save_us":0,"slow_us":0,"state":"no time"}}}}`
	if err != nil || string(text) != want {
		t.Errorf("got %s and %v,\nwant %s", text, err, want)
	}
}
