package views

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// ByName is a list for people, in its order, and for programs an object: each element stands
// under its name.
type ByName[T interface{ key() string }] []T

// MarshalJSON writes the object.
func (all ByName[T]) MarshalJSON() ([]byte, error) {
	object := make(map[string]T, len(all))
	for _, one := range all {
		object[one.key()] = one
	}
	return json.Marshal(object, json.Deterministic(true))
}

// Micros is a length of time, for programs a number of microseconds.
type Micros time.Duration

// MarshalJSON writes the number.
func (m Micros) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(m)/float64(time.Microsecond), 'f', -1, 64), nil
}

func truth(b bool) []byte { return strconv.AppendBool(nil, b) }
