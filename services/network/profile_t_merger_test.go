package network_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/risk/rotations"
)

// TestT9_T17_OnTheFirstDayOfAMergerTheSuccessorHearsOfWhatIsLate has the jobs of that day run in the first second, before those that
// have records follow the tree.
func TestT9_T17_OnTheFirstDayOfAMergerTheSuccessorHearsOfWhatIsLate(t *testing.T) {
	t.Parallel()
	b := &bureauT{body: found(t, "t", "t", commerce, "leading_group_office", "section")}
	late := reportOf(markets, "check_quarterly", "2026-Q4")
	b.live("2027-01-10")
	must(b.keeper().MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Into: trade, Units: []*networkv1.MergedUnit{{Name: markets}}, EffectiveFrom: "2027-01-12", Reason: "机构合并",
	}))(t)
	b.live("2027-01-11")
	require.NotContains(t, b.told(t, markets, late), "2027-01-11 report_late", "it was due today")
	b.Clock.Advance(b.untilTomorrow() + time.Second)
	b.RunJob(reports.RemindReportsJob)
	assert.Contains(t, b.told(t, trade, late), "2027-01-12 report_late")
	assert.NotContains(t, b.told(t, commerce, late), "2027-01-12 report_late", "it is above the successor, and not asked")
}

// untilTomorrow is how long today lasts.
func (b *body) untilTomorrow() time.Duration {
	return clock.Today(b.Clock).AddDays(1).In(calendar.Shanghai).Sub(b.Clock.Now())
}

// TestT10_OnTheFirstDayOfAMergerRiskKnowsTheTreeOfThatDay has a job of risk run in the first second of the day.
func TestT10_OnTheFirstDayOfAMergerRiskKnowsTheTreeOfThatDay(t *testing.T) {
	t.Parallel()
	b := &bureauT{body: found(t, "t", "t", commerce, "leading_group_office", "section")}
	positions := riskv1.NewPositionServiceClient(b.As("section", markets))
	post := must(positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
		Unit: markets, Title: "股长", Rank: "section_head",
	}}))(t)
	b.jump("2027-01-10")
	must(b.keeper().MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Into: trade, Units: []*networkv1.MergedUnit{{Name: markets}}, EffectiveFrom: "2027-01-12", Reason: "机构合并",
	}))(t)
	b.Clock.Advance(24*time.Hour + b.untilTomorrow() + time.Second)
	b.RunJob(rotations.OpenJob)
	taken := riskv1.NewPositionServiceClient(b.As("section", trade))
	must(taken.GetPosition(t.Context(), &riskv1.GetPositionRequest{Name: post.GetName()}))(t)
}
