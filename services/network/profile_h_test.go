package network_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	bureau   = "units/health"
	hospital = "units/hospital_people"
	blood    = "units/blood_station"
	cdc      = "units/cdc"
	huashan  = "units/health_huashan"
	yushan   = "units/health_yushan"
	bowang   = "units/health_bowang"
	dangtu   = "units/health_dangtu"
	hexian   = "units/health_hexian"
)

// health is a city health bureau through the last quarter of 2026 (H1, H2, H4 to H8).
type health struct {
	*body

	// centre is its duty reporter.
	centre office
	points []string
}

// point is the named person of a monitoring point.
func (h *health) point(unit string) office { return h.office("reporter", unit) }

// information is what a point writes in its quarterly return (H8).
func information() networktest.Values {
	return networktest.Values{
		"collected": networktest.Text("走访两处。"), "rectified": networktest.Text("示警一次，已整改。"),
		"problems": networktest.Table(networktest.Values{
			"subject_area": networktest.Choice("work_style"), "problem": networktest.Text("收费公示不全"), "facts": networktest.Text(
				"两个窗口未张贴。",
			),
			"grounds": networktest.Text("现场照片"), "trend": networktest.Choice("emerging"),
		}),
	}
}

//nolint:tparallel // the steps follow each other through one quarter
func TestProfileH_AQuarterOfAHealthBureau(t *testing.T) {
	t.Parallel()
	h := &health{body: found(t, "h", "h", bureau, "duty_reporter", "reporter")}
	h.centre = h.office("duty_reporter", bureau)
	_ = t.Run("H1_PointsOfThreeSorts", h.sorts) &&
		t.Run("H5_OneNamedPersonAPointAndTwoAtTheCentre", h.appoint) &&
		t.Run("C5_EveryReporterIsTrained", h.course) &&
		t.Run("H2_TipsOfEachAreaOverTheNetwork", h.overTheNetwork) &&
		t.Run("H7_HandDeliveryComesWithItsOriginal", h.byHand) &&
		t.Run("H8_WhatFallsShortComesAgain", h.comeAgain) &&
		t.Run("H4_ASurveyIsAskedAnsweredAndClosed", h.inquire) &&
		t.Run("C1_APointMovesInMidQuarter", h.move) &&
		t.Run("H6_RemindersBeforeOnAndAfterTheWindow", h.window) &&
		t.Run("H6_RatesOfTheQuarter", h.rates) &&
		t.Run("H5_TheLeaderReadsWhatIsKnownAndHandlesNoTip", h.leader) &&
		t.Run("H9_TheCentreAndItsPointsWarnAndFollowUp", h.warnings) &&
		t.Run("C12_TheQuarterAddsUp", h.rollUp) // each goes on from the one before
}

func (h *health) sorts(t *testing.T) {
	for sort, count := range map[string]int{"lower_bureau": 6, "affiliated": 7, "department": 5} {
		assert.Len(t, h.units(t, sort), count, sort)
	}
	h.points = h.units(t, "lower_bureau", "affiliated", "department")
	assert.Len(t, h.points, 18)
}

func (h *health) appoint(t *testing.T) {
	assert.Len(t, h.gaps(t, "first_responsible"), 18, "tips go past leaders who are recorded")
	nameFirst(t, h.centre, h.points, "主要负责人")
	assert.Len(t, h.gaps(t, ""), 20, "eighteen points, the duty reporter and the leader")
	for _, unit := range h.points {
		must(h.centre.AppointOfficer(t.Context(), h.candidate(bureau, unit, networkv1.OfficerType_OFFICER_TYPE_REGULAR)))(t)
	}
	assert.ElementsMatch(t, []string{bureau + " duty_reporter", bureau + " leader_in_charge"}, h.gaps(t, ""))
	for _, kind := range []networkv1.OfficerType{
		networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER, networkv1.OfficerType_OFFICER_TYPE_LEADER_IN_CHARGE,
	} {
		must(h.centre.AppointOfficer(t.Context(), h.candidate(bureau, bureau, kind)))(t)
	}
	assert.Empty(t, h.gaps(t, ""))
	_, err := h.centre.AppointOfficer(t.Context(), h.candidate(bureau, cdc, networkv1.OfficerType_OFFICER_TYPE_REGULAR))
	assert.Equal(t, "TOO_MANY_IN_OFFICE", suitetest.Reason(err), "one person a point")
	_, err = h.point(cdc).AppointOfficer(t.Context(), h.candidate(cdc, cdc, networkv1.OfficerType_OFFICER_TYPE_REGULAR))
	networktest.Refused(t, err, codes.PermissionDenied)
}

