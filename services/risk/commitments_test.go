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

const wholeDay = 24 * time.Hour

// held is a position that somebody holds.
func (o office) held(t *testing.T, unit, title, rank, person, from string) *riskv1.Position {
	t.Helper()
	position, err := o.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
		Unit: unit, Title: title, Rank: rank, Holders: []*riskv1.PositionHolder{{Person: person, From: from}},
	}})
	require.NoError(t, err)
	return position
}

// handOver has another person hold a position from a day on.
func (o office) handOver(t *testing.T, position *riskv1.Position, last, person, from string) {
	t.Helper()
	holders := position.GetHolders()
	holders[len(holders)-1].Until = last
	_, err := o.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position: &riskv1.Position{
			Name: position.GetName(), Holders: append(holders, &riskv1.PositionHolder{Person: person, From: from}),
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"holders"}}, Reason: "任免文件",
	})
	require.NoError(t, err)
}

func (o office) commitments(t *testing.T, req *riskv1.ListCommitmentsRequest) []*riskv1.Commitment {
	t.Helper()
	req.Unit = o.unit
	listed, err := o.pledges.ListCommitments(t.Context(), req)
	require.NoError(t, err)
	return listed.GetCommitments()
}

func signOf(c *riskv1.Commitment) *riskv1.SignCommitmentRequest {
	return &riskv1.SignCommitmentRequest{Name: c.GetName(), ContentSha256: c.GetContentSha256()}
}

func countersignOf(c *riskv1.Commitment, leader *riskv1.Position) *riskv1.CountersignCommitmentRequest {
	return &riskv1.CountersignCommitmentRequest{
		Name: c.GetName(), ContentSha256: c.GetContentSha256(), Position: leader.GetName(),
	}
}

