package reports

import (
	"context"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

const (
	reportOpen      = networkv1.ReportState_REPORT_STATE_OPEN
	reportComputed  = networkv1.ReportState_REPORT_STATE_COMPUTED
	reportConfirmed = networkv1.ReportState_REPORT_STATE_CONFIRMED
	reportSubmitted = networkv1.ReportState_REPORT_STATE_SUBMITTED
	reportReturned  = networkv1.ReportState_REPORT_STATE_RETURNED
	reportAccepted  = networkv1.ReportState_REPORT_STATE_ACCEPTED
)

var above = lifecycle.By("unit above").Judging(
	networkv1.ReportService_SubmitReport_FullMethodName, networkv1.ReportService_SubmitZeroReport_FullMethodName)

// Lifecycle is the life of one version of a periodic report (C10). A version that is sent back or amended stays what it is;
// the next one begins its own life beside it.
var Lifecycle = lifecycle.Table[networkv1.ReportState]{
	Resource: "Report",
	Start:    reportOpen,
	Transitions: []lifecycle.Transition[networkv1.ReportState]{
		{From: reportOpen, Act: "write", To: reportOpen, By: lifecycle.By("unit")},
		{From: reportOpen, Act: "compute", To: reportComputed, By: lifecycle.By("unit")},
		{From: reportOpen, Act: "fill", To: reportOpen, By: lifecycle.Suite},
		{From: reportOpen, Act: "submit_written", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportOpen, Act: "submit_zero", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportComputed, Act: "write", To: reportComputed, By: lifecycle.By("unit")},
		{From: reportComputed, Act: "compute", To: reportComputed, By: lifecycle.By("unit")},
		{From: reportComputed, Act: "fill", To: reportComputed, By: lifecycle.Suite},
		{From: reportComputed, Act: "confirm", To: reportConfirmed, By: lifecycle.By("unit")},
		{From: reportComputed, Act: "submit_zero", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportConfirmed, Act: "write", To: reportConfirmed, By: lifecycle.By("unit")},
		{From: reportConfirmed, Act: "compute", To: reportComputed, By: lifecycle.By("unit")},
		{From: reportConfirmed, Act: "fill", To: reportComputed, By: lifecycle.Suite},
		{From: reportConfirmed, Act: "submit", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportConfirmed, Act: "submit_zero", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportSubmitted, Act: "amend", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportSubmitted, Act: "discard_draft", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportSubmitted, Act: "file", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportSubmitted, Act: "accept", To: reportAccepted, By: above},
		{From: reportSubmitted, Act: "return", To: reportReturned, By: above},
		{From: reportAccepted, Act: "return", To: reportReturned, By: above},
		{From: reportAccepted, Act: "amend", To: reportAccepted, By: lifecycle.By("unit")},
		{From: reportAccepted, Act: "file", To: reportAccepted, By: lifecycle.By("unit")},
		{From: reportAccepted, Act: "discard_draft", To: reportAccepted, By: lifecycle.By("unit")},
	},
}

// step leads the version that is acted on to its next state. A refusal names what can be done: beside a version that was sent
// back, that is to the next one.
func (s *Server) step(ctx context.Context, c *lockedReport, act lifecycle.Act) (err error) {
	open := func(other lifecycle.Act) bool { return s.open(ctx, c, other) }
	next, err := Lifecycle.NextOf(c.version.GetState(), act, open)
	if err == nil {
		c.version.State = next
		return nil
	}
	if c.draft == nil || c.version != c.draft && c.current.GetState() != reportReturned {
		return err
	}
	allowed, others := Lifecycle.Named(c.draft.GetState(), act, open)
	return fault.Precondition(words.DraftWrongState(titleOf(c.current), c.current.GetPeriod(), c.current.GetState().String(),
		strconv.Itoa(int(c.draft.GetVersion())), c.draft.GetState().String(), string(act), allowed, others))
}

// open tells whether a report is open to an act by its form, its schedule, its draft and the days it covers.
func (s *Server) open(ctx context.Context, c *lockedReport, act lifecycle.Act) bool {
	computed := len(c.form.Computed()) > 0
	switch act {
	case "write":
		return c.form.Written()
	case "compute", "confirm":
		return computed
	case "submit":
		return computed && s.requireOver(ctx, c) == nil
	case "submit_written":
		return !computed && s.requireOver(ctx, c) == nil
	case "submit_zero":
		return s.requireOver(ctx, c) == nil
	case "amend":
		return c.draft == nil
	case "discard_draft":
		return c.draft != nil
	case "file":
		schedule, _ := schemes.Find(c.scheme.GetSchedules(), c.row.ScheduleID)
		return slices.ContainsFunc(schedule.GetFiledWith(), func(body *networkv1.Term) bool { return !c.filedWith(body.GetId()) })
	}
	return true
}
