package reviews

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

func TestCheckReviewer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reviewer string
		units    []string
		refused  bool
	}{
		"unit above":          {"units/a", []string{"a", "b", "c"}, false},
		"next unit above":     {"units/b", []string{"a", "b", "c"}, false},
		"unit itself":         {"units/c", []string{"a", "b", "c"}, true},
		"root reviews itself": {"units/a", []string{"a"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, roles := range [][]string{{"reviewer"}, {access.Administrator}} {
				err := checkReviewer(access.Principal{Unit: tc.reviewer, Roles: roles}, tc.units)
				assert.Equal(t, tc.refused, err != nil, "%v", err)
			}
		})
	}
}

// Whatever is done in whatever order: what is in force or has ended by a review was handed in right before, content changes only
// in the unit's hands, and what has ended stays so.
func TestTable(t *testing.T) {
	t.Parallel()
	table := Table("PowerItem", "")
	acts := []lifecycle.Act{collection.UpdateAct, SubmitAct, ReturnAct, ApproveAct, DiscardAct}
	rapid.Check(t, func(t *rapid.T) {
		state := table.Start
		for range rapid.IntRange(1, 30).Draw(t, "acts") {
			act := rapid.SampledFrom(acts).Draw(t, "act")
			var next []riskv1.RegisterState
			for _, tr := range table.Transitions {
				if tr.From == state && tr.Act == act {
					next = append(next, tr.To)
				}
			}
			writing := state == draft || state == returned
			allowed := map[lifecycle.Act]bool{
				collection.UpdateAct: writing || state == inForce, SubmitAct: writing || state == inForce,
				ReturnAct: state == submitted, ApproveAct: state == submitted, DiscardAct: writing,
			}[act]
			if allowed != (len(next) > 0) {
				t.Fatalf("%s in %s leads to %v", act, state, next)
			}
			if len(next) > 0 {
				state = rapid.SampledFrom(next).Draw(t, "state")
			}
		}
	})
}
