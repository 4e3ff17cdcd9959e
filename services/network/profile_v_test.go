package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	school     = "units/school"
	logistics  = "units/school_logistics"
	teaching   = "units/school_teaching"
	students   = "units/school_students"
	admissions = "units/school_admissions"
	finance    = "units/school_finance"
	canteen    = "units/post_canteen"
	textbooks  = "units/post_textbooks"
)

// college is a vocational school through the last quarter of 2026 (V1).
type college struct {
	*body

	// discipline is the school's discipline office.
	discipline         office
	departments, posts []string
	// officers of the posts.
	officers map[string]string
}

func (c *college) head(department string) office { return c.office("department", department) }

// prevention is what a department writes in its report, in an area of V (V2, V3).
func prevention(area string) networktest.Values {
	return networktest.Values{
		"collected": networktest.Text("走访两处。"), "handling": networktest.Text("均已办结。"),
		"dangers": networktest.Table(networktest.Values{
			"subject_area": networktest.Choice(area), "post": networktest.Text("收费岗"), "step": networktest.Text("开票"),
			"danger": networktest.Text("一人收费开票"), "advice": networktest.Text("收费与开票分离"),
		}),
	}
}

//nolint:tparallel // the steps follow each other through one quarter
func TestProfileV_AQuarterOfASchool(t *testing.T) {
	t.Parallel()
	c := &college{body: found(t, "v", "v", school, "discipline_office", "department")}
	c.discipline = c.office("discipline_office", school)
	_ = t.Run("V1_DepartmentsAndPosts", c.tree) &&
		t.Run("V1_EachDepartmentAndPostHasAnOfficer", c.appoint) &&
		t.Run("V1_TipsOfPostsGoToTheirDepartments", c.tips) &&
		t.Run("H4_V1_ADepartmentAndAPostAreAsked", c.inquire) &&
		t.Run("H4_AnAnalysisIsConcealedFromWhoItIsAbout", c.analyse) &&
		t.Run("C2_V1_ADepartmentBuildsAndEndsAPost", c.build) &&
		t.Run("V1_APostMovesInMidQuarter", c.move) &&
		t.Run("C5_OfficersOfDepartmentsAreTrained", c.course) &&
		t.Run("H6_RemindersBeforeOnAndAfterTheWindow", c.window) &&
		t.Run("C10_RatesOfTheQuarter", c.rates) &&
		t.Run("H9_V3_TheSchoolAndItsDepartmentsWarnAndFollowUp", c.warnings) &&
		t.Run("C6_C16_WhoAppointedReadsThePoints", c.points) &&
		t.Run("C12_TheQuarterAddsUp", c.rollUp) // each goes on from the one before
}

func (c *college) tree(t *testing.T) {
	c.departments, c.posts = c.units(t, "department"), c.units(t, "post")
	assert.Len(t, c.departments, 6)
	assert.Len(t, c.posts, 11)
}

func (c *college) appoint(t *testing.T) {
	assert.Len(t, c.gaps(t, "first_responsible"), 6, "tips go past leaders who are recorded")
	nameFirst(t, c.discipline, c.departments, "处室主任")
	assert.Len(t, c.gaps(t, "department_officer"), 6)
	assert.Len(t, c.gaps(t, "post_officer"), 11)
	for _, unit := range c.departments {
		must(c.discipline.AppointOfficer(t.Context(), c.candidate(school, unit, networkv1.OfficerType_OFFICER_TYPE_REGULAR)))(t)
	}
	assert.Len(t, c.gaps(t, ""), 11)
	c.officers = map[string]string{}
	for _, unit := range c.posts {
		read := must(c.discipline.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: unit}))(t)
		c.officers[unit] = must(c.head(read.GetParent()).AppointOfficer(t.Context(), c.candidate(read.GetParent(), unit,
			networkv1.OfficerType_OFFICER_TYPE_REGULAR)))(t).GetName()
	}
	assert.Empty(t, c.gaps(t, ""))
	for group, unit := range map[string]string{"parent": students, "expert": school} {
		invited := c.candidate(school, unit, networkv1.OfficerType_OFFICER_TYPE_SPECIAL_INVITED)
		invited.Officer.Group = group
		must(c.discipline.AppointOfficer(t.Context(), invited))(t)
	}
	_, err := c.head(logistics).AppointOfficer(t.Context(),
		c.candidate(logistics, textbooks, networkv1.OfficerType_OFFICER_TYPE_REGULAR))
	networktest.Refused(t, err, codes.FailedPrecondition)
}

