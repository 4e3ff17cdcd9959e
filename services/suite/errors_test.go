package suite_test

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	rpcLine = regexp.MustCompile(`^  rpc (\w+)\(`)
	changes = regexp.MustCompile(`^ +audit: AUDIT_(CHANGE|SOURCE)$`)
)

// TestEveryChangingRPCDocumentsItsErrors reads the protos as text: descriptors of the Go code carry no comments.
func TestEveryChangingRPCDocumentsItsErrors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../proto/qingfeng/*/v1/*.proto")
	require.NoError(t, err)
	found := 0
	for _, name := range files {
		file, err := os.Open(name)
		require.NoError(t, err)
		comment, rpc := "", "" // of the RPC that the line belongs to
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			line := lines.Text()
			switch {
			case strings.HasPrefix(line, "  //") && rpc == "":
				comment += line
			case rpcLine.MatchString(line):
				rpc = rpcLine.FindStringSubmatch(line)[1]
			case line == "  }":
				comment, rpc = "", ""
			case rpc != "" && changes.MatchString(line):
				found++
				assert.Contains(t, comment, "Errors", "%s in %s", rpc, name)
			case rpc == "":
				comment = ""
			}
		}
		require.NoError(t, lines.Err())
		require.NoError(t, file.Close())
	}
	assert.Greater(t, found, 50)
}
