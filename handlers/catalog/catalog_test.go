package catalog_test

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
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
			if got, err := store.Get(t.Context(), strconv.FormatInt(p.ID, 10)); err != nil || got != p {
				t.Errorf("Get(%d) = %+v, %v, want %+v", p.ID, got, err, p)
			}
		}
	})
}

func TestAnUnknownProductIsNotFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		for _, id := range []string{"0", "-1", "4611686018427387904", "01", " 1", "x", ""} {
			if _, err := catalog.New(d).Get(t.Context(), id); !errors.Is(err, catalog.ErrNotFound) {
				t.Errorf("Get(%q): got %v, want ErrNotFound", id, err)
			}
		}
	})
}

func TestADamagedPriceInTheTableIsAnError(t *testing.T) {
	d := dbtest.SQLite(t)
	if _, err := d.W.ExecContext(t.Context(), `UPDATE lab_products SET price = 'much' WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	if _, err := catalog.New(d).Get(t.Context(), "1"); !errors.Is(err, catalog.ErrDamaged) {
		t.Errorf("Get: got %v, want ErrDamaged", err)
	}
	if _, err := catalog.New(d).All(t.Context()); !errors.Is(err, catalog.ErrDamaged) {
		t.Errorf("All: got %v, want ErrDamaged", err)
	}
}

func TestAPriceIsTextInJSON(t *testing.T) {
	p, err := catalog.New(dbtest.SQLite(t)).Get(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(p)
	if want := `"price":"19.99"`; err != nil || !strings.Contains(string(got), want) {
		t.Errorf("got %s, %v, want it to contain %s", got, err, want)
	}
}

// sold are products with the ids 1 to n.
func sold(n int64) (all []catalog.Product) {
	for id := range n {
		all = append(all, catalog.Product{ID: id + 1})
	}
	return all
}

func TestTheTotalOfACartIsExact(t *testing.T) {
	for _, c := range []struct {
		name string
		cart catalog.Cart
		want string
	}{
		{"no cart", nil, "0.00"},
		{"the tutorial's two notebooks", catalog.Cart{"1": {Price: "19.99", Quantity: 2}}, "39.98"},
		{"what floats get wrong", catalog.Cart{"1": {Price: "0.10", Quantity: 1}, "2": {Price: "0.20", Quantity: 1}}, "0.30"},
		{"a zero at the end stays", catalog.Cart{"1": {Price: "19.90", Quantity: 1}}, "19.90"},
		{"the largest quantity", catalog.Cart{"1": {Price: "129.00", Quantity: 99}}, "12771.00"},
		{"the largest price", catalog.Cart{"1": {Price: "9999999999999.99", Quantity: 99}}, "989999999999999.01"},
		{"what is sold no longer", catalog.Cart{"1": {Price: "1.00", Quantity: 1}, "4": {Price: "2.00", Quantity: 1}}, "1.00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if lines, got := c.cart.Lines(sold(3)); got != c.want || len(lines) != len(c.cart) {
				t.Errorf("got %s in %d lines, want %s in %d", got, len(lines), c.want, len(c.cart))
			}
		})
	}
}

func TestADamagedItemIsShownAndNotCounted(t *testing.T) { // a session is data from outside
	for _, item := range []catalog.Item{
		{Quantity: 1}, {Price: "cheap", Quantity: 1}, {Price: "-0.01", Quantity: 1}, {Price: "0.333", Quantity: 1},
		{Price: "NaN", Quantity: 1}, {Price: "1e300", Quantity: 1}, {Price: strings.Repeat("9", 1<<20), Quantity: 1},
		{Price: "1.00"}, {Price: "1.00", Quantity: -1}, {Price: "1.00", Quantity: 100}, {Price: "1.00", Quantity: 1_000_000_000},
	} {
		lines, total := catalog.Cart{"1": item, "2": {Price: "2.00", Quantity: 1}}.Lines(sold(2))
		if len(lines) != 2 || !lines[0].Gone || lines[1].Gone || total != "2.00" {
			t.Errorf("%.20v: got %v lines and %s, want one that does not count, and 2.00", item, lines, total)
		}
	}
}

func TestACartHasItsBounds(t *testing.T) {
	p, err := catalog.New(dbtest.SQLite(t)).Get(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	cart, err := catalog.Cart(nil).Add(p)
	if want := (catalog.Item{Name: p.Name, Price: "19.99", Quantity: 1}); err != nil || cart["1"] != want {
		t.Fatalf("Add: got %v, %v, want %v", cart, err, want)
	}
	for n, want := range map[int]error{-1: catalog.ErrQuantity, 0: catalog.ErrQuantity, 1: nil, 99: nil, 100: catalog.ErrQuantity} {
		if _, err := cart.Set("1", n); err != want {
			t.Errorf("Set to %d: got %v, want %v", n, err, want)
		}
	}
	cart["1"] = catalog.Item{Price: "1.00", Quantity: catalog.MaxQuantity}
	if _, err := cart.Add(p); err != catalog.ErrMost {
		t.Errorf("Add to %d: got %v, want ErrMost", catalog.MaxQuantity, err)
	}
	for n := range int64(catalog.MaxProducts - 1) {
		if cart, err = cart.Add(catalog.Product{ID: n + 100}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := cart.Add(catalog.Product{ID: 200}); err != catalog.ErrFull {
		t.Errorf("Add to a full cart: got %v, want ErrFull", err)
	}
	if _, err := cart.Set("300", 1); err != catalog.ErrNotInCart {
		t.Errorf("Set of what is not there: got %v, want ErrNotInCart", err)
	}
	if cart, err = cart.Remove("1"); err != nil || len(cart) != catalog.MaxProducts-1 {
		t.Errorf("Remove: got %d items, %v", len(cart), err)
	}
	if _, err := cart.Remove("1"); err != catalog.ErrNotInCart {
		t.Errorf("Remove again: got %v, want ErrNotInCart", err)
	}
}
