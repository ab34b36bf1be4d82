package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cpuOf returns how long these processes have been running on a processor, all threads
// together; 0 on systems other than Linux. Threads that have ended are not counted, but a
// server hardly ever ends one.
func cpuOf(pids ...int) (sum time.Duration) {
	for _, pid := range pids {
		threads, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "schedstat"))
		for _, thread := range threads {
			text, _ := os.ReadFile(thread)
			running, _, _ := strings.Cut(string(text), " ")
			n, _ := strconv.ParseInt(running, 10, 64)
			sum += time.Duration(n)
		}
	}
	return sum
}

// servedBy returns the processes of a store: those of this name that this program or one of
// them has started.
func servedBy(name string) (pids []int) {
	family := map[string]bool{strconv.Itoa(os.Getpid()): true}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for found := true; found; { // until no more children turn up
		found = false
		for _, stat := range stats {
			text, _ := os.ReadFile(stat)
			pid, rest, _ := strings.Cut(string(text), " (")
			command, rest, _ := strings.Cut(rest, ") ")
			if fields := strings.Fields(rest); len(fields) < 2 || !family[fields[1]] || family[pid] || command != name {
				continue
			}
			n, _ := strconv.Atoi(pid)
			pids, family[pid], found = append(pids, n), true, true
		}
	}
	return pids
}