func (c *college) tips(t *testing.T) {
	c.jump("2026-10-20")
	sender := c.inOffice(c.officers[textbooks])
	_, name := c.submitted(t, sender, tip(canteen, "procurement", "web"))
	settle(t, c.head(logistics), name, "advised")
	_, err := sender.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: tip(canteen, "procurement", "web"), Recipient: canteen})
	networktest.Refused(t, err, codes.InvalidArgument, "recipient") // nobody at a post reads tips
	leaders := tip(logistics, "building", "web")
	leaders.AboutLeaders, leaders.Urgent = true, true
	_, name = c.submitted(t, sender, leaders)
	assert.Equal(t, []string{"2026-10-20 urgent_tip"}, c.told(t, school, name))
	_, err = c.head(logistics).GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
	networktest.Refused(t, err, codes.NotFound)
	settle(t, c.discipline, name, "solved")
	receipt, name := c.submitted(t, sender, tip(textbooks, "fees", "web"))
	must(c.head(teaching).ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: name, Criteria: []string{"factual"},
		Reason: "请补充日期。",
	}))(t)
	must(networkv1.NewTipServiceClient(c.Unauthenticated()).ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{
		Receipt: receipt, Content: fuller(tip(textbooks, "fees", "web")),
	}))(t)
	settle(t, c.head(teaching), name, "unfounded")
	assert.EqualValues(t, 6, quality(t, c.discipline, name))
	name = c.register(t, c.head(logistics), logistics, tip(canteen, "procurement", "by_hand"))
	_, err = c.head(logistics).AcceptTip(t.Context(), accepting(t, c.head(logistics), name))
	assert.Equal(t, "ORIGINAL_MISSING", suitetest.Reason(err))
	attach(t, c.head(logistics), name)
	_, err = c.discipline.ReferTip(t.Context(), &networkv1.ReferTipRequest{Name: name, ToUnit: canteen, Reason: "由岗位说明。"})
	networktest.Refused(t, err, codes.InvalidArgument, "to_unit")
	settle(t, c.head(logistics), name, "solved")
}

func (c *college) inquire(t *testing.T) {
	name := must(c.discipline.OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
		Unit: school, Point: logistics, Kind: "survey", SubjectUnits: []string{canteen}, Title: "食材采购",
		Questions: []string{"由谁询价？"}, DueOn: "2026-10-30",
	}}))(t).GetName()
	must(c.head(logistics).AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{Name: name, Texts: []string{"三人小组。"}}))(t)
	must(c.discipline.CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "制度落实。"}))(t)
	name = must(c.discipline.OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
		Unit: school, Point: canteen, Kind: "survey", SubjectUnits: []string{canteen}, Title: "验收", Questions: []string{"由谁验收？"}, DueOn: "2026-10-30",
	}}))(t).GetName()
	must(c.office("post_holder", canteen).AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{Name: name, Texts: []string{"两人验收。"}}))(t)
	must(c.discipline.CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "已落实。"}))(t)
}

func (c *college) analyse(t *testing.T) {
	for subject, reads := range map[string]bool{canteen: true, logistics: false} {
		name := must(c.discipline.OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
			Unit: school, Point: logistics, Kind: "special_analysis", SubjectUnits: []string{subject}, Title: "采购比价",
			Questions: []string{"三家报价是否同源？"}, DueOn: "2026-10-30",
		}}))(t).GetName()
		_, err := c.inOffice(c.officers[canteen]).GetInquiry(t.Context(), &networkv1.GetInquiryRequest{Name: name})
		networktest.Refused(t, err, codes.PermissionDenied)
		_, err = c.head(logistics).GetInquiry(t.Context(), &networkv1.GetInquiryRequest{Name: name})
		if reads {
			require.NoError(t, err)
			assert.Len(t, c.told(t, logistics, name), 1)
		} else {
			networktest.Refused(t, err, codes.NotFound)
			assert.Empty(t, c.told(t, logistics, name))
		}
	}
}

func (c *college) build(t *testing.T) {
	const repairs = "units/post_repairs"
	head, post := c.head(logistics), networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT
	building := func(parent string, kind networkv1.UnitKind) *networkv1.CreateUnitRequest {
		return &networkv1.CreateUnitRequest{UnitId: "post_repairs", Unit: &networkv1.Unit{
			Title: "维修岗", Kind: kind, Level: typev1.Level_LEVEL_COUNTY, Parent: parent, Sort: "post",
		}}
	}
	_, err := head.CreateUnit(t.Context(), building(teaching, post))
	networktest.Refused(t, err, codes.NotFound)
	_, err = head.CreateUnit(t.Context(), building(logistics, networkv1.UnitKind_UNIT_KIND_REPORTING_POINT))
	assert.Equal(t, "NOT_DELEGATED", suitetest.Reason(err), "%v", err)
	must(head.CreateUnit(t.Context(), building(logistics, post)))(t)
	assert.Equal(t, []string{repairs + " post_officer"}, c.gaps(t, ""))
	c.jump("2026-11-10")
	ending := &networkv1.DisbandUnitRequest{Name: repairs, Reason: "并入后勤"}
	_, err = c.head(teaching).DisbandUnit(t.Context(), ending)
	networktest.Refused(t, err, codes.NotFound)
	must(head.DisbandUnit(t.Context(), ending))(t)
	assert.NotContains(t, c.units(t, "post"), repairs)
	assert.Empty(t, c.gaps(t, ""))
	_, err = head.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{Name: logistics, Reason: "撤销"})
	assert.Equal(t, "NOT_DELEGATED", suitetest.Reason(err), "%v", err)
}

