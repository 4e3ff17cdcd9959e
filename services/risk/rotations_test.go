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
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// risky has a risk point of grade A lie with a position of the markets section, approved at both stages.
func risky(t *testing.T, s *suitetest.Suite, position, owner *riskv1.Position) *riskv1.RiskPoint {
	t.Helper()
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	point := section.propose(t, section.point(t, &riskv1.RiskPoint{
		Unit: markets, Category: "decision", SearchMethods: []string{"self"}, Regime: "行政许可制度", Description: "对条件不符的申请予以许可",
		Points:   map[string]int32{"frequency": 5, "importance": 5, "harm": 5},
		Position: position.GetName(), OwnerPosition: owner.GetName(),
	}), enter)
	return office.approveTwice(t, point)
}

// rotating is a bureau in which the chief of the markets section is due to leave, with the risk point for which that is so.
type rotating struct {
	*suitetest.Suite

	section, office office
	chief           *riskv1.Position
	point           *riskv1.RiskPoint
}

// newRotating opens the rotation of a chief who has held the position since a day.
func newRotating(t *testing.T, since string) rotating {
	t.Helper()
	s := suitetest.Of(t, "t", commerce)
	b := rotating{Suite: s, section: as(s, "section", markets), office: as(s, "leading_group_office", commerce)}
	b.chief = b.section.held(t, markets, "市场运行股股长", "section_head", "甲", since)
	b.point = risky(t, s, b.chief, b.office.held(t, commerce, "局长", "head", "丙", "2024-01-31"))
	b.RunJob("risk.open_rotations")
	return b
}

// due are the persons who are due as of a day or within some months after it, each with the rule and the day.
func (o office) due(t *testing.T, day string, within int32) (found []string) {
	t.Helper()
	req := &riskv1.ListHoldersDueRequest{Unit: o.unit, AsOf: day, WithinMonths: within, PageSize: 1}
	for {
		page, err := o.rotations.ListHoldersDue(t.Context(), req)
		require.NoError(t, err)
		for _, h := range page.GetHolders() {
			found = append(found, h.GetIncumbent().GetPerson()+" "+h.GetRule()+" "+h.GetDueOn())
		}
		if req.PageToken = page.GetNextPageToken(); req.PageToken == "" {
			return found
		}
	}
}

func (o office) rotated(t *testing.T, req *riskv1.ListRotationsRequest) []*riskv1.Rotation {
	t.Helper()
	req.Unit = o.unit
	listed, err := o.rotations.ListRotations(t.Context(), req)
	require.NoError(t, err)
	return listed.GetRotations()
}

func TestT10_WhoHoldsAPositionOfGradeAForFiveYearsIsRotated(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	chief := section.held(t, markets, "市场运行股股长", "section_head", "甲", "2021-12-01")
	section.held(t, markets, "内勤", "staff", "乙", "2010-01-01")
	head := office.held(t, commerce, "局长", "head", "丙", "2024-01-31")
	s.RunJob("risk.open_rotations")
	assert.Empty(t, office.rotated(t, &riskv1.ListRotationsRequest{}), "no risk of a grade is in force")
	risky(t, s, chief, head)
	s.RunJob("risk.open_rotations")
	s.RunJob("risk.open_rotations")

	opened := office.rotated(t, &riskv1.ListRotationsRequest{})
	require.Len(t, opened, 1)
	rotation := opened[0]
	assert.Equal(t, "甲 grade_a 2021-12-01 2026-12-01 ROTATION_STATE_OPEN schemes/t@2026-01-01", fmt.Sprint(
		rotation.GetHolderDue().GetIncumbent().GetPerson(), " ", rotation.GetHolderDue().GetRule(), " ",
		rotation.GetHolderDue().GetSince(), " ", rotation.GetDueOn(), " ", rotation.GetState(), " ", rotation.GetSchemeVersion()))
	assert.Empty(t, office.due(t, "", 0))
	assert.Equal(t, []string{"甲 grade_a 2026-12-01"}, office.due(t, "", 1))
	assert.Empty(t, office.due(t, "2026-11-30", 0))
	assert.Equal(t, []string{"甲 grade_a 2026-12-01"}, office.due(t, "2026-12-01", 0))
	assert.Empty(t, office.due(t, "2026-11-01", 60), "before the risk was in force")
	assert.Equal(t, []string{"丙 grade_a 2029-01-31", "甲 grade_a 2026-12-01"}, office.due(t, "2029-01-31", 0))
	assert.Equal(t, []string{"甲 grade_a 2026-12-01"}, section.due(t, "2029-01-31", 0))

	s.Clock.Advance(19 * wholeDay)
	office.handOver(t, chief, "2026-11-19", "丁", "2026-11-20")
	assert.Empty(t, office.due(t, "2026-12-01", 0), "as it is known now")
	s.RunJob("risk.open_rotations")
	ended := office.rotated(t, &riskv1.ListRotationsRequest{States: []riskv1.RotationState{riskv1.RotationState_ROTATION_STATE_DONE}})
	require.Len(t, ended, 1)
	assert.Equal(t, "丁 2026-11-21 ", ended[0].GetSuccessor().GetPerson()+" "+ended[0].GetEndedOn()+" "+ended[0].GetRemindOn())
	assert.Len(t, office.rotated(t, &riskv1.ListRotationsRequest{Position: chief.GetName()}), 1)
}