func TestT5_CommitmentsAreSignedBothWaysEveryYear(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	chief := section.held(t, markets, "市场股股长", "section_head", "甲", "2024-01-01")
	section.held(t, markets, "许可审批岗", "staff", "乙", "2024-01-01")
	vacant := section.post(t, markets, "流通股股长", "section_head")
	deputy := office.held(t, commerce, "分管副局长", "deputy", "丙", "2024-01-01")
	s.RunJob("risk.open_commitments")
	s.RunJob("risk.open_commitments")

	opened := office.commitments(t, &riskv1.ListCommitmentsRequest{Year: 2026, Unsigned: true, Uncountersigned: true})
	require.Len(t, opened, 1, "one for each section head in office: not for staff, nor where nobody is")
	made := opened[0]
	assert.Equal(t, chief.GetName()+" 甲 two_way 2026-12-02 schemes/t@2026-01-01", fmt.Sprint(made.GetPosition(), " ",
		made.GetContent().GetMaker().GetPerson(), " ", made.GetRule(), " ", made.GetDueOn(), " ", made.GetSchemeVersion()))
	assert.Contains(t, made.GetContent().GetCounterText().GetZh(), "一岗双责")
	assert.Len(t, made.GetContentSha256(), 64)

	sign := signOf(made)
	sign.ContentSha256 = "0"
	_, err := section.pledges.SignCommitment(t.Context(), sign)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CONTENT_CHANGED")
	_, err = office.pledges.SignCommitment(t.Context(), signOf(made))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	made, err = section.pledges.SignCommitment(t.Context(), signOf(made))
	require.NoError(t, err)
	assert.Equal(t, "COMMITMENT_STATE_OPEN 甲 2026-11-02 false", fmt.Sprint(made.GetState(), " ",
		made.GetSignature().GetSigner().GetPerson(), " ", made.GetSignature().GetSignedOn(), " ", made.GetSignature().GetOnPaper()))
	_, err = section.pledges.SignCommitment(t.Context(), signOf(made))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "SIGNED_ALREADY")

	_, err = section.pledges.CountersignCommitment(t.Context(), countersignOf(made, deputy))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	assert.Empty(t, office.commitments(t, &riskv1.ListCommitmentsRequest{Unsigned: true}))
	s.Clock.Advance(3 * wholeDay)
	counter := countersignOf(made, deputy)
	counter.PaperSignedOn = "2026-11-04"
	made, err = office.pledges.CountersignCommitment(t.Context(), counter)
	require.NoError(t, err)
	assert.Equal(t, "COMMITMENT_STATE_SIGNED 丙 2026-11-04 true", fmt.Sprint(made.GetState(), " ",
		made.GetCounterSignature().GetSigner().GetPerson(), " ", made.GetSignedOn(), " ", made.GetCounterSignature().GetOnPaper()))
	assert.Empty(t, made.GetRemindOn())
	assert.Equal(t, []string{"市场运行股“市场股股长”岗位已签廉政风险双向承诺书，请领导一方于 2026-12-02 前签字。"},
		said(t, s, "leading_group_office", commerce, made.GetName(), 1))
	assert.Equal(t, []string{"请市场运行股“市场股股长”岗位于 2026-12-02 前签订廉政风险双向承诺书。", "市场运行股“市场股股长”岗位的廉政风险双向承诺书已由双方签订。"},
		said(t, s, "section", markets, made.GetName(), 2))

	office.handOver(t, &riskv1.Position{Name: vacant, Holders: []*riskv1.PositionHolder{{Person: "丁", From: "2026-01-01"}}},
		"2026-06-30", "戊", "2026-11-04")
	s.RunJob("risk.open_commitments")
	late := office.commitments(t, &riskv1.ListCommitmentsRequest{Position: vacant})
	require.Len(t, late, 1)
	assert.Equal(t, "2026-12-07", late[0].GetDueOn(), "thirty days from its own opening, which end on a Saturday")

	s.Clock.Advance(60 * wholeDay) // the next year
	s.RunJob("risk.open_commitments")
	assert.Len(t, office.commitments(t, &riskv1.ListCommitmentsRequest{Year: 2027}), 2)
	ended := office.commitments(t, &riskv1.ListCommitmentsRequest{
		Year: 2026, States: []riskv1.CommitmentState{riskv1.CommitmentState_COMMITMENT_STATE_LAPSED},
	})
	require.Len(t, ended, 2)
	assert.Equal(t, "LAPSE_CAUSE_YEAR_ENDED 2027-01-04 2026-11-04", fmt.Sprint(
		ended[0].GetLapseCause(), " ", ended[0].GetLapsedOn(), " ", ended[0].GetSignedOn()))
	for day, want := range map[string]int{"2026-11-01": 0, "2026-11-02": 1, "2027-01-03": 1, "2027-01-04": 1} {
		card, err := office.cards.ShowRiskCard(t.Context(), &riskv1.ShowRiskCardRequest{Name: chief.GetName(), AsOf: day})
		require.NoError(t, err)
		assert.Len(t, card.GetCommitments(), want, day)
	}
	assert.Equal(t, []string{"units/commerce_markets two_way 2 1 1 1 1"}, office.counted(t, 2026))
	assert.Equal(t, []string{"units/commerce_markets two_way 2 0 2 2 0"}, office.counted(t, 0))

	figures, err := office.figures.ListFigures(t.Context(), &riskv1.ListFiguresRequest{
		Root: commerce, Units: []string{markets, commerce}, Period: "2026-12", Measures: []string{"risk.commitments_signed"},
	})
	require.NoError(t, err)
	assert.Equal(t, "1/2 0/0", fmt.Sprintf("%d/%d %d/%d",
		figures.GetFigures()[0].GetNumerator(), figures.GetFigures()[0].GetDenominator(),
		figures.GetFigures()[1].GetNumerator(), figures.GetFigures()[1].GetDenominator()))
}

// counted are the counts of a year, each as unit, rule, all, signed, unsigned, uncountersigned and overdue.
func (o office) counted(t *testing.T, year int32) (rows []string) {
	t.Helper()
	answer, err := o.pledges.CountCommitments(t.Context(), &riskv1.CountCommitmentsRequest{Unit: o.unit, Year: year})
	require.NoError(t, err)
	for _, c := range answer.GetCounts() {
		rows = append(rows, fmt.Sprint(c.GetUnit(), " ", c.GetRule(), " ", c.GetCount(), " ", c.GetSigned(), " ", c.GetUnsigned(), " ",
			c.GetUncountersigned(), " ", c.GetOverdue()))
	}
	return rows
}

