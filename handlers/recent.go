package handlers

import (
	"net/http"
	"slices"
	"time"

	"sessionlab/handlers/accept"
	"sessionlab/sessions"
	"sessionlab/views"
)

// recentList is the list of visited pages, the newest first, and whether it is kept at
// all.
type recentList struct {
	On    bool         `json:"on"`
	Pages []recentPage `json:"pages"`
}

type recentPage struct {
	Path  string `json:"path"`
	Count int    `json:"count"`
	Last  int64  `json:"last"` // seconds since 1970
}

var recentPages = sessions.Key[recentList]("recent_pages")

// maxRecent bounds the list, so that the session stays small.
const maxRecent = 10

// recently counts the visits of those who have switched that on. It counts pages of the
// lab that a person opened, before their handler runs. A page that fails is not counted:
// an answer of 500 saves nothing.
func (a *App) recently(next http.Handler) http.Handler {
	titles := chapterTitles(a.hidden(nil))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		opened := titles[r.URL.Path] != "" &&
			isVisit(r) && isNavigation(r) && !accept.JSON(r)
		// Empty loads nothing: whoever comes without a session goes on without one.
		if opened && !s.Empty() && recentPages.Get(s).On {
			recentPages.Update(s, visited(r.URL.Path, time.Now().Unix()))
		}
		next.ServeHTTP(w, r)
	})
}

// visited puts a page to the front of the list. It is a function of the list, so that it
// can be computed again when two tabs are opened at once, and both count.
func visited(path string, now int64) func(recentList) recentList {
	return func(list recentList) recentList {
		if !list.On { // switched off in another tab
			return list
		}
		page := recentPage{Path: path}
		same := func(p recentPage) bool { return p.Path == path }
		if i := slices.IndexFunc(list.Pages, same); i >= 0 {
			page = list.Pages[i]
			list.Pages = slices.Delete(list.Pages, i, i+1)
		}
		page.Count, page.Last = page.Count+1, now
		list.Pages = slices.Insert(list.Pages, 0, page)
		list.Pages = list.Pages[:min(len(list.Pages), maxRecent)]
		return list
	}
}

// chapterTitles are the titles of the pages that are counted: the chapters of this run.
func chapterTitles(hidden []string) map[string]string {
	titles := map[string]string{}
	for _, group := range views.Chapters() {
		for _, c := range group.Chapters {
			if !slices.Contains(hidden, c.Path) {
				titles[c.Path] = c.Title
			}
		}
	}
	return titles
}

// recent shows the pages that this visitor opened last. GET /recent/
func (a *App) recent(w http.ResponseWriter, r *http.Request) error {
	list, titles := recentPages.Get(sessions.From(r)), chapterTitles(a.hidden(r))
	page := views.Recent{On: list.On, Pages: []views.RecentPage{}, Most: maxRecent}
	for _, p := range list.Pages {
		if titles[p.Path] == "" { // a session is input: only pages of this run are shown
			continue
		}
		page.Pages = append(page.Pages, views.RecentPage{
			Path: p.Path, Title: titles[p.Path], Count: p.Count, Last: p.Last,
		})
	}
	return a.render(w, r, page)
}

// startRecent begins to keep the list. POST /recent/start/
func (a *App) startRecent(w http.ResponseWriter, r *http.Request) error {
	recentPages.Update(sessions.From(r), func(list recentList) recentList {
		list.On = true
		return list
	})
	return a.redirect(w, r, "/recent/")
}

// stopRecent keeps the list as it is. POST /recent/stop/
func (a *App) stopRecent(w http.ResponseWriter, r *http.Request) error {
	if s := sessions.From(r); recentPages.Has(s) {
		recentPages.Update(s, func(list recentList) recentList {
			list.On = false
			return list
		})
	}
	return a.redirect(w, r, "/recent/")
}

// clearRecent empties the list; if it is being kept, it begins anew. POST /recent/clear/
func (a *App) clearRecent(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	if recentPages.Get(s).On {
		recentPages.Update(s, func(list recentList) recentList {
			return recentList{On: list.On}
		})
	} else {
		recentPages.Delete(s)
	}
	return a.redirect(w, r, "/recent/")
}
