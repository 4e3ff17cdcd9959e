package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"

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
	forUnit := func(content *networkv1.TipContent) {
		must(own.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content, ForUnit: true}))(t)
	}
	h.jump("2026-10-20")
	forUnit(tip(cdc, "medical_ethics", "web"))
	must(own.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: tip(cdc, "work_style", "web")}))(t)
	leaders := tip(cdc, "work_style", "web")
	leaders.AboutLeaders = true
	_, err := own.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: leaders, ForUnit: true})
	networktest.Refused(t, err, codes.InvalidArgument, "for_unit")
	var senders []string
	for _, found := range must(h.centre.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: bureau}))(t).GetTips() {
		senders = append(senders, found.GetSendingUnit())
	}
	assert.ElementsMatch(t, []string{cdc, ""}, senders, "who does not send for the unit stays protected with it")

	h.jump("2026-12-10")
	name := reportOf(cdc, "quarterly", period)
	_, err = own.SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: name})
	assert.Equal(t, "NOT_ZERO", suitetest.Reason(err))
	sent := send(t, own, name, information())
	assert.EqualValues(t, 1, networktest.Sum(sent, "tips_by_area", "sent"))
	assert.Equal(t, []string{"2026-09-16", "2026-12-09"}, []string{sent.GetCoverFrom(), sent.GetCoverTo()})
	forUnit(tip(cdc, "work_style", "web")) // on the day of the report
	h.jump("2026-12-20")                   // after the window
	forUnit(tip(cdc, "self_discipline", "web"))

	h.jump("2027-03-12")
	next := send(t, own, reportOf(cdc, "quarterly", "2027-Q1"), information())
	assert.EqualValues(t, 2, networktest.Sum(next, "tips_by_area", "sent"))
	assert.Equal(t, []string{"2026-12-10", "2027-03-11"}, []string{next.GetCoverFrom(), next.GetCoverTo()})
}