func (h *health) course(t *testing.T) {
	h.jump("2026-10-12")
	assert.Equal(t, [2]int64{17, 18}, h.train(t, h.centre, "reporter", bureau, networkv1.OfficerType_OFFICER_TYPE_REGULAR, 1))
}

func (h *health) overTheNetwork(t *testing.T) {
	h.jump("2026-10-20")
	areas := []string{
		"self_discipline", "work_style", "medical_ethics", "project_approval", "law_enforcement", "development_environment",
	}
	for i, area := range areas {
		_, name := h.submitted(t, h.point(hospital), tip(h.points[i], area, "web"))
		settle(t, h.centre, name, "warned")
		assert.EqualValues(t, 10, quality(t, h.centre, name), "accepted at first")
	}
	urgent := tip(hospital, "medical_ethics", "web")
	urgent.Urgent = true
	_, name := h.submitted(t, h.point(cdc), urgent)
	assert.Equal(t, []string{"2026-10-20 urgent_tip"}, h.told(t, bureau, name), "the centre hears of it at once")
	settle(t, h.centre, name, "reported_up")
	onward := must(h.centre.ReportTipOnward(t.Context(), &networkv1.ReportTipOnwardRequest{
		Name: name, Report: &networkv1.OnwardReport{
			Recipient: "市纪委", Channel: "by_hand", SentOn: "2026-10-20", SentBy: "专报员", Receipt: "签收单第 3 号",
			ReceiptOn: "2026-10-20",
		},
	}))(t)
	assert.Len(t, onward.GetOnwardReports(), 1, "H5: the commission above has no instance")
	_, err := h.point(hospital).GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
	networktest.Refused(t, err, codes.PermissionDenied)
}

func (h *health) byHand(t *testing.T) {
	_, err := h.point(cdc).RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
		Unit: cdc, Content: tip(hospital, "work_style", "by_hand"), ReceivedOn: "2026-10-20", ReceivedBy: "王登记",
	})
	networktest.Refused(t, err, codes.PermissionDenied)
	for channel, original := range map[string]bool{"by_hand": true, "letter": true, "email": true, "interview": false} {
		name := h.register(t, h.centre, bureau, tip(hospital, "work_style", channel))
		if original {
			_, err := h.centre.AcceptTip(t.Context(), accepting(t, h.centre, name))
			assert.Equal(t, "ORIGINAL_MISSING", suitetest.Reason(err), channel)
			attach(t, h.centre, name)
		}
		settle(t, h.centre, name, "unfounded")
	}
}

func (h *health) comeAgain(t *testing.T) {
	h.jump("2026-11-02")
	receipt, name := h.submitted(t, h.point(blood), tip(blood, "project_approval", "web"))
	returned := must(h.centre.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: name, Criteria: []string{"specific", "founded"},
		Reason: "请指明窗口。",
	}))(t)
	assert.Equal(t, "2026-11-16", returned.GetReturns()[0].GetResubmitBy().GetDue())
	assert.EqualValues(t, 1, h.rolled(t, bureau).GetReturned())
	assert.Equal(t, []string{"2026-11-02 sent_tip_returned"}, h.told(t, blood, ""), "the point, whose reporters read no tips")
	better := tip(blood, "project_approval", "web")
	better.Body = "二号窗口九月二十日起未张贴收费标准，附照片两张。"
	must(networkv1.NewTipServiceClient(h.Unauthenticated()).ResubmitTip(t.Context(),
		&networkv1.ResubmitTipRequest{Receipt: receipt, Content: better}))(t)
	settle(t, h.centre, name, "warned")
	assert.EqualValues(t, 6, quality(t, h.centre, name), "accepted after one return")
}

