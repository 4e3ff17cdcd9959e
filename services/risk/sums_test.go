package risk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/controls"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
)

// Many controls of a section are due on one day. The section hears of them once, and so does the bureau whose leader answers for
// some: how many there are, and what the first are called. A single one is called by its title.
func TestT8_ControlsDueOnADayAreToldInOneMessage(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	deputy := b.office.held(t, commerce, "分管副局长", "deputy", "丙", "2024-01-01")
	point := b.inForce(t, 1, "execution")
	var planned []*riskv1.Control
	for i, form := range []string{"pledge", "warning_education", "risk_hint", "integrity_talk", "inquiry_letter"} {
		asked := b.against(point, form)
		asked.Measure = "措施" + string(rune('1'+i))
		if i == 4 {
			asked.DueOn = "2026-11-19"
		}
		if i < 2 {
			asked.OwnerPosition = deputy.GetName()
		}
		planned = append(planned, b.section.plan(t, asked))
	}
	b.Clock.Advance(11 * day) // the 13th
	b.RunJob(controls.RemindJob)
	called := func(measures ...string) string {
		titles := make([]string, len(measures))
		for i, m := range measures {
			titles[i] = "防控措施“措施" + m + "（风险点：对条件不符的申请予以许可）”"
		}
		return strings.Join(titles, "、")
	}
	assert.Equal(t, []string{
		"本次提醒：本单位有 5 项防控措施或者领导职责将到期，最早的应于 2026-11-19 前完成：" + called("5", "1", "2") + "。",
	}, said(t, b.Suite, "section", markets, markets, 1))
	assert.Equal(t, []string{
		"本次提醒：本单位岗位负责的下级事项有 2 项将到期，最早的应于 2026-11-20 前完成：" + called("1", "2") + "。",
	}, said(t, b.Suite, head, commerce, commerce, 1))

	for _, c := range planned[1:] {
		b.section.completeControl(t, c)
	}
	b.Clock.Advance(8 * day) // the 21st
	b.RunJob(controls.RemindJob)
	assert.Equal(t, called("1")+"应于 2026-11-20 前落实，现已逾期。", said(t, b.Suite, "section", markets, planned[0].GetName(), 1)[0])
	assert.Len(t, said(t, b.Suite, "section", markets, markets, 1), 1, "one alone is told by itself")
}

// What a section has to put right by one day it hears of once, before the day and after it, and so does the bureau.
func TestT16_DeficienciesDueOnADayAreToldInOneMessage(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	group := as(b.Suite, head, commerce)
	for _, text := range []string{"票据混用", "摊位费未入账", "报销手续不全", "账外存款"} {
		group.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "financial_management", Text: text, DueOn: "2026-11-20"})
	}
	for _, days := range []int{15, 4} {
		b.Clock.Advance(time.Duration(days) * day)
		b.RunJob(deficiencies.RemindJob)
		b.RunJob(deficiencies.RemindJob)
	}
	const titles = "：报销手续不全、摊位费未入账、票据混用。"
	assert.Equal(t, []string{
		"本次提醒：本单位有 4 项应当整改的问题将到期，最早的应于 2026-11-20 前完成" + titles,
		"本次提醒：本单位有 4 项应当整改的问题没有按期完成，最早的应于 2026-11-20 前完成" + titles,
	}, said(t, b.Suite, "section", markets, markets, 2))
}
