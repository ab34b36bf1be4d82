package catalog_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"sessionlab/handlers/catalog"
	"sessionlab/handlers/database"
	"sessionlab/handlers/internal/dbtest"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

func TestTheCatalogueHasTwelveProductsWithExactPrices(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		store := catalog.New(d)
		products, err := store.All(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(products) < 12 {
			t.Errorf("got %d products, want at least 12", len(products))
		}
		names := map[string]bool{}
		for i, p := range products {
			if p.Name == "" || p.Blurb == "" || p.Price.Scale() != 2 || !p.Price.IsPos() || names[p.Name] {
				t.Errorf("product %d: got %+v, want a name of its own, a blurb and a price in cents", p.ID, p)
			}
			names[p.Name] = true
			if i > 0 && p.ID <= products[i-1].ID {
				t.Errorf("product %d stands after %d", p.ID, products[i-1].ID)
			}
			if got, err := store.Get(t.Context(), p.ID); err != nil || got != p {
				t.Errorf("Get(%d) = %+v, %v, want %+v", p.ID, got, err, p)
			}
		}
	})
}

func TestAnUnknownProductIsNotFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		for _, id := range []int64{0, -1, 1 << 62} {
			if _, err := catalog.New(d).Get(t.Context(), id); !errors.Is(err, catalog.ErrNotFound) {
				t.Errorf("Get(%d): got %v, want ErrNotFound", id, err)
			}
		}
	})
}

func TestADamagedPriceInTheTableIsAnError(t *testing.T) {
	d := dbtest.SQLite(t)
	if _, err := d.W.ExecContext(t.Context(), `UPDATE lab_products SET price = 'much' WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	if _, err := catalog.New(d).Get(t.Context(), 1); !errors.Is(err, catalog.ErrDamaged) {
		t.Errorf("Get: got %v, want ErrDamaged", err)
	}
	if _, err := catalog.New(d).All(t.Context()); !errors.Is(err, catalog.ErrDamaged) {
		t.Errorf("All: got %v, want ErrDamaged", err)
	}
}

func TestAPriceIsTextInJSON(t *testing.T) {
	p, err := catalog.New(dbtest.SQLite(t)).Get(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(p)
	if want := `"price":"19.99"`; err != nil || !strings.Contains(string(got), want) {
		t.Errorf("got %s, %v, want it to contain %s", got, err, want)
	}
}

func TestTotalAddsUpExactly(t *testing.T) {
	item := func(price string, quantity int) catalog.Item {
		return catalog.Item{Name: "thing", Price: price, Quantity: quantity}
	}
	for _, c := range []struct {
		name string
		cart []catalog.Item
		want string
	}{
		{"an empty cart", nil, "0.00"},
		{"the tutorial's two notebooks", []catalog.Item{item("19.99", 2)}, "39.98"},
		{"what floats get wrong", []catalog.Item{item("0.10", 1), item("0.20", 1)}, "0.30"},
		{"a zero at the end stays", []catalog.Item{item("19.90", 1)}, "19.90"},
		{"a price without cents", []catalog.Item{item("5", 3)}, "15.00"},
		{"the largest quantity", []catalog.Item{item("129.00", 99)}, "12771.00"},
		{"the largest price", []catalog.Item{item("9999999999999.99", 99)}, "989999999999999.01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cart := map[string]catalog.Item{}
			for i, item := range c.cart {
				cart[string(rune('1'+i))] = item
			}
			got, err := catalog.Total(cart)
			if err != nil || got.String() != c.want {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

// A session is data from outside: R-48.
func TestTotalRefusesDamagedItems(t *testing.T) {
	for _, c := range []struct {
		name string
		item catalog.Item
		want error
	}{
		{"no price", catalog.Item{Quantity: 1}, catalog.ErrDamaged},
		{"a word for a price", catalog.Item{Price: "cheap", Quantity: 1}, catalog.ErrDamaged},
		{"a price below zero", catalog.Item{Price: "-0.01", Quantity: 1}, catalog.ErrDamaged},
		{"a third of a cent", catalog.Item{Price: "0.333", Quantity: 1}, catalog.ErrDamaged},
		{"not a number", catalog.Item{Price: "NaN", Quantity: 1}, catalog.ErrDamaged},
		{"a huge exponent", catalog.Item{Price: "1e300", Quantity: 1}, catalog.ErrDamaged},
		{"a huge text", catalog.Item{Price: strings.Repeat("9", 1<<20), Quantity: 1}, catalog.ErrDamaged},
		{"none of it", catalog.Item{Price: "1.00"}, catalog.ErrQuantity},
		{"fewer than none", catalog.Item{Price: "1.00", Quantity: -1}, catalog.ErrQuantity},
		{"too many", catalog.Item{Price: "1.00", Quantity: 100}, catalog.ErrQuantity},
		{"a billion", catalog.Item{Price: "1.00", Quantity: 1_000_000_000}, catalog.ErrQuantity},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := catalog.Total(map[string]catalog.Item{"1": c.item})
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, %v, want %v", got, err, c.want)
			}
			if len(err.Error()) > 200 {
				t.Errorf("the error has %d bytes; the damage belongs not into it", len(err.Error()))
			}
		})
	}
}

func TestASumTooLargeToBeExactIsAnError(t *testing.T) {
	cart := map[string]catalog.Item{}
	for i := range 200 {
		cart[string(rune('a'+i))] = catalog.Item{Price: "9999999999999.99", Quantity: 99}
	}
	if got, err := catalog.Total(cart); err == nil {
		t.Errorf("got %v, want an error: it has more than 19 digits", got)
	}
}

func TestNewItemKeepsThePriceOfTheDay(t *testing.T) {
	p, err := catalog.New(dbtest.SQLite(t)).Get(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := catalog.NewItem(p, 2)
	if want := (catalog.Item{Name: p.Name, Price: "19.99", Quantity: 2}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	quantities := map[int]error{-1: catalog.ErrQuantity, 0: catalog.ErrQuantity, 1: nil, 99: nil, 100: catalog.ErrQuantity}
	for _, n := range slices.Sorted(maps.Keys(quantities)) {
		if _, err := catalog.NewItem(p, n); err != quantities[n] {
			t.Errorf("quantity %d: got %v, want %v", n, err, quantities[n])
		}
	}
}
