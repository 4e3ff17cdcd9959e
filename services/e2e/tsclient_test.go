package e2e

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// tsClient is the folder of the TypeScript client.
const tsClient = "../../tools/tsclient"

// A client generated from the document compiles against its types, and calls the suite as the document says.
func TestTypeScriptClientOfTheDocumentCallsTheSuite(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is missing: the TypeScript client is not tested")
	}
	if _, err := os.Stat(filepath.Join(tsClient, "node_modules")); err != nil {
		t.Skip("the packages of the TypeScript client are missing: `make tsclient` fetches them")
	}
	s := suitetest.New(t)
	saveDocument(t, s.URL, filepath.Join(tsClient, "build", "openapi.json"))
	for _, script := range []string{"generate", "compile"} {
		npm(t, "run", "--silent", script)
	}
	token := s.Token(access.Principal{Subject: "accounts/admin", Unit: suitetest.City, Roles: []string{access.Administrator}})
	npm(t, "run", "--silent", "call", "--", s.URL, token)
}

// saveDocument saves the English OpenAPI document that a gateway serves.
func saveDocument(t *testing.T, gateway, file string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gateway+"/openapi.en.json", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	document, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, document, 0o600))
}

func npm(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "npm", args...)
	cmd.Dir = tsClient
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "npm %v:\n%s", args, said)
}
