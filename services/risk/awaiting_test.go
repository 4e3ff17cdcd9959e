package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// awaits are the risk points and power items that await a stage or, where none is given, the caller.
func (o office) awaits(t *testing.T, stage string) (names []string) {
	t.Helper()
	points, err := o.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
		Unit: o.unit, ReviewStage: stage, AwaitsMyReview: stage == "",
	})
	require.NoError(t, err)
	for _, point := range points.GetRiskPoints() {
		names = append(names, point.GetName())
	}
	items, err := o.powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{Unit: o.unit, AwaitsMyReview: stage == ""})
	require.NoError(t, err)
	for _, item := range items.GetPowerItems() {
		if stage == "" {
			names = append(names, item.GetName())
		}
	}
	return names
}

func TestJ4_T12_T22_AReviewerListsWhatAwaitsThem(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office, legal := as(s, "section", markets), as(s, "leading_group_office", commerce), as(s, "legal_office", commerce)
	asked := riskPoint(markets, 5, 5, 5)
	asked.Category, asked.OwnerPosition = "decision", office.post(t, commerce, "局长", "head")
	section.point(t, asked)
	point := section.submit(t, section.point(t, asked))
	licensing := section.licensing(t, markets)
	licensing.Kind = "approval"
	item := section.submitPower(t, section.power(t, licensing), enter)

	assert.Equal(t, []string{point.GetName()}, office.awaits(t, ""), "neither what is a draft nor what awaits another role")
	assert.Equal(t, []string{item.GetName()}, legal.awaits(t, ""))
	assert.Empty(t, section.awaits(t, ""), "no stage is theirs")
	assert.Empty(t, as(s, "leading_group_office", markets).awaits(t, ""), "it is their own")
	hears(t, s, "leading_group_office", commerce, point.GetName(),
		"市场运行股报审“对条件不符的申请予以许可”，请于 2026-11-16 前进行组织审核。", "the inbox tells of what the list shows")

	assert.Equal(t, []string{point.GetName()}, office.awaits(t, "organisation"))
	assert.Empty(t, office.awaits(t, "meeting"))
	office.approve(t, point)
	assert.Empty(t, office.awaits(t, "organisation"))
	assert.Equal(t, []string{point.GetName()}, office.awaits(t, "meeting"))
	assert.Equal(t, []string{point.GetName()}, office.awaits(t, ""))

	admin := as(s, access.Administrator, commerce)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.EffectiveFrom, scheme.PointReview[1].Id, scheme.PointReview[1].Roles = "2026-11-03", "law", []string{"legal_office"}
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	s.Clock.Advance(wholeDay)
	assert.Empty(t, office.awaits(t, ""), "the scheme has another stage in place of the one that was awaited")
	assert.Equal(t, []string{point.GetName(), item.GetName()}, legal.awaits(t, ""))

	_, err = office.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
		Unit: commerce, AsOf: "2026-11-02", AwaitsMyReview: true, ReviewStage: "meeting",
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"awaits_my_review": "CONTRADICTION", "review_stage": "CONTRADICTION"})
	_, err = legal.powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{Unit: commerce, ReviewStage: "meeting"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"review_stage": "UNKNOWN_TERM"})
}
