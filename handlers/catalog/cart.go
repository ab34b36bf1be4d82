package catalog

import (
	"errors"
	"fmt"

	"github.com/govalues/decimal"
)

const (
	// MaxQuantity is how many of one product a cart holds at most.
	MaxQuantity = 99

	scale         = 2  // digits after the point: cents
	maxPriceBytes = 16 // "9999999999999.99": more is damage, not a price
)

var (
	// ErrQuantity: a quantity outside 1 to [MaxQuantity].
	ErrQuantity = fmt.Errorf("catalog: a quantity is a whole number from 1 to %d", MaxQuantity)
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

// NewItem is p, quantity times, or [ErrQuantity].
func NewItem(p Product, quantity int) (Item, error) {
	if err := CheckQuantity(quantity); err != nil {
		return Item{}, err
	}
	return Item{Name: p.Name, Price: p.Price.String(), Quantity: quantity}, nil
}

// CheckQuantity returns [ErrQuantity] unless n is a quantity that a cart takes.
func CheckQuantity(n int) error {
	if n < 1 || n > MaxQuantity {
		return ErrQuantity
	}
	return nil
}

// Subtotal is price times quantity, to the cent. It returns [ErrDamaged] or
// [ErrQuantity] for an item that no cart page can have stored.
func (i Item) Subtotal() (decimal.Decimal, error) {
	if err := CheckQuantity(i.Quantity); err != nil {
		return decimal.Decimal{}, err
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

// Total adds up a cart, whose keys are product ids as text. An empty cart is
// 0.00. It returns the first item's error, or one of its own when the sum has
// more than the 19 digits that are kept exactly.
func Total(cart map[string]Item) (decimal.Decimal, error) {
	total := decimal.MustNew(0, scale)
	for id, item := range cart {
		sub, err := item.Subtotal()
		if err != nil {
			return decimal.Decimal{}, fmt.Errorf("catalog: item %.20q: %w", id, err)
		}
		if total, err = total.AddExact(sub, scale); err != nil {
			return decimal.Decimal{}, fmt.Errorf("catalog: total: %w", err)
		}
	}
	return total, nil
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
