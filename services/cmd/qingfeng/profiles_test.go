package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProfilesAreFoundBesideTheProgram(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	require.NoError(t, err)
	folder := filepath.Join(filepath.Dir(program), "profiles")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "c"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "c", "network.yaml"), nil, 0o600))
	found, err := profileFolder("") // the working folder of a test is its package's
	require.NoError(t, err)
	assert.Equal(t, folder, found)

	_, err = profileFolder(t.TempDir())
	require.ErrorContains(t, err, "--profiles or QINGFENG_PROFILES", "a folder that is named is the only one looked at")
	assert.ErrorContains(t, err, "请用参数 --profiles 或环境变量 QINGFENG_PROFILES 指定")
}
