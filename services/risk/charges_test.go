package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// leads has a position be in charge of units.
func (o office) leads(t *testing.T, position *riskv1.Position, units ...string) error {
	t.Helper()
	_, err := o.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position: &riskv1.Position{Name: position.GetName(), InChargeOf: units}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"in_charge_of"}},
	})
	return err
}

// Of several deputies the one in charge of a section owns its risks and signs with it; where nobody is, any may (T5).
func TestT5_TheDeputyInChargeOwnsTheRisksAndSigns(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	head := office.held(t, commerce, "局长", "head", "甲", "2024-01-01")
	one := office.held(t, commerce, "副局长一", "deputy", "乙", "2024-01-01")
	other := office.held(t, commerce, "副局长二", "deputy", "丙", "2024-01-01")
	section.held(t, markets, "市场运行股股长", "section_head", "丁", "2024-01-01")
	risk := func(points int32, owner *riskv1.Position) (*riskv1.RiskPoint, error) {
		asked := riskPoint(markets, points, points, points)
		asked.Category, asked.OwnerPosition = "decision", owner.GetName()
		return section.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: asked})
	}
	before, err := risk(3, other)
	require.NoError(t, err, "nobody is in charge yet")
	before = office.approveTwice(t, section.propose(t, before, enter))
	assert.Equal(t, "b", before.GetGrade())
	assert.Empty(t, office.unfit(t, ""))

	suitetest.RequireFieldFaults(t, office.leads(t, one, markets, "units/nowhere", "units/commerce_trade"),
		map[string]string{"position.in_charge_of[1]": "UNKNOWN_UNIT"})
	suitetest.RequireFieldFaults(t, section.leads(t, section.held(t, markets, "副股长", "staff", "戊", "2024-01-01"), commerce),
		map[string]string{"position.in_charge_of[0]": "NOT_BELOW"})
	require.NoError(t, office.leads(t, one, markets))
	hears(t, s, "section", markets, one.GetName(), "商务局三位一体机制建设领导小组办公室的岗位“副局长一”现分管本单位："+
		"本单位由同职级其他岗位负责的风险点请改定责任岗位，承诺书由其代表领导一方签字。")
	assert.Equal(t, []string{before.GetName()}, office.unfit(t, ""), "it has another owner than who is in charge")
	_, err = risk(3, other)
	suitetest.RequireFieldFaults(t, err, map[string]string{"risk_point.owner_position": "NOT_IN_CHARGE"})
	_, err = risk(3, one)
	require.NoError(t, err)
	_, err = risk(5, head)
	require.NoError(t, err, "the head answers for the gravest")

	s.RunJob("risk.open_commitments")
	pledge := section.commitments(t, &riskv1.ListCommitmentsRequest{})[0]
	pledge, err = section.pledges.SignCommitment(t.Context(), signOf(pledge))
	require.NoError(t, err)
	_, err = office.pledges.CountersignCommitment(t.Context(), countersignOf(pledge, other))
	suitetest.RequireFieldFaults(t, err, map[string]string{"position": "NOT_IN_CHARGE"})
	_, err = office.pledges.CountersignCommitment(t.Context(), countersignOf(pledge, one))
	require.NoError(t, err)

	require.NoError(t, office.leads(t, other, commerce))
	assert.Empty(t, office.unfit(t, ""), "who is in charge of all is in charge of the section too")
	require.NoError(t, office.leads(t, one))
	require.NoError(t, office.leads(t, other))
	_, err = risk(3, one)
	require.NoError(t, err, "nobody is in charge again")
}
