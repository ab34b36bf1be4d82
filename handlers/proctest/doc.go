// Package proctest holds tests alone: they build the program, run it as a process, and treat it
// as its world does. They kill it, flood it, send it signals, and look at what it leaves behind.
package proctest
