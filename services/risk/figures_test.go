package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// figuresOf are what a unit of the bureau was to do in a period and did in time, and the records, by what is measured.
func figuresOf(
	t *testing.T, s *suitetest.Suite, unit, period string, measured ...string,
) (counts map[string][2]int64, records map[string][]string) {
	t.Helper()
	measures := make([]string, len(measured))
	for i, name := range measured {
		measures[i] = "risk." + name + "_on_time"
	}
	answer, err := as(s, "leading_group_office", commerce).figures.ListFigures(t.Context(), &riskv1.ListFiguresRequest{
		Root: commerce, Units: []string{unit}, Period: period, Measures: measures,
	})
	require.NoError(t, err)
	counts, records = map[string][2]int64{}, map[string][]string{}
	for i, f := range answer.GetFigures() {
		counts[measured[i]], records[measured[i]] = [2]int64{f.GetNumerator(), f.GetDenominator()}, f.GetRecords()
	}
	return counts, records
}

func TestT4_T10_T13_T19_T20_FiguresTellWhatWasDoneOnTime(t *testing.T) {
	t.Parallel()
	b := newOpenBureau(t)
	item := b.affairs(t)
	public := b.section.publicise(t, b.section.text(t, "affairs", "第四季度政务公开"), "website", "notice_board")
	_, err := b.section.openness.CompleteOpennessItem(t.Context(), opening(item, public))
	require.NoError(t, err)
	held := b.office.held(t, commerce, "局长", "head", "甲", "2025-01-01")
	chief := b.section.held(t, markets, "市场运行股股长", "section_head", "乙", "2021-12-15")
	risky(t, b.Suite, chief, held)
	b.RunJob("risk.open_rotations")
	rotations := b.office.rotated(t, &riskv1.ListRotationsRequest{})
	require.Len(t, rotations, 1)
	_, err = anybody(b.Suite).SubmitComment(t.Context(), commentOn(markets, "窗口等候时间过长"))
	require.NoError(t, err)
	counts, records := figuresOf(t, b.Suite, markets, "2026", "openness", "rotations", "comments", "decisions", "decisions_filed")
	assert.Equal(t, map[string][2]int64{
		"openness": {1, 1}, "rotations": {0, 1}, "comments": {0, 1}, "decisions": {0, 0}, "decisions_filed": {0, 0},
	}, counts)
	assert.Equal(t, []string{item.GetName()}, records["openness"])
	assert.Equal(t, []string{rotations[0].GetName()}, records["rotations"])
}

// The suite may find days later that the holder has left.
func TestT10_WhoLeavesOnTheLastDayAllowedLeavesInTime(t *testing.T) {
	t.Parallel()
	b := newRotating(t, "2021-12-01")
	b.Clock.Advance(33 * wholeDay)
	b.office.handOver(t, b.chief, "2026-12-01", "丁", "2026-12-02")
	b.RunJob("risk.open_rotations")
	rotation := b.office.rotated(t, &riskv1.ListRotationsRequest{})[0]
	assert.Equal(t, "2026-12-01 2026-12-01 2026-12-05", rotation.GetDueOn()+" "+rotation.GetLeftOn()+" "+rotation.GetEndedOn())
	counts, _ := figuresOf(t, b.Suite, markets, "2026-12", "rotations")
	assert.Equal(t, [2]int64{1, 1}, counts["rotations"])
}

func TestT11_AVoidDecisionIsNobodysToFile(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	d := b.office.enter(t, b.project())
	for _, step := range d.GetRequiredSteps() {
		_, err := b.office.decisions.PrepareDecision(t.Context(), &riskv1.PrepareDecisionRequest{Name: d.GetName(), Preparation: &riskv1.Preparation{
			Step: step, DoneOn: "2026-11-01", Result: "可行", Evidence: []string{opinion(t, b.Suite, d.GetName())},
		}})
		require.NoError(t, err)
	}
	d, err := b.office.meet(t, d, says(inFavour, b.deputies[0], b.deputies[1], b.deputies[2], b.head)...)
	require.NoError(t, err)
	require.Equal(t, "2026-11-16", d.GetFileBy())
	counts, _ := figuresOf(t, b.Suite, commerce, "2026-11", "decisions_filed")
	assert.Equal(t, [2]int64{0, 1}, counts["decisions_filed"])
	d, err = as(b.Suite, "discipline_group", commerce).decisions.VoidDecision(t.Context(),
		&riskv1.VoidDecisionRequest{Name: d.GetName(), Reason: "程序不当"})
	require.NoError(t, err)
	assert.Empty(t, d.GetFileBy())
	counts, _ = figuresOf(t, b.Suite, commerce, "2026-11", "decisions_filed")
	assert.Equal(t, [2]int64{0, 0}, counts["decisions_filed"])
}