func (h *health) inquire(t *testing.T) {
	for _, kind := range []string{"survey", "case_interview"} {
		name := must(h.centre.OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
			Unit: bureau, Point: cdc, Kind: kind, SubjectUnits: []string{cdc}, Title: "疫苗采购", Questions: []string{"由谁验收？"},
			DueOn: "2026-11-13",
		}}))(t).GetName()
		_, err := h.point(cdc).AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{Name: name, Texts: []string{"两人共同验收。"}})
		if kind == "case_interview" {
			networktest.Refused(t, err, codes.NotFound)
			must(h.centre.RecordFinding(t.Context(), &networkv1.RecordFindingRequest{
				Name: name,
				Finding: &networkv1.InquiryFinding{
					Text: "验收记录齐全。", FoundBy: "赵调研", FoundOn: "2026-11-02",
				},
			}))(t)
		} else {
			require.NoError(t, err)
			assert.Equal(t, []string{"2026-11-02 inquiry"}, h.told(t, cdc, name))
			assert.Equal(t, []string{"2026-11-02 inquiry_answered"}, h.told(t, bureau, name))
		}
		closed := must(h.centre.CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "制度落实。"}))(t)
		assert.Equal(t, networkv1.InquiryState_INQUIRY_STATE_CLOSED, closed.GetState())
	}
}

func (h *health) move(t *testing.T) {
	h.jump("2026-11-16")
	before := h.rolled(t, bureau)
	must(h.centre.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{Name: blood, Parent: hospital, Reason: "并入医院管理"}))(t)
	assert.Empty(t, h.gaps(t, ""), "its named person came along")
	assert.Len(t, h.units(t, "affiliated"), 7)
	assert.Equal(t, before.GetReceived(), h.rolled(t, bureau).GetReceived(), "nothing is counted twice")
	assert.Zero(t, h.rolled(t, hospital).GetReceived(), "what the centre handled stays the centre's")
}

func (h *health) window(t *testing.T) {
	h.jump("2026-12-02")
	_, err := h.point(cdc).GetReport(t.Context(), &networkv1.GetReportRequest{Name: reportOf(cdc, "quarterly", period)})
	networktest.Refused(t, err, codes.NotFound)
	name := func(unit string) string { return reportOf(unit, "quarterly", period) }
	h.live("2026-12-04")
	assert.Contains(t, h.told(t, huashan, ""), "2026-12-03 report_opens", "of a report that is not there yet")
	h.live("2026-12-10")
	must(h.centre.GrantReportException(t.Context(), &networkv1.GrantReportExceptionRequest{Exception: &networkv1.ReportException{
		Unit: dangtu, Schedule: "quarterly", Period: period, Waived: true, Reason: "机构合并",
	}}))(t)
	must(h.point(yushan).SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: name(yushan)}))(t)
	for _, unit := range h.points {
		if !slices.Contains([]string{yushan, bowang, dangtu, hexian}, unit) {
			send(t, h.point(unit), name(unit), information())
		}
	}
	h.live("2026-12-23")
	assert.Equal(t, []string{"2026-12-03 report_opens", "2026-12-10 report_opened"}, h.told(t, huashan, name(huashan)),
		"who sent it is left alone")
	assert.Equal(t, []string{
		"2026-12-03 report_opens", "2026-12-10 report_opened", "2026-12-13 report_closes", "2026-12-15 report_closes_today",
		"2026-12-16 report_late",
		"2026-12-23 report_late",
	}, h.told(t, bowang, name(bowang)))
	assert.Equal(t, []string{"2026-12-16 reports_late_below", "2026-12-23 reports_late_below"}, h.told(t, bureau, bureau))
}

func (h *health) rates(t *testing.T) {
	own, name := h.point(bowang), reportOf(bowang, "quarterly", period)
	confirm(t, own, name, information())
	_, err := own.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name})
	networktest.Refused(t, err, codes.InvalidArgument, "late_reason")
	must(own.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name, LateReason: "经办人住院"}))(t)
	h.returned(t)
	answer := must(h.centre.SummarizeReports(t.Context(), &networkv1.SummarizeReportsRequest{
		Unit: bureau, Schedule: "quarterly", FromPeriod: period, ByChild: true,
	}))(t)
	assertRates(t, answer.GetTotal(), 18, 1, 15, 1)
	assertComplete(t, answer.GetTotal(), 15*8)
	assert.EqualValues(t, 1, answer.GetTotal().GetZero())
	assert.EqualValues(t, 1, answer.GetTotal().GetAccepted())
	assert.Len(t, answer.GetChildren(), 17, "the point that moved is counted below its hospital")
	var sum int64
	for _, child := range answer.GetChildren() {
		sum += child.GetExpected()
		if child.GetUnit() == hospital {
			assertRates(t, child, 2, 0, 2, 0)
		}
	}
	assert.EqualValues(t, 18, sum)
}

