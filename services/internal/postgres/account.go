package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is whom the server runs as. PostgreSQL refuses to run as root.
type account struct {
	name     string
	uid, gid int
	switched bool // we are root and the server is not
}

// chooseAccount returns ourselves, or for root the owner of the existing cluster, else the account
// postgres, else nobody.
func chooseAccount(dataDir string) (account, error) {
	if uid := os.Geteuid(); uid != 0 {
		return account{name: nameOf(uid), uid: uid, gid: os.Getegid()}, nil
	}
	if uid, gid, err := owner(dataDir); err == nil && uid != 0 {
		return account{name: nameOf(uid), uid: uid, gid: gid, switched: true}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(u.Uid)
		gid, errGID := strconv.Atoi(u.Gid)
		if errUID == nil && errGID == nil && uid != 0 {
			return account{name: name, uid: uid, gid: gid, switched: true}, nil
		}
	}
	return account{}, errors.New(
		"postgres: PostgreSQL refuses to run as root, and there is no account postgres or nobody to run it as",
	)
}

func nameOf(uid int) string {
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return strconv.Itoa(uid)
	}
	return u.Username
}

// attr starts a process in a group of its own, so that Ctrl-C reaches us alone and we stop it in
// order, and has it signalled when the thread that started it dies.
func (a account) attr(onParentDeath syscall.Signal) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: onParentDeath}
	if a.switched {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attr
}

// give hands a folder to the account.
func (a account) give(path string) error {
	if !a.switched {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// reach fails with ErrUnreachable if the account cannot enter dir. It tries, rather than compute,
// so that access lists and mounts count too.
func (a account) reach(ctx context.Context, b binaries, dir string) error {
	cmd := b.command(ctx, a, "postgres", "--version")
	cmd.Dir = dir
	if err := cmd.Run(); err != nil {
		return a.explain(dir, err)
	}
	return nil
}

// explain turns a refusal to execute or to enter path into ErrUnreachable, naming the folder to open.
func (a account) explain(path string, err error) error {
	if !a.switched || !errors.Is(err, syscall.EACCES) {
		return err
	}
	return unreachable(a.firstClosed(path), path, a)
}

// firstClosed returns the topmost folder on the way to path whose mode keeps the account out.
func (a account) firstClosed(path string) string {
	at := string(filepath.Separator)
	for part := range strings.SplitSeq(path, at) {
		at = filepath.Join(at, part)
		info, err := os.Stat(at)
		if err != nil {
			return at
		}
		uid, gid, err := owner(at)
		if err != nil {
			return at
		}
		need := fs.FileMode(0o001)
		switch {
		case uid == a.uid:
			need = 0o100
		case gid == a.gid:
			need = 0o010
		}
		if info.Mode().Perm()&need == 0 {
			return at
		}
	}
	return path
}

func owner(path string) (uid, gid int, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, fmt.Errorf("no owner known of %s", path)
	}
	return int(st.Uid), int(st.Gid), nil
}

// command prepares one of the binaries to run as the account, with a clean environment.
func (b binaries) command(ctx context.Context, a account, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(b.dir, name), args...) //nolint:gosec // G204: running these is our purpose
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
	if b.libraries != "" {
		cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+b.libraries)
	}
	cmd.SysProcAttr = a.attr(syscall.SIGKILL)
	return cmd
}
