package suite_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/assessment"
	"github.com/qingfeng-suite/qingfeng/services/network/inquiries"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
	"github.com/qingfeng-suite/qingfeng/services/network/training"
	"github.com/qingfeng-suite/qingfeng/services/risk"
	"github.com/qingfeng-suite/qingfeng/services/warning"
)

// TestTheDrawnLifeCyclesAreThoseOfTheCode compares docs/lifecycles.md with the tables that the services act by.
func TestTheDrawnLifeCyclesAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	drawn, err := os.ReadFile("../../docs/lifecycles.md")
	require.NoError(t, err)
	for resource, diagram := range map[string]string{
		tips.Lifecycle.Resource:            tips.Lifecycle.Mermaid(),
		inquiries.Lifecycle.Resource:       inquiries.Lifecycle.Mermaid(),
		reports.Lifecycle.Resource:         reports.Lifecycle.Mermaid(),
		officers.Lifecycle.Resource:        officers.Lifecycle.Mermaid(),
		training.Lifecycle.Resource:        training.Lifecycle.Mermaid(),
		risk.RiskPointLifecycle.Resource:   risk.RiskPointLifecycle.Mermaid(),
		warning.WarningLifecycle.Resource:  warning.WarningLifecycle.Mermaid(),
		assessment.RoundLifecycle.Resource: assessment.RoundLifecycle.Mermaid(),
	} {
		assert.Contains(t, string(drawn), "## "+resource+"\n\n```mermaid\n"+diagram+"```\n")
	}
}
