package testserver

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is a server that runs, or has ended.
type process struct {
	name   string // for errors
	log    bytes.Buffer
	cmd    *exec.Cmd
	exited chan struct{}
}

// start runs cmd and waits until ready has no error. With sig the kernel ends it if the test
// binary dies.
func (p *process) start(cmd *exec.Cmd, sig syscall.Signal, ready func() error) error {
	p.log.Reset()
	p.cmd = cmd
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	DieWithUs(cmd, sig)
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	p.exited = exited
	go func() {
		defer close(exited)
		_ = cmd.Wait() // how it ended is in its log
	}()

	deadline := time.After(30 * time.Second)
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-exited:
			return fmt.Errorf("%s ended at once:\n%s", p.name, p.log.String())
		case <-deadline:
			return fmt.Errorf("%s did not answer within 30 s: %w", p.name, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// end sends a signal and waits for the end. It does nothing where there is no process.
func (p *process) end(sig syscall.Signal) error {
	if p.exited == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(sig) // it may have ended already
	select {
	case <-p.exited:
		return nil
	case <-time.After(20 * time.Second):
		return fmt.Errorf("%s did not stop within 20 s of %v", p.name, sig)
	}
}

// program finds an installed program: on the PATH, or where Debian keeps it.
func program(name string, debian ...string) string {
	if found, err := exec.LookPath(name); err == nil {
		return found
	}
	for _, pattern := range debian {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	return ""
}
