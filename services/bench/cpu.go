package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// CPU is processor time in seconds, by who used it.
type CPU struct{ Suite, PostgreSQL, Client float64 }

func (c CPU) plus(o CPU) CPU {
	return CPU{c.Suite + o.Suite, c.PostgreSQL + o.PostgreSQL, c.Client + o.Client}
}

func (c CPU) minus(o CPU) CPU {
	return CPU{c.Suite - o.Suite, c.PostgreSQL - o.PostgreSQL, c.Client - o.Client}
}

// Each is the time for one job, in microseconds, as the note of a figure.
func (o Outcome) Each() string {
	per := func(seconds float64) float64 { return seconds / float64(max(o.Done, 1)) * 1e6 }
	return fmt.Sprintf("%s: suite %.0f, PostgreSQL %.0f, client %.0f µs", o.Name, per(o.CPU.Suite), per(o.CPU.PostgreSQL),
		per(o.CPU.Client))
}

// ticks a second: fixed by Linux for /proc.
const ticks = 100

// Spent runs a job and tells what processor time it took.
func (i *Instance) Spent(job func() error) (CPU, error) {
	before, err := i.cpu()
	if err != nil {
		return CPU{}, err
	}
	if err := job(); err != nil {
		return CPU{}, err
	}
	after, err := i.cpu()
	return after.minus(before), err
}

func (i *Instance) cpu() (CPU, error) {
	suite, _, err := used(i.suite.Process.Pid)
	if err != nil {
		return CPU{}, err
	}
	client, _, err := used(os.Getpid())
	if err != nil {
		return CPU{}, err
	}
	database, err := usedBelow(i.postmaster)
	return CPU{Suite: suite, PostgreSQL: database, Client: client}, err
}

// used is the processor time of a process, and its parent.
func used(pid int) (seconds float64, parent int, err error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, 0, err
	}
	// The name of the program may hold spaces and brackets; the fields after it are numbers: state, parent, …, and
	// processor time as the twelfth and thirteenth.
	_, rest, _ := strings.Cut(string(text)[strings.LastIndexByte(string(text), ')'):], " ")
	fields := strings.Fields(rest)
	for _, field := range fields[11:13] {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, 0, err
		}
		seconds += n / ticks
	}
	parent, err = strconv.Atoi(fields[1])
	return seconds, parent, err
}

// ProcessorTime is the processor time of a process, in seconds.
func ProcessorTime(pid int) (float64, error) {
	seconds, _, err := used(pid)
	return seconds, err
}

// Below are the processes that a process has started and that still run, and those that they have.
func Below(pid int) (pids []int, err error) {
	children, err := childrenOf(pid)
	for _, child := range children {
		below, err := Below(child)
		if err != nil {
			return nil, err
		}
		pids = append(append(pids, child), below...)
	}
	return pids, err
}

// childrenOf are the processes that a process has started and that still run.
func childrenOf(pid int) (pids []int, err error) {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		child, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			return nil, err
		}
		if _, parent, err := used(child); err == nil && parent == pid { // else it has just ended
			pids = append(pids, child)
		}
	}
	return pids, nil
}

// usedBelow is the processor time of the processes that a process has started and that still run.
func usedBelow(pid int) (seconds float64, err error) {
	children, err := childrenOf(pid)
	for _, child := range children {
		if one, _, err := used(child); err == nil { // else it has just ended
			seconds += one
		}
	}
	return seconds, err
}

// findPostmaster finds the process that a backend was started by.
func (i *Instance) findPostmaster(ctx context.Context) error {
	var backend int
	if err := i.Pool.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return err
	}
	var err error
	_, i.postmaster, err = used(backend)
	return err
}

// Memory is what a process holds and those it started, and they in turn: the proportional set size, in bytes.
func Memory(pid int) (bytes int64, err error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "smaps_rollup"))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "\nPss:")
	if _, err := fmt.Sscan(rest, &bytes); err != nil {
		return 0, fmt.Errorf("memory of %d: %w", pid, err)
	}
	bytes *= 1024 // it is told in kB
	children, err := childrenOf(pid)
	for _, child := range children {
		more, err := Memory(child)
		if err != nil {
			return 0, err
		}
		bytes += more
	}
	return bytes, err
}
