package testserver

import (
	"os/exec"
	"syscall"
)

// DieWithUs makes the kernel end the process with sig if the test binary ends without a
// word, as it does at a panic or a timeout. It is to be called before the start. Other
// systems than Linux cannot do that.
func DieWithUs(cmd *exec.Cmd, sig syscall.Signal) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = sig
}
