package views_test

import (
	"github.com/a-h/templ"

	"sessionlab/views"
)

// faulty are the pages of the programs with a fault.
func faulty() []sample {
	tips := []views.FaultTip{
		{N: 1, Title: "Look at the order of the middleware", Find: "A layer that needs the session must stand inside of it."},
		{N: 2, Title: "Look at the cookie in the response's headers", Find: nasty},
	}
	open := views.Fault{
		Name: "late", Title: "The answer is quick",
		Should: "The page counts your visits: 1, 2, 3.", Happens: "Each visit is the first one.",
		App: "/debug/faults/late/faulty/", Tips: tips, Tip: 1, Code: "func late() {}\n",
		Before: views.Source{Title: "The code with its fault", Text: "func late() {}\n"}, Next: "/debug/faults/secret/",
	}
	found := open
	found.Tip, found.Found, found.Repaired, found.Next = 2, true, true, ""
	found.Cause, found.Repair, found.Django = nasty, "Write the answer afterwards.", "The same."
	found.After = views.Source{Title: "The code after the repair", Text: "func early() {}\n"}
	return []sample{
		{"faults", views.Faults{Found: 1, Faults: []views.FaultLink{
			{
				Name: "late", Title: "The answer is quick", Happens: "Each visit is the first one.",
				Path: "/debug/faults/late/", Found: true, Repaired: true,
			},
			{Name: "secret", Title: "The program was restarted", Happens: nasty, Path: "/debug/faults/secret/"},
		}}.HTML, "/debug/faults/"},
		{"fault", open.HTML, "/debug/faults/late/"},
		{"fault-found", found.HTML, "/debug/faults/late/"},
		{"fault-program", func(p views.Frame) templ.Component {
			return views.FaultApp{
				Title: "The wish list stays empty", Path: "/debug/faults/in-place/faulty/", Button: "Add a book", Post: true,
				Report: views.FaultReport{
					Says: nasty, Sent: []string{"shop=" + nasty}, Set: []string{"shop=abc••••; Path=/"}, Told: []string{nasty},
					Stored: map[string]string{nasty: nasty},
				},
			}.HTML(p)
		}, "/debug/faults/in-place/faulty/"},
	}
}
