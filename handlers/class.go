package handlers

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-json-experiment/json"

	"sessionlab/handlers/accept"
	"sessionlab/handlers/class"
	"sessionlab/handlers/config"
	"sessionlab/handlers/learners"
	"sessionlab/handlers/missions"
	"sessionlab/handlers/proxy"
	"sessionlab/sessions"
	"sessionlab/views"
)

// member is somebody in the class: a learner, or the teacher, who has the zero learner.
type member struct {
	learners.Learner
	teacher bool
}

type memberKey struct{}

// memberOf is who sent the request, nil for nobody in the class, and where there is none.
func memberOf(ctx context.Context) *member {
	m, _ := ctx.Value(memberKey{}).(*member)
	return m
}

func isTeacher(r *http.Request) bool {
	m := memberOf(r.Context())
	return m != nil && m.teacher
}

// learnerOf is the learner who sent the request. Nobody else may have sent it.
func learnerOf(r *http.Request) (learners.Learner, error) {
	if m := memberOf(r.Context()); m != nil && !m.teacher {
		return m.Learner, nil
	}
	return learners.Learner{}, &statusError{
		status: http.StatusForbidden, public: "This is for learners who have joined the class.",
	}
}

// entrances are what somebody who has not joined may ask for.
var entrances = []string{"/join/", "/join/back/", "/teach/", "/teach/enter/"}

// members finds out who in the class sent the request. Who has not joined gets nothing but the
// entrances; who asks for too much waits; and while the class is frozen learners do too.
func (a *App) members(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := a.whoIs(r)
		if m == nil {
			if !slices.Contains(entrances, r.URL.Path) {
				a.sendToJoin(w, r)
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), memberKey{}, m))
		if m.teacher {
			next.ServeHTTP(w, r)
			return
		}
		if err := a.asks.Take(m.ID); err != nil {
			a.fail(w, r, err)
			return
		}
		leave, err := a.room.Enter(m.ID, isStream(r))
		if err != nil {
			a.fail(w, r, err)
			return
		}
		defer leave()
		if a.room.Frozen() && !strings.HasPrefix(r.URL.Path, "/join/") {
			a.errorPage(w, r, http.StatusLocked, "Your teacher has frozen the lab for a moment. "+
				"Look to the front. Nothing was changed, and this page goes on by itself.")
			return
		}
		a.swapCookies(w, r, m.ID)
		next.ServeHTTP(w, r)
	})
}

func (a *App) whoIs(r *http.Request) *member {
	if a.room.IsTeacher(r) {
		traceOf(r.Context()).me = &learners.Learner{ID: "teacher"} // whose missions count as well
		return &member{teacher: true}
	}
	if me := a.who(r); me.ID != "" {
		return &member{Learner: me}
	}
	return nil
}

// sendToJoin answers who has not joined: a page is the way in, for all else there is nothing.
func (a *App) sendToJoin(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || accept.JSON(r) || isStream(r) {
		a.errorPage(w, r, http.StatusUnauthorized, "Join the class first, at /join/. Nothing was done.")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/join/", http.StatusSeeOther)
}

// isStream reports whether the answer lasts as long as its page.
func isStream(r *http.Request) bool {
	return slices.Contains([]string{
		"/events/stream", "/teach/stream", "/screen/stream", "/join/stream",
	}, r.URL.Path)
}

// seats notes where everybody is, once the request is answered.
func (a *App) seats(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		m := memberOf(r.Context())
		if m == nil || isStream(r) || r.URL.Path == "/join/bar/" {
			return
		}
		path := ""
		if isVisit(r) && isSeen(r) && chapterOf(r.URL.Path) != "" {
			path = r.URL.Path
		}
		engine, key := a.engineOf(r), sessions.From(r).Key()
		news := a.room.Saw(m.ID, path, engine)
		if key != "" {
			a.room.HasKey(m.ID, engine, key)
		}
		if m.teacher || !news {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), accountTimeout)
		defer cancel()
		if path == "" {
			path = m.Chapter
		}
		err := a.room.Learners.Visit(ctx, m.ID, path, engine)
		if err != nil && !errors.Is(err, learners.ErrNotFound) { // the board has it from memory
			a.log.WarnContext(ctx, "note where a learner is", "err", err)
		}
	})
}

// chapterOf is the title of the chapter that a path belongs to, or of the mission in its
// fragment, "" for none.
func chapterOf(path string) string {
	path, id, _ := strings.Cut(path, "#")
	if m, ok := missions.Find(id); ok {
		return m.Title
	}
	return views.ChapterTitle(path)
}

// bar is what the page shows of the class, nil where there is none.
func (a *App) bar(r *http.Request) *views.ClassBar {
	m := memberOf(r.Context())
	if m == nil {
		return nil
	}
	return a.room.Bar(m.ID, m.Name, m.Colour)
}