// returned sends a report back; it comes again, is amended and accepted.
func (h *health) returned(t *testing.T) {
	t.Helper()
	own, name := h.point(huashan), reportOf(huashan, "quarterly", period)
	read := must(h.centre.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name}))(t)
	back := must(h.centre.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{
		Name: name, Reason: "原因不明",
		Etag: read.GetEtag(),
	}))(t)
	assert.Equal(t, "2026-12-30", back.GetReturns()[0].GetDue().GetDue(), "five working days from Wednesday the twenty-third")
	h.live("2026-12-28")
	assert.False(t, send(t, own, name, networktest.Reworked(information(), "rectified")).GetReturns()[0].GetLate())
	must(own.AmendReport(t.Context(), &networkv1.AmendReportRequest{Name: name, Reason: "漏填一处"}))(t)
	last := send(t, own, name, information())
	assert.EqualValues(t, 3, last.GetVersion())
	assert.False(t, last.GetLate(), "the first version came in time")
	must(h.centre.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: name, Etag: last.GetEtag()}))(t)
}

func (h *health) leader(t *testing.T) {
	leader := h.office("leader", bureau)
	invited := must(leader.ListTrainingSessions(t.Context(), &networkv1.ListTrainingSessionsRequest{Unit: bureau}))(t).GetSessions()
	require.Len(t, invited, 1, "the leader was invited with the others (C5)")
	must(leader.GetTrainingSession(t.Context(), &networkv1.GetTrainingSessionRequest{Name: invited[0].GetName()}))(t)
	must(leader.GetRollUp(t.Context(), &networkv1.GetRollUpRequest{Unit: bureau, FromPeriod: period}))(t)
	known := must(leader.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: bureau}))(t).GetTips()
	require.NotEmpty(t, known)
	_, err := leader.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: known[0].GetName(), Outcome: "warned", Reason: "已办。"})
	networktest.Refused(t, err, codes.PermissionDenied)
	must(leader.OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
		Unit: bureau, Point: cdc, Kind: "case_interview", SubjectUnits: []string{cdc}, Title: "个案访谈",
		Questions: []string{"由谁验收？"}, DueOn: "2027-01-20",
	}}))(t)
}

func (h *health) warnings(t *testing.T) {
	h.warn(t, bureau, huashan, "warning")
	h.warn(t, hospital, blood, "warning")
	for _, point := range h.points { // each has somebody within to warn (H9)
		h.warn(t, point, h.sectionOf(t, point), "warning")
	}
	analysis := must(warningv1.NewAnalysisServiceClient(h.As("duty_reporter", bureau)).RunAnalysis(t.Context(),
		&warningv1.RunAnalysisRequest{Unit: bureau, Period: period}))(t)
	assert.NotEmpty(t, analysis.GetCounts())
	_, err := warningv1.NewWarningServiceClient(h.As("reporter", huashan)).IssueWarning(t.Context(), &warningv1.IssueWarningRequest{
		Unit: hospital, WarningLevel: "warning", Title: "收费", Grounds: "不属其管辖。", SupervisingUnit: huashan,
	})
	networktest.Refused(t, err, codes.NotFound)
}

// sectionOf is a section or post within a point.
func (h *health) sectionOf(t *testing.T, point string) string {
	t.Helper()
	within := must(h.centre.ListUnits(t.Context(), &networkv1.ListUnitsRequest{Unit: point, Sorts: []string{"section"}}))(t).GetUnits()
	require.NotEmpty(t, within, point)
	return within[0].GetName()
}

func (h *health) rollUp(t *testing.T) {
	h.jump("2027-01-15")
	all := h.rolled(t, bureau)
	assert.Equal(t, []int64{12, 12, 0, 4, 1}, []int64{
		all.GetReceived(), all.GetClosed(), all.GetReturned(), all.GetUnfounded(), all.GetUrgent(),
	}, "six areas, one urgent, four entered by staff, one that came again")
	cells := must(h.keeper().GetRollUp(t.Context(), &networkv1.GetRollUpRequest{
		Unit: bureau, FromPeriod: period, ByArea: true,
		ByMonth: true,
	}))(t)
	var sum int64
	for _, cell := range cells.GetCells() {
		sum += cell.GetReceived()
	}
	assert.Equal(t, all.GetReceived(), sum)
	assert.Len(t, cells.GetCells(), 7, "six areas in October, one in November")
}
