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

// rank gives a position another rank.
func (o office) rank(t *testing.T, position, rank, reason string) (*riskv1.Position, error) {
	t.Helper()
	return o.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position:   &riskv1.Position{Name: position, Rank: rank},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"rank"}}, Reason: reason,
	})
}

// unfit are the risk points whose owner does not fit their grade.
func (o office) unfit(t *testing.T, asOf string) (names []string) {
	t.Helper()
	listed, err := o.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: commerce, OwnerUnfit: true, AsOf: asOf})
	require.NoError(t, err)
	for _, point := range listed.GetRiskPoints() {
		names = append(names, point.GetName())
	}
	return names
}

// Who owns a risk, commits and is to leave goes by the rank.
func TestT5_T10_AnotherRankNeedsAReasonAndLeavesNothingSilentlyStanding(t *testing.T) {
	t.Parallel()
	b := newRotating(t, "2021-12-01")
	head := b.point.GetOwnerPosition()
	section := as(b.Suite, "section", markets)
	b.RunJob("risk.open_commitments")
	_, err := b.office.rank(t, head, "deputy", "")
	suitetest.RequireFieldFaults(t, err, map[string]string{"reason": "REQUIRED"})
	_, err = section.rank(t, b.chief.GetName(), "staff", "")
	suitetest.RequireFieldFaults(t, err, map[string]string{"reason": "REQUIRED"})
	assert.Empty(t, b.office.unfit(t, ""))

	chief, err := section.rank(t, b.chief.GetName(), "staff", "股室撤并")
	require.NoError(t, err)
	require.Len(t, chief.GetRankChanges(), 1)
	assert.Equal(t, "section_head 2026-11-02 股室撤并 "+markets, chief.GetRankChanges()[0].GetRank()+" "+
		chief.GetRankChanges()[0].GetChangedOn()+" "+chief.GetRankChanges()[0].GetReason()+" "+chief.GetRankChanges()[0].GetUnit())
	hears(t, b.Suite, "leading_group_office", commerce, chief.GetName(), "市场运行股将岗位“市场运行股股长”由股室负责人改为工作人员：股室撤并。"+
		"涉及该岗位的风险点 1 个、未完成的防控措施 0 项、未履行的领导职责 0 项、有效的承诺书 1 份、未结的轮岗 1 项；变动后继续有效，不再适当的请撤销。")
	assert.Empty(t, b.office.unfit(t, ""), "the head still owns it")

	_, err = b.office.rank(t, head, "deputy", "职务调整")
	require.NoError(t, err)
	assert.Equal(t, []string{b.point.GetName()}, b.office.unfit(t, ""))
	assert.Equal(t, []string{b.point.GetName()}, b.office.unfit(t, "2026-11-02"), "and in the catalogue")
	unfit := "岗位“局长”的职级变动后，本单位 1 个风险点的责任岗位与其等级不符，请另定责任岗位。"
	hears(t, b.Suite, "section", markets, markets, unfit)
	raised, err := b.office.rank(t, head, "head", "更正")
	require.NoError(t, err)
	assert.Len(t, raised.GetRankChanges(), 2)
	assert.Empty(t, b.office.unfit(t, ""), "raised again, it fits")
	_, err = b.office.rank(t, head, "head", "")
	require.NoError(t, err, "the same rank needs no reason")
	raised, err = b.office.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position:   &riskv1.Position{Name: head, Unit: commerce, Title: "局长", Rank: "head", Holders: raised.GetHolders()},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"*"}},
	})
	require.NoError(t, err)
	assert.Len(t, raised.GetRankChanges(), 2, "nobody writes the history")
	hears(t, b.Suite, "leading_group_office", commerce, head, "商务局三位一体机制建设领导小组办公室将岗位“局长”由分管领导改为单位主要领导：更正。"+
		"涉及该岗位的风险点 1 个、未完成的防控措施 0 项、未履行的领导职责 0 项、有效的承诺书 0 份、未结的轮岗 0 项；变动后继续有效，不再适当的请撤销。")
	told := said(t, b.Suite, "section", markets, markets, 1)
	assert.Equal(t, []string{unfit}, told, "what fits is told to nobody")
}

// A risk card of a past day has the rank of that day (T8).
func TestT8_ARiskCardShowsTheRankOfItsDay(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	rankOn := func(asOf string) string {
		card, err := b.section.cards.ShowRiskCard(t.Context(), &riskv1.ShowRiskCardRequest{Name: b.owner, AsOf: asOf})
		require.NoError(t, err)
		return card.GetRank()
	}
	for _, rank := range []string{"staff", "section_head"} {
		b.Clock.Advance(7 * day)
		_, err := b.section.rank(t, b.owner, rank, "职务调整")
		require.NoError(t, err)
	}
	for asOf, rank := range map[string]string{
		"2026-11-02": "section_head", "2026-11-08": "section_head", "2026-11-09": "staff", "2026-11-15": "staff",
		"2026-11-16": "section_head", "": "section_head",
	} {
		assert.Equal(t, rank, rankOn(asOf), asOf)
	}
}

// Another rank is no correction of who held the position, also where appointments fill that rank (T15).
func TestT5_T15_AnotherRankCorrectsNoHolder(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	clerk := b.section.held(t, markets, "市场运行股科员", "staff", "己", "2026-01-01").GetName()
	_, err := b.section.rank(t, clerk, "section_head", "")
	suitetest.RequireFieldFaults(t, err, map[string]string{"reason": "REQUIRED"})
	_, err = b.section.rank(t, clerk, "section_head", "机构改革")
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "RAISED_ABOVE")
	require.ErrorContains(t, err, "其职级由商务局三位一体机制建设领导小组办公室或者其上级提高")
	vacant := b.section.post(t, markets, "空缺岗位", "staff")
	_, err = b.section.rank(t, vacant, "section_head", "机构改革")
	require.NoError(t, err, "nobody is raised")
	_, err = b.office.rank(t, clerk, "section_head", "机构改革")
	require.NoError(t, err)
	ranked := "商务局三位一体机制建设领导小组办公室将岗位“市场运行股科员”由工作人员改为股室负责人：机构改革。" +
		"涉及该岗位的风险点 0 个、未完成的防控措施 0 项、未履行的领导职责 0 项、有效的承诺书 0 份、未结的轮岗 0 项；变动后继续有效，不再适当的请撤销。"
	hears(t, b.Suite, "section", markets, clerk, ranked)
	assert.Equal(t, []string{ranked}, said(t, b.Suite, "leading_group_office", commerce, clerk, 1))
}
