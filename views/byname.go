package views

import "github.com/go-json-experiment/json"

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
