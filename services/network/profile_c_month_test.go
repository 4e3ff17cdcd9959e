package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// month is a township's work in October 2026: what villagers bring is entered, handled, and reported once the month is over.
type month struct {
	*city

	// staff is the township's clerk.
	staff office
}

//nolint:tparallel // the steps follow each other through one month
func TestProfileC_AMonthOfATownship(t *testing.T) {
	t.Parallel()
	c := &city{body: found(t, "c", "maanshan", suitetest.City, "handler", "clerk")}
	c.centre = c.office("handler", c.root)
	m := &month{city: c, staff: c.clerk(town)}
	_ = t.Run("C4_C8_WhatVillagersBringIsEntered", m.enter) &&
		t.Run("C15_TheCentreHearsOfWhatCannotWait", m.urgent) &&
		t.Run("C10_TheReportGoesUpOnceTheMonthIsOver", m.report) &&
		t.Run("C10_TheCountyAcceptsAndTheCityReturns", m.review) &&
		t.Run("C10_TipsOfTheFollowingDaysAreInTheNextReport", m.next) // each goes on from the one before
}

func (m *month) enter(t *testing.T) {
	m.jump("2026-10-09")
	appointed := m.candidate(town, village, regular)
	appointed.Officer.OtherRoles = []string{"mediator"}
	for range 3 { // fewer of a role would be known by it
		m.officer = must(m.staff.AppointOfficer(t.Context(), appointed))(t).GetName()
	}
	for _, channel := range []string{"contact_card", "hotline", "visit", "mailbox", "sms"} {
		settle(t, m.staff, m.register(t, m.staff, town, tip(village, "collective_funds", channel)), "solved")
	}
	letter := m.register(t, m.staff, town, tip(nextVillage, "work_style", "letter"))
	attach(t, m.staff, letter)
	settle(t, m.staff, letter, "unfounded")
	settle(t, m.staff, m.brought(t), "to_be_solved")
	assert.Equal(t, map[string]int64{"": 7}, m.rolledByRole(t), "one alone would say who sent it")
	for range 2 {
		settle(t, m.staff, m.brought(t), "solved")
	}
	counts := must(m.staff.CountTips(t.Context(), &networkv1.CountTipsRequest{
		Unit: town, Period: "2026-10", BySourceRole: true,
	}))(t).GetCounts()
	byRole := map[string]int64{}
	for _, count := range counts {
		byRole[count.GetSourceRole()] += count.GetReceived()
	}
	assert.Equal(t, map[string]int64{"": 6, "mediator": 3}, byRole)
	assert.Equal(t, byRole, m.rolledByRole(t))
}

// brought enters what the village's officer, a mediator besides, brought to the township, and gives its name.
func (m *month) brought(t *testing.T) string {
	t.Helper()
	return must(m.staff.RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
		Unit: town, Content: tip(nextVillage, "ethics", "contact_card"), ReceivedOn: "2026-10-09", ReceivedBy: "王登记",
		Sender: &networkv1.TipSender{Officer: m.officer},
	}))(t).GetTip()
}

// rolledByRole is what the roll-up of the month says of the whole city by source role.
func (m *month) rolledByRole(t *testing.T) map[string]int64 {
	t.Helper()
	byRole := map[string]int64{}
	for _, cell := range must(m.centre.GetRollUp(t.Context(), &networkv1.GetRollUpRequest{
		Unit: m.root, FromPeriod: "2026-10", BySourceRole: true,
	}))(t).GetCells() {
		byRole[cell.GetSourceRole()] = cell.GetReceived()
	}
	m.verify(t, town)
	return byRole
}

func (m *month) urgent(t *testing.T) {
	m.jump("2026-10-28")
	content := tip(village, "collective_funds", "hotline")
	content.Urgent = true
	name := m.register(t, m.staff, town, content)
	for _, above := range []string{county, m.root} {
		assert.Equal(t, []string{"2026-10-28 urgent_tip"}, m.told(t, above, name), above)
	}
	settle(t, m.staff, name, "solved")
}

func (m *month) report(t *testing.T) {
	name := reportOf(town, "monthly", "2026-10")
	m.jump("2026-10-31")
	confirm(t, m.staff, name, networktest.Information("collective_funds"))
	_, err := m.staff.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name})
	assert.Equal(t, "PERIOD_NOT_ENDED", suitetest.Reason(err))
	m.jump("2026-11-02")
	settle(t, m.staff, m.register(t, m.staff, town, tip(village, "ethics", "forum")), "solved")
	sent := send(t, m.staff, name, networktest.Information("collective_funds"))
	assert.False(t, sent.GetLate())
	assert.EqualValues(t, 10, networktest.Sum(sent, "tips_by_area", "received"), "what came until the month was over")
	assert.Equal(t, map[string]int64{"": 7, "mediator": 3}, byChoice(sent, "tips_by_role", "source_role"), "C4")
	assert.Equal(t, map[string]int64{
		"contact_card": 4, "hotline": 2, "visit": 1, "mailbox": 1, "sms": 1, "letter": 1,
	}, byChoice(sent, "tips_by_channel", "channel"), "C10: from officers and other channels")
}

func (m *month) review(t *testing.T) {
	name := reportOf(town, "monthly", "2026-10")
	etag := func() string {
		return must(m.staff.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name}))(t).GetEtag()
	}
	_, err := m.staff.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: name, Etag: etag()})
	networktest.Refused(t, err, codes.PermissionDenied)
	must(m.clerk(county).AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: name, Etag: etag()}))(t)
	back := must(m.centre.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{
		Name: name, Reason: "原因不明", Etag: etag(),
	}))(t)
	assert.Equal(t, m.root, back.GetReturns()[0].GetReturnedBy(), "that the county accepted it keeps nobody above from it")
	again := send(t, m.staff, name, networktest.Reworked(networktest.Information("collective_funds"), "handling"))
	assert.EqualValues(t, 2, again.GetVersion())
	assert.EqualValues(t, 10, networktest.Sum(again, "tips_by_area", "received"), "the days it covers stay")
}

func (m *month) next(t *testing.T) {
	m.jump("2026-11-04")
	settle(t, m.staff, m.register(t, m.staff, town, tip(village, "ethics", "questionnaire")), "solved")
	m.jump("2026-12-01")
	next := send(t, m.staff, reportOf(town, "monthly", "2026-11"), networktest.Information("ethics"))
	assert.EqualValues(t, 2, networktest.Sum(next, "tips_by_area", "received"), "one before the last report was sent, one after")
}

// byChoice is what a table of a report counts as received by the options of a column.
func byChoice(report *networkv1.Report, item, column string) map[string]int64 {
	counts := map[string]int64{}
	for _, row := range report.GetTables()[item].GetRows() {
		counts[row.GetCells()[column].GetChoice()] += int64(row.GetCells()["received"].GetNumber())
	}
	return counts
}
