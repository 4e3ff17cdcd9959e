package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestX4_DetectSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	faulty := filepath.Join(t.TempDir(), "faulty.csv")
	require.NoError(t, os.WriteFile(faulty, []byte("t,observed\n1,many\n"), 0o600))
	require.ErrorContains(t, watchCmd{Method: "C4", Series: faulty}.Run(), "unknown method")
	require.ErrorContains(t, watchCmd{Method: "C1", Series: "absent.csv"}.Run(), "--series absent.csv: ")
	require.ErrorContains(t, watchCmd{Method: "C1", Series: faulty}.Run(), `line 2: observed is "many"`)
}
