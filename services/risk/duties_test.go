package risk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const enforcement = "units/commerce_law"

// enforcers is an affiliated unit of T whose head is due, and the office above it.
type enforcers struct {
	*suitetest.Suite

	clerk, office office
	head          *riskv1.Position
}

func newEnforcers(t *testing.T) enforcers {
	t.Helper()
	s := suitetest.Of(t, "t", commerce)
	e := enforcers{Suite: s, clerk: as(s, "section", enforcement), office: as(s, "leading_group_office", commerce)}
	e.head = e.clerk.held(t, enforcement, "大队长", "head", "甲", "2026-01-01")
	e.clerk.held(t, enforcement, "副大队长", "deputy", "乙", "2026-01-01")
	e.clerk.held(t, enforcement, "中队长", "section_head", "丙", "2026-01-01")
	e.clerk.post(t, enforcement, "教导员", "head")
	s.RunJob("risk.open_duties")
	s.RunJob("risk.open_duties")
	return e
}

func (o office) listControls(t *testing.T, req *riskv1.ListControlsRequest) []*riskv1.Control {
	t.Helper()
	req.Unit = o.unit
	list, err := o.controls.ListControls(t.Context(), req)
	require.NoError(t, err)
	return list.GetControls()
}

// duty is the one duty of an id that the head has.
func (e enforcers) duty(t *testing.T, id string) *riskv1.Control {
	t.Helper()
	list := e.clerk.listControls(t, &riskv1.ListControlsRequest{Duties: []string{id}, OwnerPosition: e.head.GetName()})
	require.Len(t, list, 1)
	return list[0]
}

// attach has a unit attach a file to a record.
func attach(t *testing.T, s *suitetest.Suite, role, unit, owner string) {
	t.Helper()
	uploads, data := riskv1.NewAttachmentServiceClient(s.As(role, unit)), []byte("%PDF-1.7\n")
	begun, err := uploads.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{
		Owner: owner, File: &typev1.AttachmentFile{FileName: "材料.pdf", MediaType: "application/pdf", Size: int64(len(data))},
	})
	require.NoError(t, err)
	_, err = uploads.UploadPart(t.Context(), &typev1.UploadPartRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(), Data: data,
	})
	require.NoError(t, err)
	_, err = uploads.CompleteAttachment(t.Context(), &typev1.CompleteAttachmentRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(),
	})
	require.NoError(t, err)
}

func TestT18_DutiesOfTheTopLeaderAreDoneAndCheckedBySomebodyElse(t *testing.T) {
	t.Parallel()
	e := newEnforcers(t)
	all := e.office.listControls(t, &riskv1.ListControlsRequest{})
	require.Len(t, all, 5, "four of the head, one of the deputy, none of others and of a vacant post, and none twice")
	joint := e.duty(t, "joint_decision")
	assert.Equal(t, []string{enforcement, "2026-10-01", "2026-12-31", "2026-12-31", "甲", "", "坚持集体民主决策"}, []string{
		joint.GetUnit(), joint.GetPeriodFrom(), joint.GetPeriodUntil(), joint.GetDueOn(), joint.GetOwner().GetPerson(),
		joint.GetGrade(), joint.GetDutyTitle().GetZh(),
	})
	assert.Equal(t, []string{"按职责要求，“大队长”岗位应于 2026-12-31 前完成“坚持集体民主决策”。"},
		said(t, e.Suite, "section", enforcement, joint.GetName(), 1))

	own := e.duty(t, "own_conduct")
	_, err := e.clerk.controls.CompleteControl(t.Context(), &riskv1.CompleteControlRequest{Name: own.GetName(), Result: "已述廉"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "EVIDENCE_MISSING")
	attach(t, e.Suite, "section", enforcement, own.GetName())
	own = e.clerk.completeControl(t, own)
	assert.Equal(t, "甲", own.GetDoneBy().GetPerson())
	below := as(e.Suite, "leading_group_office", enforcement)
	_, err = below.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: own.GetName()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_CONTROL")
	checked, err := e.office.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: own.GetName(), Reason: "属实"})
	require.NoError(t, err)
	assert.Equal(t, riskv1.ControlState_CONTROL_STATE_EFFECTIVE, checked.GetState())
	assert.Equal(t, "领导职责“廉洁自律、接受监督（大队长）”经检验有效。",
		said(t, e.Suite, "section", enforcement, own.GetName(), 2)[1])

	e.clerk.completeControl(t, joint)
	returned, err := e.office.controls.ReturnControl(t.Context(), &riskv1.ReturnControlRequest{
		Name: joint.GetName(), Reason: "没有说明表态顺序", DueOn: "2026-11-30",
	})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-30", returned.GetDueOn())
	card, err := e.clerk.cards.ShowRiskCard(t.Context(), &riskv1.ShowRiskCardRequest{Name: e.head.GetName()})
	require.NoError(t, err)
	assert.Len(t, card.GetControls(), 4)
}

