package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func (o office) unsettled(t *testing.T) (names []string) {
	t.Helper()
	listed, err := o.positions.ListPositions(t.Context(), &riskv1.ListPositionsRequest{Unit: o.unit, Unsettled: true})
	require.NoError(t, err)
	for _, p := range listed.GetPositions() {
		names = append(names, p.GetName())
	}
	return names
}

// Who acts for a unit that has ended is told by when to settle what positions it left, finds them and ends them.
func TestT5_T10_PositionsOfAnEndedUnitAreSettled(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	chief := e.own.held(t, markets, "股长", "section_head", "戊", "2024-01-01")
	e.RunJob(positions.UnsettledJob)
	assert.Empty(t, e.office.unsettled(t), "its unit is there")
	e.end(t, positions.UnsettledJob, positions.UnsettledJob)
	assert.Equal(t, []string{chief.GetName()}, e.heir.unsettled(t))
	e.isTold(t, chief.GetName(),
		"市场运行股已撤并，其岗位“股长”由本单位处理，请于 2026-12-01 前撤销；仍需保留的，先在本单位另设岗位，再将其负责的事项改由该岗位负责。")
	left, err := e.heir.positions.GetPosition(t.Context(), &riskv1.GetPositionRequest{Name: chief.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-17 2026-12-01 2026-11-26",
		left.GetUnsettledSince()+" "+left.GetSettleBy()+" "+left.GetSettleRemindOn())

	e.Clock.Advance(15 * day)
	e.RunJob(positions.SettleJob)
	e.hears(t, chief.GetName(), "市场运行股已撤并，其岗位“股长”应于 2026-12-01 前由本单位处理，现已逾期。")
	hears(t, e.Suite, head, commerce, chief.GetName(), "市场运行股已撤并，其岗位“股长”应于 2026-12-01 前由承继单位处理，现已逾期。")
	own := e.heir.held(t, trade, "市场股股长", "section_head", "戊", "2024-01-01")
	require.NoError(t, e.heir.ends(t, chief.GetName(), "2026-12-01"))
	assert.Empty(t, e.heir.unsettled(t))
	e.RunJob(positions.UnsettledJob)
	assert.Empty(t, e.heir.unsettled(t), "it is no more")
	assert.Equal(t, "2024-01-01", own.GetHolders()[0].GetFrom(), "the time for rotation goes on")
}

func TestT5_SeveralPositionsOfAnEndedUnitAreToldOfAtOnce(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	for _, title := range []string{"股长", "副股长"} {
		e.own.held(t, markets, title, "section_head", "戊"+title, "2024-01-01")
	}
	e.end(t, positions.UnsettledJob)
	e.isTold(t, trade, "有 2 个岗位因所在单位撤并，自 2026-11-17 起由本单位处理：请逐个撤销，仍需保留的在本单位另设岗位，期限见各岗位。")
}

// Whoever holds a post of a unit that has ended is not due there any more: who acts for that unit says which post they hold.
func TestT10_NobodyIsDueInAPositionOfAnEndedUnit(t *testing.T) {
	t.Parallel()
	b := newRotating(t, "2021-12-01")
	assert.Equal(t, []string{"甲 grade_a 2026-12-01"}, b.office.due(t, "", 6))
	b.Clock.Advance(day)
	commerceBureau{Suite: b.Suite}.merge(t, markets, trade)
	b.Clock.Advance(day)
	assert.Empty(t, b.office.due(t, "", 6))
	assert.Equal(t, []string{"甲 grade_a 2026-12-01"}, b.office.due(t, "2026-11-02", 6), "as of a day on which its unit was there")
}

// A risk point that has gone with its unit is on no card of the unit that it was under.
func TestT8_ARiskCardShowsNoPointThatHasGoneElsewhere(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	chief := e.own.held(t, markets, "股长", "section_head", "戊", "2024-01-01").GetName()
	section := as(e.Suite, "section", north)
	asked := riskPoint(north, 1, 1, 1)
	asked.Category, asked.OwnerPosition = "personal", chief
	point := e.office.approveTwice(t, section.propose(t, section.point(t, asked), enter))
	control := section.plan(t, &riskv1.Control{
		Unit: north, RiskPoint: point.GetName(), Form: "pledge", Measure: "双人复核", OwnerPosition: chief, DueOn: "2026-12-31",
	})
	card := func() (points, controls int) {
		card, err := e.own.cards.ShowRiskCard(t.Context(), &riskv1.ShowRiskCardRequest{Name: chief})
		require.NoError(t, err)
		return len(card.GetOwnedRiskPoints()), len(card.GetControls())
	}
	points, controls := card()
	assert.Equal(t, [2]int{1, 1}, [2]int{points, controls})
	e.Clock.Advance(day)
	e.move(t, north, trade)
	points, controls = card()
	assert.Equal(t, [2]int{0, 0}, [2]int{points, controls})
	_, err := e.own.controls.GetControl(t.Context(), &riskv1.GetControlRequest{Name: control.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
}
