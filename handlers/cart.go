package handlers

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/govalues/decimal"

	"sessionlab/handlers/accept"
	"sessionlab/handlers/catalog"
	"sessionlab/sessions"
	"sessionlab/views"
)

// cartOf maps a product's id, as text because JSON has no other keys, to what is in the cart.
type cartOf map[string]catalog.Item

var cartKey = sessions.Key[cartOf]("cart")

// maxProducts bounds the cart, so that it fits into a cookie too.
const maxProducts = 30

// cart shows what is in the cart and what there is to buy. GET /cart/
func (a *App) cart(w http.ResponseWriter, r *http.Request) error {
	return a.showCart(w, r, http.StatusOK, "", "", "")
}

// showCart draws the cart; id, typed and fault tell of a quantity that was refused.
func (a *App) showCart(w http.ResponseWriter, r *http.Request, status int, id, typed, fault string) error {
	if fault != "" && accept.JSON(r) {
		return badRequest(fault)
	}
	s := sessions.From(r)
	products, err := a.catalog.All(r.Context())
	if err != nil {
		return err
	}
	return a.show(w, r, status, func(p views.Page) answer {
		cart := cartKey.Get(s)
		d := views.CartData{Max: catalog.MaxQuantity}
		for _, product := range products {
			key := strconv.FormatInt(product.ID, 10)
			d.Products = append(d.Products, views.Product{ID: int(product.ID), Name: product.Name, About: product.Blurb, Price: product.Price.String(), InCart: cart[key].Quantity})
		}
		sold, total := linesOf(cart, products, &d)
		d.Total = total.String()
		for i := range d.Items {
			if fault != "" && d.Items[i].ID == id {
				d.Items[i].Typed, d.Items[i].Error = typed, fault
			}
		}
		return answer{map[string]any{"items": sold, "total": d.Total}, views.Cart(p, d)}
	})
}

// linesOf fills in the lines of the cart. What is damaged or sold no longer is shown, and
// not counted.
func linesOf(cart cartOf, products []catalog.Product, d *views.CartData) (cartOf, decimal.Decimal) {
	total, sold := decimal.MustParse("0.00"), cartOf{}
	for _, id := range slices.SortedFunc(maps.Keys(cart), byNumber) {
		item := cart[id]
		known := slices.ContainsFunc(products, func(p catalog.Product) bool { return strconv.FormatInt(p.ID, 10) == id })
		sum, err := item.Subtotal()
		if err == nil && known {
			if t, err := total.Add(sum); err == nil {
				total = t
				sold[id] = item
				d.Quantity += item.Quantity
			}
		}
		line := views.CartItem{ID: id, Name: item.Name, Price: item.Price, Quantity: item.Quantity, Gone: !known || err != nil}
		if err == nil {
			line.Sum = sum.String()
		}
		d.Items = append(d.Items, line)
	}
	return sold, total
}

func byNumber(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// addToCart adds one of a product. POST /cart/add/{id}/
func (a *App) addToCart(w http.ResponseWriter, r *http.Request) error {
	product, err := a.product(r)
	if err != nil {
		return err
	}
	s, id := sessions.From(r), chi.URLParam(r, "id")
	var fault string
	cartKey.Update(s, func(cart cartOf) cartOf {
		fault = ""
		if cart == nil {
			cart = cartOf{}
		}
		item, err := catalog.NewItem(product, cart[id].Quantity+1)
		switch {
		case err != nil:
			fault = fmt.Sprintf("You have %d of these already, and that is the most the cart takes.", catalog.MaxQuantity)
		case len(cart) >= maxProducts && cart[id].Quantity == 0:
			fault = fmt.Sprintf("The cart takes %d different products.", maxProducts)
		default:
			cart[id] = item
		}
		return cart
	})
	if fault != "" {
		return badRequest(fault)
	}
	s.AddMessage(sessions.Success, product.Name+" is in your cart.")
	return a.redirect(w, r, "/cart/", "one "+product.Name+" was added")
}

// updateCart sets how many of a product there are. POST /cart/update/{id}/
func (a *App) updateCart(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	id, typed := chi.URLParam(r, "id"), strings.TrimSpace(r.PostForm.Get("quantity"))
	n, err := strconv.Atoi(typed)
	if err == nil {
		err = catalog.CheckQuantity(n)
	}
	if err != nil {
		return a.showCart(w, r, http.StatusBadRequest, id, clip(typed, 20), fmt.Sprintf("A quantity is a whole number from 1 to %d.", catalog.MaxQuantity))
	}
	found := false
	cartKey.Update(sessions.From(r), func(cart cartOf) cartOf {
		var item catalog.Item
		if item, found = cart[id]; found {
			item.Quantity = n
			cart[id] = item
		}
		return cart
	})
	if !found {
		return &statusError{http.StatusNotFound, "This product is not in your cart.", nil}
	}
	return a.redirect(w, r, "/cart/", fmt.Sprintf("the quantity is %d now", n))
}

// removeFromCart takes a product out, whether it is still sold or not. POST /cart/remove/{id}/
func (a *App) removeFromCart(w http.ResponseWriter, r *http.Request) error {
	id := chi.URLParam(r, "id")
	if _, ok := cartKey.Get(sessions.From(r))[id]; !ok {
		return &statusError{http.StatusNotFound, "This product is not in your cart.", nil}
	}
	cartKey.Update(sessions.From(r), func(cart cartOf) cartOf {
		delete(cart, id)
		return cart
	})
	return a.redirect(w, r, "/cart/", "a product was removed")
}

// clearCart empties the cart. POST /cart/clear/
func (a *App) clearCart(w http.ResponseWriter, r *http.Request) error {
	cartKey.Delete(sessions.From(r))
	return a.redirect(w, r, "/cart/", "the cart was deleted")
}

// product is the one in the address, or a 404 that says so.
func (a *App) product(r *http.Request) (catalog.Product, error) {
	text := chi.URLParam(r, "id")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(id, 10) != text {
		return catalog.Product{}, &statusError{http.StatusNotFound, "There is no such product.", err}
	}
	product, err := a.catalog.Get(r.Context(), id)
	if errors.Is(err, catalog.ErrNotFound) {
		return product, &statusError{http.StatusNotFound, "There is no such product.", err}
	}
	return product, err
}