func TestT10_ARotationIsDeferredByAUnitAboveAlone(t *testing.T) {
	t.Parallel()
	b := newRotating(t, "2021-12-01")
	rotation := b.office.rotated(t, &riskv1.ListRotationsRequest{})[0]
	ask := func(until string) error {
		_, err := b.section.rotations.DeferRotation(t.Context(), &riskv1.DeferRotationRequest{
			Name: rotation.GetName(), Until: until, Reason: "专项工作未完",
		})
		return err
	}
	for until, fault := range map[string]string{
		"2026-11-01": "PAST_DAY", "2026-12-01": "DEFERRAL_SHORT", "2027-12-02": "DEFERRAL_LONG", "2027-02-30": "STRING_DATE",
	} {
		suitetest.RequireFieldFaults(t, ask(until), map[string]string{"until": fault})
	}
	approve := &riskv1.ApproveDeferralRequest{Name: rotation.GetName(), Reason: "同意"}
	_, err := b.office.rotations.ApproveDeferral(t.Context(), approve)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	require.NoError(t, ask("2027-12-01"))
	suitetest.RequireRefused(t, ask("2027-11-01"), codes.FailedPrecondition, "WRONG_STATE")
	_, err = b.section.rotations.ApproveDeferral(t.Context(), approve)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	refused, err := b.office.rotations.RefuseDeferral(t.Context(), &riskv1.RefuseDeferralRequest{Name: rotation.GetName(), Reason: "太久"})
	require.NoError(t, err)
	assert.Equal(t, "ROTATION_STATE_OPEN 2026-12-01 太久 false", fmt.Sprint(refused.GetState(), " ", refused.GetDueOn(), " ",
		refused.GetDeferral().GetDecisionReason(), " ", refused.GetDeferral().GetApproved()))
	require.NoError(t, ask("2027-01-15"))
	granted, err := b.office.rotations.ApproveDeferral(t.Context(), approve)
	require.NoError(t, err)
	assert.Equal(t, "ROTATION_STATE_DEFERRED 2027-01-15 units/commerce 2026-12-16", fmt.Sprint(granted.GetState(), " ",
		granted.GetDueOn(), " ", granted.GetDeferral().GetDecidedBy(), " ", granted.GetRemindOn()))

	for _, days := range []int{44, 30, 1} { // the first reminder, the day itself and the day after
		b.Clock.Advance(time.Duration(days) * wholeDay)
		b.RunJob("risk.remind_rotations")
	}
	assert.Len(t, b.office.rotated(t, &riskv1.ListRotationsRequest{Overdue: true}), 1)
	counts, err := b.office.rotations.CountRotations(t.Context(), &riskv1.CountRotationsRequest{Unit: commerce})
	require.NoError(t, err)
	require.Len(t, counts.GetCounts(), 1)
	assert.Equal(t, "units/commerce_markets ROTATION_STATE_DEFERRED 1 1", fmt.Sprint(counts.GetCounts()[0].GetUnit(), " ",
		counts.GetCounts()[0].GetState(), " ", counts.GetCounts()[0].GetCount(), " ", counts.GetCounts()[0].GetOverdue()))
	post := "“市场运行股股长”岗位的"
	assert.Equal(t, []string{
		post + "甲自 2021-12-01 起任职，任职期限至 2026-12-01，请安排轮岗：A级廉政风险岗位领导干部任职满五年轮岗。",
		post + "轮岗未获准推迟，仍应于 2026-12-01 前完成：太久", post + "轮岗获准推迟至 2027-01-15。",
		post + "甲应于 2027-01-15 前轮岗。", post + "甲应于 2027-01-15 前轮岗。", post + "甲应于 2027-01-15 前轮岗，现已逾期。",
	}, said(t, b.Suite, "section", markets, rotation.GetName(), 6))
	assert.Equal(t, []string{
		"市场运行股申请将" + post + "轮岗推迟至 2027-12-01，请于 2026-11-16 前审批：专项工作未完", "市场运行股申请将" + post + "轮岗推迟至 2027-01-15，请于 2026-11-16 前审批：专项工作未完",
		"市场运行股" + post + "甲应于 2027-01-15 前轮岗，现已逾期。",
	}, said(t, b.Suite, "leading_group_office", commerce, rotation.GetName(), 3))
}

