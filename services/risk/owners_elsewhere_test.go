package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// A risk point stays owned by a post of a unit that has ended until another owner is named: its unit hears of it and finds it.
func TestT5_OwnersThatStandElsewhereSinceTheTreeChangedAreListed(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	chief := e.own.held(t, markets, "股长", "section_head", "戊", "2024-01-01").GetName()
	successor := e.heir.held(t, trade, "外贸股股长", "section_head", "己", "2024-01-01").GetName()
	asked := riskPoint(markets, 1, 1, 1)
	asked.Category, asked.OwnerPosition = "personal", chief
	point := e.office.approveTwice(t, e.own.submit(t, e.own.point(t, asked)))
	assert.Empty(t, e.office.unfit(t, ""))
	e.end(t)

	assert.Equal(t, []string{point.GetName()}, e.office.unfit(t, ""))
	assert.Equal(t, []string{point.GetName()}, e.office.unfit(t, "2026-11-10"), "and in the catalogue")
	e.isTold(t, trade, "机构变动后，本单位 1 个风险点的责任岗位已不在本单位及其上级单位，请另定责任岗位。")

	change := func(paths ...string) (*riskv1.RiskPoint, error) {
		return e.heir.points.UpdateRiskPoint(t.Context(), &riskv1.UpdateRiskPointRequest{
			RiskPoint:  &riskv1.RiskPoint{Name: point.GetName(), Description: "逾期仍予许可", OwnerPosition: successor},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
		})
	}
	_, err := change("description")
	require.NoError(t, err, "what else it says may change")
	_, err = e.heir.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{
		Name: point.GetName(), Proposal: riskv1.Proposal_PROPOSAL_ENTER, Reason: "查找",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "ENTRY_INCOMPLETE")
	suitetest.RequireNamed(t, err, map[string]string{"owner_position": "OWNER_ELSEWHERE"})
	named, err := change("owner_position")
	require.NoError(t, err)
	e.office.approveTwice(t, e.heir.submit(t, named))
	assert.Empty(t, e.office.unfit(t, ""))
}
