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

// endTownship ends the township, and has the risk service follow.
func endTownship(t *testing.T, s *suitetest.Suite, e suitetest.Ending) {
	t.Helper()
	require.NoError(t, e.End(t.Context(), networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City))))
	s.RunJob("risk.follow_moves")
}

func TestJ4_SuccessorHandsInAndNeverReviewsItsOwn(t *testing.T) {
	t.Parallel()
	for name, e := range suitetest.Endings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			clerk := as(s, "clerk", township)
			item := as(s, "reviewer", county).approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
			draft := clerk.point(t, riskPoint(township, 2, 2, 3))
			submitted := clerk.submit(t, clerk.point(t, riskPoint(township, 2, 2, 3)))
			endTownship(t, s, e)

			successor, above := as(s, "clerk", e.Successor), as(s, "reviewer", e.Above)
			_, err := as(s, "reviewer", e.Successor).points.ApproveRiskPoint(t.Context(), pass(submitted))
			suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
			draft.PowerItem = successor.power(t, successor.licensing(t, e.Successor)).GetName()
			draft = successor.update(t, draft)
			draft.PowerItem = item.GetName()
			above.sendBack(t, successor.submit(t, successor.update(t, draft)), "请写明岗位")
			submitted = above.sendBack(t, submitted, "请以本单位名义报审")
			submitted.OwnerPosition = "" // the ended unit's does not answer for it any more
			submitted = successor.submit(t, submitted)
			above.approve(t, submitted)

			listed, err := as(s, "handler", suitetest.City).figures.ListFigures(t.Context(), &riskv1.ListFiguresRequest{
				Root: suitetest.City, Units: []string{e.Successor}, Period: "2026-11", Measures: []string{"risk.points_approved"},
			})
			require.NoError(t, err)
			assert.EqualValues(t, 2, listed.GetFigures()[0].GetDenominator())
			counted, err := as(s, "handler", suitetest.City).points.CountRiskPoints(t.Context(),
				&riskv1.CountRiskPointsRequest{Unit: suitetest.City})
			require.NoError(t, err)
			require.NotEmpty(t, counted.GetCounts())
			for _, count := range counted.GetCounts() {
				assert.Equal(t, e.Successor, count.GetUnit())
			}
		})
	}
}

func TestT12_SuccessorGoesOnWithThePowersOfAnEndedUnit(t *testing.T) {
	t.Parallel()
	for name, e := range suitetest.Endings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			clerk, above, successor := as(s, "clerk", township), as(s, "reviewer", e.Above), as(s, "clerk", e.Successor)
			item := as(s, "reviewer", county).approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
			endTownship(t, s, e)

			assert.Equal(t, []string{"临时占道许可"}, successor.catalogue(t, e.Successor, "2026-11-02"), "versions follow the tree")
			item = successor.submitPower(t, successor.retitlePower(t, item, "占道经营许可"), enter)
			_, err := as(s, "reviewer", e.Successor).powers.ApprovePowerItem(t.Context(), approval(item))
			suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
			above.approvePower(t, item)
			assert.Equal(t, []string{"占道经营许可"}, successor.catalogue(t, e.Successor, "2026-11-02"))
		})
	}
}