func TestT18_DutiesThatAreNotDoneShowAndComeAgain(t *testing.T) {
	t.Parallel()
	e := newEnforcers(t)
	e.duty(t, "joint_decision")
	e.clerk.handOver(t, e.head, "2026-11-30", "丁", "2026-12-01")
	e.Clock.Advance(60 * day) // to the first of January
	e.RunJob("risk.remind_controls")
	e.RunJob("risk.open_duties")
	late := e.office.listControls(t, &riskv1.ListControlsRequest{Overdue: true})
	require.Len(t, late, 5)
	below := 0
	for _, control := range late {
		if control.GetUnit() != commerce {
			below++
		}
	}
	hears(t, e.Suite, "leading_group_office", commerce, commerce,
		fmt.Sprintf("下级有 %d 项防控措施或者领导职责没有按期落实，最早的应于 2026-12-31 前完成。", below), "in one message")
	again := e.office.listControls(t, &riskv1.ListControlsRequest{Duties: []string{"joint_decision"}})
	require.Len(t, again, 2)
	assert.Equal(t, "2027-01-01 2027-03-31 丁", again[1].GetPeriodFrom()+" "+again[1].GetDueOn()+" "+again[1].GetOwner().GetPerson())
	done := e.clerk.completeControl(t, again[0])
	assert.Equal(t, "丁", done.GetDoneBy().GetPerson(), "what a position owes goes on with who holds it")

	counted, err := e.office.controls.CountControls(t.Context(), &riskv1.CountControlsRequest{Unit: commerce})
	require.NoError(t, err)
	counts := map[string]int64{}
	for _, c := range counted.GetCounts() {
		counts[c.GetDuty()] += c.GetOverdueCount()
	}
	assert.Equal(t, map[string]int64{"joint_decision": 0, "own_conduct": 1, "responsibility": 1, "one_post_two_duties": 2}, counts)
}

func TestT18_DutiesOfAnOutageAreOwedAfterwardsByWhoHeldThePosition(t *testing.T) {
	t.Parallel()
	e := newEnforcers(t)
	e.clerk.handOver(t, e.head, "2027-03-31", "丁", "2027-04-01")
	e.Clock.Advance((60 + 181) * day) // to the first of July
	e.RunJob("risk.open_duties")
	e.RunJob("risk.open_duties")
	owed := []string{}
	for _, c := range e.office.listControls(t, &riskv1.ListControlsRequest{Duties: []string{"joint_decision"}}) {
		owed = append(owed, c.GetPeriodFrom()+" "+c.GetDueOn()+" "+c.GetOwner().GetPerson())
	}
	assert.ElementsMatch(t, []string{
		"2026-10-01 2026-12-31 甲", "2027-01-01 2027-03-31 甲", "2027-04-01 2027-06-30 丁", "2027-07-01 2027-09-30 丁",
	}, owed)
}

