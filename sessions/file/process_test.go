//go:build unix

package file

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"sessionlab/sessions"
)

// spawn starts this test program once more, as another process with a role of its own.
func spawn(t *testing.T, role, dir, key string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "FILE_TEST_ROLE="+role, "FILE_TEST_DIR="+dir, "FILE_TEST_KEY="+key)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd, bufio.NewReader(out)
}

// child is what the other process does.
func child(role string) (exitCode int) {
	e, err := Open(Config{Dir: os.Getenv("FILE_TEST_DIR")})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer e.Close()
	key := os.Getenv("FILE_TEST_KEY")
	switch role {
	case "increment":
		for range incrementsEach {
			if err := increment(e, key); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
	case "hold":
		unlock, err := e.lock(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer unlock()
		fmt.Println("held")
		time.Sleep(time.Minute) // until killed
	}
	return 0
}

const incrementsEach = 50

// increment adds one to the number in a session, as a request does.
func increment(e *Engine, key string) error {
	for range 1000 {
		old, err := e.Load(context.Background(), key)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(old.Data))
		if err != nil {
			return err
		}
		_, err = e.Replace(context.Background(), key, old, record(strconv.Itoa(n+1)))
		if !errors.Is(err, sessions.ErrConflict) {
			return err
		}
		time.Sleep(rand.N(5 * time.Millisecond))
	}
	return errors.New("no success in 1000 tries")
}

// TestFourProcessesCountExactly is.
func TestFourProcessesCountExactly(t *testing.T) {
	e := open(t, Config{})
	key, _ := create(t, e, "0")
	var wg sync.WaitGroup
	for range 4 {
		cmd, _ := spawn(t, "increment", e.cfg.Dir, key)
		wg.Go(func() {
			if err := cmd.Wait(); err != nil {
				t.Errorf("another process: %v", err)
			}
		})
	}
	wg.Wait()
	wantData(t, e, key, strconv.Itoa(4*incrementsEach))
	wantFiles(t, e, 1)
}

// TestTwoEnginesOfOneProcess: the lock is on the open file, not on the process.
func TestTwoEnginesOfOneProcess(t *testing.T) {
	one := open(t, Config{})
	other := open(t, Config{Dir: one.cfg.Dir})
	key, _ := create(t, one, "0")
	var wg sync.WaitGroup
	for i := range 20 {
		e := []*Engine{one, other}[i%2]
		wg.Go(func() {
			for range 5 {
				if err := increment(e, key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	wantData(t, one, key, "100")
}

// TestAKilledHolderBlocksNobody is.
func TestAKilledHolderBlocksNobody(t *testing.T) {
	e := open(t, Config{})
	key, _ := create(t, e, "0")
	holder, out := spawn(t, "hold", e.cfg.Dir, key)
	if line, err := out.ReadString('\n'); line != "held\n" {
		t.Fatalf("the other process said %q, %v", line, err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := e.Replace(ctx, key, record("0"), record("1"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Replace while another process holds the lock: err = %v, want the end of its time", err)
	}
	wantData(t, e, key, "0") // readers wait for nobody
	wantFiles(t, e, 1)

	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := e.Replace(t.Context(), key, record("0"), record("1")); err != nil || time.Since(start) > 4*time.Second {
		t.Errorf("Replace after the holder was killed: %v, after %v", err, time.Since(start))
	}
	wantData(t, e, key, "1")
}
