package postgres

import (
	"os"
	"path/filepath"
	"strings"
)

// systemHome is where an instance's data may always lie, when root runs it.
const systemHome = "/var/lib/qingfeng"

// Home makes and returns the data folder for an instance that was told no particular one: dir, or, where root runs us and
// the server's account can't get to dir (a clone under root's home, say), a folder under /var/lib/qingfeng named after it.
func Home(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	a, err := chooseAccount(filepath.Join(dir, "postgres", "data"))
	if err != nil {
		return "", err
	}
	if a.switched && a.firstClosed(nearest(filepath.Dir(dir))) != nearest(filepath.Dir(dir)) {
		dir = filepath.Join(systemHome, strings.Trim(strings.ReplaceAll(dir, string(filepath.Separator), "-"), "-"))
	}
	return dir, MakeDataFolder(dir)
}

// MakeDataFolder makes the data folder of an instance, which others may pass through but not list. Errors: ErrCannotMake.
func MakeDataFolder(dir string) error {
	if err := makeOpen(dir, 0o711); err != nil {
		return cannotMake(dir, err)
	}
	return nil
}

// nearest is the deepest folder on the way to path that exists.
func nearest(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}