func TestT5_ACommitmentLapsesWhenTheHolderChanges(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	chief := section.held(t, markets, "市场股股长", "section_head", "甲", "2024-01-01")
	s.RunJob("risk.open_commitments")
	first := office.commitments(t, &riskv1.ListCommitmentsRequest{})[0]
	left := &riskv1.PositionHolder{Person: "甲", From: "2024-01-01", Until: "2026-11-03"}
	require.NoError(t, section.holds(t, chief.GetName(), "", left))

	s.Clock.Advance(2 * wholeDay) // nobody is in office
	_, err := section.pledges.SignCommitment(t.Context(), signOf(first))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "HOLDER_CHANGED")
	s.RunJob("risk.open_commitments")
	assert.Empty(t, office.commitments(t, &riskv1.ListCommitmentsRequest{Unsigned: true}))
	s.Clock.Advance(2 * wholeDay)
	require.NoError(t, office.holds(t, chief.GetName(), "任免文件", left, &riskv1.PositionHolder{Person: "乙", From: "2026-11-05"}))
	s.RunJob("risk.open_commitments")
	all := office.commitments(t, &riskv1.ListCommitmentsRequest{Position: chief.GetName()})
	require.Len(t, all, 2)
	assert.Equal(t, "甲 LAPSE_CAUSE_HOLDER_CHANGED 2026-11-04, 乙 COMMITMENT_STATE_OPEN", fmt.Sprint(
		all[0].GetContent().GetMaker().GetPerson(), " ", all[0].GetLapseCause(), " ", all[0].GetLapsedOn(), ", ",
		all[1].GetContent().GetMaker().GetPerson(), " ", all[1].GetState()))
	_, err = section.pledges.SignCommitment(t.Context(), signOf(first))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	assert.Equal(t, []string{"units/commerce_markets two_way 1 0 1 1 0"}, office.counted(t, 0), "what lapsed is nobody's to sign")
}

func TestT5_FaultySignaturesAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	section.held(t, markets, "市场股股长", "section_head", "甲", "2024-01-01")
	clerk := office.held(t, commerce, "内勤", "staff", "乙", "2024-01-01")
	leader := office.held(t, commerce, "局长", "head", "丙", "2026-11-02")
	empty := office.held(t, commerce, "副局长", "deputy", "丁", "2027-01-01")
	s.RunJob("risk.open_commitments")
	made := office.commitments(t, &riskv1.ListCommitmentsRequest{Unit: commerce})[0]

	sign := signOf(made)
	sign.PaperSignedOn = "2026-11-03"
	_, err := section.pledges.SignCommitment(t.Context(), sign)
	suitetest.RequireFieldFaults(t, err, map[string]string{"paper_signed_on": "FUTURE"})
	sign.PaperSignedOn = "2026-11-01"
	_, err = section.pledges.SignCommitment(t.Context(), sign)
	suitetest.RequireFieldFaults(t, err, map[string]string{"paper_signed_on": "BEFORE_OPENING"})
	for position, fault := range map[string]string{
		clerk.GetName(): "COUNTERPART_RANK", empty.GetName(): "VACANT", "positions/520526-01999999-0000-7000-8000-000000000000": "NOT_FOUND",
	} {
		_, err := office.pledges.CountersignCommitment(t.Context(), countersignOf(made, &riskv1.Position{Name: position}))
		suitetest.RequireFieldFaults(t, err, map[string]string{"position": fault})
	}
	made, err = office.pledges.CountersignCommitment(t.Context(), countersignOf(made, leader))
	require.NoError(t, err, "whoever signs first")
	assert.Equal(t, riskv1.CommitmentState_COMMITMENT_STATE_OPEN, made.GetState())
	made, err = section.pledges.SignCommitment(t.Context(), signOf(made))
	require.NoError(t, err)
	assert.Equal(t, riskv1.CommitmentState_COMMITMENT_STATE_SIGNED, made.GetState())
}

