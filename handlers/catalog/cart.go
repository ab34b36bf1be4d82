package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/govalues/decimal"
)

const (
	// MaxQuantity is how many of one product a cart holds at most.
	MaxQuantity = 99
	// MaxProducts is how many different products a cart holds at most, so that it
	// fits into a cookie too.
	MaxProducts = 30

	scale         = 2  // digits after the point: cents
	maxPriceBytes = 16 // "9999999999999.99": more is damage, not a price
)

var (
	// ErrQuantity: a quantity outside 1 to [MaxQuantity].
	ErrQuantity = fmt.Errorf("catalog: a quantity is a whole number from 1 to %d", MaxQuantity)
	// ErrMost: a cart holds [MaxQuantity] of this product already.
	ErrMost = errors.New("catalog: the cart takes no more of this product")
	// ErrFull: a cart holds [MaxProducts] different products already.
	ErrFull = errors.New("catalog: the cart is full")
	// ErrNotInCart: a cart does not hold this product.
	ErrNotInCart = errors.New("catalog: the product is not in the cart")
	// ErrDamaged: an item's price is no price. A session is data from outside:
	// older code, another program or a hand at the store may have written it.
	ErrDamaged = errors.New("catalog: damaged cart item")
)

// Item is one product in a cart, as the tutorial keeps it in the session: the
// price is the text that stood in the catalogue when the item was added.
type Item struct {
	Name     string `json:"name"`
	Price    string `json:"price"`
	Quantity int    `json:"quantity"`
}

// Cart is what a session keeps of a cart: an item for each product, by the product's id as
// text, because JSON has no other keys. Its methods change a cart that is not nil in place.
type Cart map[string]Item

// Add puts one more of a product into the cart, at today's price. It returns [ErrMost] or
// [ErrFull] if there is no room for it.
func (c Cart) Add(p Product) (Cart, error) {
	id := strconv.FormatInt(p.ID, 10)
	item, here := c[id]
	switch {
	case here && item.Quantity >= MaxQuantity:
		return c, ErrMost
	case !here && len(c) >= MaxProducts:
		return c, ErrFull
	case c == nil:
		c = Cart{}
	}
	c[id] = Item{Name: p.Name, Price: p.Price.String(), Quantity: item.Quantity + 1}
	return c, nil
}

// Set sets how many of a product are in the cart. It returns [ErrNotInCart], or
// [ErrQuantity] for a number outside of 1 to [MaxQuantity].
func (c Cart) Set(id string, quantity int) (Cart, error) {
	item, here := c[id]
	switch {
	case !here:
		return c, ErrNotInCart
	case quantity < 1 || quantity > MaxQuantity:
		return c, ErrQuantity
	}
	item.Quantity = quantity
	c[id] = item
	return c, nil
}

// Remove takes a product out of the cart, whether it is still sold or not. It returns
// [ErrNotInCart] if it is not there.
func (c Cart) Remove(id string) (Cart, error) {
	if _, here := c[id]; !here {
		return c, ErrNotInCart
	}
	delete(c, id)
	return c, nil
}

// Line is an item of a cart as it is shown.
type Line struct {
	ID, Name, Price string
	Quantity        int
	Sum             string // price times quantity; empty for what is not counted
	Gone            bool   // damaged, or sold no longer: it is not counted
}

// Lines returns the cart in the order of the products' ids, with the exact total of what
// can be counted: of products that are still sold, if nobody has damaged their prices.
func (c Cart) Lines(products []Product) (lines []Line, total string) {
	sold := map[string]bool{}
	for _, p := range products {
		sold[strconv.FormatInt(p.ID, 10)] = true
	}
	sum := decimal.MustNew(0, scale)
	for _, id := range slices.SortedFunc(maps.Keys(c), byNumber) {
		item := c[id]
		line := Line{ID: id, Name: item.Name, Price: item.Price, Quantity: item.Quantity, Gone: true}
		if sub, err := item.Subtotal(); err == nil && sold[id] {
			if all, err := sum.AddExact(sub, scale); err == nil {
				sum, line.Sum, line.Gone = all, sub.String(), false
			}
		}
		lines = append(lines, line)
	}
	return lines, sum.String()
}

// byNumber orders ids by their numbers, and what is no number somehow.
func byNumber(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }

// Subtotal is price times quantity, to the cent. It returns [ErrDamaged] or
// [ErrQuantity] for an item that no cart page can have stored.
func (i Item) Subtotal() (decimal.Decimal, error) {
	if i.Quantity < 1 || i.Quantity > MaxQuantity {
		return decimal.Decimal{}, ErrQuantity
	}
	price, err := parsePrice(i.Price)
	if err != nil {
		return decimal.Decimal{}, err
	}
	quantity, err := decimal.New(int64(i.Quantity), 0)
	if err != nil {
		return decimal.Decimal{}, fmt.Errorf("catalog: subtotal: %w", err)
	}
	sum, err := price.MulExact(quantity, scale)
	if err != nil {
		return decimal.Decimal{}, fmt.Errorf("catalog: subtotal: %w", err)
	}
	return sum, nil
}

// parsePrice reads a price with two digits after the point. The text may be
// damaged, so it is not part of the error.
func parsePrice(text string) (decimal.Decimal, error) {
	if len(text) > maxPriceBytes {
		return decimal.Decimal{}, fmt.Errorf("%w: a price of %d bytes", ErrDamaged, len(text))
	}
	price, err := decimal.ParseExact(text, scale)
	if err != nil || price.IsNeg() || price.Scale() != scale {
		return decimal.Decimal{}, fmt.Errorf("%w: its price is no amount with two decimals", ErrDamaged)
	}
	return price, nil
}
