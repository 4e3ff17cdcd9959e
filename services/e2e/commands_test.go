package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// does runs the program to its end and returns what it printed.
func does(t *testing.T, args ...string) string {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput()
	require.NoError(t, err, "%s", said)
	return string(said)
}

// fails runs the program, which is to end with an error, and returns what it said.
func fails(t *testing.T, args ...string) string {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "%s", said)
	require.Equal(t, 1, exit.ExitCode(), "%s", said)
	return string(said)
}

// write writes a file into a new folder, and returns both.
func write(t *testing.T, name string, content []byte) (folder, file string) {
	t.Helper()
	folder = t.TempDir()
	file = filepath.Join(folder, name)
	require.NoError(t, os.WriteFile(file, content, 0o600))
	return folder, file
}

// TestCommandsActOnTheRunningInstance confirms the clock and makes the first token, as an operator does.
func TestCommandsActOnTheRunningInstance(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	s, _ := oneProcess(t, data)
	confirmed := does(t, "clock", "confirm", "--data", data)
	for service := range s.grpc {
		assert.Contains(t, confirmed, service+": ")
	}
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	does(t, "account", "token", "--data", data, "--server", s.grpc["network"], "--unit", "340500", "--role", "administrator",
		"--subject", "accounts/first", "--out", file)
	written, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), written.Mode().Perm())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(text), "Authorization: Bearer ")
}
