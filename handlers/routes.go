package handlers

import (
	"context"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"sessionlab/handlers/second"
	"sessionlab/static"
	"sessionlab/views"
)

// open says for whom a route is there.
type open int

const (
	toAll        open = iota // every visitor, with a session
	toDebug                  // with DEBUG only: it shows or tries the internals of sessions
	toAnyClient              // without a session: it must touch none
	toDebugApart             // with DEBUG only, and without a session: a program of its own
	toClass                  // in a class only
	toMember                 // in a class only, whatever the session store does: nobody is looked up
	toTeacher                // the same, for the teacher
)

// inDebug reports whether the route is there with DEBUG only.
func (o open) inDebug() bool { return o == toDebug || o == toDebugApart }

// route is one line of the table: who answers what. The page shows the source of the
// handler with this name.
type route struct {
	method, path string
	name         string
	handler      handlerFunc
	open         open
}

// routes are all addresses of the app.
func (a *App) routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/", "home", a.home, toAll},
		{get, "/counter/", "counter", a.counter, toAll},
		{post, "/counter/forget/", "forget", a.forget, toAll},
		{get, "/preferences/", "preferences", a.preferences, toAll},
		{post, "/preferences/", "savePreferences", a.savePreferences, toAll},
		{get, "/methods/", "methods", a.methods, toAll},
		{post, "/methods/", "tryMethod", a.tryMethod, toAll},
		{get, "/cart/", "cart", a.cart, toAll},
		{post, "/cart/add/{id}/", "addToCart", a.addToCart, toAll},
		{post, "/cart/update/{id}/", "updateCart", a.updateCart, toAll},
		{post, "/cart/remove/{id}/", "removeFromCart", a.removeFromCart, toAll},
		{post, "/cart/clear/", "clearCart", a.clearCart, toAll},
		{get, "/theme/", "theme", a.theme, toAll},
		{post, "/theme/", "setTheme", a.setTheme, toAll},
		{get, "/form/step-one/", "stepOne", a.stepOne, toAll},
		{post, "/form/step-one/", "submitStepOne", a.submitStepOne, toAll},
		{get, "/form/step-two/", "stepTwo", a.stepTwo, toAll},
		{post, "/form/step-two/", "submitStepTwo", a.submitStepTwo, toAll},
		{get, "/form/thank-you/", "thankYou", a.thankYou, toAll},

		{get, "/login/", "login", a.login, toAll},
		{post, "/login/", "signIn", a.signIn, toAll},
		{post, "/logout/", "signOut", a.signOut, toAll},
		{get, "/signup/", "signup", a.signup, toAll},
		{post, "/signup/", "register", a.register, toAll},
		{get, "/account/", "myAccount", a.myAccount, toAll},
		{post, "/account/password/", "changePassword", a.changePassword, toAll},
		{post, "/account/sign-out-everywhere/", "signOutEverywhere", a.signOutEverywhere, toAll},
		{post, "/account/end/", "endSignIn", a.endSignIn, toAll},
		{post, "/account/idle/", "setIdle", a.setIdle, toAll},
		{post, "/account/stay/", "stay", a.stay, toAll},

		{get, "/engines/", "compareEngines", a.compareEngines, toAll},
		{post, "/engines/", "chooseEngine", a.chooseEngine, toDebug},
		{post, "/engines/measure/", "measureEngines", a.measureEngines, toDebug},
		{post, "/engines/race/", "raceEngines", a.raceEngines, toDebug},
		{get, "/race/", "race", a.race, toAll},
		{get, "/settings/", "listSettings", a.listSettings, toAll},
		{post, "/settings/", "trySettings", a.trySettings, toDebug},
		{post, "/settings/pass/", "letTimePass", a.letTimePass, toDebug},
		{get, "/middleware/", "listMiddleware", a.listMiddleware, toAll},
		{get, "/security/", "checkSecurity", a.checkSecurity, toAll},
		{post, "/security/try/", "trySecurity", a.trySecurity, toDebug},
		{get, "/security/xss/", "scriptFrame", a.scriptFrame, toDebug},
		{get, "/debug/", "debugSession", a.debugSession, toDebug},
		{post, "/debug/", "setTestKey", a.setTestKey, toDebug},
		{get, "/debug/faults/", "listFaults", a.listFaults, toDebug},
		{get, "/debug/faults/{fault}/", "showFault", a.showFault, toDebug},
		{post, "/debug/faults/{fault}/", "actOnFault", a.actOnFault, toDebug},
		{get, "/debug/faults/{fault}/{version}/", "runFault", a.runFault, toDebugApart},
		{post, "/debug/faults/{fault}/{version}/", "runFault", a.runFault, toDebugApart},
		{get, "/events/", "eventLog", a.eventLog, toDebug},
		{get, "/events/stream", "eventStream", a.eventStream, toDebug},

		{get, "/recent/", "recent", a.recent, toAll},
		{post, "/recent/start/", "startRecent", a.startRecent, toAll},
		{post, "/recent/stop/", "stopRecent", a.stopRecent, toAll},
		{post, "/recent/clear/", "clearRecent", a.clearRecent, toAll},
		{get, "/experiments/", "abTests", a.abTests, toAll},
		{post, "/experiments/", "actOnTest", a.actOnTest, toAll},

		{post, "/predict/", "predict", a.predict, toAll},
		{get, "/missions/", "missionList", a.missionList, toDebug},
		{post, "/missions/{mission}/hint/", "openMissionHint", a.openMissionHint, toDebug},
		{post, "/missions/{mission}/answer/", "answerMission", a.answerMission, toDebug},
		{post, "/missions/read-signed-cookie/word/", "hideWord", a.hideWord, toDebug},
		{post, "/missions/outgrow/ballast/", "addBallast", a.addBallast, toDebug},
		{post, "/missions/outage/silence/", "silenceStore", a.silenceStore, toDebug},
		{post, "/missions/reset/", "resetMissions", a.resetMissions, toDebug},
		{post, "/missions/here/", "becomeMe", a.becomeMe, toDebug},

		{get, "/exercises/{n}/", "exercise", a.exercise, toAll},
		{get, "/exercises/{n}/starter.{ext}", "exerciseStarter", a.exerciseStarter, toAll},
		{post, "/exercises/{n}/hint/", "openHint", a.openHint, toAll},
		{post, "/exercises/{n}/check/", "checkExercise", a.checkExercise, toDebug},
		{get, "/glossary/", "glossary", a.glossary, toAll},
		{get, "/patterns/", "listPatterns", a.listPatterns, toAll},
		{get, "/patterns/{name}/", "showPattern", a.showPattern, toAll},

		{post, "/lab/set", "labSet", a.labSet, toDebug},
		{get, "/lab/get", "labGet", a.labGet, toDebug},
		{post, "/lab/incr", "labIncr", a.labIncr, toDebug},
		{post, "/lab/slow", "labSlow", a.labSlow, toDebug},
		{post, "/lab/fail", "labFail", a.labFail, toDebug},
		{post, "/lab/panic", "labPanic", a.labPanic, toDebug},
		{get, "/lab/stream", "labStream", a.labStream, toDebug},
		{post, "/lab/flush", "labFlush", a.labFlush, toDebug},

		{get, "/join/", "joinPage", a.joinPage, toClass},
		{post, "/join/", "join", a.join, toClass},
		{post, "/join/back/", "comeBack", a.comeBack, toClass},
		{get, "/join/bar/", "classBar", a.classBar, toMember},
		{get, "/join/stream", "classStream", a.classStream, toMember},
		{post, "/join/hand/", "raiseHand", a.raiseHand, toMember},
		{post, "/join/follow/", "followTeacher", a.followTeacher, toMember},
		{post, "/join/answer/", "answerQuestion", a.answerQuestion, toMember},
		{post, "/join/click/", "clickTogether", a.clickTogether, toMember},
		{post, "/join/consent/", "consent", a.consent, toMember},
		{get, "/teach/", "teach", a.teach, toMember},
		{post, "/teach/enter/", "enterAsTeacher", a.enterAsTeacher, toMember},
		{post, "/teach/leave/", "leaveAsTeacher", a.leaveAsTeacher, toTeacher},
		{get, "/teach/stream", "boardStream", a.boardStream, toTeacher},
		{get, "/teach/export.csv", "exportClass", a.exportClass, toTeacher},
		{get, "/teach/plan/", "classPlan", a.classPlan, toTeacher},
		{get, "/teach/learners/{id}/", "learnerStory", a.learnerStory, toTeacher},
		{post, "/teach/learners/{id}/rename/", "renameLearner", a.renameLearner, toTeacher},
		{post, "/teach/learners/{id}/remove/", "removeLearner", a.removeLearner, toTeacher},
		{post, "/teach/learners/{id}/reset/", "resetLearner", a.resetLearner, toTeacher},
		{post, "/teach/learners/{id}/hand/", "handDown", a.handDown, toTeacher},
		{post, "/teach/lead/", "leadClass", a.leadClass, toTeacher},
		{post, "/teach/hint/", "hintForAll", a.hintForAll, toTeacher},
		{post, "/teach/ask/", "askClass", a.askClass, toTeacher},
		{post, "/teach/reveal/", "revealAnswer", a.revealAnswer, toTeacher},
		{post, "/teach/dismiss/", "clearScreen", a.clearScreen, toTeacher},
		{post, "/teach/freeze/", "freezeClass", a.freezeClass, toTeacher},
		{post, "/teach/countdown/", "countDown", a.countDown, toTeacher},
		{post, "/teach/lock/", "lockDoor", a.lockDoor, toTeacher},
		{post, "/teach/run/", "runExperiment", a.runExperiment, toTeacher},
		{post, "/teach/steal/", "stealCookie", a.stealCookie, toTeacher},
		{post, "/teach/reset/mission/", "resetMission", a.resetMission, toTeacher},
		{post, "/teach/reset/class/", "resetClass", a.resetClass, toTeacher},
		{get, "/screen/", "screen", a.screen, toTeacher},
		{get, "/screen/stream", "screenStream", a.screenStream, toTeacher},

		{post, "/second/", "setSecond", a.setSecond, toDebug},
		{post, "/source/", "chooseTab", a.chooseTab, toDebug},
		{get, "/healthz", "healthz", a.healthz, toAnyClient},
		{get, "/favicon.ico", "favicon", a.favicon, toAnyClient},
	}
}

