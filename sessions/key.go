package sessions

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// Key is the name of a session entry together with the type of its value, so that
// each name and type stands in one place and a wrong type does not compile:
//
//	var VisitCount = sessions.Key[int]("visit_count")
//
// T is any type that JSON can hold. Methods return no error: a value that cannot be
// stored or a store that does not answer sticks to the session, see [Session.Err].
type Key[T any] string

// Get returns the value, or the zero value if it is absent or was stored as
// another type.
func (k Key[T]) Get(s *Session) T {
	v, _ := k.Lookup(s)
	return v
}

// Lookup returns the value and whether it is there as a T.
func (k Key[T]) Lookup(s *Session) (v T, ok bool) {
	ok = s.Get(string(k), &v)
	if !ok {
		var zero T // a value of another type may have been decoded in part
		return zero, false
	}
	return v, true
}

// Set stores the value.
func (k Key[T]) Set(s *Session, v T) { s.Set(string(k), v) }

// Update stores what fn makes of the present value (the zero value if there is none)
// and returns it. It is exact when requests run in parallel, on every engine that
// keeps its records on the server: if another request saved first, the session is
// loaded again and fn is called again with what is there now. So fn must do nothing
// but compute its result, and what Update returned may be outdated by the time the
// session is saved: a page that shows it calls [Session.Save] and then Get.
//
// fn must not use the session: it panics there.
func (k Key[T]) Update(s *Session, fn func(T) T) T {
	v, _ := k.update(s, fn, nil)
	return v
}

// TryUpdate is an Update that fn may refuse with an error, as where a cart is full. An error
// at the call is returned, and changes nothing. An error when fn is called again, on what
// another request has stored meanwhile, is what the save returns, which stores nothing.
func (k Key[T]) TryUpdate(s *Session, fn func(T) (T, error)) (T, error) {
	v, err := k.update(s, nil, fn)
	if refused, ok := errors.AsType[*refusal](err); ok {
		return v, refused.error
	}
	return v, err
}

// update calls fn or try.
func (k Key[T]) update(s *Session, fn func(T) T, try func(T) (T, error)) (result T, err error) {
	s.lock()
	defer s.mu.Unlock()
	if !s.change() {
		return result, s.err
	}
	s.calling.Store(true)
	err = s.txn.update(string(k), func(raw jsontext.Value) (jsontext.Value, error) {
		var v T
		if raw != nil {
			if err := unmarshalValue(raw, &v); err != nil {
				s.mismatch(string(k), err)
				v = *new(T)
			}
		}
		if try == nil {
			v = fn(v)
		} else {
			var err error
			if v, err = try(v); err != nil {
				return nil, &refusal{err}
			}
		}
		result = v
		return marshalValue(v)
	})
	s.calling.Store(false)
	if err != nil {
		if errors.As(err, new(*refusal)) {
			return *new(T), err
		}
		err = fmt.Errorf("%q: %w", string(k), err)
	}
	s.changed(true, err)
	return result, err
}

// refusal is what a function of TryUpdate refuses with.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

// Delete removes the value; an absent one is no error.
func (k Key[T]) Delete(s *Session) { s.Delete(string(k)) }

// Pop returns the value and removes it.
func (k Key[T]) Pop(s *Session) (v T, ok bool) {
	if v, ok = k.Lookup(s); ok {
		k.Delete(s)
	}
	return v, ok
}

// Has reports whether there is a value, of whatever type.
func (k Key[T]) Has(s *Session) bool { return s.Has(string(k)) }
