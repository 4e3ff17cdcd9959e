package risk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/comments"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// disband ends a unit in the one above it, which the records follow, however often they look.
func disband(t *testing.T, s *suitetest.Suite, role, root, unit string) {
	t.Helper()
	_, err := networkv1.NewTreeServiceClient(s.As(role, root)).DisbandUnit(t.Context(),
		&networkv1.DisbandUnitRequest{Name: unit, Reason: "撤销"})
	require.NoError(t, err)
	s.RunJob("risk.follow_moves")
	s.RunJob("risk.follow_moves")
}

// times counts a sentence among what the bureau was told of a record.
func times(t *testing.T, s *suitetest.Suite, name, sentence string) (n int) {
	t.Helper()
	for _, says := range said(t, s, head, commerce, name, 0) {
		if says == sentence {
			n++
		}
	}
	return n
}

// forgets waits until nothing in the inbox of a section of T that is to judge says of a record what asked it.
func forgets(t *testing.T, s *suitetest.Suite, name string, asked ...string) {
	t.Helper()
	require.Eventually(t, func() bool {
		return !slices.ContainsFunc(said(t, s, head, markets, name, 0), func(says string) bool {
			return slices.ContainsFunc(asked, func(of string) bool { return strings.Contains(says, of) })
		})
	}, time.Minute, 50*time.Millisecond, asked)
}

const head = "leading_group_office"

// What a section corrected and signed is for the section above it to judge, until the two become one; what it handed in, for the bureau.
func TestT16_T5_J4_WhoASectionEndsInLeavesWhatItJudgedToTheBureau(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	section := as(e.Suite, "section", north)
	found := e.own.notes(t, &riskv1.Deficiency{Unit: north, Kind: "state_assets", Text: "资产未登记"})
	section.attach(t, found.GetName())
	section.correct(t, found.GetName())
	section.held(t, north, "股长", "section_head", "庚", "2024-01-01")
	e.RunJob("risk.open_commitments")
	pledges := section.commitments(t, &riskv1.ListCommitmentsRequest{Year: 2026})
	require.Len(t, pledges, 1)
	_, err := section.pledges.SignCommitment(t.Context(), signOf(pledges[0]))
	require.NoError(t, err)
	e.Clock.Advance(16 * day)
	e.RunJob(deficiencies.JudgeJob)
	e.RunJob(deficiencies.FilingJob)
	asked := riskPoint(north, 1, 1, 1)
	asked.Category, asked.ControlStage = "decision", "execution"
	point := section.submit(t, section.point(t, asked))
	late, unfiled := north+"的“资产未登记”应于 2026-11-16 前审核或者检验，现已逾期。", "“资产未登记”应于 2026-11-09 前上报备案，现已逾期。"
	submitted := north + "报审“对条件不符的申请予以许可”，请于 2026-12-02 前进行组织审核。"
	signed := north + "“股长”岗位已签廉政风险双向承诺书，请领导一方于 2026-12-02 前签字。"
	for name, says := range map[string]string{found.GetName(): late, pledges[0].GetName(): signed} {
		hears(t, e.Suite, head, markets, name, says)
	}
	hears(t, e.Suite, head, markets, found.GetName(), unfiled)
	hears(t, e.Suite, head, commerce, point.GetName(), submitted)

	disband(t, e.Suite, head, commerce, north)
	hears(t, e.Suite, head, commerce, found.GetName(), late)
	hears(t, e.Suite, head, commerce, found.GetName(), unfiled)
	hears(t, e.Suite, head, commerce, point.GetName(), submitted)
	hears(t, e.Suite, head, commerce, pledges[0].GetName(), signed)
	hears(t, e.Suite, head, markets, found.GetName(),
		"机构变动后，"+north+"的“资产未登记”改由商务局三位一体机制建设领导小组办公室审核或者检验。")
	hears(t, e.Suite, head, markets, found.GetName(), "机构变动后，“资产未登记”改由商务局三位一体机制建设领导小组办公室上报备案。")
	forgets(t, e.Suite, found.GetName(), "已整改", "现已逾期")
	assert.Empty(t, said(t, e.Suite, head, markets, point.GetName(), 0), "no section reviews")
	forgets(t, e.Suite, pledges[0].GetName(), "请领导一方")

	_, err = e.own.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: found.GetName()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_DEFICIENCY")
	_, err = e.office.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: found.GetName()})
	require.NoError(t, err)
	assert.Equal(t, 1, times(t, e.Suite, found.GetName(), late), "once, though the records followed twice")
	assert.Equal(t, 1, times(t, e.Suite, point.GetName(), submitted))
}

