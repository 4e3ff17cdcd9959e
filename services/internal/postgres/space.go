package postgres

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// FreeSpace is how many bytes are free for the cluster of a data folder.
func FreeSpace(dir string) (int64, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", dir, err)
	}
	return int64(disk.Bavail) * disk.Bsize, nil
}