func TestT5_UnsignedCommitmentsAreRemindedOf(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	section.held(t, markets, "市场股股长", "section_head", "甲", "2024-01-01")
	s.RunJob("risk.open_commitments")
	made := office.commitments(t, &riskv1.ListCommitmentsRequest{})[0]
	assert.Equal(t, "2026-11-25 2026-12-02", made.GetRemindOn()+" "+made.GetDueOn())
	for _, days := range []int{23, 7, 1} {
		s.Clock.Advance(time.Duration(days) * wholeDay)
		s.RunJob("risk.remind_commitments")
		s.RunJob("risk.remind_commitments")
	}
	assert.Len(t, office.commitments(t, &riskv1.ListCommitmentsRequest{Overdue: true}), 1)
	due := "市场运行股“市场股股长”岗位的廉政风险双向承诺书应于 2026-12-02 前由双方签订"
	assert.Equal(t, []string{"请市场运行股“市场股股长”岗位于 2026-12-02 前签订廉政风险双向承诺书。", due + "。", due + "。", due + "，现已逾期。"},
		said(t, s, "section", markets, made.GetName(), 4))
	assert.Equal(t, []string{due + "，现已逾期。"}, said(t, s, "leading_group_office", commerce, made.GetName(), 1))
}

// A scheme can ask by grade too: only those who answer for a risk of the grade commit themselves.
func TestT5_CommitmentsGoByGradeWhereTheSchemeSaysSo(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer, admin := as(s, "clerk", township), as(s, "reviewer", county), as(s, "administrator", suitetest.City)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: township})
	require.NoError(t, err)
	rule := &riskv1.CommitmentRule{
		Id: "owners", Title: scheme.GetTitle(), Positions: &riskv1.PositionSelector{Grades: []string{"c"}, Tiers: []string{"key"}},
		CounterpartRanks: []string{"chief"}, Text: scheme.GetTitle(), CounterText: scheme.GetTitle(), OpenMonth: 1,
		Limit: &typev1.DeadlineRule{Days: 30, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR},
	}
	scheme.EffectiveFrom, scheme.Commitments = "2026-11-03", []*riskv1.CommitmentRule{rule}
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"scheme.commitments[0].positions.tiers[0]": "UNKNOWN_TERM", "scheme.commitments[0].counterpart_ranks[0]": "UNKNOWN_TERM",
	})
	rule.Positions.Tiers, rule.CounterpartRanks = nil, []string{"head"}
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)

	s.Clock.Advance(wholeDay)
	owner := clerk.held(t, township, "股长", "section_head", "甲", "2024-01-01")
	clerk.held(t, township, "另一股长", "section_head", "乙", "2024-01-01")
	asked := riskPoint(township, 1, 1, 1)
	asked.OwnerPosition = owner.GetName()
	point := clerk.submit(t, clerk.point(t, asked))
	s.RunJob("risk.open_commitments")
	assert.Empty(t, admin.commitments(t, &riskv1.ListCommitmentsRequest{}), "what is not approved asks for nothing")
	reviewer.approve(t, point)
	s.RunJob("risk.open_commitments")
	made := admin.commitments(t, &riskv1.ListCommitmentsRequest{})
	require.Len(t, made, 1)
	assert.Equal(t, owner.GetName(), made[0].GetPosition())
}

// The job that ends a commitment comes later than the new year, and than a new holder: neither side signs meanwhile.
func TestT5_NobodySignsWhatBindsNobody(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	chief := section.held(t, markets, "市场股股长", "section_head", "甲", "2024-01-01")
	deputy := office.held(t, commerce, "分管副局长", "deputy", "丙", "2024-01-01")
	s.RunJob("risk.open_commitments")
	made, err := section.pledges.SignCommitment(t.Context(), signOf(office.commitments(t, &riskv1.ListCommitmentsRequest{})[0]))
	require.NoError(t, err)
	s.Clock.Advance(60 * wholeDay)
	_, err = office.pledges.CountersignCommitment(t.Context(), countersignOf(made, deputy))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "YEAR_OVER")

	s.RunJob("risk.open_commitments")
	next := office.commitments(t, &riskv1.ListCommitmentsRequest{Year: 2027})[0]
	_, err = section.pledges.SignCommitment(t.Context(), signOf(next))
	require.NoError(t, err)
	s.Clock.Advance(wholeDay)
	office.handOver(t, chief, "2026-12-31", "丁", "2027-01-01")
	_, err = office.pledges.CountersignCommitment(t.Context(), countersignOf(next, deputy))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "HOLDER_CHANGED")
}

