package postgres

import (
	"errors"
	"fmt"
)

// What an operator can put right. The messages are in English and Chinese, because they stop the
// suite before any console could show them.
var (
	// ErrInUse: another program holds the data folder.
	ErrInUse = errors.New("postgres: data folder in use")
	// ErrCannotMake: the data folder does not exist and can't be made.
	ErrCannotMake = errors.New("data folder can't be made")
	// ErrUnreachable: the account the server runs as cannot reach a folder it needs.
	ErrUnreachable = errors.New("postgres: folder unreachable")
	// ErrVersion: the binaries are too old, or not of the version that made the cluster.
	ErrVersion = errors.New("postgres: unsuitable version")
	// ErrNoBinaries: PostgreSQL was neither found nor could it be fetched.
	ErrNoBinaries = errors.New("postgres: not found")
)

func inUse(dir, holder string) error {
	if holder == "" {
		holder = "?"
	}
	return fmt.Errorf("%w: %s is held by another running program (process %s); stop it or choose another data folder"+
		" / 数据目录正被另一个程序使用(进程 %s),请先停止该程序或改用其他数据目录", ErrInUse, dir, holder, holder)
}

func cannotMake(dir string, cause error) error {
	return fmt.Errorf("%w: %s: make it and give it to the account that runs the suite, such as by"+
		" `sudo install -d -o \"$USER\" %s`, or name another with --data or QINGFENG_DATA"+
		" / 无法创建数据目录 %s，请先建好并交给运行本程序的账户，例如执行 sudo install -d -o \"$USER\" %s，"+
		"或用参数 --data、环境变量 QINGFENG_DATA 另行指定: %w", ErrCannotMake, dir, dir, dir, dir, cause)
}

func unreachable(blocked, wanted string, a account) error {
	return fmt.Errorf("%w: PostgreSQL does not run as root; it runs as user %q, who cannot enter %s on the way to %s;"+
		" run `chmod o+x %s`, or use a folder elsewhere, such as /var/lib/qingfeng"+
		" / PostgreSQL 以用户 %s 运行,但该用户无权进入 %s;请放开该目录的进入权限,或改用 /var/lib/qingfeng 等目录",
		ErrUnreachable, a.name, blocked, wanted, blocked, a.name, blocked)
}

func tooOld(b binaries) error {
	return fmt.Errorf("%w: %s holds PostgreSQL %s, at least %d is needed"+
		" / PostgreSQL 版本过低(%s),至少需要 %d", ErrVersion, b.dir, b.version, minMajor, b.version, minMajor)
}

func otherMajor(b binaries, want int) error {
	return fmt.Errorf("%w: the cluster was made by PostgreSQL %d, %s holds %s; "+
		"point %s to binaries of version %d, or dump and restore"+
		" / 数据由 PostgreSQL %d 创建,与现有程序版本 %s 不符,请用 %s 指定版本 %d 的程序目录",
		ErrVersion, want, b.dir, b.version, BinEnv, want, want, b.version, BinEnv, want)
}

func noBinaries(want int, cause error) error {
	name := "postgresql"
	if want > 0 {
		name = fmt.Sprintf("postgresql-%d", want)
	}
	return fmt.Errorf("%w: no PostgreSQL (%d or newer) on this machine and none could be fetched;"+
		" run `apt-get install %s`, or install npm so that it can be fetched, or point %s to a folder of its binaries"+
		" / 本机没有可用的 PostgreSQL,也无法自动获取;请执行 apt-get install %s,或安装 npm 以便自动获取,或用 %s 指定其程序目录: %w",
		ErrNoBinaries, minMajor, name, BinEnv, name, BinEnv, cause)
}
