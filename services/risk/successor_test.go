package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestJ4_SuccessorHandsInAndNeverReviewsItsOwn(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", township)
	item := as(s, "reviewer", county).approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
	draft := clerk.point(t, riskPoint(township, 2, 2, 3))
	submitted := clerk.submit(t, clerk.point(t, riskPoint(township, 2, 2, 3)))
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: township}}, Into: other, Reason: "撤并"})
	require.NoError(t, err)
	s.RunJob("risk.follow_moves")

	successor := as(s, "clerk", other)
	_, err = as(s, "reviewer", other).points.ApproveRiskPoint(t.Context(), pass(submitted))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
	draft.PowerItem = successor.power(t, successor.licensing(t, other)).GetName()
	draft = successor.update(t, draft)
	draft.PowerItem = item.GetName()
	as(s, "reviewer", county).sendBack(t, successor.submit(t, successor.update(t, draft)), "请写明岗位")
	submitted = as(s, "reviewer", county).sendBack(t, submitted, "请以本单位名义报审")
	submitted.OwnerPosition = "" // the ended unit's does not answer for it any more
	submitted = successor.submit(t, submitted)
	as(s, "reviewer", county).approve(t, submitted)

	listed, err := as(s, "handler", county).figures.ListFigures(t.Context(), &riskv1.ListFiguresRequest{
		Root: county, Units: []string{other}, Period: "2026-11", Measures: []string{"risk.points_approved"},
	})
	require.NoError(t, err)
	assert.EqualValues(t, 2, listed.GetFigures()[0].GetDenominator())
	counted, err := as(s, "handler", county).points.CountRiskPoints(t.Context(), &riskv1.CountRiskPointsRequest{Unit: county})
	require.NoError(t, err)
	for _, count := range counted.GetCounts() {
		assert.Equal(t, other, count.GetUnit())
	}
}

func TestT12_SuccessorGoesOnWithThePowersOfAnEndedUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer, successor := as(s, "clerk", township), as(s, "reviewer", county), as(s, "clerk", other)
	item := reviewer.approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: township}}, Into: other, Reason: "撤并"})
	require.NoError(t, err)
	s.RunJob("risk.follow_moves")

	assert.Equal(t, []string{"临时占道许可"}, successor.catalogue(t, other, "2026-11-02"), "versions follow the tree")
	item = successor.submitPower(t, successor.retitlePower(t, item, "占道经营许可"), enter)
	_, err = as(s, "reviewer", other).powers.ApprovePowerItem(t.Context(), approval(item))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
	reviewer.approvePower(t, item)
	assert.Equal(t, []string{"占道经营许可"}, successor.catalogue(t, other, "2026-11-02"))
}