func TestT16_ASuccessorThatMayJudgeIsNotAskedAnew(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	section := as(e.Suite, "section", north)
	found := e.own.notes(t, &riskv1.Deficiency{Unit: north, Kind: "state_assets", Text: "资产未登记"})
	section.attach(t, found.GetName())
	section.correct(t, found.GetName())
	asks := north + "报告问题“资产未登记”已整改，请于 2026-11-16 前核查。"
	hears(t, e.Suite, head, markets, found.GetName(), asks)
	e.merge(t, markets, trade)
	e.RunJob("risk.follow_moves")
	e.isTold(t, found.GetName(), asks+"（事关市场运行股，该单位已撤并，由承继单位办理。）")
	assert.Empty(t, said(t, e.Suite, head, commerce, found.GetName(), 0))

	e.Clock.Advance(day)
	disband(t, e.Suite, head, commerce, north) // in its successor, which stands above it since
	hears(t, e.Suite, head, commerce, found.GetName(), asks)
	e.isTold(t, found.GetName(), "机构变动后，"+north+"的“资产未登记”改由商务局三位一体机制建设领导小组办公室审核或者检验。")
}

func TestJ4_TheCourtReviewsWhatATeamHandsInThatEnds(t *testing.T) {
	t.Parallel()
	const team = "units/civil_team"
	s := suitetest.Of(t, "j", court)
	_, err := networkv1.NewUnitServiceClient(s.As("discipline_group", court)).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "civil_team", Unit: &networkv1.Unit{
			Title: "速裁团队", Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: typev1.Level_LEVEL_COUNTY, Parent: courtCivil,
			Sort: "division",
		},
	})
	require.NoError(t, err)
	own := as(s, "division", team)
	asked := courtPoint("process", "人情案")
	asked.Unit, asked.Points = team, map[string]int32{"size": 2, "frequency": 2, "harm": 2, "cause": 2}
	point := own.propose(t, own.point(t, asked), enter)
	hears(t, s, "discipline_group", court, point.GetName(), "速裁团队报审“人情案”，请于 2026-11-16 前进行审核。")
	assert.Empty(t, said(t, s, "discipline_group", courtCivil, point.GetName(), 0), "no division reviews")
	s.Clock.Advance(day)
	disband(t, s, "discipline_group", court, team)
	_, err = as(s, "discipline_group", court).points.ApproveRiskPoint(t.Context(), pass(point))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "ENTRY_OF_ENDED")
	require.ErrorContains(t, err, "民事审判庭")
}

// What is said of leaders is for the unit above them to answer, which it is no more once it has become one with theirs.
func TestT20_T4_WhoAnswersIsNeverTheUnitThatItIsAbout(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	section := as(e.Suite, "section", north)
	asked := riskPoint(north, 5, 5, 5)
	asked.Category, asked.OwnerPosition = "decision", e.office.held(t, commerce, "局长", "head", "甲", "2025-01-01").GetName()
	point := e.office.approveTwice(t, section.propose(t, section.point(t, asked), enter))
	public := e.own.publicise(t, e.own.freeze(t, "grade_catalogue", "权力廉政风险等级目录", ""), "within")
	onLeaders := commentOn(north, "处事不公")
	onLeaders.AboutLeaders = true
	for _, req := range []*riskv1.SubmitCommentRequest{onLeaders, objectTo(public, point)} {
		_, err := section.comments.SubmitComment(t.Context(), req)
		require.NoError(t, err)
	}
	listed := func(o office) map[bool]*riskv1.Comment { // by whether it is an objection
		answer, err := o.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: o.unit})
		require.NoError(t, err)
		found := map[bool]*riskv1.Comment{}
		for _, c := range answer.GetComments() {
			found[c.GetPublication() != ""] = c
		}
		return found
	}
	before := listed(e.own)
	require.Len(t, before, 2)
	e.Clock.Advance(day)
	e.RunJob(comments.RemindJob)
	objection, about := before[true].GetName(), before[false].GetName()
	hears(t, e.Suite, head, markets, objection, "2026-11-02 收到的对公示“权力廉政风险等级目录”中“对条件不符的申请予以许可”的异议（尾号 "+
		objection[len(objection)-6:]+"），请于 2026-11-09 前答复。")

	e.Clock.Advance(7 * day)
	e.RunJob(comments.RemindJob)
	disband(t, e.Suite, head, commerce, north)
	after := listed(e.office)
	require.Len(t, after, 2)
	assert.Equal(t, commerce+" "+commerce, after[true].GetUnit()+" "+after[false].GetUnit())
	late := "2026-11-02 收到的对公示“权力廉政风险等级目录”中“对条件不符的申请予以许可”的异议（尾号 " + objection[len(objection)-6:] +
		"）应于 2026-11-09 前答复，现已逾期。"
	hears(t, e.Suite, head, commerce, objection, late)
	hears(t, e.Suite, head, commerce, about, "公众或媒体 2026-11-02 对"+north+"领导人员的意见（尾号 "+about[len(about)-6:]+
		"）应于 2026-11-23 前由本单位答复。")
	forgets(t, e.Suite, objection, "请于", "现已逾期")
	_, err := e.own.comments.AnswerComment(t.Context(), answerTo(after[false]))
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = e.office.comments.AnswerComment(t.Context(), answerTo(after[false]))
	require.NoError(t, err)
	_, err = e.office.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: objection, Outcome: riskv1.CommentState_COMMENT_STATE_DISMISSED, Answer: "等级适当",
	})
	require.NoError(t, err)
	assert.Equal(t, 1, times(t, e.Suite, objection, late))
}

