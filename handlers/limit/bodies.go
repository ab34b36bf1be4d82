package limit

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// Bodies refuses bodies above [FormBody], before anything else looks at the request.
func Bodies(refuse Refuse) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > FormBody {
				refuse(w, r, tooLarge())
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, FormBody)
			next.ServeHTTP(w, r)
		})
	}
}

// Receive reads each body whole before the request goes on and takes a place, or clients that
// send theirs a byte a second would soon have all places. Who sends more than [SmallBody]
// needs one of the places for large bodies.
func Receive(refuse Refuse) func(http.Handler) http.Handler {
	large := NewPlaces(LargeBodies, RequestWait, Crowded())
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength != 0 {
				leave, err := receive(r, large)
				if err != nil {
					answer(w, r, err, refuse)
					return
				}
				defer leave()
			}
			next.ServeHTTP(w, r)
		})
	}
}

// receive replaces the body by one that is here already.
func receive(r *http.Request, large *Places) (leave func(), err error) {
	var body bytes.Buffer
	leave = func() {}
	_, err = io.CopyN(&body, r.Body, SmallBody)
	if err == nil { // perhaps there is more
		if leave, err = large.Enter(r.Context()); err != nil {
			return nil, err
		}
		_, err = body.ReadFrom(r.Body)
	}
	if err == nil || err == io.EOF {
		r.Body = io.NopCloser(&body)
		return leave, nil
	}
	leave()
	if errors.As(err, new(*http.MaxBytesError)) {
		return nil, tooLarge()
	}
	return nil, &Refused{Status: http.StatusBadRequest, Text: brokenText}
}

func tooLarge() *Refused {
	return &Refused{Status: http.StatusRequestEntityTooLarge, Text: tooLargeText}
}
