// Package sessions remembers visitors from one request to the next, with the behaviour of
// Django's session framework and without what is lost there: parallel requests, sessions
// that come back after a sign-out, saves that fail in silence.
//
//	engine := cache.NewMemory(cache.MemoryOptions{})
//	manager, err := sessions.New(sessions.Config{Engine: engine})
//	…
//	http.ListenAndServe(addr, manager.Middleware(mux))
//
// In a handler, [From] gives the [Session], a dictionary that is loaded at its first use and
// saved before the first byte of the answer. A [Key] names an entry together with its type:
//
//	var VisitCount = sessions.Key[int]("visit_count")
//
//	n := VisitCount.Update(sessions.From(r), func(n int) int { return n + 1 })
//
// # Where things are
//
// alexedwards/scs keeps the values of one request ([Manager], scs.go); an [Engine] keeps the
// records: packages db, file, cache, cacheddb and signedcookies below this one, or any
// scs.Store through package scsstore. A [Codec] turns values into bytes; [Signed] writes
// what a Django site with the same SECRET_KEY reads and writes. Package sessionstest has the
// suite that every engine passes. What happens is told as an [Event], once, to one [Observer].
//
// # Requests at the same time
//
// A save is a compare-and-swap: [Engine.Replace] stores only if the record is still the one
// that was loaded. If it is not, the session is loaded again and what this request did is
// done again: an Update is computed anew, a Set or Delete of an entry that nobody else has
// changed, or that this request never read, is applied. A Set or Delete of an entry that the
// request had read and somebody else has changed since is a real conflict, answered with 409:
// to apply it would lose the other change. Nothing is lost in silence, and a record that
// is gone is never written back: the save of a session that was ended meanwhile is answered
// with 400.
//
// # What it costs
//
// A request that does not touch its session costs three allocations and no call of the
// engine; on the memory engine one that reads costs 17 and one that changes 28. BenchmarkRequest
// measures them and TestARequestMakesFewAllocations holds them.
//
// # Where this differs from Django on purpose
//
//   - B-014: iteration over a session is offered ([Session.Items]); Go has no truth value to forbid.
//   - B-015: a change inside a value that was read changes nothing in the session at all, as
//     values are copies; it cannot be forgotten to be marked.
//   - B-016: a value that cannot be stored is refused at Set, not at the save.
//   - B-013, B-127: an emptied session has its record deleted, and Clear loads it first.
//   - B-018: nothing but the methods page enforces that names with an underscore are reserved.
//   - B-026: Modified can be set ([Session.MarkModified]), Accessed cannot.
//   - B-054, B-057, B-101, B-141, B-159 to B-162, B-166, B-172, B-191, B-231, B-295: ways to
//     extend or patch Python classes; here one writes a [Config], a [Codec] or an [Engine].
//   - B-061, B-206: eight new keys in a row that are in use are an error.
//   - B-163, B-294: dates are UTC, as on a Django site with USE_TZ = True.
//   - B-165: one statement each to load, create and replace; a second one only to tell a
//     conflict from a record that is gone.
//   - B-171: the file engine makes its directory, and wants one of its own.
//   - B-174, B-180, B-182, B-186: an odd key is unknown everywhere, an expired file is dropped
//     without a successor, and no placeholder is made that could stay behind.
//   - B-202, B-204, B-253: caches hold JSON too, and an empty session is stored nowhere.
//   - B-207, B-223, B-224, B-228, B-229, B-230: look and write are one step, and a cache entry
//     goes with its row; cached_db asks the table whenever it is not sure.
//   - B-220: entries of the cache have prefixes of their own, which Django does not share.
//   - B-248, B-249, B-250: a session in a cookie has the same methods as any other.
//   - B-255, B-319, B-320: what everybody should know of cookies is said by the pages of the app.
//   - B-273: expired sessions are cleared while the app serves, at an interval.
//   - B-291, B-292: no aliases and serializers by name; an engine is given its cache.
//   - B-304, B-322, B-335: there is no admin site, no page shows a cookie's value, and the
//     cross-origin check needs no token in the session.
//   - B-019, B-102, B-145, B-085, B-084: deprecations, pickle, asynchronous twins and abstract
//     methods of Python have no counterpart.
//   - B-029, B-070, B-073: there is no separate load, exists or create; [Manager.Open] and Save do.
//   - B-033: deleting the test cookie always counts as a change.
//   - B-046, B-052: the expiry is typed; what does not parse counts as the default.
//   - B-048: an age in fractions of a second is cut to whole ones.
//   - B-062: a key has exactly 32 characters out of a-z and 0-9.
//   - B-071, B-072, B-081, B-083: nothing is stored before the save; a request that fails changes nothing.
//   - B-076: parallel saves are merged or refused, the last one does not win.
//   - B-094, B-190, B-232, B-242: after a record that cannot be read the visitor starts
//     afresh under a new key, and the old cookie is deleted.
//   - B-095, B-096, B-177: what cannot be read is a fresh session and a warning, never an exception.
//   - B-097, B-098: SHA-1 signatures and the format from before Django 3.1 are refused.
//   - B-112: an answer of 500 or above sends no cookie at all, not even a deletion.
//   - B-118: all of 5xx save nothing, as in later Django.
//   - B-122: a session whose expiry is in the past is not stored, and its cookie is deleted.
//   - B-126: an unknown cookie is deleted also with SaveEveryRequest, and creates nothing.
//   - B-131: the deletion repeats HttpOnly and Secure, or some browsers keep the cookie.
//   - B-134: only a record that is gone counts as gone; other errors are a 503.
//   - B-135: with SaveEveryRequest a vanished record does not fail a request that only read.
//   - B-139: net/http's order of attributes; it has no meaning.
//   - B-140: of several cookies the first that names a session counts, not the last.
//   - B-143: what is changed after the first byte is stored if the client holds the key,
//     otherwise it is an error that is told.
//   - B-153: a save does not revive a record whose time has passed.
//   - B-317: Redis can hold hashes in place of keys; tables and files hold them in clear, as
//     Django must find them.
//   - B-330: every sign-in cycles the key, that of the same user too; this is the caller's to do.
//
// The engines' packages list what concerns them alone.
package sessions
