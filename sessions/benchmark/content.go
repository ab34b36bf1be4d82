package main

import (
	"fmt"
	"net/http"
)

// What sessions hold, in bytes of JSON. Each size has a page that makes such a session.
const (
	small = 17   // a counter
	shop  = 600  // what a visitor of a shop leaves there: preferences, cart, searches, a sign-in
	large = 4000 // and all that they looked at
)

// item is a line of a cart.
type item struct {
	Name     string `json:"name"`
	Price    string `json:"price"`
	Quantity int    `json:"quantity"`
}

var (
	preferences = map[string]string{"language": "en", "per_page": "20"}
	cart        = map[string]item{
		"1":  {"Blank notebook", "4.50", 2},
		"7":  {"Desk lamp", "39.90", 1},
		"12": {"Fountain pen, fine nib", "24.00", 1},
	}
	searches = []string{"lamp", "paper", "fountain pen", "ink, blue-black", "envelopes C5"}
	viewed   = func() (all []item) {
		for i := range 60 {
			all = append(all, item{fmt.Sprintf("Article %d", i*i*7919), fmt.Sprintf("%d.%02d", i*37%90, i*53%100), 1})
		}
		return all
	}()
)

// fill makes a session of this size.
func fill(c counter, r *http.Request, size int) {
	c.set(r, "visit_count", 0)
	if size == small {
		return
	}
	c.set(r, "theme_preference", "dark")
	c.set(r, "preferences", preferences)
	c.set(r, "cart", cart)
	c.set(r, "recent_searches", searches)
	c.set(r, "_auth_user_id", "1024")
	c.set(r, "_auth_user_hash", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
	c.set(r, "_csrftoken", "Q2m1yQ8mZt0yXv5WqkR7c3b9N4uJdLsEQ2m1yQ8mZt0yXv5WqkR7c3b9N4uJ")
	if size == large {
		c.set(r, "recently_viewed", viewed)
	}
}
