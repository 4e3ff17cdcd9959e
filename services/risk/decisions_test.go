package risk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	inFavour = riskv1.Stance_STANCE_FOR
	against  = riskv1.Stance_STANCE_AGAINST
	abstain  = riskv1.Stance_STANCE_ABSTAIN
)

// leaders are those of T's bureau, who decide jointly: the head, three deputies and a deputy's post that nobody holds.
type leaders struct {
	*suitetest.Suite

	office   office
	head     string
	deputies []string
	chief    string // of the section that carries decisions out
}

func newLeaders(t *testing.T) leaders {
	t.Helper()
	s := suitetest.Of(t, "t", commerce)
	b := leaders{Suite: s, office: as(s, "leading_group_office", commerce)}
	b.head = b.office.held(t, commerce, "局长", "head", "甲", "2024-01-01").GetName()
	for _, person := range []string{"乙", "丙", "丁"} {
		b.deputies = append(b.deputies, b.office.held(t, commerce, "副局长"+person, "deputy", person, "2024-01-01").GetName())
	}
	b.deputies = append(b.deputies, b.office.post(t, commerce, "副局长（空缺）", "deputy"))
	b.chief = as(s, "section", markets).held(t, markets, "市场运行股股长", "section_head", "戊", "2024-01-01").GetName()
	return b
}

// project is a major project with an amount that asks for an expert opinion and an evaluation besides the investigation.
func (b leaders) project() *riskv1.Decision {
	return &riskv1.Decision{
		Unit: commerce, Kind: "project", Title: "农贸市场改造", Proposal: "改造城区农贸市场三处。", Amount: 500000,
		FilingGrounds: []string{"important_section"}, ProposerPosition: b.chief, Members: append([]string{b.head}, b.deputies...),
		ExecutorPosition: b.chief, DueOn: "2026-12-31",
	}
}

// review is a joint review, which needs no preparation.
func (b leaders) review() *riskv1.Decision {
	d := b.project()
	d.Kind, d.Title, d.Amount, d.FilingGrounds = "joint_review", "成品油经营许可会审", 0, nil
	return d
}

func (o office) enter(t *testing.T, d *riskv1.Decision) *riskv1.Decision {
	t.Helper()
	answer, err := o.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: d})
	require.NoError(t, err)
	return answer
}

// says is what members say one after the other.
func says(stance riskv1.Stance, members ...string) (statements []*riskv1.Statement) {
	for _, member := range members {
		statements = append(statements, &riskv1.Statement{Member: member, Stance: stance, Reason: "已作调研，条件具备"})
	}
	return statements
}

func (o office) meet(t *testing.T, d *riskv1.Decision, statements ...*riskv1.Statement) (*riskv1.Decision, error) {
	t.Helper()
	return o.decisions.DecideDecision(t.Context(), &riskv1.DecideDecisionRequest{
		Name: d.GetName(), Meeting: &riskv1.DecisionMeeting{HeldOn: "2026-11-02", Statements: statements},
	})
}

// opinion attaches a file to a decision.
func opinion(t *testing.T, s *suitetest.Suite, owner string) string {
	t.Helper()
	files, data := riskv1.NewAttachmentServiceClient(s.As("leading_group_office", commerce)), []byte("%PDF-1.4\n论证意见\n%%EOF\n")
	begun, err := files.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{
		Owner: owner, File: &typev1.AttachmentFile{FileName: "论证意见.pdf", MediaType: "application/pdf", Size: int64(len(data))},
	})
	require.NoError(t, err)
	_, err = files.UploadPart(t.Context(), &typev1.UploadPartRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(), Data: data,
	})
	require.NoError(t, err)
	_, err = files.CompleteAttachment(t.Context(), &typev1.CompleteAttachmentRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(),
	})
	require.NoError(t, err)
	return begun.GetName()
}

