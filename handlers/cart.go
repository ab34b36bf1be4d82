package handlers

import (
	"net/http"
	"strconv"

	"sessionlab/handlers/catalog"
	"sessionlab/handlers/forms"
	"sessionlab/sessions"
	"sessionlab/views"
)

var cart = sessions.Key[catalog.Cart]("cart")

// cart shows what is in the cart and what there is to buy. GET /cart/
func (a *App) cart(w http.ResponseWriter, r *http.Request) error {
	products, err := a.catalog.All(r.Context())
	if err != nil {
		return err
	}
	lines, total := cart.Get(sessions.From(r)).Lines(products)
	page := views.Cart{
		Items: map[string]views.CartLine{}, Total: total, Most: catalog.MaxQuantity,
	}
	for _, line := range lines {
		page.Put(views.CartLine(line))
	}
	for _, p := range products {
		page.Offer(strconv.FormatInt(p.ID, 10), p.Name, p.Blurb, p.Price.String())
	}
	page.Errors = refused(r, &page.Refused)
	return a.render(w, r, page)
}

// addToCart puts one more of a product into the cart. POST /cart/add/{id}/
func (a *App) addToCart(w http.ResponseWriter, r *http.Request) error {
	product, err := a.catalog.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err // catalog.ErrNotFound is a 404, see errors.go
	}
	s := sessions.From(r)
	_, err = cart.TryUpdate(s, func(c catalog.Cart) (catalog.Cart, error) {
		return c.Add(product)
	})
	if err != nil {
		return err // catalog.ErrFull is a 422 with its own words
	}
	s.AddMessage(sessions.Success, product.Name+" is in your cart.")
	return a.redirect(w, r, "/cart/")
}

// updateCart sets how many of a product are in the cart. POST /cart/update/{id}/
func (a *App) updateCart(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Quantity int `form:"quantity" validate:"between=1 99"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	s := sessions.From(r)
	_, err := cart.TryUpdate(s, func(c catalog.Cart) (catalog.Cart, error) {
		return c.Set(r.PathValue("id"), form.Quantity)
	})
	if err != nil {
		return err
	}
	return a.redirect(w, r, "/cart/")
}

// removeFromCart takes a product out, still sold or not. POST /cart/remove/{id}/
func (a *App) removeFromCart(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	_, err := cart.TryUpdate(s, func(c catalog.Cart) (catalog.Cart, error) {
		return c.Remove(r.PathValue("id"))
	})
	if err != nil {
		return err
	}
	return a.redirect(w, r, "/cart/")
}

// clearCart empties the cart. POST /cart/clear/
func (a *App) clearCart(w http.ResponseWriter, r *http.Request) error {
	cart.Delete(sessions.From(r))
	return a.redirect(w, r, "/cart/")
}
