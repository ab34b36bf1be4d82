// Package catalog holds the products that the cart example sells, and the
// arithmetic of a cart: exact decimals, never floats.
package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/govalues/decimal"

	"sessionlab/handlers/database"
)

var (
	// ErrNotFound: no product has this id.
	ErrNotFound = errors.New("catalog: no such product")
	// ErrUnavailable: the catalogue cannot be read right now.
	ErrUnavailable = errors.New("catalog: unavailable")
)

// Product is one row of the catalogue. In JSON its price is text, "19.99", so
// that no reader turns it into a float.
type Product struct {
	ID    int64           `json:"id"`
	Name  string          `json:"name"`
	Blurb string          `json:"blurb"`
	Price decimal.Decimal `json:"price"`
}

// Store reads the catalogue. It is safe for concurrent use.
type Store struct{ db *database.DB }

// New returns a Store on d, whose migrations have filled the catalogue.
func New(d *database.DB) *Store { return &Store{db: d} }

// All returns every product, in the order of their ids.
func (s *Store) All(ctx context.Context) ([]Product, error) {
	rows, err := s.db.R.QueryContext(ctx, `SELECT id, name, blurb, price FROM lab_products ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("%w: all: %w", ErrUnavailable, err)
	}
	defer rows.Close()
	var products []Product
	for rows.Next() {
		p, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("%w: all: %w", ErrUnavailable, err)
		}
		products = append(products, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%w: all: %w", ErrUnavailable, err)
	}
	return products, nil
}

// Get returns the product with this id as text, or [ErrNotFound]. A number written in another
// way is no id: two addresses of one product would be two items in a cart.
func (s *Store) Get(ctx context.Context, text string) (Product, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(id, 10) != text {
		return Product{}, ErrNotFound
	}
	row := s.db.R.QueryRowContext(ctx, s.db.Q(`SELECT id, name, blurb, price FROM lab_products WHERE id = ?`), id)
	p, err := scan(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Product{}, ErrNotFound
	}
	if err != nil {
		return Product{}, fmt.Errorf("%w: product %d: %w", ErrUnavailable, id, err)
	}
	return p, nil
}

func scan(into func(...any) error) (p Product, err error) {
	var price string
	if err = into(&p.ID, &p.Name, &p.Blurb, &price); err != nil {
		return Product{}, err
	}
	if p.Price, err = parsePrice(price); err != nil {
		return Product{}, err
	}
	return p, nil
}
