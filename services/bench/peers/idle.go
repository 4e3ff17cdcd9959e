package peers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/bench/facade"
)

const (
	// rest is how long a program is left alone before its memory is read: the suite gives memory back after a minute.
	rest     = 90 * time.Second
	megabyte = 1 << 20
	kilobyte = 1 << 10
)

// compareIdle starts both for the first time and then leaves them alone.
func compareIdle(ctx context.Context, i *bench.Instance) ([]bench.Figure, error) {
	addresses, err := bench.Free(ctx, 3)
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(i.Lab().Folder(), "first")
	suiteTook, suiteMemory, err := idle(ctx, func() (*exec.Cmd, error) {
		return bench.Launch(ctx, folder+".log", "http://"+addresses[2]+"/readyz", i.Lab().Binary, "serve", "--data", folder,
			"--grpc", addresses[0], "--http", addresses[1], "--admin", addresses[2])
	})
	if err != nil {
		return nil, err
	}
	took, memory, err := idle(ctx, func() (*exec.Cmd, error) {
		cmd, _, err := launch(ctx, i, folder+"_pocketbase")
		return cmd, err
	})
	megabytes := func(bytes int64) string { return fmt.Sprintf("%d MB", bytes/megabyte) }
	return []bench.Figure{
		{
			What: "First start, with its PostgreSQL: in s", Suite: suiteTook.Round(time.Millisecond).String(),
			Beside: took.Round(time.Millisecond).String(), Value: suiteTook.Seconds(), Bar: bench.Bar{AtMost: 1.5},
		},
		{
			What: "Memory at rest, with its PostgreSQL: in MB", Suite: megabytes(suiteMemory), Beside: megabytes(memory),
			Value: float64(suiteMemory) / megabyte, Bar: bench.Bar{AtMost: 100},
			Note: "Proportional set size of the program and those it started, 90 s after the first start",
		},
	}, err
}

// idle tells how long a program takes to start, and how much memory it and those it started hold when left alone.
func idle(ctx context.Context, launch func() (*exec.Cmd, error)) (took time.Duration, bytes int64, err error) {
	began := time.Now() //nolint:forbidigo // what a start takes is real time
	cmd, err := launch()
	if err != nil {
		return 0, 0, err
	}
	took = time.Since(began) //nolint:forbidigo // as above
	defer func() { err = errors.Join(err, stop(cmd)) }()
	select {
	case <-time.After(rest): //nolint:forbidigo // as above
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
	bytes, err = bench.Memory(cmd.Process.Pid)
	return took, bytes, err
}

// compareDisk takes tips in and looks how the folders of the two have grown, with all that is written ahead.
func compareDisk(ctx context.Context, i *bench.Instance, suite *facade.Callers, pb *pocketBase) (bench.Figure, error) {
	tips := 20_000
	if i.Full {
		tips *= 10
	}
	ours, err := grown(filepath.Join(i.Lab().Folder(), "postgres"), func() error { return times(ctx, tips, suite.SubmitHTTP) })
	if err != nil {
		return bench.Figure{}, err
	}
	theirs, err := grown(pb.folder, func() error { return times(ctx, tips, pb.submit) })
	kilobytes := func(bytes int64) float64 { return float64(bytes) / float64(tips) / kilobyte }
	return bench.Figure{
		What:  fmt.Sprintf("Disk for a tip, %d of them, with what is written ahead: in KB", tips),
		Suite: fmt.Sprintf("%.1f KB", kilobytes(ours)), Beside: fmt.Sprintf("%.1f KB", kilobytes(theirs)),
		Value: kilobytes(ours), Bar: bench.Bar{AtMost: 4},
	}, err
}

// times does a job so many times, with all clients at once.
func times(ctx context.Context, n int, do func(context.Context, int) error) error {
	faults := make(chan error)
	for client := range most {
		go func() {
			var err error
			for range n / most {
				if err = do(ctx, client); err != nil {
					break
				}
			}
			faults <- err
		}()
	}
	var err error
	for range most {
		err = errors.Join(err, <-faults)
	}
	return err
}

// grown tells by how much a job has a folder grow.
func grown(folder string, job func() error) (int64, error) {
	before, err := size(folder)
	if err != nil {
		return 0, err
	}
	if err := job(); err != nil {
		return 0, err
	}
	after, err := size(folder)
	return after - before, err
}

func size(folder string) (bytes int64, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && (entry.IsDir() || strings.HasPrefix(entry.Name(), ".s.")) {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err == nil {
			bytes += info.Size()
		}
		return nil // one that has just gone takes no room
	})
	return bytes, err
}
