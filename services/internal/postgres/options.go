// Package postgres runs a private PostgreSQL server under the suite's data folder, so that the
// suite needs no database of its own to be installed and administered.
//
// Start finds (or fetches) the server's binaries, makes a cluster on first use, runs the server
// behind a Unix socket that only its owner can reach, and starts it again when it dies. A killed
// supervisor takes the server down with it; the next Start recovers what is left. Linux only.
package postgres

import (
	"maps"
	"os"

	"go.uber.org/zap"
)

// Database is the database that every cluster contains, Role the superuser that owns it.
const (
	Database = "qingfeng"
	Role     = "qingfeng"
)

// BinEnv names the environment variable that points to a folder of PostgreSQL binaries.
const BinEnv = "QINGFENG_POSTGRES_BIN"

// Options say where the server keeps its data and where its binaries come from.
type Options struct {
	// Dir is the data folder of the suite; the cluster lives in Dir/postgres. Required.
	Dir string
	// Bin is the folder of the PostgreSQL binaries. Empty: $QINGFENG_POSTGRES_BIN, else they are found or fetched.
	Bin string
	// Cache is where fetched binaries are kept. Empty: the user's cache folder, or /var/cache/qingfeng
	// for root, whose own cache the server's account could not read.
	Cache string
	// Settings are server settings that override the suite's own, such as fsync=off in tests.
	Settings map[string]string
	// Logger receives progress and the server's warnings. Nil: nothing is logged.
	Logger *zap.Logger
}

func (o Options) withDefaults() Options {
	if o.Bin == "" {
		o.Bin = os.Getenv(BinEnv)
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	return o
}

// settings returns the server's settings: tuned for a small machine, durable, reachable over the
// socket alone. They are given on the command line, so they outrank the cluster's own files.
func (o Options) settings(socketDir string) map[string]string {
	s := map[string]string{
		"shared_buffers":   "32MB", // what is read often stays in the system's cache, which is not held at rest
		"max_connections":  "200",
		"random_page_cost": "1.1",
		"wal_compression":  "on",
		"jit":              "off",
		"timezone":         "UTC",
		"log_timezone":     "UTC",
		"lc_messages":      "C",
		// What clients sent stays out of the log: no statements, and no row values in DETAIL lines.
		"log_min_error_statement": "panic",
		"log_error_verbosity":     "terse",
		"log_line_prefix":         "",
		"logging_collector":       "off",
		"log_destination":         "stderr",
	}
	maps.Copy(s, o.Settings)
	s["listen_addresses"] = ""
	s["port"] = socketPort
	s["unix_socket_directories"] = socketDir
	s["unix_socket_permissions"] = "0700"
	return s
}