// Of several bodies, the day of filing is the latest, whichever was entered last.
func TestT11_ADecisionIsFiledOnTheLatestDay(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	scheme, err := b.office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-03"
	for _, kind := range scheme.GetDecisionKinds() {
		if kind.GetId() == "joint_review" {
			kind.Filing = &riskv1.FilingRule{
				FiledWith: []*riskv1.Term{{Id: "city_commission", Title: scheme.GetTitle()}, {Id: "city_office", Title: scheme.GetTitle()}},
				Limit:     &typev1.DeadlineRule{Days: 10, Unit: typev1.DayUnit_DAY_UNIT_WORKING},
			}
		}
	}
	_, err = as(b.Suite, "administrator", commerce).schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	b.Clock.Advance(day)
	d := b.office.enter(t, b.review())
	voices := append(says(inFavour, b.deputies[:3]...), says(inFavour, b.head)...)
	_, err = b.office.decisions.DecideDecision(t.Context(), &riskv1.DecideDecisionRequest{
		Name: d.GetName(), Meeting: &riskv1.DecisionMeeting{HeldOn: "2026-11-03", Statements: voices},
	})
	require.NoError(t, err)
	b.Clock.Advance(2 * day)
	for _, filing := range []*riskv1.Filing{
		{FiledWith: "city_office", FiledOn: "2026-11-05", ReceiptNumber: "1"},
		{FiledWith: "city_commission", FiledOn: "2026-11-04", ReceiptNumber: "2"},
	} {
		assert.Empty(t, d.GetFiledOn())
		d, err = b.office.decisions.FileDecision(t.Context(), &riskv1.FileDecisionRequest{Name: d.GetName(), Filing: filing})
		require.NoError(t, err)
	}
	assert.Equal(t, "2026-11-05", d.GetFiledOn())
}

func TestT11_AMajorMatterIsPreparedDecidedCarriedOutAndFiled(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	d := b.office.enter(t, b.project())
	assert.Equal(t, "[investigation expert_opinion evaluation] DECISION_STATE_PREPARING 戊 schemes/t@2026-01-01",
		fmt.Sprint(d.GetRequiredSteps(), " ", d.GetState(), " ", d.GetProposer().GetPerson(), " ", d.GetSchemeVersion()))
	voices := append(append(says(inFavour, b.deputies[0], b.deputies[1]), says(abstain, b.deputies[2])...), says(inFavour, b.head)...)
	_, err := b.office.meet(t, d, voices...)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "PREPARATION_MISSING")
	assert.Equal(t, "investigation, expert_opinion, evaluation", suitetest.Metadata(err)["steps"])

	prepare := func(step, day string, evidence ...string) error {
		_, err := b.office.decisions.PrepareDecision(t.Context(), &riskv1.PrepareDecisionRequest{
			Name: d.GetName(), Preparation: &riskv1.Preparation{Step: step, DoneOn: day, Result: "可行", Evidence: evidence},
		})
		return err
	}
	suitetest.RequireFieldFaults(t, prepare("prayer", "2026-11-03"),
		map[string]string{"preparation.step": "UNKNOWN_TERM", "preparation.done_on": "FUTURE"})
	suitetest.RequireFieldFaults(t, prepare("expert_opinion", "2026-11-01"), map[string]string{"preparation.evidence": "REQUIRED"})
	suitetest.RequireFieldFaults(t, prepare("expert_opinion", "2026-11-01", "attachments/x"),
		map[string]string{"preparation.evidence[0]": "UNKNOWN_ATTACHMENT"})
	require.NoError(t, prepare("investigation", "2026-10-20"))
	require.NoError(t, prepare("investigation", "2026-10-21"))
	require.NoError(t, prepare("evaluation", "2026-11-01"))
	require.NoError(t, prepare("expert_opinion", "2026-11-01", opinion(t, b.Suite, d.GetName())))

	d, err = b.office.meet(t, d, voices...)
	require.NoError(t, err)
	assert.Equal(t, text(&riskv1.DecisionTally{Members: 4, Quorum: 3, VotesFor: 3, Abstentions: 1, Needed: 3}),
		text(d.GetMeeting().GetTally()), "a vacant post is no member")
	assert.Equal(t, "DECISION_STATE_ADOPTED 戊 2026-11-16 2026-12-24 2026-11-11", fmt.Sprint(d.GetState(), " ", d.GetExecutor().GetPerson(),
		" ", d.GetFileBy(), " ", d.GetRemindOn(), " ", d.GetFileRemindOn()))
	assert.Equal(t, "甲", d.GetMeeting().GetStatements()[3].GetIncumbent().GetPerson())
	require.Len(t, d.GetMeeting().GetAbsent(), 1)
	assert.Empty(t, d.GetMeeting().GetAbsent()[0].GetPerson())
	assert.Len(t, d.GetPreparations(), 3)
	assert.Equal(t, []string{"商务局三位一体机制建设领导小组办公室集体决定“农贸市场改造”，由本单位岗位负责执行，请于 2026-12-31 前完成。"},
		said(t, b.Suite, "section", markets, d.GetName(), 1))

	unfiled := &riskv1.ListDecisionsRequest{Unit: commerce, Unfiled: true}
	assert.Len(t, b.office.decided(t, unfiled), 1)
	file := func(body, day string) error {
		_, err := b.office.decisions.FileDecision(t.Context(), &riskv1.FileDecisionRequest{
			Name: d.GetName(), Filing: &riskv1.Filing{FiledWith: body, FiledOn: day, ReceiptNumber: "备〔2026〕7号"},
		})
		return err
	}
	suitetest.RequireFieldFaults(t, file("moon", "2026-11-01"),
		map[string]string{"filing.filed_with": "UNKNOWN_TERM", "filing.filed_on": "NOT_BEFORE"})
	require.NoError(t, file("city_commission", "2026-11-02"))
	suitetest.RequireFieldFaults(t, file("city_commission", "2026-11-02"), map[string]string{"filing.filed_with": "FILED_BEFORE"})
	assert.Empty(t, b.office.decided(t, unfiled))

	_, err = b.office.decisions.CloseDecision(t.Context(), &riskv1.CloseDecisionRequest{Name: d.GetName()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = b.office.second.decisions.CheckDecision(t.Context(), &riskv1.CheckDecisionRequest{Name: d.GetName(), Finding: "按图施工"})
	require.NoError(t, err)
	_, err = b.office.second.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: d.GetName(), Result: "竣工验收"})
	require.NoError(t, err)
	closing := &riskv1.CloseDecisionRequest{Name: d.GetName(), Finding: "与决定一致"}
	_, err = b.office.decisions.CloseDecision(t.Context(), closing)
	requireOwnWork(t, err) // who recorded the meeting
	_, err = b.office.second.decisions.CloseDecision(t.Context(), closing)
	requireOwnWork(t, err) // who said how it was carried out
	third := access.Principal{Subject: "accounts/third", Unit: commerce, Roles: []string{"leading_group_office"}}
	d, err = on(b.AsPrincipal(third), commerce).decisions.CloseDecision(t.Context(), closing)
	require.NoError(t, err)
	assert.Equal(t, "DECISION_STATE_CLOSED 2026-11-02  2", fmt.Sprint(d.GetState(), " ", d.GetDoneOn(), " ", d.GetRemindOn(), " ",
		len(d.GetChecks())))
}

