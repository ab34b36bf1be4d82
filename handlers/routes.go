package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"sessionlab/static"
)

// Handler returns the whole app. The middleware stands in the order in which a request
// passes through it, Django's name beside each; the page /middleware/ shows this very list.
func (a *App) Handler() http.Handler {
	r := chi.NewRouter()
	r.Use(a.outermost()...)
	r.Get("/healthz", a.healthz)
	r.Handle("/static/*", static.Handler())
	r.Get("/favicon.ico", http.RedirectHandler(static.URL("icon.svg"), http.StatusFound).ServeHTTP)

	r.Group(func(r chi.Router) {
		r.Use(a.inner()...)
		r.NotFound(a.handle(a.notFound))
		r.MethodNotAllowed(a.handle(a.methodNotAllowed))

		r.Get("/", a.handle(a.home))
		r.Get("/counter/", a.handle(a.counter))
		r.Post("/counter/forget/", a.handle(a.forget))
		r.Get("/preferences/", a.handle(a.preferences))
		r.Post("/preferences/", a.handle(a.savePreferences))
		r.Get("/methods/", a.handle(a.methods))
		r.Post("/methods/", a.handle(a.tryMethod))

		r.Get("/cart/", a.handle(a.cart))
		r.Post("/cart/add/{id}/", a.handle(a.addToCart))
		r.Post("/cart/update/{id}/", a.handle(a.updateCart))
		r.Post("/cart/remove/{id}/", a.handle(a.removeFromCart))
		r.Post("/cart/clear/", a.handle(a.clearCart))
		r.Get("/theme/", a.handle(a.theme))
		r.Post("/theme/", a.handle(a.setTheme))
		r.Get("/form/step-one/", a.handle(a.stepOne))
		r.Post("/form/step-one/", a.handle(a.submitStepOne))
		r.Get("/form/step-two/", a.handle(a.stepTwo))
		r.Post("/form/step-two/", a.handle(a.submitStepTwo))
		r.Get("/form/thank-you/", a.handle(a.thankYou))

		a.accountRoutes(r)
		a.recentRoutes(r)
		a.insideRoutes(r)
		a.experimentsRoutes(r)
		a.eventsRoutes(r)
		if a.debug {
			r.With(a.needsDebug).Route("/lab", a.labRoutes)
		}
	})
	return r
}

// layer is one middleware with what the page /middleware/ says of it.
type layer struct {
	name    string
	django  string
	does    string
	breaks  string
	session bool
	wrap    func(http.Handler) http.Handler
}

// outer layers are passed by every request; the session and what needs it comes after, and
// is not there for /healthz and static files, which must touch no session.
func (a *App) outer() []layer {
	return []layer{
		{"proxies", "", "Finds out the visitor's address, and the host asked for, behind proxies that are trusted.", "Further in, limits and logs would count the proxy.", false, a.proxies.Middleware},
		{"requestID", "", "Gives the request a number.", "Without it, nobody could find the lines of one request in the log.", false, middleware.RequestID},
		{"trace", "", "Writes one line to the log when the request is answered.", "Further in, what happens outside of it would be in no log.", false, a.trace},
		{"recoverer", "", "Turns a panic into one clean error page, and keeps the server alive.", "Inside of the session, a handler that failed half-way would have its session saved.", false, a.recoverer},
		{"secureHeaders", "SecurityMiddleware, XFrameOptionsMiddleware", "Adds the headers that tell browsers what this page may never do.", "Further in, error pages made before it would go out without them.", false, a.secureHeaders},
		{"limits", "CommonMiddleware", "Refuses bodies that are too large.", "After a form was read it would be too late to refuse it.", false, a.limits},
		{"crossOrigin", "CsrfViewMiddleware", "Refuses changes that another site has asked the browser for.", "Inside of the session, a forged request would cost a load, and could end the session before it is refused.", false, a.crossOrigin},
	}
}

func (a *App) within() []layer {
	return []layer{
		{"hosts", "CommonMiddleware", "Refuses requests for hosts that are not this site's.", "Inside of the session, another site that points its name here could begin sessions.", false, a.hosts},
		{"crowd", "", "Works on a bounded number of requests at once. One more waits a little, and is then asked to come again.", "Inside of the session, a crowd could pile up at the store, which is what is scarce.", false, a.crowd},
		{"sessions", "SessionMiddleware", "Reads the cookie, gives the handler its session, saves it before the first byte, sends the cookie.", "Whatever stands before it has no session: accounts, messages and themes would find nobody.", true, a.session},
		{"account", "AuthenticationMiddleware", "Looks up who is signed in, only when somebody asks.", "Before the session it has nothing to look in, and nobody would ever be signed in.", false, a.account},
		{"recently", "", "Counts the visits to each page, for those who have switched that on at /recent/.", "Before the session it has nowhere to count.", false, a.recently},
	}
}

func (a *App) outermost() []func(http.Handler) http.Handler { return wraps(a.outer()) }
func (a *App) inner() []func(http.Handler) http.Handler     { return wraps(a.within()) }

func wraps(layers []layer) []func(http.Handler) http.Handler {
	var all []func(http.Handler) http.Handler
	for _, l := range layers {
		all = append(all, l.wrap)
	}
	return all
}
