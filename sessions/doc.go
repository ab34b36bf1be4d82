// Package sessions remembers visitors from one request to the next, with the behaviour of
// Django's session framework, and without what is lost there: parallel requests, sessions
// that come back after a sign-out, saves that fail in silence.
//
//	manager, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
//	if err != nil {
//		return err
//	}
//	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
//		n := visits.Update(sessions.From(r), func(n int) int { return n + 1 })
//		fmt.Fprintln(w, "Visit", n)
//	})
//	return http.ListenAndServe("127.0.0.1:8000", manager.Middleware(http.DefaultServeMux))
//
// In a handler, [From] gives the [Session], a dictionary that is loaded at its first use and
// saved before the first byte of the answer. A [Key] names an entry together with its type:
//
//	const visits = sessions.Key[int]("visit_count")
//
// # Engines
//
// An [Engine] keeps the records: in a database (package db), in files (file), in memory
// (cache) or in Redis (redis), in a database behind a cache (cacheddb), or in the visitor's
// own cookie (signedcookies). Package scsstore makes one of any scs.Store. A program compiles
// the engines that it imports, and no driver but its own. Whoever writes an engine puts it
// through package sessionstest.
//
// Records that leave the program's hands are signed with Config.Secret, in Django's form: a
// Django site with the same secret and the same table, files or cookies has the same visitors.
//
// # Two tabs at once
//
// A request is one transaction. It stands on the record that it loaded, and its save is a
// compare-and-swap: it stores only if the record is still that one. If another request saved
// first, the session is loaded again, and what this request did is done again on what is
// there now. One rule says what that may do:
//
//	No acknowledged change of an entry is overwritten by a request
//	that was told what the entry held before that change.
//
// So [Key.Update] and [Session.SetDefault] are computed again, and two tabs that count both
// count. A Set or Delete of an entry that the request never read is applied. A Set or Delete
// of an entry that it was told, and that somebody else has changed since, would lose that
// change: it is an [ErrConflict], answered with 409, and nothing is saved. A session that was
// ended meanwhile is never written back: the answer is 400. A save that fails is never a
// success page: its error takes the place of the whole answer.
//
// What is not promised: two requests that each read the same two entries, and each change
// another one of them, are both saved. Where that matters, keep both in one entry. And a
// session in a cookie has no record to compare: of parallel requests the last answer wins.
//
// # When a session ends
//
// Three clocks may run, and the first to stop ends the session: Age (or what
// [Session.SetExpiry] says) since the last save, IdleTimeout since the last use, AbsoluteAge
// since [Session.StartAbsoluteAge]. They are looked at on every load, for every engine and
// every record, whenever it was written. Reading moves the idle clock alone.
//
// # What it costs
//
// A request that does not touch its session costs two allocations and no call of the engine.
// On the memory engine one that reads costs 16, one that changes 28 and a new visitor 24;
// BenchmarkRequest measures them. Sessions may hold up to 1 MiB; every call takes time in
// proportion to the entries that it is about.
//
// # A new secret
//
// A record whose signature is of no known secret is left alone, with its cookie, until the
// visitor's request stores something. So a secret is changed in three deployments: first the
// new one becomes a fallback in all copies of the program, then it signs while the old one is
// a fallback, and when the old sessions have expired the old one goes. A new [Codec] is
// rolled out the same way, by one that reads both.
//
// # Where to go next
//
// session.go has what a handler uses. txn.go is the transaction, with its rule; save.go is
// the only place that writes; policy.go computes when a session ends; cookie.go is what the
// browser is told; scs.go joins alexedwards/scs, which keeps the entries of one request.
// What happens is told as an [Event], once, to one [Observer].
//
// DJANGO.md goes through Django's behaviour row by row, and says where this differs and why.
// PROMISES.md lists what is promised, to whom, and the tests that show it.
package sessions
