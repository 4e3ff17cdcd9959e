package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"
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