func (o office) decided(t *testing.T, req *riskv1.ListDecisionsRequest) []*riskv1.Decision {
	t.Helper()
	listed, err := o.decisions.ListDecisions(t.Context(), req)
	require.NoError(t, err)
	return listed.GetDecisions()
}

func TestT13_AJointReviewIsDecidedByQuorumInOrderTheHeadLast(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	d := b.office.enter(t, b.review())
	others := says(inFavour, b.deputies[0], b.deputies[1])
	refused := b.office.enter(t, b.review())
	for name, tc := range map[string]struct {
		statements []*riskv1.Statement
		want       map[string]string
	}{
		"the head first": {
			append(says(inFavour, b.head), others...), map[string]string{"meeting.statements[0].member": "SPEAKS_LAST"},
		},
		"a member twice": {
			append(others, says(against, b.deputies[0])...), map[string]string{"meeting.statements[2].member": "DUPLICATE"},
		},
		"who is no member": {
			append(others, says(inFavour, b.chief)...), map[string]string{"meeting.statements[2].member": "NOT_A_MEMBER"},
		},
		"a vacant post": {
			append(others, says(inFavour, b.deputies[3])...), map[string]string{"meeting.statements[2].member": "VACANT"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.office.meet(t, refused, tc.statements...)
			suitetest.RequireFieldFaults(t, err, tc.want)
		})
	}
	_, err := b.office.decisions.DecideDecision(t.Context(), &riskv1.DecideDecisionRequest{
		Name: d.GetName(), Meeting: &riskv1.DecisionMeeting{
			HeldOn: "2026-11-02", Statements: others, Absences: []*riskv1.Absence{{Member: b.head, Reason: "外出开会"}},
		},
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_QUORUM")
	_, err = as(b.Suite, "section", markets).meet(t, d, others...)
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	for day, reason := range map[string]string{"2026-11-01": "NOT_BEFORE", "2026-11-03": "FUTURE"} {
		_, err = b.office.decisions.DecideDecision(t.Context(), &riskv1.DecideDecisionRequest{
			Name: d.GetName(), Meeting: &riskv1.DecisionMeeting{HeldOn: day, Statements: others},
		})
		suitetest.RequireFieldFaults(t, err, map[string]string{"meeting.held_on": reason})
	}

	// One who has an interest steps aside: of the three who are left two are not enough, since three must speak.
	aside := &riskv1.DecideDecisionRequest{Name: d.GetName(), Meeting: &riskv1.DecisionMeeting{
		HeldOn: "2026-11-02", Statements: append(others, says(against, b.head)...),
		Recusals: []*riskv1.Recusal{{Member: b.deputies[2], Reason: "申请人是其亲属"}},
	}}
	decided, err := b.office.decisions.DecideDecision(t.Context(), aside)
	require.NoError(t, err)
	assert.Equal(t, text(&riskv1.DecisionTally{Members: 3, Quorum: 3, VotesFor: 2, VotesAgainst: 1, Needed: 2}),
		text(decided.GetMeeting().GetTally()))
	assert.Equal(t, "DECISION_STATE_ADOPTED  丁", fmt.Sprint(decided.GetState(), " ", decided.GetFileBy(), " ",
		decided.GetMeeting().GetRecusals()[0].GetIncumbent().GetPerson()))
	_, err = b.office.decisions.FileDecision(t.Context(), &riskv1.FileDecisionRequest{
		Name: d.GetName(), Filing: &riskv1.Filing{FiledWith: "city_commission", FiledOn: "2026-11-02", ReceiptNumber: "1"},
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_TO_BE_FILED")
}

func TestT11_T13_NobodyAloneChangesWhatWasDecided(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	all := append(append([]string{}, b.deputies[:3]...), b.head)
	first, err := b.office.meet(t, b.office.enter(t, b.review()), says(inFavour, all...)...)
	require.NoError(t, err)
	_, err = b.office.decisions.UpdateDecision(t.Context(), &riskv1.UpdateDecisionRequest{
		Decision: &riskv1.Decision{Name: first.GetName(), Proposal: "另给他人"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"proposal"}},
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = b.office.meet(t, first, says(against, all...)...)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = b.office.decisions.CancelDecision(t.Context(), &riskv1.CancelDecisionRequest{Name: first.GetName(), Reason: "不办了"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	again := b.review()
	again.Supersedes, again.Title, again.Members = first.GetName(), "成品油经营许可再次会审", all[:3]
	_, err = b.office.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: again})
	missing := suitetest.FieldViolations(t, err)
	require.Len(t, missing, 2, "a deputy's and the vacant post")
	assert.Equal(t, "decision.members MEMBER_MISSING", missing[0].GetField()+" "+missing[0].GetReason())
	again.Members = b.review().GetMembers()
	open := b.review()
	open.Supersedes = b.office.enter(t, b.review()).GetName()
	_, err = b.office.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: open})
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision.supersedes": "NOT_SUPERSEDABLE"})

	second, err := b.office.meet(t, b.office.enter(t, again), says(inFavour, all...)...)
	require.NoError(t, err)
	first, err = b.office.decisions.GetDecision(t.Context(), &riskv1.GetDecisionRequest{Name: first.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "DECISION_STATE_SUPERSEDED "+second.GetName()+" ",
		fmt.Sprint(first.GetState(), " ", first.GetSupersededBy(), " ", first.GetRemindOn()))

	_, err = as(b.Suite, "discipline_group", commerce).decisions.VoidDecision(t.Context(),
		&riskv1.VoidDecisionRequest{Name: second.GetName(), Reason: "程序不当"})
	require.NoError(t, err)
	first, err = b.office.decisions.GetDecision(t.Context(), &riskv1.GetDecisionRequest{Name: first.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "DECISION_STATE_ADOPTED  2026-12-24", fmt.Sprint(first.GetState(), " ", first.GetSupersededBy(), " ",
		first.GetRemindOn()), "what took its place is void")

	rejected := b.office.enter(t, b.review())
	rejected, err = b.office.meet(t, rejected, append(says(inFavour, all[0], all[1]), says(against, all[2], b.head)...)...)
	require.NoError(t, err)
	assert.Equal(t, "DECISION_STATE_REJECTED ", fmt.Sprint(rejected.GetState(), " ", rejected.GetRemindOn()),
		"two of four are not more than half")
	_, err = b.office.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: rejected.GetName(), Result: "已办"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestT11_FaultyMattersAreRefused(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	for name, tc := range map[string]struct {
		spoil func(*riskv1.Decision)
		want  map[string]string
	}{
		"a kind that the scheme lacks": {
			func(d *riskv1.Decision) { d.Kind = "whim" }, map[string]string{"decision.kind": "UNKNOWN_TERM"},
		},
		"no amount, an unknown ground and a past day": {
			func(d *riskv1.Decision) { d.Amount, d.FilingGrounds, d.DueOn = 0, []string{"mood"}, "2026-11-01" },
			map[string]string{
				"decision.amount": "REQUIRED", "decision.filing_grounds[0]": "UNKNOWN_TERM", "decision.due_on": "PAST_DAY",
			},
		},
		"members of a wrong rank, twice and nowhere": {
			func(d *riskv1.Decision) { d.Members = []string{b.head, b.chief, b.head, "positions/x-none"} },
			map[string]string{
				"decision.members[1]": "MEMBER_RANK", "decision.members[2]": "DUPLICATE", "decision.members[3]": "NOT_FOUND",
			},
		},
		"too few members": {
			func(d *riskv1.Decision) { d.Members = []string{b.head, b.deputies[0]} },
			map[string]string{"decision.members": "TOO_FEW_MEMBERS"},
		},
		"positions that are not there": {
			func(d *riskv1.Decision) {
				d.ProposerPosition, d.ExecutorPosition = "positions/x-none", "positions/x-none"
			},
			map[string]string{"decision.proposer_position": "NOT_FOUND", "decision.executor_position": "NOT_FOUND"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := b.project()
			tc.spoil(bad)
			_, err := b.office.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: bad})
			suitetest.RequireFieldFaults(t, err, tc.want)
		})
	}
	for name, tc := range map[string]struct {
		spoil func(*riskv1.DecisionKind)
		want  map[string]string
	}{
		"more than all": {
			func(k *riskv1.DecisionKind) { k.Quorum = &riskv1.Share{Numerator: 3, Denominator: 3, MoreThan: true} },
			map[string]string{"scheme.decision_kinds[2].quorum.numerator": "SHARE_ABOVE_ALL"},
		},
		"falling amounts and an unknown step": {
			func(k *riskv1.DecisionKind) {
				k.Thresholds[1].MinAmount, k.Thresholds[1].Steps = 500000, []string{"prayer"}
			},
			map[string]string{
				"scheme.decision_kinds[2].thresholds[1].min_amount": "RISING_AMOUNTS",
				"scheme.decision_kinds[2].thresholds[1].steps[0]":   "UNKNOWN_TERM",
			},
		},
		"last who decides nothing": {
			func(k *riskv1.DecisionKind) { k.LastRanks = []string{"staff"} },
			map[string]string{"scheme.decision_kinds[2].last_ranks[0]": "UNKNOWN_TERM"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scheme, err := b.office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
			require.NoError(t, err)
			scheme = proto.CloneOf(scheme)
			scheme.EffectiveFrom = "2027-01-01"
			tc.spoil(scheme.GetDecisionKinds()[2])
			_, err = b.office.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
			suitetest.RequireFieldFaults(t, err, tc.want)
		})
	}
}

func TestT14_WhatIsNotCarriedOutOrFiledIsRemindedOfAndListed(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	asked := b.project()
	asked.Kind, asked.DueOn = "major_issue", "2026-11-10"
	d := b.office.enter(t, asked)
	for _, step := range d.GetRequiredSteps() {
		_, err := b.office.decisions.PrepareDecision(t.Context(), &riskv1.PrepareDecisionRequest{
			Name: d.GetName(), Preparation: &riskv1.Preparation{Step: step, DoneOn: "2026-11-01", Result: "可行"},
		})
		require.NoError(t, err)
	}
	_, err := b.office.meet(t, d, append(says(inFavour, b.deputies[:3]...), says(inFavour, b.head)...)...)
	require.NoError(t, err)
	overdue := &riskv1.ListDecisionsRequest{Unit: commerce, Overdue: true, Kinds: []string{"major_issue"}}
	assert.Empty(t, b.office.decided(t, overdue))
	b.Clock.Advance(15 * 24 * time.Hour)
	b.RunJob("risk.remind_decisions")
	b.RunJob("risk.remind_filings")
	assert.Len(t, b.office.decided(t, overdue), 1)
	counted, err := b.office.decisions.CountDecisions(t.Context(), &riskv1.CountDecisionsRequest{Unit: commerce})
	require.NoError(t, err)
	require.Len(t, counted.GetCounts(), 1)
	assert.Equal(t, text(&riskv1.DecisionCount{
		Unit: commerce, Kind: "major_issue", State: riskv1.DecisionState_DECISION_STATE_ADOPTED, Count: 1, OverdueCount: 1, UnfiledCount: 1,
	}), text(counted.GetCounts()[0]))
	assert.ElementsMatch(t, []string{
		"集体决定“农贸市场改造”应于 2026-11-10 前执行完毕，现已逾期。", "“农贸市场改造”应于 2026-11-16 前上报备案，现已逾期。",
	}, said(t, b.Suite, "leading_group_office", commerce, d.GetName(), 2))
}

func TestJ2_T11_TheCourtsMajorMattersAreDecidedJointly(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	office := as(s, "court_leaders", court)
	president := office.held(t, court, "院长", "president", "甲", "2024-01-01").GetName()
	var members []string
	for _, person := range []string{"乙", "丙"} {
		members = append(members, office.held(t, court, "党组成员"+person, "leader", person, "2024-01-01").GetName())
	}
	d := office.enter(t, &riskv1.Decision{
		Unit: court, Kind: "large_funds", Title: "审判楼修缮", Proposal: "修缮审判楼屋面。", Amount: 300000, ProposerPosition: members[0],
		Members: append([]string{president}, members...), ExecutorPosition: members[0], DueOn: "2026-12-31",
	})
	_, err := office.decisions.PrepareDecision(t.Context(), &riskv1.PrepareDecisionRequest{
		Name: d.GetName(), Preparation: &riskv1.Preparation{Step: "investigation", DoneOn: "2026-11-01", Result: "屋面渗漏"},
	})
	require.NoError(t, err)
	_, err = office.meet(t, d, says(inFavour, president, members[0], members[1])...)
	suitetest.RequireFieldFaults(t, err, map[string]string{"meeting.statements[0].member": "SPEAKS_LAST"})
	d, err = office.meet(t, d, says(inFavour, members[0], members[1], president)...)
	require.NoError(t, err)
	assert.Equal(t, riskv1.DecisionState_DECISION_STATE_ADOPTED, d.GetState())
}

// A section decides its own joint reviews with its own people, and nothing that is for the leaders of the bureau.
func TestT11_T13_T14_NoUnitDecidesForAnother(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	section := as(b.Suite, "section", markets)
	of := func(kind string, members ...string) *riskv1.Decision {
		d := b.project()
		d.Unit, d.Kind, d.Members, d.FilingGrounds = markets, kind, members, nil
		return d
	}
	leaders := append([]string{b.head}, b.deputies[:2]...)
	for kind, want := range map[string]map[string]string{
		"large_funds": {
			"decision.kind": "NOT_FOR_UNIT", "decision.members[0]": "OTHER_UNIT", "decision.members[1]": "OTHER_UNIT",
			"decision.members[2]": "OTHER_UNIT",
		},
		"joint_review": {
			"decision.kind": "NOT_FOR_UNIT", "decision.members[0]": "OTHER_UNIT", "decision.members[1]": "OTHER_UNIT",
			"decision.members[2]": "OTHER_UNIT",
		},
		"section_review": {
			"decision.members[0]": "OTHER_UNIT", "decision.members[1]": "OTHER_UNIT", "decision.members[2]": "OTHER_UNIT",
		},
	} {
		_, err := section.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: of(kind, leaders...)})
		suitetest.RequireFieldFaults(t, err, want)
	}
	clerk := section.held(t, markets, "科员", "staff", "己", "2024-01-01").GetName()
	d := section.enter(t, of("section_review", b.chief, clerk))
	_, err := section.meet(t, d, says(inFavour, b.chief)...)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_QUORUM") // nobody alone
	_, err = section.meet(t, d, says(inFavour, b.chief, clerk)...)
	suitetest.RequireFieldFaults(t, err, map[string]string{"meeting.statements[0].member": "SPEAKS_LAST"})
	d, err = section.meet(t, d, says(inFavour, clerk, b.chief)...)
	require.NoError(t, err, "a section with one post of its head and one clerk")

	above := b.review()
	above.Members = []string{b.head, b.deputies[0], b.chief} // the bureau may have the head of a section sit in
	b.office.enter(t, above)

	_, err = section.decisions.VoidDecision(t.Context(), &riskv1.VoidDecisionRequest{Name: d.GetName(), Reason: "程序不当"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	d, err = as(b.Suite, "discipline_group", commerce).decisions.VoidDecision(t.Context(),
		&riskv1.VoidDecisionRequest{Name: d.GetName(), Reason: "程序不当"})
	require.NoError(t, err)
	assert.Equal(t, "DECISION_STATE_VOID 程序不当 ", fmt.Sprint(d.GetState(), " ", d.GetVoidReason(), " ", d.GetRemindOn()))
	hears(t, b.Suite, "section", markets, d.GetName(),
		"集体决定“农贸市场改造”被商务局三位一体机制建设领导小组办公室认定无效，不再执行：程序不当")
	_, err = section.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: d.GetName(), Result: "已办"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

// Who holds a seat of the leaders is a member, named or not, and the head is there or says why not.
func TestT11_T15_NobodyDecidesByLeavingOutTheHead(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	few := b.review()
	few.Members = b.deputies[:3]
	d := b.office.enter(t, few)
	_, err := b.office.meet(t, d, says(inFavour, b.deputies[:3]...)...)
	suitetest.RequireFieldFaults(t, err, map[string]string{"meeting.statements": "LAST_MISSING"})
	assert.Contains(t, suitetest.FieldViolations(t, err)[0].GetDescription(), "“局长”")
	later := b.office.held(t, commerce, "副局长辛", "deputy", "辛", "2026-01-01").GetName()
	hold := &riskv1.DecideDecisionRequest{Name: d.GetName(), Meeting: &riskv1.DecisionMeeting{
		HeldOn: "2026-11-02", Statements: says(inFavour, b.deputies[:3]...), Absences: []*riskv1.Absence{{Member: b.head, Reason: "外出开会"}},
	}}
	_, err = b.office.decisions.DecideDecision(t.Context(), hold)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_QUORUM") // three of five are no two thirds
	hold.Meeting.Statements = append(says(inFavour, b.deputies[:3]...), says(against, later)...)
	d, err = b.office.decisions.DecideDecision(t.Context(), hold)
	require.NoError(t, err)
	assert.Equal(t, text(&riskv1.DecisionTally{Members: 5, Quorum: 4, VotesFor: 3, VotesAgainst: 1, Needed: 3}),
		text(d.GetMeeting().GetTally()))
	assert.Equal(t, "甲", d.GetMeeting().GetAbsent()[0].GetPerson())
	assert.ElementsMatch(t, append(b.deputies[:3:3], b.head, later), d.GetMembers())
}

// One person in two posts of the leaders is one member.
func TestT11_APersonIsAMemberOnce(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	party := b.office.held(t, commerce, "党组书记", "head", "甲", "2024-01-01").GetName()
	twice := b.review()
	twice.Members = append(twice.GetMembers(), party)
	_, err := b.office.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: twice})
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision.members[5]": "SAME_PERSON"})
	first, err := b.office.meet(t, b.office.enter(t, b.review()), says(inFavour, append(b.deputies[:3:3], b.head)...)...)
	require.NoError(t, err)
	assert.EqualValues(t, 4, first.GetMeeting().GetTally().GetMembers())
	again := b.review()
	again.Supersedes = first.GetName()
	b.office.enter(t, again)
}