func (c *college) move(t *testing.T) {
	c.jump("2026-11-16")
	must(c.discipline.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{Name: textbooks, Parent: logistics, Reason: "教材改由总务采购"}))(
		t,
	)
	c.forget()
	assert.EqualValues(t, 1, c.rolled(t, teaching).GetReceived(), "what it handled stays its own")
	assert.EqualValues(t, 2, c.rolled(t, logistics).GetReceived())
	_, name := c.submitted(t, c.inOffice(c.officers[canteen]), tip(textbooks, "procurement", "web"))
	settle(t, c.head(logistics), name, "solved")
	assert.EqualValues(t, 3, c.rolled(t, logistics).GetReceived())
	assert.Empty(t, c.gaps(t, ""))
}

func (c *college) course(t *testing.T) {
	assert.Equal(t, [2]int64{5, 17}, c.train(t, c.discipline, "informant", school, networkv1.OfficerType_OFFICER_TYPE_REGULAR, 1))
	session := must(c.head(logistics).ScheduleTrainingSession(t.Context(),
		&networkv1.ScheduleTrainingSessionRequest{Session: &networkv1.TrainingSession{
			Unit: logistics, Form: "course", Title: "食堂采购", FirstDay: clock.Today(c.Clock).String(),
		}}))(t).GetName()
	must(c.head(logistics).InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{Name: session, AllAppointed: true}))(t)
	must(c.office("post_holder", canteen).GetTrainingSession(t.Context(), &networkv1.GetTrainingSessionRequest{Name: session}))(t)
}

func (c *college) window(t *testing.T) {
	c.jump("2026-12-18")
	c.live("2026-12-21")
	must(c.discipline.GrantReportException(t.Context(),
		&networkv1.GrantReportExceptionRequest{Exception: &networkv1.ReportException{
			Unit: admissions, Schedule: "quarterly", Period: period, Waived: true, Reason: "部门撤并",
		}}))(t)
	c.live("2027-01-01")
	name := reportOf(finance, "quarterly", period)
	sent := send(t, c.head(finance), name, prevention("fees"))
	back := must(c.discipline.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{
		Name: name, Reason: "未写措施",
		Etag: sent.GetEtag(),
	}))(t)
	require.Len(t, back.GetReturns(), 1)
	again := send(t, c.head(finance), name, networktest.Reworked(prevention("fees"), "handling"))
	must(c.discipline.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: name, Etag: again.GetEtag()}))(t)
	counted := send(t, c.head(logistics), reportOf(logistics, "quarterly", period), prevention("procurement"))
	assert.EqualValues(t, 3, networktest.Sum(counted, "tips_by_area", "received"), "two before the move, one after")
	must(c.head(students).SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: reportOf(students, "quarterly",
		period)}))(t)
	c.live("2027-01-14")
	assert.Equal(t, []string{"2026-12-20 report_opened", "2027-01-01 report_returned", "2027-01-01 report_accepted"}, c.told(t, finance, name),
		"who sent it is not reminded")
	assert.Equal(t, []string{
		"2026-12-20 report_opened", "2027-01-07 report_closes", "2027-01-11 report_closes_today", "2027-01-12 report_late",
	},
		c.told(t, teaching, reportOf(teaching, "quarterly", period)), "the tenth is a Sunday")
	above := c.told(t, school, school)
	assert.Equal(t, "2027-01-12 reports_late_below", above[len(above)-1], "before that, of the third quarter")
}

func (c *college) rates(t *testing.T) {
	name := reportOf(teaching, "quarterly", period)
	confirm(t, c.head(teaching), name, prevention("fees"))
	late := must(c.head(teaching).SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name, LateReason: "期末考试"}))(t)
	assert.True(t, late.GetLate())
	answer := must(c.discipline.SummarizeReports(t.Context(), &networkv1.SummarizeReportsRequest{
		Unit: school, Schedule: "quarterly", FromPeriod: period,
	}))(t)
	assertRates(t, answer.GetTotal(), 6, 1, 3, 1)
	assertComplete(t, answer.GetTotal(), 3*8)
	assert.EqualValues(t, 1, answer.GetTotal().GetZero())
	assert.EqualValues(t, 1, answer.GetTotal().GetAccepted())
}

func (c *college) warnings(t *testing.T) {
	c.warn(t, school, finance, "warning")
	c.warn(t, logistics, canteen, "warning")
}

func (c *college) points(t *testing.T) {
	for unit, role := range map[string]string{school: "discipline_office", logistics: "department"} {
		must(networkv1.NewOfficerPointsServiceClient(c.As(role, unit)).ListOfficerPoints(t.Context(),
			&networkv1.ListOfficerPointsRequest{Unit: unit}))(t)
	}
}

func (c *college) rollUp(t *testing.T) {
	all := c.rolled(t, school)
	assert.Equal(t, []int64{5, 5, 1, 1}, []int64{all.GetReceived(), all.GetClosed(), all.GetUnfounded(), all.GetUrgent()})
	sum := int64(1) // what the school handled itself, past its logistics
	for _, unit := range c.departments {
		sum += c.rolled(t, unit).GetReceived()
	}
	assert.Equal(t, all.GetReceived(), sum)
}