func TestT10_WhoWasLongDueAsTheRegisterBeganMayBeDeferred(t *testing.T) {
	t.Parallel()
	b := newRotating(t, "2018-01-01")
	rotation := b.office.rotated(t, &riskv1.ListRotationsRequest{})[0]
	assert.Equal(t, "2023-01-01", rotation.GetDueOn())
	today := b.Clock.Now()
	ask := func(months int) error {
		_, err := b.section.rotations.DeferRotation(t.Context(), &riskv1.DeferRotationRequest{
			Name: rotation.GetName(), Until: today.AddDate(0, months, 1).Format(time.DateOnly), Reason: "专项工作未完",
		})
		return err
	}
	suitetest.RequireFieldFaults(t, ask(12), map[string]string{"until": "DEFERRAL_LONG"})
	require.NoError(t, ask(11))

	decide := &riskv1.ApproveDeferralRequest{Name: rotation.GetName(), Reason: "同意"}
	_, err := as(b.Suite, "legal_office", commerce).rotations.ApproveDeferral(t.Context(), decide)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = as(b.Suite, "discipline_group", commerce).rotations.ApproveDeferral(t.Context(), decide)
	require.NoError(t, err)
}

// The sum names the day on which the first was due, however long before the register that was.
func TestT10_TheSumOfOverdueRotationsNamesTheEarliestDay(t *testing.T) {
	t.Parallel()
	b := newRotating(t, "2018-01-01")
	deputy := b.section.held(t, markets, "市场运行股副股长", "section_head", "乙", "2019-01-01")
	risky(t, b.Suite, deputy, b.office.held(t, commerce, "分管副局长", "head", "丁", "2024-01-31"))
	b.RunJob("risk.open_rotations")
	b.Clock.Advance(wholeDay)
	b.RunJob("risk.remind_rotations")
	assert.Equal(t, []string{"下级有 2 名任职人员没有按期轮岗，最早的应于 2023-01-01 前完成。"},
		said(t, b.Suite, "leading_group_office", commerce, commerce, 1))
}

func TestT10_ARotationLapsesWithTheGrade(t *testing.T) {
	t.Parallel()
	b := newRotating(t, "2021-12-01")
	_, err := b.office.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: b.point.GetName(), Reason: "已分权",
		Regrade: &riskv1.Regrade{Points: map[string]int32{"frequency": 1, "importance": 1, "harm": 1}, OwnerPosition: b.chief.GetName()},
	})
	require.NoError(t, err)
	b.Clock.Advance(wholeDay)
	b.RunJob("risk.open_rotations")
	all := b.office.rotated(t, &riskv1.ListRotationsRequest{})
	require.Len(t, all, 1)
	assert.Equal(t, riskv1.RotationState_ROTATION_STATE_LAPSED, all[0].GetState())
	assert.Equal(t, []string{"甲 grades_bc 2027-12-01"}, b.office.due(t, "2028-01-01", 0), "six years with risks of grade C")
}

func TestT10_FaultyRotationsOfASchemeAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office := as(s, "leading_group_office", commerce)
	scheme, err := office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-12-01"
	rules := scheme.GetRotations()
	rules[1].Id, rules[0].Positions.Ranks[0], rules[0].Positions.Grades = rules[0].GetId(), "chief", []string{"x"}
	rules[1].Months, rules[1].NoticeMonths = 6, 6
	_, err = office.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"scheme.rotations[1].id": "DUPLICATE", "scheme.rotations[0].positions.ranks[0]": "UNKNOWN_TERM",
		"scheme.rotations[0].positions.grades[0]": "UNKNOWN_TERM", "scheme.rotations[1].notice_months": "NOTICE_LONG",
	})
}

// A day without a holder ends a rotation, which is due again once the same person is back.
func TestT10_AVacancyLetsNobodyEscapeARotation(t *testing.T) {
	t.Parallel()
	b := newRotating(t, "2021-12-01")
	open := func() int {
		return len(b.office.rotated(t, &riskv1.ListRotationsRequest{
			States: []riskv1.RotationState{riskv1.RotationState_ROTATION_STATE_OPEN},
		}))
	}
	require.Equal(t, 1, open())
	for _, c := range []struct {
		until string
		open  int
	}{{"2026-11-01", 0}, {"", 1}} {
		b.chief.Holders[0].Until = c.until
		_, err := b.section.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
			Position: b.chief, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"holders"}}, Reason: "登记有误",
		})
		require.NoError(t, err)
		b.chief.Etag = ""
		b.RunJob("risk.open_rotations")
		assert.Equal(t, c.open, open(), "until %q", c.until)
	}
}

