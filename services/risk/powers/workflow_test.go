package powers

import (
	"testing"

	"github.com/stretchr/testify/assert"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
)

func TestCheckWorkflow(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		steps []*riskv1.Step
		fault string
	}{
		"no workflow": {nil, ""},
		"branches and loops": {
			[]*riskv1.Step{{Id: "a", Next: []string{"b", "c"}}, {Id: "b", Next: []string{"a"}}, {Id: "c"}},
			"",
		},
		"one id twice": {[]*riskv1.Step{{Id: "a"}, {Id: "a"}}, "INVALID_ARGUMENT; power_item.steps[1].id: duplicate"},
		"ways into nowhere": {
			[]*riskv1.Step{{Id: "a", Next: []string{"b", "x"}}, {Id: "b", Next: []string{"y"}}},
			"INVALID_ARGUMENT; power_item.steps[0].next[1]: unknown_step; power_item.steps[1].next[0]: unknown_step",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := checkWorkflow(tc.steps); tc.fault == "" {
				assert.NoError(t, err)
			} else {
				assert.EqualError(t, err, tc.fault)
			}
		})
	}
}
