package training_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC5_CoverageIsAskedForOverHTTP(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	token := s.Token(access.Principal{Subject: "accounts/clerk", Unit: networktest.Township, Roles: []string{"clerk"}})
	for path, want := range map[string]string{
		"/network/v1/trainingCoverage?unit=" + networktest.Township:           `"denominator":"1"`,
		"/network/v1/trainingCoverage:untrained?unit=" + networktest.Township: officer,
		"/network/v1/" + officer + "/events":                                  `"appoint"`,
		"/network/v1/" + officer + "/openWork":                                `{`,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, http.StatusOK, resp.StatusCode, "%s: %s", path, body)
		assert.Contains(t, string(body), want, path)
	}
}
