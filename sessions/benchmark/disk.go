package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// diskRate returns how many small files a second the disk replaces durably for so many
// writers at once, with nothing else done: a new file, a sync, a rename, a sync of the
// directory. The file engine cannot save faster.
func diskRate(ctx context.Context, dir string, writers int, length time.Duration) (float64, error) {
	dir, err := os.MkdirTemp(dir, "disk-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	d, err := os.Open(dir)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	data := make([]byte, 400)
	errs := make([]error, writers)
	var done atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(length)
	for i := range writers {
		wg.Go(func() {
			name := filepath.Join(dir, fmt.Sprint(i))
			for errs[i] == nil && ctx.Err() == nil && time.Now().Before(end) {
				errs[i] = replaceFile(d, name, data)
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / length.Seconds(), errors.Join(append(errs, ctx.Err())...)
}

func replaceFile(dir *os.File, name string, data []byte) error {
	f, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return err
	}
	return dir.Sync()
}
