package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"sessionlab/handlers/abtest"
	"sessionlab/handlers/accept"
	"sessionlab/handlers/accounts"
	"sessionlab/handlers/attack"
	"sessionlab/handlers/catalog"
	"sessionlab/handlers/class"
	"sessionlab/handlers/events"
	"sessionlab/handlers/exercise"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/learners"
	"sessionlab/handlers/limit"
	"sessionlab/handlers/missions"
	"sessionlab/handlers/panel"
	"sessionlab/handlers/second"
	"sessionlab/handlers/signups"
	"sessionlab/sessions"
	"sessionlab/sessions/db"
	"sessionlab/views"
)

// meanings say what an error means to a visitor: the status, and a text that says what
// was done and what was not. The first that fits counts. A status of 422 is a form that
// was not accepted: its page shows the text.
var meanings = []struct {
	err    error
	status int
	text   string
}{
	{sessions.ErrInterrupted, http.StatusBadRequest,
		"Your session was ended while this request was under way, in another tab perhaps. Nothing was saved."},
	{sessions.ErrConflict, http.StatusConflict,
		"Another tab changed the same value while this request was under way. Nothing was saved."},
	{sessions.ErrTooLarge, http.StatusRequestEntityTooLarge,
		"This does not fit into your session. Nothing was saved; what it held before is still there."},
	{sessions.ErrTooMany, http.StatusTooManyRequests,
		"Too many new sessions from your network. Nothing was saved; try again in a moment."},
	{sessions.ErrBusy, http.StatusServiceUnavailable,
		"Too many requests are changing your session at once. This one changed nothing in it."},
	{db.ErrMoved, http.StatusServiceUnavailable,
		"This site's database was moved or replaced while it was in use. Nothing was saved, and nothing " +
			"will be until the site is started again."},
	{sessions.ErrStore, http.StatusServiceUnavailable,
		"The session store does not answer, so your session could not be read or saved."},

	{forms.ErrUnreadable, http.StatusBadRequest, "The form could not be read. Nothing was saved."},
	{catalog.ErrNotFound, http.StatusNotFound, "There is no such product."},
	{catalog.ErrNotInCart, http.StatusNotFound, "This product is not in your cart."},
	{catalog.ErrQuantity, http.StatusUnprocessableEntity,
		fmt.Sprintf("Enter a whole number from 1 to %d.", catalog.MaxQuantity)},
	{catalog.ErrMost, http.StatusUnprocessableEntity,
		fmt.Sprintf("You have %d of these already, the most that the cart takes.", catalog.MaxQuantity)},
	{catalog.ErrFull, http.StatusUnprocessableEntity,
		fmt.Sprintf("The cart is full: it takes %d different products.", catalog.MaxProducts)},
	{catalog.ErrUnavailable, http.StatusServiceUnavailable,
		"The catalogue cannot be read right now. Your cart is as it was."},
	{signups.ErrUnavailable, http.StatusServiceUnavailable,
		"The sign-ups cannot be reached right now. Your session is as it was, and no sign-up was deleted."},
	{accounts.ErrCredentials, http.StatusUnprocessableEntity, "Wrong user name or password."},
	{accounts.ErrNotFound, http.StatusUnprocessableEntity,
		"This account is closed. Nothing was changed."},
	{accounts.ErrUncertain, http.StatusServiceUnavailable,
		"The accounts did not answer. What you asked for may have been done or not: " +
			"look before you try again."},
	{accounts.ErrUnavailable, http.StatusServiceUnavailable,
		"The accounts cannot be reached right now. Nothing was changed: " +
			"if you were signed in, you still are."},

	{abtest.ErrUnknown, http.StatusBadRequest,
		"There is no such test, or no such action: a test can be joined, converted, ended or reset."},
	{abtest.ErrVariant, http.StatusBadRequest, "The winner must be one of the test's variants."},
	{abtest.ErrNotJoined, http.StatusBadRequest, "You are in no group of this test. Join it first."},
	{abtest.ErrUnavailable, http.StatusServiceUnavailable,
		"The figures of the tests cannot be reached right now. Nothing was counted, ended or reset."},
	{class.ErrCode, http.StatusUnprocessableEntity, "This is not the code."},
	{class.ErrLocked, http.StatusForbidden, "The teacher has closed the door to newcomers."},
	{class.ErrBusy, http.StatusConflict, "An experiment is running. It ends by itself in a moment."},
	{class.ErrOver, http.StatusConflict, "That is over. Nothing was counted."},
	{class.ErrUnavailable, http.StatusServiceUnavailable,
		"The class's table cannot be reached right now. Nothing was changed."},
	{learners.ErrNotFound, http.StatusNotFound, "There is no such learner in the class."},
	{learners.ErrName, http.StatusUnprocessableEntity,
		fmt.Sprintf("Use 1 to %d characters that can be seen.", learners.MaxName)},
	{learners.ErrNameTaken, http.StatusUnprocessableEntity, "Somebody in the class has this name."},
	{learners.ErrFull, http.StatusUnprocessableEntity,
		fmt.Sprintf("The class is full: it has room for %d.", learners.Most)},
	{learners.ErrCode, http.StatusUnprocessableEntity, "Wrong name or personal code."},
	{learners.ErrUnavailable, http.StatusServiceUnavailable,
		"The class's table cannot be reached right now. Nothing was changed."},
	{accounts.ErrNotAdmin, http.StatusForbidden, "Only an admin may do this. Nothing was changed."},
	{exercise.ErrUnknown, http.StatusNotFound, "There is no such exercise. They are numbered 1 to 5."},

	{missions.ErrUnknown, http.StatusNotFound, "There is no such mission."},
	{missions.ErrUnavailable, http.StatusServiceUnavailable,
		"Your progress cannot be reached right now. Nothing was changed."},
	{learners.ErrNotFound, http.StatusForbidden, "Join the class first. Nothing was changed."},
	{learners.ErrUnavailable, http.StatusServiceUnavailable,
		"The class cannot be reached right now. Nothing was changed."},

	{attack.ErrUnknown, http.StatusBadRequest, "There is no such attack."},
	{attack.ErrNoSession, http.StatusBadRequest,
		"You have no session that could be attacked. Visit the counter first."},
	{attack.ErrNoRecord, http.StatusBadRequest, "This engine keeps no record that could be deleted."},
	{attack.ErrNoData, http.StatusBadRequest,
		"With this engine the cookie is only a key: it holds no data that could be changed."},
	{attack.ErrNotRun, http.StatusServiceUnavailable,
		"This attack could not be prepared. Nothing was changed; try again in a moment."},
	{events.ErrStopping, http.StatusServiceUnavailable, "The server is about to stop. Nothing was changed."},
	{events.ErrManyStreams, http.StatusTooManyRequests, "Your network has too many event streams open."},
	{events.ErrFull, http.StatusServiceUnavailable, "Too many event streams are open. Nothing was changed."},
}

