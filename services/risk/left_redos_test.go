package risk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// What came back under an order to search anew, and leaves with its power, is said of the order.
func TestJ4_T12_ARedoSaysWhatLeftItWithAPower(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		leave func(*riskyPower)
		want  string
	}{
		"for another unit": {func(b *riskyPower) { b.take(t) }, "REDO_STATE_ORDERED 3 2 0"},
		"retired": {func(b *riskyPower) {
			b.legal.approvePower(t, b.from.submitPower(t, b.item, end))
		}, "REDO_STATE_ORDERED 3 0 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newRiskyPower(t)
			alone := riskPoint(markets, 1, 1, 1)
			alone.Category, alone.OwnerPosition = "personal", b.section
			b.office.approveTwice(t, b.from.propose(t, b.from.point(t, alone), enter))
			redo := b.office.orderRedo(t, markets, "2026-11-20")
			b.Clock.Advance(day)
			tc.leave(b)
			redo, err := b.office.redos.GetRedo(t.Context(), &riskv1.GetRedoRequest{Name: redo.GetName()})
			require.NoError(t, err)
			assert.Equal(t, tc.want, fmt.Sprint(
				redo.GetState(), " ", redo.GetReturnedPoints(), " ", redo.GetTransferredPoints(), " ", redo.GetRetiredPoints()))
		})
	}
}

// What a unit has corrected for another one, and owes no more, its successor is not asked.
func TestT16_C1_ASuccessorIsNotAskedWhatWasCorrected(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	group := as(b.Suite, "discipline_group", commerce)
	chief := b.section.post(t, markets, "股长", "section_head")
	noted := func(text string) *riskv1.Deficiency {
		return group.notes(t, &riskv1.Deficiency{
			Unit: commerce, Kind: "financial_management", Text: text, DueOn: "2026-11-13", Position: chief,
		})
	}
	corrected := noted("报销手续不全")
	asks := func(text string) string {
		return "商务局三位一体机制建设领导小组办公室的问题“" + text + "”由本单位“股长”岗位负责，请于 2026-11-13 前完成。"
	}
	heard := func(unit, text string) bool {
		for says := range led(t, b.Suite, "section", unit) {
			if len(says) >= len(asks(text)) && says[:len(asks(text))] == asks(text) {
				return true
			}
		}
		return false
	}
	require.Eventually(t, func() bool { return heard(markets, "报销手续不全") }, time.Minute, 50*time.Millisecond)
	_, err := b.section.found.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{
		Name: corrected.GetName(), Correction: "已补齐报销手续",
	})
	require.NoError(t, err)
	open := noted("未定期盘点")
	require.Eventually(t, func() bool { return heard(markets, "未定期盘点") }, time.Minute, 50*time.Millisecond)
	b.merge(t, markets, trade)
	require.Eventually(t, func() bool { return heard(trade, "未定期盘点") }, time.Minute, 50*time.Millisecond)
	assert.False(t, heard(trade, "报销手续不全"))
	successor := as(b.Suite, "section", trade)
	_, err = successor.found.GetDeficiency(t.Context(), &riskv1.GetDeficiencyRequest{Name: open.GetName()})
	require.NoError(t, err)
}

// A refusal calls what it is about by its title.
func TestJ1_T2_RefusalsCallStepsPostsAndFactorsByTheirTitles(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	asked := h.division.licensing(t, courtCivil)
	asked.Kind, asked.Positions = "procedure", asked.GetPositions()[1:]
	asked.Steps[2].Edges = []*riskv1.Edge{{Step: "issue"}}
	asked.Steps[1].Edges = []*riskv1.Edge{{Step: "accept"}}
	asked.Steps[1].DecisionPoint = false
	_, err := h.division.powers.CreatePowerItem(t.Context(), &riskv1.CreatePowerItemRequest{PowerItem: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"power_item.steps[0].position": "NOT_OF_THE_POWER", "power_item.steps[0]": "NO_EXIT", "power_item.steps[1]": "NO_EXIT",
		"power_item.steps[2]": "NO_EXIT",
	})
	said := suitetest.FieldViolations(t, err)
	assert.Equal(t, "“窗口受理岗”不是行使该职权的岗位。", said[0].GetDescription())
	assert.Equal(t, "环节“受理”走不到流程终点。", said[1].GetDescription())
	point := scored("人情案", 2)
	delete(point.Points, "harm")
	_, err = h.division.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: point})
	said = suitetest.FieldViolations(t, err)
	require.Len(t, said, 1)
	assert.NotContains(t, said[0].GetDescription(), "harm")
}