func TestT5_ACommitmentOpenedByMistakeIsCancelledAbove(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	clerk := section.held(t, markets, "内勤", "section_head", "甲", "2026-01-01")
	s.RunJob("risk.open_commitments")
	open := office.commitments(t, &riskv1.ListCommitmentsRequest{})
	require.Len(t, open, 1)
	cancel := &riskv1.CancelCommitmentRequest{Name: open[0].GetName(), Reason: "职级登记有误"}
	_, err := section.pledges.CancelCommitment(t.Context(), cancel)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = office.pledges.CancelCommitment(t.Context(), cancel)
	require.NoError(t, err)
	states := func() (found []string) {
		for _, c := range office.commitments(t, &riskv1.ListCommitmentsRequest{}) {
			found = append(found, c.GetState().String()+" "+c.GetLapseCause().String()+" "+c.GetCancelReason())
		}
		return found
	}
	s.RunJob("risk.open_commitments")
	assert.Len(t, states(), 2, "the scheme asks the position all the same")
	section.demote(t, clerk)
	for _, c := range office.commitments(t, &riskv1.ListCommitmentsRequest{States: []riskv1.CommitmentState{
		riskv1.CommitmentState_COMMITMENT_STATE_OPEN,
	}}) {
		_, err = office.pledges.CancelCommitment(t.Context(), &riskv1.CancelCommitmentRequest{Name: c.GetName(), Reason: cancel.GetReason()})
		require.NoError(t, err)
	}
	s.RunJob("risk.open_commitments")
	cancelled := "COMMITMENT_STATE_LAPSED LAPSE_CAUSE_CANCELLED 职级登记有误"
	assert.Equal(t, []string{cancelled, cancelled}, states())
}

// What is open already is reminded of as a later version of its scheme says.
func TestT5_RemindersOfANewSchemeHoldForWhatIsOwedAlready(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	scheme, err := office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	remind := func(from string, reminders []*typev1.Reminder) {
		scheme.EffectiveFrom, scheme.CommitmentReminders, scheme.RotationReminders = from, reminders, reminders
		_, err := as(s, "administrator", commerce).schemes.CreateScheme(t.Context(),
			&riskv1.CreateSchemeRequest{Scheme: scheme, Replace: reminders == nil})
		require.NoError(t, err)
	}
	tomorrow := func() {
		s.Clock.Advance(wholeDay)
		s.RunJob("risk.remind_commitments")
		s.RunJob("risk.remind_rotations")
	}
	planned := func() [2]string {
		return [2]string{
			office.commitments(t, &riskv1.ListCommitmentsRequest{})[0].GetRemindOn(),
			office.rotated(t, &riskv1.ListRotationsRequest{})[0].GetRemindOn(),
		}
	}
	reminders := scheme.GetCommitmentReminders()
	remind(scheme.GetEffectiveFrom(), nil)
	chief := section.held(t, markets, "市场运行股股长", "section_head", "甲", "2021-12-01")
	risky(t, s, chief, office.held(t, commerce, "局长", "head", "丙", "2024-01-31"))
	s.RunJob("risk.open_commitments")
	s.RunJob("risk.open_rotations")
	remind("2026-11-04", reminders)
	tomorrow()
	assert.Equal(t, [2]string{}, planned())
	tomorrow()
	assert.Equal(t, [2]string{"2026-11-25", "2026-11-24"}, planned(), "five working days before")
	before := office.commitments(t, &riskv1.ListCommitmentsRequest{})[0].GetEtag()
	remind("2026-11-05", reminders)
	tomorrow()
	assert.Equal(t, before, office.commitments(t, &riskv1.ListCommitmentsRequest{})[0].GetEtag(), "as it was")
	s.Clock.Advance(18 * wholeDay)
	tomorrow()
	assert.Equal(t, [2]string{"2026-11-25", "2026-12-01"}, planned(), "it was told")
}
