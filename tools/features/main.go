// Command features keeps docs/features.md, the table of requirements and the tests that show them.
//
//	features show -save FILE                           read `go test -json` from stdin, keep it, print its closing lines
//	features write -requirements F -out F FILE...      write the table from kept test runs
//	features check -requirements F -out F FILE...      fail when the table on disk differs
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

var errUsage = errors.New("usage: features show|write|check [flags] [files]")

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "features:", err)
		os.Exit(1)
	}
}

func run(args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	flags := flag.NewFlagSet("features "+args[0], flag.ContinueOnError)
	save := flags.String("save", "", "file that keeps the test run")
	requirements := flags.String("requirements", "docs/requirements.yaml", "list of requirements")
	out := flags.String("out", "docs/features.md", "the table")
	if err := flags.Parse(args[1:]); err != nil {
		return fmt.Errorf("read flags: %w", err)
	}
	switch args[0] {
	case "show":
		return show(stdin, stdout, *save)
	case "write", "check":
		table, err := build(*requirements, flags.Args())
		if err != nil {
			return err
		}
		if args[0] == "check" {
			return compare(*out, table)
		}
		return os.WriteFile(*out, table, 0o644)
	default:
		return errUsage
	}
}

// build reads the requirements and the kept test runs and renders the table.
func build(requirements string, runs []string) ([]byte, error) {
	list, err := loadRequirements(requirements)
	if err != nil {
		return nil, err
	}
	passed, err := loadRuns(runs)
	if err != nil {
		return nil, err
	}
	shown, err := match(list, passed)
	if err != nil {
		return nil, err
	}
	return render(list, shown), nil
}

func compare(path string, want []byte) error {
	have, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read table: %w", err)
	}
	if !bytes.Equal(have, want) {
		return fmt.Errorf("%s is out of date: run 'make features' and commit the result", path)
	}
	return nil
}
