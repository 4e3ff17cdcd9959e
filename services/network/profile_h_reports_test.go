package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// What a point sends for itself is in its report, and what comes after one report is in the next (H6).
func TestH6_NothingFallsBetweenTwoReportsOfAPoint(t *testing.T) {
	t.Parallel()
	h := &health{body: found(t, "h", "h", bureau, "duty_reporter", "reporter")}
	h.centre = h.office("duty_reporter", bureau)
	own := h.point(cdc)
	submit := func(content *networkv1.TipContent) {
		must(own.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content}))(t)
	}
	h.jump("2026-10-20")
	submit(tip(cdc, "medical_ethics", "web"))
	must(own.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
		Content: tip(cdc, "work_style", "web"), ForUnit: proto.Bool(false),
	}))(t)
	leaders := tip(cdc, "work_style", "web")
	leaders.AboutLeaders = true
	_, err := own.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: leaders, ForUnit: proto.Bool(true)})
	networktest.Refused(t, err, codes.InvalidArgument, "for_unit")
	submit(leaders)
	var senders []string
	for _, found := range must(h.centre.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: bureau}))(t).GetTips() {
		senders = append(senders, found.GetSendingUnit())
	}
	assert.ElementsMatch(t, []string{cdc, "", ""}, senders, "in confidence, and about the own leaders, nobody sends for the unit")

	mailed := &networkv1.RegisterTipRequest{
		Unit: bureau, Content: tip(cdc, "medical_ethics", "email"), ReceivedOn: "2026-10-20", ReceivedBy: "王登记", SendingUnit: cdc,
	}
	must(h.centre.RegisterTip(t.Context(), mailed))(t)
	mailed.Content.AboutLeaders = true
	_, err = h.centre.RegisterTip(t.Context(), mailed)
	networktest.Refused(t, err, codes.InvalidArgument, "sending_unit")
	mailed.Content.AboutLeaders, mailed.SendingUnit = false, "units/nobody"
	_, err = h.centre.RegisterTip(t.Context(), mailed)
	networktest.Refused(t, err, codes.InvalidArgument, "sending_unit")

	h.jump("2026-12-10")
	name := reportOf(cdc, "quarterly", period)
	_, err = own.SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: name})
	assert.Equal(t, "NOT_ZERO", suitetest.Reason(err))
	sent := send(t, own, name, information())
	assert.EqualValues(t, 2, networktest.Sum(sent, "tips_by_area", "sent"), "over the network and by e-mail (H7)")
	assert.Equal(t, []string{"2026-09-16", "2026-12-09"}, []string{sent.GetCoverFrom(), sent.GetCoverTo()})
	submit(tip(cdc, "work_style", "web")) // on the day of the report
	h.jump("2026-12-20")                  // after the window
	submit(tip(cdc, "self_discipline", "web"))

	h.jump("2027-03-12")
	next := send(t, own, reportOf(cdc, "quarterly", "2027-Q1"), information())
	assert.EqualValues(t, 2, networktest.Sum(next, "tips_by_area", "sent"))
	assert.Equal(t, []string{"2026-12-10", "2027-03-11"}, []string{next.GetCoverFrom(), next.GetCoverTo()})
}

// An outage of the suite delays reminders, and doubles none (H6). The points' window is from 10 to 15 December.
func TestH6_AfterAnOutageAWindowIsToldOfOnce(t *testing.T) {
	t.Parallel()
	h := &health{body: found(t, "h", "h", bureau, "duty_reporter", "reporter")}
	name := reportOf(cdc, "quarterly", period)
	h.jump("2026-12-14")
	assert.Equal(t, []string{"2026-12-14 report_opened", "2026-12-14 report_closes"}, h.told(t, cdc, name),
		"that it opened on the tenth, and that it closes")
	h.jump("2026-12-29") // four days after the second reminder that it is late fell due
	h.live("2027-01-13")
	assert.Equal(t, []string{"2026-12-29 report_late", "2027-01-05 report_late", "2027-01-12 report_late"},
		h.told(t, cdc, name)[2:], "once a week")
}

// What is sent for a point after its report, and before it ends, is in its next one, which its successor sends (C10, H6).
func TestH6_C10_NothingFallsBetweenTheReportsOfAPointThatEnds(t *testing.T) {
	t.Parallel()
	const inspection = "units/health_inspection"
	h := &health{body: found(t, "h", "h", bureau, "duty_reporter", "reporter")}
	h.centre = h.office("duty_reporter", bureau)
	h.jump("2026-12-11")
	for _, unit := range []string{blood, cdc, inspection} {
		sent := send(t, h.point(unit), reportOf(unit, "quarterly", period), information())
		assert.Equal(t, "2026-12-10", sent.GetCoverTo(), unit)
	}
	must(h.centre.GrantReportException(t.Context(), &networkv1.GrantReportExceptionRequest{Exception: &networkv1.ReportException{
		Unit: dangtu, Schedule: "quarterly", Period: period, Waived: true, Reason: "机构合并",
	}}))(t)
	h.jump("2026-12-13")
	for _, unit := range []string{blood, cdc, inspection, dangtu} {
		must(h.point(unit).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: tip(unit, "medical_ethics", "web")}))(t)
	}
	h.jump("2026-12-15")
	must(h.centre.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Into: cdc, Units: []*networkv1.MergedUnit{{Name: blood}, {Name: dangtu}}, Reason: "机构合并",
	}))(t)
	for _, unit := range []string{"units/section_inspection_enforcement", inspection} {
		must(h.centre.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{Name: unit, Reason: "撤销"}))(t)
	}
	h.forget()

	h.live("2027-03-11")
	const next = "2027-Q1"
	for unit, want := range map[string]struct {
		from, to string
		acting   office
	}{
		blood: {"2026-12-11", "2026-12-15", h.point(cdc)}, cdc: {"2026-12-11", "2027-03-10", h.point(cdc)},
		dangtu: {"2026-09-16", "2026-12-15", h.point(cdc)}, inspection: {"2026-12-11", "2026-12-15", h.centre},
	} {
		_, err := want.acting.SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: reportOf(unit, "quarterly", next)})
		assert.Equal(t, "NOT_ZERO", suitetest.Reason(err), unit)
		sent := send(t, want.acting, reportOf(unit, "quarterly", next), information())
		assert.Equal(t, []any{want.from, want.to, int64(1)},
			[]any{sent.GetCoverFrom(), sent.GetCoverTo(), networktest.Sum(sent, "tips_by_area", "sent")}, unit)
	}
	assert.Contains(t, h.told(t, cdc, reportOf(blood, "quarterly", next)), "2027-03-10 report_opened", "its successor hears of it")

	h.live("2027-06-11")
	for _, unit := range []string{blood, dangtu, inspection} {
		_, err := h.centre.GetReport(t.Context(), &networkv1.GetReportRequest{Name: reportOf(unit, "quarterly", "2027-Q2")})
		assert.Equal(t, codes.NotFound, status.Code(err), "all days of %s are told of", unit)
	}
}
