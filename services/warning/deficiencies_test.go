package warning_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
	"github.com/qingfeng-suite/qingfeng/services/warning/deficiencies"
)

const (
	markets = "units/commerce_markets"

	sourceToCorrect = warningv1.FindingSourceState_FINDING_SOURCE_STATE_TO_CORRECT
	sourceOverdue   = warningv1.FindingSourceState_FINDING_SOURCE_STATE_OVERDUE
	sourceCorrected = warningv1.FindingSourceState_FINDING_SOURCE_STATE_CORRECTED
	sourcePutRight  = warningv1.FindingSourceState_FINDING_SOURCE_STATE_PUT_RIGHT
	sourceWithdrawn = warningv1.FindingSourceState_FINDING_SOURCE_STATE_WITHDRAWN
)

// register is one role in one unit with the parts of the risk register that find something wrong.
type register struct {
	riskv1.DeficiencyServiceClient

	positions riskv1.PositionServiceClient
	decisions riskv1.DecisionServiceClient
	schemes   riskv1.SchemeServiceClient
	files     riskv1.AttachmentServiceClient
}

func registerOf(conn grpc.ClientConnInterface) register {
	return register{
		riskv1.NewDeficiencyServiceClient(conn), riskv1.NewPositionServiceClient(conn), riskv1.NewDecisionServiceClient(conn),
		riskv1.NewSchemeServiceClient(conn), riskv1.NewAttachmentServiceClient(conn),
	}
}

// commerceBureau is the commerce bureau: the office that warns, the discipline group that looks, and a section.
type commerceBureau struct {
	*suitetest.Suite

	office, clerk  office
	group, section register
}

func newCommerce(t *testing.T) *commerceBureau {
	t.Helper()
	s := suitetest.Of(t, "t", commerce)
	return &commerceBureau{
		s, as(s, "leading_group_office", commerce), as(s, "section", finance),
		registerOf(s.As("discipline_group", commerce)), registerOf(s.As("section", finance)),
	}
}

// notes has the discipline group note that something is wrong with the section of finance.
func (b *commerceBureau) notes(t *testing.T, kind string) *riskv1.Deficiency {
	t.Helper()
	made, err := b.group.CreateDeficiency(t.Context(), &riskv1.CreateDeficiencyRequest{Deficiency: &riskv1.Deficiency{
		Unit: finance, Kind: kind, Text: "收取的培训费存入个人账户",
	}})
	require.NoError(t, err)
	return made
}

// corrects has the section say that it is put right, with a file that shows it.
func (b *commerceBureau) corrects(t *testing.T, name, how string) {
	t.Helper()
	data := []byte("%PDF-1.7\n整改情况\n")
	begun, err := b.section.files.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{
		Owner: name, File: &typev1.AttachmentFile{FileName: "整改.pdf", MediaType: "application/pdf", Size: int64(len(data))},
	})
	require.NoError(t, err)
	_, err = b.section.files.UploadPart(t.Context(), &typev1.UploadPartRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(), Data: data,
	})
	require.NoError(t, err)
	_, err = b.section.files.CompleteAttachment(t.Context(), &typev1.CompleteAttachmentRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(),
	})
	require.NoError(t, err)
	_, err = b.section.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{Name: name, Correction: how})
	require.NoError(t, err)
}

func (b *commerceBureau) confirms(t *testing.T, name string) {
	t.Helper()
	_, err := b.group.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: name, Reason: "账目属实"})
	require.NoError(t, err)
}

