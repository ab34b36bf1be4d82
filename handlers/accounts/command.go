package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"sessionlab/handlers/config"
	"sessionlab/handlers/database"
	"sessionlab/migrations"
)

// AdminCommand is `sessionlab admin NAME`: it makes an account an admin's, or no longer one.
type AdminCommand struct {
	Name   string `arg:"" help:"Name of the account."`
	Remove bool   `help:"Take the right away instead."`
}

// Run changes the account in the database of the settings.
func (c *AdminCommand) Run(ctx context.Context, settings *config.Settings, k *kong.Context) (err error) {
	d, err := database.Open(ctx, settings.DatabaseURL)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if _, err := migrations.Up(ctx, d.W, string(d.Dialect)); err != nil {
		return err
	}
	if err := (&Store{db: d}).SetAdmin(ctx, c.Name, !c.Remove); err != nil {
		return err
	}
	text := "%s is an admin now.\n"
	if c.Remove {
		text = "%s is no admin any more.\n"
	}
	_, err = fmt.Fprintf(k.Stdout, text, c.Name)
	return err
}
