package reviews_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

func TestHashIsOfWhatClientsWrite(t *testing.T) {
	t.Parallel()
	item := &riskv1.PowerItem{
		Unit: "units/340503001", Kind: "power", Title: "临时占道许可 <急>", LegalBasis: "《城市道路管理条例》\u2028", Positions: []string{"positions/340503-a"},
		Steps: []*riskv1.Step{{Id: "accept", Title: "受理", DecisionPoint: true}},
	}
	hash, err := reviews.Hash(item)
	require.NoError(t, err)
	canonical := `{"kind":"power","legalBasis":"《城市道路管理条例》` + "\u2028" + `","positions":["positions/340503-a"],` +
		`"steps":[{"decisionPoint":true,"id":"accept","title":"受理"}],"title":"临时占道许可 <急>","unit":"units/340503001"}`
	sum := sha256.Sum256([]byte(canonical))
	assert.Equal(t, hex.EncodeToString(sum[:]), hash)

	item.Name, item.Etag, item.State = "powerItems/340503-b", "7", riskv1.RegisterState_REGISTER_STATE_IN_FORCE
	item.Standing = &riskv1.Standing{Version: 3}
	served, err := reviews.Hash(item)
	require.NoError(t, err)
	assert.Equal(t, hash, served, "what only the server sets does not count")

	item.Steps[0].DecisionPoint = false
	changed, err := reviews.Hash(item)
	require.NoError(t, err)
	assert.NotEqual(t, hash, changed)
}
