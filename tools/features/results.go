package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// test names one test or subtest.
type test struct {
	Package string
	Name    string
}

// loadRuns returns the tests that passed in every run that holds them: one failure or skip anywhere disproves.
func loadRuns(paths []string) (map[test]bool, error) {
	passed := map[test]bool{}
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open test run: %w", err)
		}
		err = errors.Join(collect(file, passed), file.Close())
		if err != nil {
			return nil, fmt.Errorf("read test run %s: %w", path, err)
		}
	}
	return passed, nil
}

func collect(r io.Reader, passed map[test]bool) error {
	return eachEvent(r, func(e event) {
		if e.Test == "" {
			return
		}
		key := test{Package: e.Package, Name: e.Test}
		switch e.Action {
		case "pass":
			if _, known := passed[key]; !known {
				passed[key] = true
			}
		case "fail", "skip":
			passed[key] = false
		}
	})
}

func eachEvent(r io.Reader, do func(event)) error {
	decoder := json.NewDecoder(bufio.NewReader(r))
	for {
		var e event
		err := decoder.Decode(&e)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("parse test event: %w", err)
		}
		do(e)
	}
}

// show keeps a test run in the file save and prints what a person wants of it: each package's closing line, and
// all that a failed test or build had to say.
func show(stdin io.Reader, stdout io.Writer, save string) error {
	file, err := os.Create(save)
	if err != nil {
		return fmt.Errorf("keep test run: %w", err)
	}
	said := map[test]*strings.Builder{}
	failed := false
	err = eachEvent(io.TeeReader(stdin, file), func(e event) {
		key := test{Package: e.Package, Name: e.Test}
		switch {
		case e.Action == "build-output", e.Action == "output" && e.Test == "" && closing(e.Output):
			fmt.Fprint(stdout, e.Output)
		case e.Action == "output":
			if said[key] == nil {
				said[key] = &strings.Builder{}
			}
			said[key].WriteString(e.Output)
		case e.Action == "fail":
			failed = true
			if text := said[key]; text != nil {
				fmt.Fprint(stdout, text.String())
			}
			delete(said, key)
		case e.Action == "pass", e.Action == "skip":
			delete(said, key)
		}
	})
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if failed {
		return errors.New("tests failed")
	}
	return nil
}

// closing tells the last line of a package from the rest: "ok" or "FAIL" followed by a tab.
// Packages without tests ("?", or coverage alone) would only bury the others.
func closing(line string) bool {
	word, _, tab := strings.Cut(line, "\t")
	word = strings.TrimSpace(word)
	return tab && (word == "ok" || word == "FAIL")
}