func TestT18_WhoOwesADutyDoesNotChangeIt(t *testing.T) {
	t.Parallel()
	e := newEnforcers(t)
	joint := e.duty(t, "joint_decision")
	_, err := e.clerk.controls.CancelControl(t.Context(), &riskv1.CancelControlRequest{Name: joint.GetName(), Reason: "太忙"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DUTY_STANDS")
	_, err = e.clerk.controls.UpdateControl(t.Context(), &riskv1.UpdateControlRequest{
		Control:    &riskv1.Control{Name: joint.GetName(), DueOn: "2026-11-20"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"due_on"}},
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DUTY_STANDS")
	_, err = e.clerk.controls.ListControls(t.Context(), &riskv1.ListControlsRequest{Unit: enforcement, Duties: []string{"rest"}})
	suitetest.RequireFieldFaults(t, err, map[string]string{"duties": "UNKNOWN_TERM"})
}

func TestJ4_T18_LeadersOfACourtGuideTheirDivisions(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	group := as(s, "discipline_group", court)
	clerk := as(s, "division", court)
	clerk.held(t, court, "院长", "president", "甲", "2026-01-01")
	clerk.held(t, court, "分管副院长", "leader", "乙", "2026-01-01")
	s.Clock.Advance(time.Hour)
	s.RunJob("risk.open_duties")
	list := group.listControls(t, &riskv1.ListControlsRequest{})
	require.Len(t, list, 2)
	assert.Equal(t, "divisions 2026-07-01 2026-12-31", list[0].GetDuty()+" "+list[0].GetPeriodFrom()+" "+list[0].GetDueOn())
	clerk.completeControl(t, list[0])
	_, err := group.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: list[0].GetName(), Reason: "有记录"})
	require.NoError(t, err)
}

// Duties of leaders are no controls of risk points: they have a measure of their own, and count for who was in office on their day.
func TestT8_T18_DutiesAreMeasuredByUnitAndByWhoWasInOffice(t *testing.T) {
	t.Parallel()
	e := newEnforcers(t)
	joint := e.duty(t, "joint_decision")
	returned := e.clerk.completeControl(t, joint)
	_, err := e.office.controls.ReturnControl(t.Context(), &riskv1.ReturnControlRequest{
		Name: returned.GetName(), Reason: "没有说明表态顺序", DueOn: "2026-11-30",
	})
	require.NoError(t, err)
	counts, records := figuresOf(t, e.Suite, enforcement, "2026", "controls", "duties")
	assert.Equal(t, [2]int64{0, 0}, counts["controls"])
	assert.Equal(t, [2]int64{1, 6}, counts["duties"], "what was sent back was done in time before, and is owed anew")
	assert.Contains(t, records["duties"], joint.GetName())
	e.clerk.handOver(t, e.head, "2026-12-15", "丁", "2026-12-16")
	e.Clock.Advance(60 * wholeDay)

	counted := func(pageSize int32) (lines []string) {
		req := &riskv1.CountDutiesRequest{Unit: commerce, Period: "2026", PageSize: pageSize}
		for {
			page, err := e.office.controls.CountDuties(t.Context(), req)
			require.NoError(t, err)
			for _, c := range page.GetCounts() {
				lines = append(lines, fmt.Sprint(c.GetUnit(), " ", c.GetTitle(), " ", c.GetPerson(), " ",
					c.GetDueCount(), c.GetOnTimeCount(), c.GetOverdueCount()))
			}
			if req.PageToken = page.GetNextPageToken(); req.PageToken == "" {
				return lines
			}
		}
	}
	assert.ElementsMatch(t, []string{
		enforcement + " 大队长 甲 2 1 1", enforcement + " 大队长 丁 3 0 3", enforcement + " 副大队长 乙 1 0 1",
	}, counted(0))
	assert.Equal(t, counted(0), counted(1))
	_, err = e.office.controls.CountDuties(t.Context(), &riskv1.CountDutiesRequest{Unit: commerce, Period: "2026-13"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"period": "STRING_PERIOD"})
}

// demote corrects the rank of a position that was entered by mistake.
func (o office) demote(t *testing.T, position *riskv1.Position) {
	t.Helper()
	_, err := o.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position: &riskv1.Position{Name: position.GetName(), Rank: "staff"}, Reason: "职级登记有误",
	})
	require.NoError(t, err)
}

func TestT18_ADutyOpenedByMistakeIsCancelledAbove(t *testing.T) {
	t.Parallel()
	e := newEnforcers(t)
	e.clerk.demote(t, e.head)
	joint := e.duty(t, "joint_decision")
	hears(t, e.Suite, "leading_group_office", commerce, e.head.GetName(), "商务执法大队将岗位“大队长”由单位主要领导改为工作人员：职级登记有误。"+
		"涉及该岗位的风险点 0 个、未完成的防控措施 0 项、未履行的领导职责 4 项、有效的承诺书 0 份、未结的轮岗 0 项；变动后继续有效，不再适当的请撤销。")
	cancel := &riskv1.CancelDutyRequest{Name: joint.GetName(), Reason: "职级登记有误"}
	_, err := e.clerk.controls.CancelDuty(t.Context(), cancel)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	cancelled, err := e.office.controls.CancelDuty(t.Context(), cancel)
	require.NoError(t, err)
	assert.Equal(t, "CONTROL_STATE_CANCELLED 职级登记有误 ", fmt.Sprint(
		cancelled.GetState(), " ", cancelled.GetCancelReason(), " ", cancelled.GetRemindOn()))
	e.RunJob("risk.open_duties")
	assert.Equal(t, "CONTROL_STATE_CANCELLED", e.duty(t, "joint_decision").GetState().String(), "it is not opened again")

	b := newMarkets(t)
	control := b.section.plan(t, b.against(b.inForce(t, 1, "execution"), "pledge"))
	_, err = b.office.controls.CancelDuty(t.Context(), &riskv1.CancelDutyRequest{Name: control.GetName(), Reason: "误"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_DUTY")
}