// Who acts for the unit where the position stood that answers for what was found judges it no more than that unit did.
func TestT16_ASuccessorOfThePositionsUnitIsNotAskedToJudge(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	section := as(e.Suite, "section", north)
	found := e.own.notes(t, &riskv1.Deficiency{
		Unit: north, Kind: "state_assets", Text: "资产未登记", Position: e.own.post(t, markets, "分管股长", "section_head"),
	})
	section.attach(t, found.GetName())
	section.correct(t, found.GetName())
	asks := north + "报告问题“资产未登记”已整改，请于 2026-11-16 前核查。"
	hears(t, e.Suite, head, commerce, found.GetName(), asks)
	before := len(said(t, e.Suite, head, commerce, found.GetName(), 0))
	e.merge(t, markets, trade)
	e.RunJob("risk.follow_moves")
	e.Clock.Advance(16 * day)
	e.RunJob(deficiencies.JudgeJob)
	hears(t, e.Suite, head, commerce, found.GetName(), north+"的“资产未登记”应于 2026-11-16 前审核或者检验，现已逾期。")
	assert.NotContains(t, said(t, e.Suite, head, trade, found.GetName(), 0), asks)
	assert.Len(t, said(t, e.Suite, head, commerce, found.GetName(), before+1), before+1, "nobody else was asked meanwhile")
	_, err := e.heir.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: found.GetName()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_DEFICIENCY")
	_, err = e.office.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: found.GetName()})
	require.NoError(t, err)
}

// The unit above has the inspected judge the inspectors; where the unit ends in it, the one above that does.
func TestT15_WhoIsToCollectFeedbackPassesOn(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	scheme, err := e.office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.EffectiveFrom, scheme.AppointmentKinds[0].UnitKinds = "2026-11-03", nil
	_, err = as(e.Suite, "administrator", commerce).schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	e.Clock.Advance(day)
	section := as(e.Suite, "section", north)
	checker := section.held(t, north, "考察员", "staff", "乙", "2024-01-01").GetName()
	a := section.nominate(t, &riskv1.Appointment{
		Unit: north, Kind: scheme.GetAppointmentKinds()[0].GetId(), Person: "己", Position: section.post(t, north, "股长", "section_head"),
		Nominations: []*riskv1.Nomination{
			{Way: "meeting", NominatedBy: "干部推荐会", NominatedOn: "2026-10-20"},
			{Way: "talk", NominatedBy: "谈话推荐", NominatedOn: "2026-10-22"},
		},
	})
	passed := &riskv1.CandidateCheck{
		Result: riskv1.AppointmentResult_APPOINTMENT_RESULT_PASSED, Finding: "符合条件", CheckedOn: "2026-10-26", Checkers: []string{checker},
	}
	_, err = section.cadres.QualifyAppointment(t.Context(),
		&riskv1.QualifyAppointmentRequest{Name: a.GetName(), Qualification: passed})
	require.NoError(t, err)
	_, err = section.cadres.InspectAppointment(t.Context(), &riskv1.InspectAppointmentRequest{Name: a.GetName(), Inspection: passed})
	require.NoError(t, err)
	asks := north + "对岗位“股长”人选的履职考察已经通过，请于 2026-11-17 前组织对考察员的评议。"
	require.Equal(t, []string{asks}, said(t, e.Suite, head, markets, a.GetName(), 1))

	e.Clock.Advance(day)
	disband(t, e.Suite, head, commerce, north)
	hears(t, e.Suite, head, commerce, a.GetName(), asks)
	hears(t, e.Suite, head, markets, a.GetName(),
		"机构变动后，对"+north+"岗位“股长”人选考察员的评议改由商务局三位一体机制建设领导小组办公室组织。")
	forgets(t, e.Suite, a.GetName(), "已经通过")
	assert.Equal(t, 1, times(t, e.Suite, a.GetName(), asks), "once, though the records followed twice")
}
