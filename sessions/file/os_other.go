//go:build !unix

package file

import (
	"errors"
	"fmt"
	"time"
)

// The engine needs locks between processes and files that are not followed when they are
// links, in the form that Unix has; elsewhere Open says so.
var errUnix = fmt.Errorf("session files need a Unix system: %w", errors.ErrUnsupported)

func (e *Engine) readFile(string) ([]byte, time.Time, error) { return nil, time.Time{}, errUnix }

func (e *Engine) tryLockDirectory() (bool, error) { return false, errUnix }

func (e *Engine) unlockDirectory() {}