// What was granted before stays granted where more is refused.
func TestT10_ARefusedSecondDeferralLeavesTheFirst(t *testing.T) {
	t.Parallel()
	b := newRotating(t, "2021-12-01")
	name := b.office.rotated(t, &riskv1.ListRotationsRequest{})[0].GetName()
	for _, until := range []string{"2027-01-15", "2027-03-15"} {
		_, err := b.section.rotations.DeferRotation(t.Context(), &riskv1.DeferRotationRequest{Name: name, Until: until, Reason: "未完"})
		require.NoError(t, err)
		if until == "2027-01-15" {
			_, err = b.office.rotations.ApproveDeferral(t.Context(), &riskv1.ApproveDeferralRequest{Name: name})
			require.NoError(t, err)
		}
	}
	refused, err := b.office.rotations.RefuseDeferral(t.Context(), &riskv1.RefuseDeferralRequest{Name: name, Reason: "太久"})
	require.NoError(t, err)
	assert.Equal(t, "ROTATION_STATE_DEFERRED 2027-01-15", fmt.Sprint(refused.GetState(), " ", refused.GetDueOn()))
	require.Len(t, refused.GetEarlierDeferrals(), 1)
	first := refused.GetEarlierDeferrals()[0]
	assert.Equal(t, "未完 2027-01-15 true units/commerce 2027-03-15", fmt.Sprint(first.GetReason(), " ", first.GetUntil(), " ",
		first.GetApproved(), " ", first.GetDecidedBy(), " ", refused.GetDeferral().GetUntil()))
}

func TestT10_ACorrectedFirstDayLeavesOneRotation(t *testing.T) {
	t.Parallel()
	b := newRotating(t, "2021-12-01")
	_, err := b.section.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position:   &riskv1.Position{Name: b.chief.GetName(), Holders: []*riskv1.PositionHolder{{Person: "甲", From: "2021-11-20"}}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"holders"}}, Reason: "任职文件日期为准",
	})
	require.NoError(t, err)
	b.RunJob("risk.open_rotations")
	var open []string
	for _, r := range b.office.rotated(t, &riskv1.ListRotationsRequest{States: []riskv1.RotationState{
		riskv1.RotationState_ROTATION_STATE_OPEN,
	}}) {
		open = append(open, r.GetDueOn())
	}
	assert.Equal(t, []string{"2026-11-20"}, open)
}

// A rule with a longer notice opens a rotation first; it goes by the rule under which the holder is due first all the same.
func TestT10_ARotationGoesByTheRuleThatIsDueFirst(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	scheme, err := office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	for _, rule := range scheme.GetRotations() {
		if rule.GetId() == "grades_bc" {
			rule.NoticeMonths, rule.Positions.Grades = 24, []string{"a", "b", "c"}
		}
	}
	_, err = as(s, "administrator", commerce).schemes.CreateScheme(t.Context(),
		&riskv1.CreateSchemeRequest{Scheme: scheme, Replace: true})
	require.NoError(t, err)
	chief := section.held(t, markets, "市场运行股股长", "section_head", "甲", "2022-10-01")
	risky(t, s, chief, office.held(t, commerce, "局长", "head", "丙", "2026-01-31"))
	s.RunJob("risk.open_rotations")
	opened := office.rotated(t, &riskv1.ListRotationsRequest{Position: chief.GetName()})
	require.Len(t, opened, 1)
	assert.Equal(t, "grade_a 2027-10-01", opened[0].GetHolderDue().GetRule()+" "+opened[0].GetDueOn())
}

func TestT10_ARotationOpenedByMistakeIsCancelledAbove(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	chief := section.held(t, markets, "内勤", "section_head", "甲", "2021-12-01")
	risky(t, s, chief, office.held(t, commerce, "局长", "head", "丙", "2024-01-31"))
	s.RunJob("risk.open_rotations")
	cancel := &riskv1.CancelRotationRequest{
		Name: office.rotated(t, &riskv1.ListRotationsRequest{})[0].GetName(), Reason: "职级登记有误",
	}
	_, err := section.rotations.CancelRotation(t.Context(), cancel)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	section.demote(t, chief)
	cancelled, err := office.rotations.CancelRotation(t.Context(), cancel)
	require.NoError(t, err)
	assert.Equal(t, "ROTATION_STATE_LAPSED 2026-11-02 职级登记有误 ", fmt.Sprint(
		cancelled.GetState(), " ", cancelled.GetEndedOn(), " ", cancelled.GetCancelReason(), " ", cancelled.GetRemindOn()))
	s.RunJob("risk.open_rotations")
	assert.Len(t, office.rotated(t, &riskv1.ListRotationsRequest{}), 1, "the position is asked no more")
}
