//go:build unix

package testserver

import (
	"os/exec"
	"syscall"
)

// The signals that stop a process in its tracks and let it go on.
const freeze, thaw = syscall.SIGSTOP, syscall.SIGCONT

// runAs has the command run as another user.
func runAs(cmd *exec.Cmd, o owner) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}}
}
