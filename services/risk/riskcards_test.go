package risk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestT8_ARiskCardShowsWhatAPositionHasToWatch(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	item := reviewer.approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
	decider := item.GetPositions()[1]
	_, err := clerk.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position: &riskv1.Position{
			Name: decider, Holders: []*riskv1.PositionHolder{{Person: "甲", From: "2025-01-01", Until: "2026-11-05"}, {Person: "乙", From: "2026-11-06"}},
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"holders"}},
	})
	require.NoError(t, err)
	asked := riskPoint(township, 2, 2, 3)
	asked.PowerItem, asked.Position = item.GetName(), decider
	point := reviewer.approve(t, clerk.submit(t, clerk.point(t, asked)))
	clerk.point(t, asked) // a draft is not in force

	s.Clock.Advance(7 * 24 * time.Hour)
	card := func(position, day string) *riskv1.RiskCard {
		t.Helper()
		card, err := clerk.cards.ShowRiskCard(t.Context(), &riskv1.ShowRiskCardRequest{Name: position, AsOf: day})
		require.NoError(t, err)
		return card
	}
	today := card(decider, "")
	assert.Equal(t, "2026-11-09 审批岗 乙 staff", today.GetAsOf()+" "+today.GetIncumbent().GetTitle()+" "+
		today.GetIncumbent().GetPerson()+" "+today.GetRank())
	require.Len(t, today.GetPowerItems(), 1)
	assert.Equal(t, item.GetName(), today.GetPowerItems()[0].GetName())
	require.Len(t, today.GetRiskPoints(), 1)
	assert.Equal(t, point.GetName()+" c", today.GetRiskPoints()[0].GetName()+" "+today.GetRiskPoints()[0].GetGrade())
	assert.Empty(t, today.GetOwnedRiskPoints())
	owned := card(point.GetOwnerPosition(), "2026-11-02").GetOwnedRiskPoints()
	require.Len(t, owned, 1)
	assert.Equal(t, point.GetName(), owned[0].GetName())
	before := card(decider, "2026-11-01")
	assert.Equal(t, "甲", before.GetIncumbent().GetPerson())
	assert.Empty(t, before.GetRiskPoints(), "nothing was in force that day")

	_, err = clerk.cards.ShowRiskCard(t.Context(), &riskv1.ShowRiskCardRequest{Name: decider, AsOf: "2026-11-10"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"as_of": "FUTURE"})
	_, err = as(s, "clerk", other).cards.ShowRiskCard(t.Context(), &riskv1.ShowRiskCardRequest{Name: decider})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
}
