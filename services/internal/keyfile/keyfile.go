// Package keyfile keeps the keys of an instance in files that only their owner reads, made on first use.
package keyfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Open reads a key, which it has made where there is none. A file is whole or not there; of two programs that start
// together, both end with the key of the one that came first.
func Open(file string, create func() ([]byte, error)) ([]byte, error) {
	data, err := os.ReadFile(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	if data, err = create(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	draft, err := os.CreateTemp(filepath.Dir(file), ".key-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	if _, err := draft.Write(data); err != nil {
		return nil, errors.Join(err, draft.Close())
	}
	if err := errors.Join(draft.Sync(), draft.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(draft.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(file)
}