// texts say what a status means where the error says no more.
var texts = map[int]string{
	http.StatusBadRequest:            "This request could not be understood.",
	http.StatusForbidden:             "This was refused.",
	http.StatusNotFound:              "There is no page at this address.",
	http.StatusMethodNotAllowed:      "This address does not take requests of this kind.",
	http.StatusRequestEntityTooLarge: "A form may have 64 kB, and this one has more. Nothing was saved.",
	http.StatusTooManyRequests:       "That was too often in a short time.",
	http.StatusInternalServerError:   "Something went wrong on our side. Nothing was saved.",
	http.StatusServiceUnavailable:    "This cannot be done right now.",
}

// statusError is an error with a status and a sentence of its own for the visitor. The
// error inside is for the log.
type statusError struct {
	status int
	public string
	err    error
}

func (e *statusError) Error() string {
	if e.err != nil {
		return e.err.Error()
	}
	return e.public
}

func (e *statusError) Unwrap() error { return e.err }

// butFirst is err with a text that says what was done before it, and what was not.
func butFirst(err error, done string) error {
	status, _ := explain(err)
	return &statusError{status: status, public: done, err: err}
}

// explain is the status and the text with which an error is answered.
func explain(err error) (status int, text string) {
	if own, ok := errors.AsType[*statusError](err); ok {
		return own.status, own.public
	}
	if wrong, ok := errors.AsType[views.Errors](err); ok {
		return http.StatusUnprocessableEntity, wrong.Error()
	}
	if errors.As(err, new(*http.MaxBytesError)) {
		return http.StatusRequestEntityTooLarge, texts[http.StatusRequestEntityTooLarge]
	}
	for _, m := range meanings {
		if errors.Is(err, m.err) {
			text = m.text
			if _, detail, ok := strings.Cut(err.Error(), sessions.ErrTooLarge.Error()+": "); ok {
				text += " (" + detail + ")" // which entry it is, and how large
			}
			return m.status, text
		}
	}
	if refused, ok := errors.AsType[*limit.Refused](err); ok {
		return refused.Status, refused.Text
	}
	return http.StatusInternalServerError, texts[http.StatusInternalServerError]
}

