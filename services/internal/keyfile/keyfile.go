// Package keyfile keeps the keys of an instance in files that only their owner and perhaps a group reads, made on first use.
// Other secrets that operators put into files are held to the same.
package keyfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Open reads a key, which it has made where there is none. A file is whole or not there; of two programs that start
// together, both end with the key of the one that came first.
func Open(file string, create func() ([]byte, error)) ([]byte, error) {
	data, err := Read(file)
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
	return Read(file)
}

// ErrLoose is a secret that others than its owner and group can read, or others than its owner can change. Its message is in
// English and Chinese, as all that stop a start are.
var ErrLoose = errors.New("secret is open to others")

// loose are the permissions that the file of a secret may not give: it has 0600, 0640 or less.
const loose = 0o137

// Read reads a secret from a file. Error: ErrLoose.
func Read(file string) ([]byte, error) {
	if err := Check(file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// Check refuses the file of a secret that is open to others. Where it is a link, what it leads to counts.
func Check(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); info.Mode().IsRegular() && mode&loose != 0 {
		return fmt.Errorf("%w: %s has mode %#o; make it 0600, or 0640 for a group: chmod 600 %s, and change the secret if others"+
			" may have read it / 密钥文件 %s 的权限为 %#o，其他人可以读取，请改为 0600（或供同组读取的 0640）：chmod 600 %s；若可能已被他人读取，请更换",
			ErrLoose, file, mode, file, file, mode, file)
	}
	return nil
}
