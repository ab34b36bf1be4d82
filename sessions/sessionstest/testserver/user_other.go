//go:build !unix

package testserver

import (
	"errors"
	"os/exec"
	"syscall"
)

// Nothing can be frozen here; sending these is an error of the test.
const (
	sigStop = syscall.Signal(0)
	sigCont = syscall.Signal(0)
)

// account is a user of the system. There are none to change to here.
type account struct{ uid, gid int }

func unprivileged() (*account, error) { return nil, errors.ErrUnsupported }

func runAs(*exec.Cmd, *account) {}
