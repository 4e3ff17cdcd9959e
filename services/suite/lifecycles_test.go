package suite_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/assessment/rounds"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/network/inquiries"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
	"github.com/qingfeng-suite/qingfeng/services/network/training"
	"github.com/qingfeng-suite/qingfeng/services/risk/appointments"
	"github.com/qingfeng-suite/qingfeng/services/risk/campaigns"
	"github.com/qingfeng-suite/qingfeng/services/risk/checks"
	"github.com/qingfeng-suite/qingfeng/services/risk/comments"
	"github.com/qingfeng-suite/qingfeng/services/risk/commitments"
	"github.com/qingfeng-suite/qingfeng/services/risk/controls"
	"github.com/qingfeng-suite/qingfeng/services/risk/decisions"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/risk/openness"
	"github.com/qingfeng-suite/qingfeng/services/risk/polls"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers"
	"github.com/qingfeng-suite/qingfeng/services/risk/problems"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/redos"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/rotations"
	"github.com/qingfeng-suite/qingfeng/services/warning/bulletins"
	"github.com/qingfeng-suite/qingfeng/services/warning/caseleads"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
	"github.com/qingfeng-suite/qingfeng/services/warning/referrals"
	"github.com/qingfeng-suite/qingfeng/services/warning/studies"
	"github.com/qingfeng-suite/qingfeng/services/warning/warnings"
)

// named finds the acts that code of a package names: s.act(ctx, req, "accept"…), Lifecycle.Next(state, "resubmit").
var named = regexp.MustCompile(`\.act\(ctx, [^\n]*?, "(\w+)"|Lifecycle\.Next\([^\n]*, "(\w+)"\)`)

func TestEveryActInCodeIsInItsLifeCycle(t *testing.T) {
	t.Parallel()
	for folder, acts := range map[string][]string{
		"network/tips":    actsOf(tips.Lifecycle),
		"network/reports": actsOf(reports.Lifecycle),
	} {
		files, err := filepath.Glob("../" + folder + "/*.go")
		require.NoError(t, err)
		found := 0
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, act := range named.FindAllStringSubmatch(string(text), -1) {
				found++
				assert.Contains(t, acts, strings.Join(act[1:], ""), file)
			}
		}
		assert.NotZero(t, found, folder)
	}
}

func actsOf[S lifecycle.State](table lifecycle.Table[S]) []string {
	acts := make([]string, 0, len(table.Transitions))
	for _, tr := range table.Transitions {
		acts = append(acts, string(tr.Act))
	}
	return acts
}

// TestLifeCycleDiagramsMatchTheCode compares docs/lifecycles.md with the tables that the services act by.
func TestLifeCycleDiagramsMatchTheCode(t *testing.T) {
	t.Parallel()
	drawn, err := os.ReadFile("../../docs/lifecycles.md")
	require.NoError(t, err)
	for resource, diagram := range map[string]string{
		tips.Lifecycle.Resource:              tips.Lifecycle.Mermaid(),
		inquiries.Lifecycle.Resource:         inquiries.Lifecycle.Mermaid(),
		reports.Lifecycle.Resource:           reports.Lifecycle.Mermaid(),
		officers.Lifecycle.Resource:          officers.Lifecycle.Mermaid(),
		training.Lifecycle.Resource:          training.Lifecycle.Mermaid(),
		powers.Lifecycle.Resource:            powers.Lifecycle.Mermaid(),
		riskpoints.Lifecycle.Resource:        riskpoints.Lifecycle.Mermaid(),
		controls.Lifecycle.Resource:          controls.Lifecycle.Mermaid(),
		deficiencies.Lifecycle.Resource:      deficiencies.Lifecycle.Mermaid(),
		checks.Lifecycle.Resource:            checks.Lifecycle.Mermaid(),
		rotations.Lifecycle.Resource:         rotations.Lifecycle.Mermaid(),
		campaigns.Lifecycle.Resource:         campaigns.Lifecycle.Mermaid(),
		decisions.Lifecycle.Resource:         decisions.Lifecycle.Mermaid(),
		appointments.Lifecycle.Resource:      appointments.Lifecycle.Mermaid(),
		polls.Lifecycle.Resource:             polls.Lifecycle.Mermaid(),
		positions.Lifecycle.Resource:         positions.Lifecycle.Mermaid(),
		redos.Lifecycle.Resource:             redos.Lifecycle.Mermaid(),
		comments.Lifecycle.Resource:          comments.Lifecycle.Mermaid(),
		openness.Lifecycle.Resource:          openness.Lifecycle.Mermaid(),
		publications.Lifecycle.Resource:      publications.Lifecycle.Mermaid(),
		warnings.Lifecycle.Resource:          warnings.Lifecycle.Mermaid(),
		bulletins.Lifecycle.Resource:         bulletins.Lifecycle.Mermaid(),
		bulletins.ReceiptLifecycle.Resource:  bulletins.ReceiptLifecycle.Mermaid(),
		referrals.Lifecycle.Resource:         referrals.Lifecycle.Mermaid(),
		studies.Lifecycle.Resource:           studies.Lifecycle.Mermaid(),
		studies.InvitationLifecycle.Resource: studies.InvitationLifecycle.Mermaid(),
		caseleads.Lifecycle.Resource:         caseleads.Lifecycle.Mermaid(),
		findings.Lifecycle.Resource:          findings.Lifecycle.Mermaid(),
		rounds.Lifecycle.Resource:            rounds.Lifecycle.Mermaid(),
		problems.Lifecycle.Resource:          problems.Lifecycle.Mermaid(),
		commitments.Lifecycle.Resource:       commitments.Lifecycle.Mermaid(),
	} {
		assert.Contains(t, string(drawn), "## "+resource+"\n\n```mermaid\n"+diagram+"```\n")
	}
}