// isSessionError reports whether the session layer returned the error.
func isSessionError(err error) bool {
	for _, e := range []error{
		sessions.ErrInterrupted, sessions.ErrConflict, sessions.ErrTooLarge, sessions.ErrTooMany,
		sessions.ErrBusy, sessions.ErrStore, sessions.ErrLate, sessions.ErrValue,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// handlerFunc is a handler that returns what went wrong; handle answers for it.
type handlerFunc func(http.ResponseWriter, *http.Request) error

// handle calls a route's handler and answers for its error.
func (a *App) handle(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case rt.open.inDebug() && !a.debugOn(r):
			a.fail(w, r, &statusError{status: http.StatusNotFound})
			return
		case rt.open == toTeacher && !isTeacher(r):
			a.fail(w, r, &statusError{
				status: http.StatusForbidden, public: "This is for the teacher. Nothing was done.",
			})
			return
		}
		r = withRoute(r, rt)
		panel.Ran(r.Context(), rt.name)
		err := rt.handler(w, r)
		if status, _ := explain(err); err != nil && status == http.StatusUnprocessableEntity {
			err = a.refuse(w, r, err)
		}
		if err != nil {
			a.fail(w, r, err)
		}
	}
}

// fail answers for an error, and logs it if it is no fault of the visitor.
func (a *App) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, text := explain(err)
	if refused, ok := errors.AsType[*limit.Refused](err); ok {
		refused.SetHeader(w.Header())
	}
	if status >= 500 {
		level := slog.LevelError
		if errors.Is(err, context.Canceled) { // the client has hung up
			level = slog.LevelInfo
		}
		a.log.Log(r.Context(), level, "request failed",
			"request", traceOf(r.Context()).number(), "route", r.Pattern, "err", err)
	}
	a.errorPage(w, r, status, text)
}

// sessionError answers in a handler's place when its session failed; the error itself is
// in the log already, as an event.
func (a *App) sessionError(w http.ResponseWriter, r *http.Request, err error) {
	status, text := explain(err)
	a.errorPage(w, r, status, text)
}

// errorPage answers with an error in the app's own look, or as JSON. It works without a
// session, since errors happen outside of it, and because of it.
func (a *App) errorPage(w http.ResponseWriter, r *http.Request, status int, text string) {
	if text == "" {
		text = texts[status]
	}
	a.setSecureHeaders(w.Header(), r) // a save that failed has cleared what the handler set
	late := status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests
	if late && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "5")
	}
	if accept.JSON(r) {
		a.note(r, status, "")
		_ = writeJSON(w, status, map[string]string{"error": text})
		return
	}
	f := views.Frame{Path: r.URL.Path, Engine: a.engineOf(r), Debug: a.debugOn(r), Hide: a.hidden(r)}
	f.Class = a.bar(r)
	f.Visitors.Second = second.Is(r)
	if s, ok := sessions.FromContext(r.Context()); ok && s.Err() == nil {
		f.Theme = "system"
		if t, ok := themePreference.Lookup(s); ok {
			f.Theme = t
		}
		// A store that is ill is not asked again.
		if _, ok := r.Context().Value(personKey{}).(*person); ok && status < 500 {
			if u := a.user(r); u != nil {
				f.User = u.Name
			}
			// A save that fails here has an error page of its own.
			if sessions.Commit(s, status) == nil && a.debugOn(r) {
				f.Panel = a.panel.View(w, r, s, status)
			}
		}
	}
	a.note(r, status, "")
	d := views.ErrorData{Status: status, What: text}
	if t := traceOf(r.Context()); t != nil {
		d.RequestID = t.id
	}
	err := writePage(w, r, status, views.Error(f, d))
	if err != nil && !errors.Is(err, context.Canceled) {
		a.log.ErrorContext(r.Context(), "error page", "err", err)
		http.Error(w, text, status)
	}
}

// notFound answers for unknown paths, and sends those who left out the last slash on.
func (a *App) notFound(w http.ResponseWriter, r *http.Request) error {
	path := r.URL.Path
	if r.Method != http.MethodGet || strings.HasSuffix(path, "/") || !takes(r, http.MethodGet, path+"/") {
		return &statusError{status: http.StatusNotFound}
	}
	target := r.URL.EscapedPath() + "/"
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", localPath(target, "/"))
	w.WriteHeader(http.StatusPermanentRedirect)
	return nil
}

// methodNotAllowed says which methods the address does take.
func (a *App) methodNotAllowed(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	if takes(r, http.MethodGet, r.URL.Path) {
		allowed = append(allowed, http.MethodGet, http.MethodHead)
	}
	if takes(r, http.MethodPost, r.URL.Path) {
		allowed = append(allowed, http.MethodPost)
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return &statusError{status: http.StatusMethodNotAllowed}
}

// takes reports whether some route takes this method at this path.
func takes(r *http.Request, method, path string) bool {
	return chi.RouteContext(r.Context()).Routes.Match(chi.NewRouteContext(), method, path)
}