// hear runs the job that follows deficiencies until it has read the journal to its end, which tells of an event once nothing
// older is under way.
func hear(t *testing.T, s *suitetest.Suite, run func() error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close(context.Background())) }()
	require.Eventually(t, func() bool {
		require.NoError(t, run())
		var end bool
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM warning.feed_positions f WHERE f.feed = $1
			AND f.position = (SELECT xact || '-' || seq FROM risk.journal ORDER BY xact DESC, seq DESC LIMIT 1))`,
			deficiencies.FollowJob).Scan(&end))
		return end
	}, time.Minute, 10*time.Millisecond)
}

// followRisk has a suite make findings of what was found wrong.
func followRisk(t *testing.T, s *suitetest.Suite) {
	t.Helper()
	hear(t, s, func() error { return s.TryJob(deficiencies.FollowJob) })
}

// made are the findings that were made of a deficiency, once the suite has heard of it.
func (b *commerceBureau) made(t *testing.T, of *riskv1.Deficiency) []*warningv1.Finding {
	t.Helper()
	followRisk(t, b.Suite)
	return b.office.listed(t, &warningv1.ListFindingsRequest{Unit: commerce, Source: of.GetName()})
}

// one is the finding that was made of a deficiency.
func (b *commerceBureau) one(t *testing.T, of *riskv1.Deficiency) *warningv1.Finding {
	t.Helper()
	made := b.made(t, of)
	require.Len(t, made, 1)
	return made[0]
}

// following is a warning to the unit that a finding is about, of its level.
func following(f *warningv1.Finding) *warningv1.IssueWarningRequest {
	req := to(f.GetCount().GetUnit(), commerce, f.GetWarningLevel(), "notice")
	req.Finding = f.GetName()
	return req
}

func TestT16_T7_AGraveDeficiencyLeadsToAWarning(t *testing.T) {
	t.Parallel()
	b := newCommerce(t)
	funds := b.notes(t, "off_book_funds")
	f := b.one(t, funds)
	assert.Equal(t, []string{commerce, commerce, finance, "finance", "red", "红色预警", "2026-11"}, []string{
		f.GetUnit(), f.GetHandlingUnit(), f.GetCount().GetUnit(), f.GetCount().GetSubjectArea(), f.GetWarningLevel(),
		f.GetWarningLevelTitle().GetZh(), f.GetPeriod(),
	})
	source := f.GetSource()
	assert.Equal(t, []string{funds.GetName(), "off_book_funds", "off_book_funds", "私设“小金库”", commerce, "2026-11-16", "2026-11-02"}, []string{
		source.GetRecord(), source.GetRule(), source.GetKind(), source.GetKindTitle().GetZh(), source.GetFoundBy(), source.GetDueOn(),
		source.GetStateSince(),
	})
	assert.True(t, source.GetGrave())
	assert.Equal(t, sourceToCorrect, source.GetState())
	assert.Equal(t, findingOpen, f.GetState())
	assert.Equal(t, "2026-11-23", f.GetDueOn(), "fifteen working days, as of any finding")
	assert.Equal(t, "财务股“财务管理”方面查出问题：私设“小金库”，应于 2026-11-16 前整改。", f.GetExplanation().GetZh())
	assert.Equal(t, []string{"inbox.finding_made"}, toldAs(t, b.Suite, "leading_group_office", commerce, f.GetName(), 1))
	assert.NotContains(t, f.String(), "培训费", "what was found is read in the register")
	for _, other := range []office{as(b.Suite, "discipline_group", commerce), b.clerk} {
		_, err := other.findings.GetFinding(t.Context(), &warningv1.GetFindingRequest{Name: f.GetName()})
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	}

	_, err := b.office.analyses.RunAnalysis(t.Context(), &warningv1.RunAnalysisRequest{Unit: commerce, Period: "2026-11"})
	require.NoError(t, err)
	assert.Equal(t, findingOpen, b.one(t, funds).GetState(), "an analysis neither finds it nor drops it")

	req := following(f)
	req.WarningLevel = "yellow"
	_, err = b.office.warnings.IssueWarning(t.Context(), req)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_WARNING_LEVEL")
	req.WarningLevel = "red"
	w := b.office.issue(t, req)
	assert.Equal(t, "red finance", w.GetWarningLevel()+" "+w.GetSubjectArea())
	_, err = b.office.warnings.IssueWarning(t.Context(), req)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "FINDING_WARNED")
	assert.Equal(t, findingTakenUp, b.one(t, funds).GetState())

	b.clerk.acknowledge(t, w.GetName())
	b.corrects(t, funds.GetName(), "全部入账")
	assert.Equal(t, sourceCorrected, b.one(t, funds).GetSource().GetState())
	b.clerk.rectify(t, w.GetName())
	b.office.check(t, w.GetName(), commerce, true)
	b.confirms(t, funds.GetName())
	f = b.one(t, funds)
	assert.Equal(t, sourcePutRight, f.GetSource().GetState())
	assert.Equal(t, findingTakenUp, f.GetState())
	assert.Equal(t, "财务股“财务管理”方面查出问题：私设“小金库”，经核查已整改到位。", f.GetExplanation().GetZh())
	last := f.GetHistory()[len(f.GetHistory())-1]
	assert.Equal(t, []string{"note_source", funds.GetName(), "", "FINDING_SOURCE_STATE_PUT_RIGHT"}, []string{
		last.GetAct(), last.GetRecord(), last.GetUnit(), last.GetSourceState().String(),
	})
	assert.Equal(t, "inbox.finding_source_put_right",
		toldAs(t, b.Suite, "leading_group_office", commerce, f.GetName(), 2)[1])
	assert.Equal(t, closed, b.office.close(t, w.GetName()).GetState())
}

func TestT11_T14_ADeviationFromADecisionLeadsToAWarningOfWhoCarriesItOut(t *testing.T) {
	t.Parallel()
	b := newCommerce(t)
	leaders := registerOf(b.As("leading_group_office", commerce))
	held := func(who register, unit, title, rank, person string) string {
		t.Helper()
		made, err := who.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
			Unit: unit, Title: title, Rank: rank, Holders: []*riskv1.PositionHolder{{Person: person, From: "2024-01-01"}},
		}})
		require.NoError(t, err)
		return made.GetName()
	}
	members := []string{
		held(leaders, commerce, "副局长一", "deputy", "乙"), held(leaders, commerce, "副局长二", "deputy", "丙"),
		held(leaders, commerce, "局长", "head", "甲"),
	}
	chief := held(registerOf(b.As("section", markets)), markets, "市场运行股股长", "section_head", "戊")
	d, err := leaders.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: &riskv1.Decision{
		Unit: commerce, Kind: "joint_review", Title: "成品油经营许可会审", Proposal: "按程序办理许可三件。", ProposerPosition: chief,
		Members: members, ExecutorPosition: chief, DueOn: "2026-12-31",
	}})
	require.NoError(t, err)
	meeting := &riskv1.DecisionMeeting{HeldOn: "2026-11-02"}
	for _, member := range members {
		meeting.Statements = append(meeting.Statements, &riskv1.Statement{
			Member: member, Stance: riskv1.Stance_STANCE_FOR, Reason: "已作调研，条件具备",
		})
	}
	_, err = leaders.decisions.DecideDecision(t.Context(), &riskv1.DecideDecisionRequest{Name: d.GetName(), Meeting: meeting})
	require.NoError(t, err)
	for kind, level := range map[string]string{"decision_procedure": "yellow", "decision_alone": "red"} {
		checked, err := b.group.decisions.CheckDecision(t.Context(), &riskv1.CheckDecisionRequest{
			Name: d.GetName(), Finding: "许可发给了另一申请人",
			Deviation: &riskv1.CheckFinding{Kind: kind, Text: "没有按会审决定办理", Position: chief},
		})
		require.NoError(t, err)
		checks := checked.GetChecks()
		deviation, err := b.group.GetDeficiency(t.Context(), &riskv1.GetDeficiencyRequest{Name: checks[len(checks)-1].GetDeficiency()})
		require.NoError(t, err)
		assert.Equal(t, commerce+" "+markets, deviation.GetUnit()+" "+deviation.GetOwnerUnit())

		f := b.one(t, deviation)
		assert.Equal(t, []string{commerce, markets, "decision", level, d.GetName()}, []string{
			f.GetUnit(), f.GetCount().GetUnit(), f.GetCount().GetSubjectArea(), f.GetWarningLevel(), f.GetSource().GetFoundIn(),
		}, "the decision is the bureau's, the deviation the section's")
		w := b.office.issue(t, following(f))
		clerk := as(b.Suite, "section", markets)
		clerk.acknowledge(t, w.GetName())
		clerk.rectify(t, w.GetName())
		b.office.check(t, w.GetName(), commerce, true)
		assert.Equal(t, closed, b.office.close(t, w.GetName()).GetState())
		assert.Equal(t, findingTakenUp, b.one(t, deviation).GetState())
	}
}

func TestT16_T14_WhatIsNotCorrectedInTimeRaisesAFinding(t *testing.T) {
	t.Parallel()
	b := newCommerce(t)
	careless, funds := b.notes(t, "financial_management"), b.notes(t, "off_book_funds")
	assert.Empty(t, b.made(t, careless), "it is neither grave nor overdue")
	b.one(t, funds)
	b.Clock.Advance(27 * 24 * time.Hour)
	assert.Empty(t, b.made(t, careless), "29 November: it may be corrected until the 30th")
	f := b.one(t, funds)
	assert.Equal(t, "red off_book_funds", f.GetWarningLevel()+" "+f.GetSource().GetRule(), "of what has a finding it is noted")
	assert.Equal(t, sourceOverdue, f.GetSource().GetState())
	assert.Len(t, f.GetHistory(), 1)
	b.Clock.Advance(2 * 24 * time.Hour)
	f = b.one(t, careless)
	assert.Equal(t, "yellow finance_overdue 2026-12", f.GetWarningLevel()+" "+f.GetSource().GetRule()+" "+f.GetPeriod())
	assert.Equal(t, sourceOverdue, f.GetSource().GetState())
	assert.Equal(t, "财务股“财务管理”方面查出问题：财务管理不规范，应于 2026-11-30 前整改，逾期未整改。", f.GetExplanation().GetZh())

	_, err := b.office.findings.SetAsideFinding(t.Context(), &warningv1.SetAsideFindingRequest{Name: f.GetName(), Reason: "正在整改。"})
	require.NoError(t, err)
	b.corrects(t, careless.GetName(), "已建账")
	assert.Equal(t, sourceCorrected, b.one(t, careless).GetSource().GetState())
	_, err = b.group.ReturnDeficiency(t.Context(), &riskv1.ReturnDeficiencyRequest{
		Name: careless.GetName(), Reason: "账目不全", DueOn: "2026-12-04",
	})
	require.NoError(t, err)
	f = b.one(t, careless)
	assert.Equal(t, "2026-12-04", f.GetSource().GetDueOn())
	assert.Equal(t, sourceToCorrect, f.GetSource().GetState())
	assert.Equal(t, findingSetAside, f.GetState())
	b.Clock.Advance(4 * 24 * time.Hour)
	f = b.one(t, careless)
	assert.Equal(t, findingOpen, f.GetState(), "it was set aside because it was being corrected")
	assert.Equal(t, "2026-12-25", f.GetDueOn(), "fifteen working days from the 5th")
	assert.Equal(t, []string{"inbox.finding_made", "inbox.finding_source_overdue"},
		toldAs(t, b.Suite, "leading_group_office", commerce, f.GetName(), 2))
	assert.Equal(t, closed, b.rectified(t, b.office.issue(t, following(f))).GetState())
}

// rectified has a warning to the section of finance be put right, checked and closed.
func (b *commerceBureau) rectified(t *testing.T, w *warningv1.Warning) *warningv1.Warning {
	t.Helper()
	b.clerk.acknowledge(t, w.GetName())
	b.clerk.rectify(t, w.GetName())
	b.office.check(t, w.GetName(), commerce, true)
	return b.office.close(t, w.GetName())
}

func TestT16_WhatWasNoneIsSetAsideAndLeavesTheFigures(t *testing.T) {
	t.Parallel()
	b := newCommerce(t)
	none, warned, before := b.notes(t, "off_book_funds"), b.notes(t, "procurement_evaded"), b.notes(t, "procurement_breach")
	takeBack := func(d *riskv1.Deficiency) {
		t.Helper()
		_, err := b.group.WithdrawDeficiency(t.Context(), &riskv1.WithdrawDeficiencyRequest{Name: d.GetName(), Reason: "不属实"})
		require.NoError(t, err)
	}
	takeBack(before)
	assert.Empty(t, b.made(t, before), "it was taken back before the suite heard of it")
	b.one(t, none)
	w := b.office.issue(t, following(b.one(t, warned)))
	takeBack(none)
	takeBack(warned)
	f := b.one(t, none)
	assert.Equal(t, findingSetAside, f.GetState())
	assert.Equal(t, sourceWithdrawn, f.GetSource().GetState())
	assert.Empty(t, f.GetDueOn()+f.GetRemindOn()+f.GetFirstDueOn()+f.GetFirstHandledOn())
	assert.Equal(t, findingTakenUp, b.one(t, warned).GetState(), "what comes of the warning somebody decides")
	assert.Equal(t, "inbox.finding_source_withdrawn",
		toldAs(t, b.Suite, "leading_group_office", commerce, b.one(t, warned).GetName(), 2)[1])
	b.office.withdraw(t, w.GetName())
}

// A warning that follows a deficiency falls by no count of tips before that is settled.
func TestT16_T6_NothingFallsBeforeItsSourceIsPutRight(t *testing.T) {
	t.Parallel()
	b := newCommerce(t)
	funds := b.notes(t, "off_book_funds")
	w := b.office.issue(t, following(b.one(t, funds)))
	b.clerk.acknowledge(t, w.GetName())
	b.clerk.rectify(t, w.GetName())
	b.office.check(t, w.GetName(), commerce, true)
	b.corrects(t, funds.GetName(), "全部入账")
	b.Clock.Advance(65 * 24 * time.Hour) // January
	_, err := b.office.analyses.RunAnalysis(t.Context(), &warningv1.RunAnalysisRequest{Unit: commerce, Period: "2026-12"})
	require.NoError(t, err)
	b.made(t, funds)
	b.RunJob("warning.fall")
	assert.Equal(t, "red", b.clerk.get(t, w.GetName()).GetWarningLevel(), "nobody has seen yet that it is put right")
	b.confirms(t, funds.GetName())
	b.made(t, funds)
	b.RunJob("warning.fall")
	assert.Equal(t, "yellow", b.clerk.get(t, w.GetName()).GetWarningLevel())
}

// What comes again after a crash is taken up once.
func TestT16_ADeficiencyThatIsReadAgainMakesOneFinding(t *testing.T) {
	t.Parallel()
	b := newCommerce(t)
	funds := b.notes(t, "off_book_funds")
	first := b.one(t, funds)
	b.Clock.Advance(31 * 24 * time.Hour) // another month
	conn, err := pgx.Connect(t.Context(), b.Database)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(context.Background())) })
	forgotten, err := conn.Exec(t.Context(), "DELETE FROM warning.feed_positions WHERE feed = $1", deficiencies.FollowJob)
	require.NoError(t, err)
	require.EqualValues(t, 1, forgotten.RowsAffected())
	again := b.one(t, funds)
	assert.Equal(t, first.GetName(), again.GetName())
	b.RunJob(deficiencies.FollowJob)
	assert.Equal(t, again.GetEtag(), b.one(t, funds).GetEtag(), "what is read again and says nothing new changes nothing")
}

// theRegister gives the city's schemes a kind of deficiency and rules that make findings of it.
func theRegister(t *testing.T, s *suitetest.Suite, rules ...*warningv1.DeficiencyRule) {
	t.Helper()
	admin := s.As(access.Administrator, suitetest.City)
	risk := registerOf(admin)
	scheme, err := risk.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-02"
	scheme.DeficiencyKinds = []*riskv1.DeficiencyKind{{
		Id: "funds", Title: &typev1.Text{Zh: "小金库", En: "Off-book funds"}, Grave: true,
		Limit: &typev1.DeadlineRule{Days: 10, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR},
	}}
	_, err = risk.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	warning := on(admin)
	own, err := warning.schemes.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	own.EffectiveFrom, own.DeficiencyRules = "2026-11-02", rules
	_, err = warning.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: own})
	require.NoError(t, err)
}

// grave is a rule by which what is grave becomes a finding of a unit or of the one above it.
func grave(above bool) *warningv1.DeficiencyRule {
	return &warningv1.DeficiencyRule{
		Id: "grave", Moment: warningv1.DeficiencyMoment_DEFICIENCY_MOMENT_NOTED, Grave: true, SubjectArea: "collective_funds",
		WarningLevel: "orange", UnitAbove: above,
	}
}

// Who finds something has the finding or, by the scheme, the unit above; nobody has one about itself, save the topmost unit.
func TestT16_WhoFoundItOrTheUnitAboveHasTheFinding(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		above             bool
		by, of, has, warn string
	}{
		"who found it":                {false, county, township, county, ""},
		"the unit above by the rule":  {true, county, township, suitetest.City, ""},
		"nobody is above":             {true, suitetest.City, township, suitetest.City, ""},
		"what it found at itself":     {false, township, township, county, ""},
		"at itself, and by the rule":  {true, township, township, suitetest.City, ""},
		"the topmost found at itself": {false, suitetest.City, suitetest.City, suitetest.City, "OWN_WARNING"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			theRegister(t, s, grave(tc.above))
			_, err := registerOf(s.As("reviewer", tc.by)).CreateDeficiency(t.Context(), &riskv1.CreateDeficiencyRequest{
				Deficiency: &riskv1.Deficiency{Unit: tc.of, Kind: "funds", Text: "账外收入"},
			})
			require.NoError(t, err)
			followRisk(t, s)
			found := as(s, "clerk", suitetest.City).listed(t, &warningv1.ListFindingsRequest{Unit: suitetest.City})
			require.Len(t, found, 1)
			assert.Equal(t, tc.has+" "+tc.of, found[0].GetUnit()+" "+found[0].GetCount().GetUnit())
			if tc.warn != "" {
				req := to(tc.of, suitetest.City, "orange", "")
				req.Finding = found[0].GetName()
				_, err := as(s, "handler", suitetest.City).warnings.IssueWarning(t.Context(), req)
				suitetest.RequireRefused(t, err, codes.PermissionDenied, tc.warn)
			}
		})
	}
}

// line leads to the risk service, unless it is cut.
type line struct {
	grpc.ClientConnInterface

	cut bool
}

var errCut = status.Error(codes.Unavailable, "cut")

func (l *line) Invoke(ctx context.Context, method string, req, answer any, options ...grpc.CallOption) error {
	if l.cut {
		return errCut
	}
	return l.ClientConnInterface.Invoke(ctx, method, req, answer, options...)
}

func (l *line) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	if l.cut {
		return nil, errCut
	}
	return l.ClientConnInterface.NewStream(ctx, desc, method, options...)
}

// What was found while the register could not be read is taken up later, also what became overdue meanwhile.
func TestT16_AnOutageOfTheRegisterIsMadeUp(t *testing.T) {
	t.Parallel()
	b := newCommerce(t)
	admin := b.As(access.Administrator, commerce)
	risk := &line{ClientConnInterface: admin}
	job := deficiencies.Job(service.Env{
		Store: openStore(t, b.Suite), Calendar: builtIn, Directory: access.Remote(admin),
		Dial: func(string) grpc.ClientConnInterface { return risk },
	})
	found := func() []*warningv1.Finding {
		t.Helper()
		return b.office.listed(t, &warningv1.ListFindingsRequest{Unit: commerce})
	}
	careless := b.notes(t, "financial_management")
	run := func() error { return job.Run(t.Context()) }
	hear(t, b.Suite, run)
	risk.cut = true
	funds, settled := b.notes(t, "off_book_funds"), b.notes(t, "off_book_funds")
	b.corrects(t, settled.GetName(), "款项已缴入单位账户")
	b.confirms(t, settled.GetName())
	b.Clock.Advance(29 * 24 * time.Hour) // 1 December
	require.ErrorIs(t, run(), errCut)
	assert.Empty(t, found())
	risk.cut = false
	hear(t, b.Suite, run)
	periods := map[string]string{}
	for _, f := range found() {
		periods[f.GetSource().GetRecord()] = f.GetPeriod()
		putRight := f.GetSource().GetState() == warningv1.FindingSourceState_FINDING_SOURCE_STATE_PUT_RIGHT
		assert.Equal(t, f.GetSource().GetRecord() == settled.GetName(), putRight)
	}
	assert.Equal(t, map[string]string{
		careless.GetName(): "2026-12", funds.GetName(): "2026-11", settled.GetName(): "2026-11",
	}, periods, "what was put right meanwhile was grave all the same")
}

// Where the risk service is away, only what is made of deficiencies waits, and what lies behind a finding is not known.
func TestC12_T16_WithoutTheRegisterAllElseGoesOn(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t, suitetest.With(withoutRisk))
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	require.Error(t, s.TryJob(deficiencies.FollowJob))
	clerk.tip(t, village, "collective_funds", 3)
	made := city.run(t, "2026-11")
	assert.True(t, made.GetCircumstancesMissing())
	found := city.found(t, made)
	require.Len(t, found, 1)
	assert.Nil(t, found[0].GetCircumstances())
	req := notice("blue")
	req.Finding = found[0].GetName()
	w := city.issue(t, req)
	clerk.acknowledge(t, w.GetName())
	as(s, "reviewer", suitetest.City).withdraw(t, w.GetName())
	for _, job := range []string{"warning.remind_findings", "warning.escalate_overdue", "warning.fall", "warning.analyse_periods"} {
		s.RunJob(job)
	}
}

// blind is a directory that can't find one unit out.
type blind struct {
	access.Directory

	unit string
}

var errBlind = errors.New("blind")

func (b *blind) Unit(ctx context.Context, name string) (*networkv1.Unit, error) {
	if name == b.unit {
		return nil, errBlind
	}
	return b.Directory.Unit(ctx, name)
}

// What can't be taken up is tried again, and keeps neither what came with it nor what comes after it waiting.
func TestT16_ADeficiencyThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	b := newCommerce(t)
	admin := b.As(access.Administrator, commerce)
	directory := &blind{Directory: access.Remote(admin), unit: markets}
	job := deficiencies.Job(service.Env{
		Store: openStore(t, b.Suite), Calendar: builtIn, Directory: directory,
		Dial: func(string) grpc.ClientConnInterface { return admin },
	})
	failing := func() error {
		err := job.Run(t.Context())
		assert.ErrorIs(t, err, errBlind)
		return nil
	}
	sources := func() (names []string) {
		t.Helper()
		for _, f := range b.office.listed(t, &warningv1.ListFindingsRequest{Unit: commerce}) {
			names = append(names, f.GetSource().GetRecord())
		}
		return names
	}
	bad, err := b.group.CreateDeficiency(t.Context(), &riskv1.CreateDeficiencyRequest{Deficiency: &riskv1.Deficiency{
		Unit: markets, Kind: "off_book_funds", Text: "摊位费未入账",
	}})
	require.NoError(t, err)
	beside := b.notes(t, "off_book_funds")
	require.Eventually(t, func() bool { return job.Run(t.Context()) != nil }, time.Minute, 10*time.Millisecond)
	hear(t, b.Suite, failing)
	assert.Equal(t, []string{beside.GetName()}, sources())
	after := b.notes(t, "procurement_evaded")
	hear(t, b.Suite, failing)
	assert.ElementsMatch(t, []string{beside.GetName(), after.GetName()}, sources())
	directory.unit = ""
	require.NoError(t, job.Run(t.Context()))
	assert.ElementsMatch(t, []string{bad.GetName(), beside.GetName(), after.GetName()}, sources())
}
