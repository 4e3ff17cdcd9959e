package postgres_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/postgres"
)

func TestDataFolderThatCannotBeMadeSaysWhatToDo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	folder := filepath.Join(file, "data") // below a file, where not even root can make one
	err := postgres.MakeDataFolder(folder)
	require.ErrorIs(t, err, postgres.ErrCannotMake)
	require.ErrorContains(t, err, "install -d -o \"$USER\" "+folder+"`, or name another with --data or QINGFENG_DATA")
	require.ErrorContains(t, err, "无法创建数据目录 "+folder)
	require.NoError(t, postgres.MakeDataFolder(filepath.Dir(file)), "one that is there")
}