// swapCookies has the browser of a learner who plays a thief send and hold the cookie of the
// session that was stolen, and later the former one again.
func (a *App) swapCookies(w http.ResponseWriter, r *http.Request, id string) {
	has := func(engine string) string {
		c, err := r.Cookie(a.engines.Manager(engine).Config().Cookie.Name)
		if err != nil {
			return ""
		}
		return c.Value
	}
	engine, key, ok := a.room.Swap(id, has)
	if !ok {
		return
	}
	cookies := r.Cookies()
	r.Header.Del("Cookie")
	put := func(name, value string) {
		age := 0
		if value == "" {
			age = -1
		}
		http.SetCookie(w, &http.Cookie{
			Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
		if cookies = slices.DeleteFunc(cookies, func(c *http.Cookie) bool { return c.Name == name }); value != "" {
			cookies = append(cookies, &http.Cookie{Name: name, Value: value})
		}
	}
	put(a.engines.Manager(engine).Config().Cookie.Name, key)
	put(engineCookie, engine)
	for _, c := range cookies {
		r.AddCookie(c)
	}
}

// clientAddr is the address whose limits r counts for. A learner of a class has one of their
// own, made up from who they are: a room is often behind one address.
func clientAddr(r *http.Request) netip.Addr {
	m := memberOf(r.Context())
	if m == nil || m.teacher {
		return proxy.Client(r)
	}
	addr := [16]byte{0xfd} // of those that no network has
	copy(addr[1:7], m.ID)
	return netip.AddrFrom16(addr)
}

// Room is the class, nil where there is none.
func (a *App) Room() *class.Room { return a.room }

// newRoom opens the class.
func (a *App) newRoom(ctx context.Context) (err error) {
	a.room, err = class.New(ctx, a.db, a.learners, class.Options{
		Secret: a.settings.SecretKey, Missions: a.missions, Chapter: chapterOf,
	})
	return err
}

// behindGate puts the class's gate before an engine.
func (a *App) behindGate(e sessions.Engine) sessions.Engine {
	if a.room == nil {
		return e
	}
	return a.room.Gate().Engine(e)
}

// tellRoom has the class know what happened to the session of one of its members.
func (a *App) tellRoom(ctx context.Context, engine string, e sessions.Event) {
	m := memberOf(ctx)
	s, ok := sessions.FromContext(ctx)
	if a.room == nil || m == nil || !ok {
		return
	}
	path := ""
	if route := chi.RouteContext(ctx); route != nil { // patterns: nothing that somebody typed
		pattern := strings.ReplaceAll(strings.Join(route.RoutePatterns, ""), "/*/", "/")
		path = strings.TrimSpace(route.RouteMethod + " " + pattern)
	}
	a.room.Observe(m.ID, engine, path, e, s.Manager().Traits())
}

// openRoom tells the class at which address the others reach it.
func (a *App) openRoom(l net.Listener) {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsUnspecified() {
		host = config.RoomHost()
	}
	a.room.Open("http://" + net.JoinHostPort(host, port) + "/")
}

// show answers with a page of the class. It asks for no session, so that the board goes on
// while the store is silent; the theme is the system's, or that in the address.
func (a *App) show(w http.ResponseWriter, r *http.Request, status int, page views.Page) error {
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Cache-Control", "no-store")
	if accept.JSON(r) {
		return writeJSON(w, status, page)
	}
	f := views.Frame{Path: r.URL.Path, Theme: r.URL.Query().Get("theme")}
	return writePage(w, r, status, page.HTML(f))
}

// stream sends what pick takes out of each new frame, as server-sent events, until the browser
// or the server goes.
func (a *App) stream(w http.ResponseWriter, r *http.Request, pick func(class.Frame) string) error {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy must not hold the events back
	if r.Method == http.MethodHead {
		return nil
	}
	control := http.NewResponseController(w)
	send := func(text string) bool {
		_ = control.SetWriteDeadline(time.Now().Add(10 * time.Second))
		_, err := w.Write([]byte(text))
		return err == nil && control.Flush() == nil
	}
	beat := time.NewTicker(15 * time.Second)
	defer beat.Stop()
	if !send("retry: 1000\n\n") {
		return nil
	}
	for sent := ""; ; {
		frame, next := a.room.Latest()
		if now := pick(frame); now != sent {
			data, err := json.Marshal(now)
			if err != nil || !send("data: "+string(data)+"\n\n") {
				return err
			}
			sent = now
		}
		select {
		case <-next:
		case <-beat.C:
			if !send(":\n\n") {
				return nil
			}
		case <-a.room.Closed():
			return nil
		case <-r.Context().Done():
			return nil
		}
	}
}

// allChapters are the paths of all chapters.
func allChapters() (paths []string) {
	for _, g := range views.Chapters() {
		for _, c := range g.Chapters {
			paths = append(paths, c.Path)
		}
	}
	return paths
}
