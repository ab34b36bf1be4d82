package sessions

import (
	"errors"
	"fmt"
	"net/http"
)

var (
	// ErrExpired: the record is there, but it has expired. It wraps
	// [ErrNotFound]; an engine that can tell the two apart says so.
	ErrExpired = fmt.Errorf("%w: expired", ErrNotFound)
	// ErrInterrupted: the record vanished while the request was under way, by a
	// sign-out for example, so what the request changed was not saved.
	ErrInterrupted = errors.New("sessions: ended while the request was under way")
	// ErrBusy: too many requests change this session at once; nothing was saved.
	ErrBusy = errors.New("sessions: too many changes at once")
	// ErrTooMany: Config.AllowCreate refused a new session; nothing was saved.
	ErrTooMany = errors.New("sessions: too many new sessions")
	// ErrLate: the session was changed when the answer had already begun and the
	// client could no longer be told of it, or when it was an error of the server. The
	// change was not saved; a session that was ended is ended.
	ErrLate = errors.New("sessions: changed after the answer had begun")
	// ErrValue: a value cannot be stored in a session; a mistake in the program.
	ErrValue = errors.New("sessions: value cannot be stored")
	// ErrUnsupported: the engine has not got the ability that was asked for. It wraps
	// [errors.ErrUnsupported], which engines say themselves.
	ErrUnsupported = fmt.Errorf("sessions: the engine cannot do that: %w", errors.ErrUnsupported)
	// ErrStore: the engine failed; the visitor may try again later.
	ErrStore = errors.New("sessions: the store does not answer")
)

// Status returns the HTTP status with which err, an error of this package, is
// answered: 400 for a session that ended meanwhile, as Django does, 409 for one that
// was changed in another tab, or whose update refused what is there now, 413 for one that has grown too large, 429 for one too
// many, 500 for a mistake in the program, and 503 for a store that fails or is too busy.
func Status(err error) int {
	switch {
	case errors.Is(err, ErrInterrupted):
		return http.StatusBadRequest
	case errors.Is(err, ErrConflict), errors.As(err, new(*refusal)):
		return http.StatusConflict
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrTooMany):
		return http.StatusTooManyRequests
	case errors.Is(err, ErrBusy), errors.Is(err, ErrStore):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// speaks reports whether err says by itself what happened to a save.
func speaks(err error) bool {
	for _, own := range []error{ErrConflict, ErrTooLarge, ErrBusy, ErrTooMany, ErrValue, ErrStore, ErrInterrupted} {
		if errors.Is(err, own) {
			return true
		}
	}
	return errors.As(err, new(*refusal))
}

// answer is the default ErrorHandler: the status and one plain sentence, and where it
// helps to wait, for how long.
func answer(w http.ResponseWriter, _ *http.Request, err error) {
	status := Status(err)
	text := map[int]string{
		http.StatusBadRequest:            "Your session ended while this request was under way. Nothing was saved.",
		http.StatusConflict:              "This was changed in another tab meanwhile. Nothing was saved; please try again.",
		http.StatusRequestEntityTooLarge: "Your session has become too large. Nothing was saved.",
		http.StatusTooManyRequests:       "Too many sessions were begun from here. Nothing was saved; please try again soon.",
		http.StatusServiceUnavailable:    "Sessions cannot be reached right now. Nothing was saved; please try again soon.",
	}[status]
	if text == "" {
		text = http.StatusText(status)
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	http.Error(w, text, status)
}
