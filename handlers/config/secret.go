package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Prepare completes the settings: it makes a secret key for a run with DEBUG that was given
// none, and keeps it in a file of mode 0600 beside the database, so that sessions survive a
// restart. It returns the errors of the rules; a start with any of them is refused.
func (s *Settings) Prepare() error {
	if s.SecretKey == "" && s.DebugOn() {
		if s.SecretFile == "" {
			dir := filepath.Dir(s.SQLiteFile())
			if _, err := os.Stat(dir); err != nil {
				return fmt.Errorf("DATABASE_URL: the directory %s is not there", dir)
			}
			s.SecretFile = filepath.Join(dir, ".secret-key")
		}
		key, err := secretFrom(s.SecretFile)
		if err != nil {
			return fmt.Errorf("SECRET_KEY: %w", err)
		}
		s.SecretKey, s.SecretMade = key, true
	}
	var errs []error
	for _, f := range s.Check() {
		if f.Level == Error {
			errs = append(errs, fmt.Errorf("%s: %s", f.Title, f.Found))
		}
	}
	return errors.Join(errs...)
}

// SQLiteFile is the file in DATABASE_URL, "" if it names a server.
func (s *Settings) SQLiteFile() string {
	path, ok := strings.CutPrefix(s.DatabaseURL, "sqlite:")
	if !ok {
		return ""
	}
	path, _, _ = strings.Cut(path, "?")
	return strings.TrimPrefix(path, "//")
}

// secretFrom reads the key in a file, and makes both if there is no file.
func secretFrom(path string) (string, error) {
	for range 2 {
		text, err := os.ReadFile(path)
		if err == nil {
			if key := strings.TrimSpace(string(text)); len(key) >= minSecret {
				return key, nil
			}
			return "", fmt.Errorf("the file %s holds no key; delete it to have a new one made", path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("read: %w", err)
		}
		raw := make([]byte, 48)
		rand.Read(raw)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue // another process was first
		}
		if err != nil {
			return "", fmt.Errorf("make a key: %w", err)
		}
		_, err = f.WriteString(base64.RawURLEncoding.EncodeToString(raw) + "\n")
		if err = errors.Join(err, f.Close()); err != nil {
			return "", fmt.Errorf("make a key: %w", err)
		}
	}
	return "", fmt.Errorf("the file %s could not be read", path)
}
