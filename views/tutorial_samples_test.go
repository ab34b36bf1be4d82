package views_test

import (
	"strconv"
	"time"

	"sessionlab/views"
)

// nasty is what a visitor may have stored: it must come out as text, everywhere .
const nasty = `"><img src=x onerror=alert(1)></script><script>alert(1)</script>javascript:{{7*7}}'`

// tutorial are the pages of the tutorial's own examples.
func tutorial() []sample {
	p := func(name, path string, page views.Page) sample { return sample{name, page.HTML, path} }
	return []sample{
		p("preferences", "/preferences/", views.Preferences{
			Values: views.PreferenceValues{Theme: "dark", Font: "large", Sidebar: true}, Stored: true,
			Query: "cart", Most: 10, RecentSearches: []string{"cart", "cookies", "how long does a session last", nasty},
		}),
		p("preferences-new", "/preferences/", views.Preferences{
			Values: views.PreferenceValues{Theme: "system", Font: "medium"}, Most: 10,
		}),
		p("preferences-wrong", "/preferences/", views.Preferences{
			Values: views.PreferenceValues{Theme: "purple", Font: "huge"}, Query: nasty, Most: 10,
			Errors: views.Errors{"theme": "Choose one of these.", "font_size": "Choose one of these.", "q": "This field is required."},
		}),
		p("methods", "/methods/", views.Methods{
			Typed: views.MethodForm{Key: "user_id", Value: "42", Default: "nobody"},
			Keys:  []string{"visit_count", "try_user_id", "recent_searches"}, Ends: "6 December at 20:41",
			MethodResult: &views.MethodResult{
				Call: `s.Get("try_user_id", &value)`, Django: `request.session.get("try_user_id", "nobody")`, Answer: `"42"`,
				Means: "There is such a key, so the default was not needed.",
			},
		}),
		p("methods-changed", "/methods/", views.Methods{
			Typed: views.MethodForm{Key: nasty, Value: nasty, Default: nasty}, Keys: []string{nasty},
			MethodResult: &views.MethodResult{Call: `s.Set(` + nasty, Django: nasty, Answer: nasty, Means: nasty, Modified: true},
			Errors:       views.Errors{"key": "Enter at most 60 characters."},
		}),
		p("methods-new", "/methods/", views.Methods{}),
		p("cart", "/cart/", cart()),
		p("cart-empty", "/cart/", views.Cart{Total: "0.00", Products: cart().Products}),
		p("cart-full", "/cart/", views.Cart{Total: "0.00", Errors: views.Errors{"": "The cart is full."}}),
		p("theme", "/theme/", views.Theme{ThemePreference: "system"}),
		p("step-one", "/form/step-one/", views.StepOne{
			Names: views.Names{FullName: "Ann", Email: "ann@example.org"}, Stored: &views.Names{}, Token: "T",
		}),
		p("step-one-wrong", "/form/step-one/", views.StepOne{
			Names:  views.Names{Email: nasty},
			Errors: views.Errors{"full_name": "This field is required.", "email": "Enter an email address like name@example.org."},
		}),
		p("step-two", "/form/step-two/", views.StepTwo{
			Names: views.Names{FullName: "Ann", Email: nasty}, Tracks: []string{"go", "django", "both"},
			Seats: "0", Most: 10, Notes: nasty, Token: nasty,
			Errors: views.Errors{"track": "Choose one of these.", "seats": "Enter a whole number from 1 to 10."},
		}),
		p("thank-you", "/form/thank-you/", views.ThankYou{
			Submission: new(int64(42)), When: time.Date(2026, 3, 1, 20, 41, 0, 0, time.UTC),
			Names: views.Names{FullName: "Ann", Email: "ann@example.org"}, Answers: views.Answers{Track: "go", Seats: 2, Notes: nasty},
		}),
		p("thank-you-early", "/form/thank-you/", views.ThankYou{}),
	}
}

func cart() views.Cart {
	c := views.Cart{
		Items: map[string]views.CartLine{}, Most: 99, Total: "65.96",
		Refused: views.RefusedQuantity{ID: "3", Quantity: "-1"}, Errors: views.Errors{"quantity": "Enter a whole number from 1 to 99."},
	}
	for _, line := range []views.CartLine{
		{ID: "1", Name: "Pocket notebook", Price: "8.50", Sum: "17.00", Quantity: 2},
		{ID: "3", Name: "A rather long product name, for a lamp", Price: "24.48", Sum: "48.96", Quantity: 2},
		{ID: "99", Name: nasty, Price: "3.00", Quantity: 1, Gone: true},
	} {
		c.Put(line)
	}
	for i, name := range []string{"Pocket notebook", "Enamel mug", "Desk lamp", "Wool socks", "Tea towel", "Fountain pen", "Cork board", "Bicycle bell", "Paper globe", "Chess set", "Garden twine", "Umbrella"} {
		c.Offer(strconv.Itoa(i+1), name, "One line on what it is and why one wants it.", "19.99")
	}
	return c
}