// Handler returns the whole app.
func (a *App) Handler() http.Handler { return a.panel.Middleware(a.secondVisitor(a.router())) }

// router is the app without the panel, which watches what visitors do, and without the second
// visitor.
func (a *App) router() http.Handler {
	r := chi.NewRouter()
	r.Use(wraps(a.outer())...)
	r.Handle("/static/*", static.Handler())
	within := a.within()
	inner := r.With(wraps(within)...)
	apart := slices.IndexFunc(within, isCrowd) // before it stands who may ask at all
	members := r.With(wraps(within[:1+slices.IndexFunc(within, isSession)])...)
	for _, rt := range a.served() {
		switch rt.open {
		case toAnyClient:
			r.Method(rt.method, rt.path, a.handle(rt))
		case toMember, toTeacher:
			members.Method(rt.method, rt.path, a.handle(rt))
		case toDebugApart:
			r.With(wraps(within[:apart])...).Method(rt.method, rt.path, a.handle(rt))
		default:
			inner.Method(rt.method, rt.path, a.handle(rt))
		}
	}
	inner.NotFound(a.handle(route{name: "notFound", handler: a.notFound}))
	inner.MethodNotAllowed(a.handle(route{name: "methodNotAllowed", handler: a.methodNotAllowed}))
	return r
}

func isSession(l layer) bool { return l.session }
func isCrowd(l layer) bool   { return l.name == "crowd" }

// served are the routes of this run.
func (a *App) served() []route {
	return slices.DeleteFunc(a.routes(), func(rt route) bool {
		return rt.open.inDebug() && !a.debug || rt.open >= toClass && a.room == nil
	})
}

// hidden are the pages that are not there for this request, or with nil in this run.
func (a *App) hidden(r *http.Request) (paths []string) {
	if a.debug && (r == nil || a.debugOn(r)) {
		return nil
	}
	for _, rt := range a.routes() {
		if rt.open.inDebug() && rt.method == http.MethodGet {
			paths = append(paths, rt.path)
		}
	}
	if r != nil && second.Is(r) {
		for _, group := range views.Chapters() {
			for _, c := range group.Chapters {
				if !secondServes(c.Path) {
					paths = append(paths, c.Path)
				}
			}
		}
	}
	return paths
}

type routeKey struct{}

// withRoute notes which route answers the request.
func withRoute(r *http.Request, rt route) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), routeKey{}, rt))
}

// routeOf is the route that answers the request, the zero route before one was found.
func routeOf(r *http.Request) route {
	rt, _ := r.Context().Value(routeKey{}).(route)
	return rt
}
