//go:build !linux

package testserver

import (
	"os/exec"
	"syscall"
)

// DieWithUs does nothing here: it needs Linux.
func DieWithUs(*exec.Cmd, syscall.Signal) {}
