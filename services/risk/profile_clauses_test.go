package risk_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// What deviates from a joint decision of the bureau or the court goes to a body above, also where nobody decided alone.
func TestT14_ADeviationIsFiledUpward(t *testing.T) {
	t.Parallel()
	for profile, of := range map[string]struct{ root, leaders, checkers, kind, member, last, body string }{
		"t": {commerce, "bureau_leaders", "discipline_group", "decision_procedure", "deputy", "head", "city_commission"},
		"j": {court, "court_leaders", "discipline_group", "decision_changed", "leader", "president", "district_commission"},
	} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			s := suitetest.Of(t, profile, of.root)
			leaders, checkers := as(s, of.leaders, of.root), as(s, of.checkers, of.root)
			last := leaders.held(t, of.root, "正职", of.last, "甲", "2024-01-01").GetName()
			var members []string
			for _, person := range []string{"乙", "丙"} {
				members = append(members, leaders.held(t, of.root, "副职"+person, of.member, person, "2024-01-01").GetName())
			}
			d := leaders.enter(t, &riskv1.Decision{
				Unit: of.root, Kind: "large_funds", Title: "修缮办公楼", Proposal: "修缮屋面。", Amount: 50000, ProposerPosition: members[0],
				Members: append([]string{last}, members...), ExecutorPosition: members[0], DueOn: "2026-12-31",
			})
			_, err := leaders.decisions.PrepareDecision(t.Context(), &riskv1.PrepareDecisionRequest{
				Name: d.GetName(), Preparation: &riskv1.Preparation{Step: "investigation", DoneOn: "2026-11-01", Result: "屋面渗漏"},
			})
			require.NoError(t, err)
			_, err = leaders.meet(t, d, says(inFavour, append(members, last)...)...)
			require.NoError(t, err)
			d, err = checkers.decisions.CheckDecision(t.Context(), &riskv1.CheckDecisionRequest{
				Name: d.GetName(), Finding: "未经会议改换工程", Deviation: &riskv1.CheckFinding{Kind: of.kind, Text: "改修大门"},
			})
			require.NoError(t, err)
			unfiled, err := checkers.found.ListDeficiencies(t.Context(), &riskv1.ListDeficienciesRequest{Unit: of.root, Unfiled: true})
			require.NoError(t, err)
			require.Len(t, unfiled.GetDeficiencies(), 1)
			assert.Equal(t, d.GetChecks()[0].GetDeficiency()+" 2026-11-09",
				unfiled.GetDeficiencies()[0].GetName()+" "+unfiled.GetDeficiencies()[0].GetFileBy())
			require.NoError(t, checkers.fileUpward(t, d.GetChecks()[0].GetDeficiency(), of.body, "2026-11-02"))
		})
	}
}

// The unit above hears of a deviation of whatever kind.
func TestT14_TheUnitAboveHearsOfADeviation(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	section := as(b.Suite, "section", markets)
	clerk := section.held(t, markets, "内勤", "staff", "己", "2024-01-01").GetName()
	d := section.enter(t, &riskv1.Decision{
		Unit: markets, Kind: "section_review", Title: "成品油经营许可会审", Proposal: "准予许可。", ProposerPosition: clerk,
		Members: []string{b.chief, clerk}, ExecutorPosition: b.chief, DueOn: "2026-12-31",
	})
	d, err := section.meet(t, d, says(inFavour, clerk, b.chief)...)
	require.NoError(t, err)
	d, err = b.office.decisions.CheckDecision(t.Context(), &riskv1.CheckDecisionRequest{
		Name: d.GetName(), Finding: "收费与决定不符", Deviation: &riskv1.CheckFinding{Kind: "financial_management", Text: "多收工本费"},
	})
	require.NoError(t, err)
	hears(t, b.Suite, "leading_group_office", commerce, d.GetChecks()[0].GetDeficiency(),
		"市场运行股的集体决策在执行中有偏差：“多收工本费”。")
}

// The leaders of the bureau decide, carry out, sign in return and answer for their own duties by their own role.
func TestT5_T11_T18_TheLeadersActByTheirOwnRole(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	leaders, section := as(b.Suite, "bureau_leaders", commerce), as(b.Suite, "section", markets)
	asked := b.review()
	asked.ExecutorPosition = b.deputies[0]
	d, err := leaders.meet(t, leaders.enter(t, asked), says(inFavour, append(b.deputies[:3:3], b.head)...)...)
	require.NoError(t, err)
	d, err = leaders.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: d.GetName(), Result: "已发证"})
	require.NoError(t, err)
	assert.Equal(t, riskv1.DecisionState_DECISION_STATE_EXECUTED, d.GetState())

	b.RunJob("risk.open_commitments")
	listed, err := section.pledges.ListCommitments(t.Context(), &riskv1.ListCommitmentsRequest{Unit: markets})
	require.NoError(t, err)
	require.Len(t, listed.GetCommitments(), 1)
	pledge := listed.GetCommitments()[0]
	_, err = section.pledges.SignCommitment(t.Context(), &riskv1.SignCommitmentRequest{
		Name: pledge.GetName(), ContentSha256: pledge.GetContentSha256(),
	})
	require.NoError(t, err)
	signed, err := leaders.pledges.CountersignCommitment(t.Context(), &riskv1.CountersignCommitmentRequest{
		Name: pledge.GetName(), ContentSha256: pledge.GetContentSha256(), Position: b.deputies[0],
	})
	require.NoError(t, err)
	assert.Equal(t, riskv1.CommitmentState_COMMITMENT_STATE_SIGNED, signed.GetState())

	b.RunJob("risk.open_duties")
	duties := leaders.listControls(t, &riskv1.ListControlsRequest{Duties: []string{"one_post_two_duties"}, OwnerPosition: b.deputies[0]})
	require.Len(t, duties, 1)
	done, err := leaders.controls.CompleteControl(t.Context(), &riskv1.CompleteControlRequest{Name: duties[0].GetName(), Result: "已带头查找"})
	require.NoError(t, err)
	assert.Equal(t, riskv1.ControlState_CONTROL_STATE_DONE, done.GetState())
}

// A post's card shows the measures against the risks that lie with it, whoever answers for them.
func TestT8_ARiskCardShowsTheControlsOfItsRisks(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	post := b.section.post(t, markets, "审批岗", "staff")
	asked := riskPoint(markets, 1, 1, 1)
	asked.Category, asked.Position = "decision", post
	point := b.office.approveTwice(t, b.section.submit(t, b.section.point(t, asked)))
	control := b.section.plan(t, b.against(point, "pledge"))
	other := b.section.plan(t, b.against(b.inForce(t, 1, ""), "risk_hint"))
	card := func(position string) (names []string) {
		shown, err := b.section.cards.ShowRiskCard(t.Context(), &riskv1.ShowRiskCardRequest{Name: position})
		require.NoError(t, err)
		for _, c := range shown.GetControls() {
			names = append(names, c.GetName())
		}
		return names
	}
	assert.Equal(t, []string{control.GetName()}, card(post), "the head of the section answers for it")
	assert.ElementsMatch(t, []string{control.GetName(), other.GetName()}, card(b.owner))
}

// Controls go by where in the use of power a risk lies, as the seed has it.
func TestT8_EachStageAsksForItsForms(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	want := map[string][]string{
		"decision": {"democratic_decision"}, "execution": {"openness", "division"},
		"discretion": {"detailed_standards", "regular_procedure"}, "supervision": {"open_procedure", "timely_openness"},
		"missing_regime": {"regime"},
	}
	stages := map[string]string{}
	for stage := range want {
		stages[b.inForce(t, 1, stage).GetName()] = stage
	}
	gaps, err := b.office.controls.ListControlGaps(t.Context(), &riskv1.ListControlGapsRequest{Unit: commerce})
	require.NoError(t, err)
	found := map[string][]string{}
	for _, gap := range gaps.GetGaps() {
		found[stages[gap.GetRiskPoint()]] = gap.GetStageForms()
	}
	assert.Equal(t, want, found)
}

// The head of a unit who answers for risks of grades B or C alone is due as well.
func TestT10_AHeadWithLesserRisksIsRotated(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	leaders, office := as(s, "bureau_leaders", commerce), as(s, "leading_group_office", commerce)
	head := office.held(t, commerce, "局长", "head", "甲", "2020-12-01")
	asked := riskPoint(commerce, 1, 1, 1)
	asked.Category, asked.Position = "personal", head.GetName()
	office.approveTwice(t, leaders.submit(t, leaders.point(t, asked)))
	s.RunJob("risk.open_rotations")
	opened := office.rotated(t, &riskv1.ListRotationsRequest{})
	require.Len(t, opened, 1)
	assert.Equal(t, "甲 grades_bc 2026-12-01", fmt.Sprint(opened[0].GetHolderDue().GetIncumbent().GetPerson(), " ",
		opened[0].GetHolderDue().GetRule(), " ", opened[0].GetDueOn()))
}

// The head of an affiliated unit promises the leaders of the bureau what the head of a section does; their own head promises nobody.
func TestT5_TheHeadOfAnAffiliatedUnitCommits(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	law, office := as(s, "section", enforcement), as(s, "leading_group_office", commerce)
	made, err := law.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
		Unit: enforcement, Title: "大队长", Rank: "head", Tier: "middle", Holders: []*riskv1.PositionHolder{{Person: "甲", From: "2026-01-01"}},
	}})
	require.NoError(t, err)
	_, err = office.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
		Unit: commerce, Title: "局长", Rank: "head", Tier: "leading", Holders: []*riskv1.PositionHolder{{Person: "乙", From: "2026-01-01"}},
	}})
	require.NoError(t, err)
	deputy := office.held(t, commerce, "副局长", "deputy", "丙", "2026-01-01")
	require.Contains(t, office.gaps(t, 0, noCommitments), enforcement)
	s.RunJob("risk.open_commitments")
	assert.NotContains(t, office.gaps(t, 0, noCommitments), enforcement)
	listed := office.commitments(t, &riskv1.ListCommitmentsRequest{})
	require.Len(t, listed, 1)
	assert.Equal(t, enforcement+" 局属单位廉政风险双向承诺书 "+made.GetTitle(),
		listed[0].GetUnit()+" "+listed[0].GetContent().GetTitle().GetZh()+" "+listed[0].GetContent().GetMaker().GetTitle())
	_, err = law.pledges.SignCommitment(t.Context(), &riskv1.SignCommitmentRequest{
		Name: listed[0].GetName(), ContentSha256: listed[0].GetContentSha256(),
	})
	require.NoError(t, err)
	_, err = office.pledges.CountersignCommitment(t.Context(), &riskv1.CountersignCommitmentRequest{
		Name: listed[0].GetName(), ContentSha256: listed[0].GetContentSha256(), Position: deputy.GetName(),
	})
	require.NoError(t, err)
}

// A power goes to another post of the unit by a review of the law; until then, and of the days before, it is the old one's.
func TestT12_APowerGoesToAnotherPost(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	window, old := b.item.GetPositions()[0], b.item.GetPositions()[1]
	b.Clock.Advance(day)
	heir := b.from.post(t, markets, "审批二岗", "staff")
	hand := &riskv1.PowerItem{Name: b.item.GetName(), Positions: []string{window, heir}}
	_, err := b.from.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{PowerItem: hand})
	suitetest.RequireFieldFaults(t, err, map[string]string{"power_item.steps[1].position": "NOT_OF_THE_POWER"})
	hand.Steps = b.item.GetSteps()
	hand.Steps[1].Position = heir
	draft, err := b.from.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{PowerItem: hand})
	require.NoError(t, err)
	powers := func(position, on string) int {
		card, err := b.from.cards.ShowRiskCard(t.Context(), &riskv1.ShowRiskCardRequest{Name: position, AsOf: on})
		require.NoError(t, err)
		return len(card.GetPowerItems())
	}
	submitted := b.from.submitPower(t, draft, enter)
	assert.Equal(t, []int{1, 0}, []int{powers(old, ""), powers(heir, "")}, "it is not reviewed yet")
	b.legal.approvePower(t, submitted)
	assert.Equal(t, []int{0, 1}, []int{powers(old, ""), powers(heir, "")})
	assert.Equal(t, []int{1, 0}, []int{powers(old, "2026-11-02"), powers(heir, "2026-11-02")}, "the day before")
}

// How a matter is prepared follows from its kind and its amount.
func TestT11_KindAndAmountSayHowAMatterIsPrepared(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	for _, c := range []struct {
		kind   string
		amount int64
		steps  []string
	}{
		{"major_issue", 0, []string{"investigation", "evaluation"}},
		{"project", 499999, []string{"investigation"}},
		{"project", 500000, []string{"investigation", "expert_opinion", "evaluation"}},
		{"project", 2000000, []string{"investigation", "expert_opinion", "evaluation", "hearing", "publicity"}},
		{"large_funds", 99999, []string{"investigation"}},
		{"large_funds", 100000, []string{"investigation", "evaluation"}},
		{"large_funds", 1000000, []string{"investigation", "evaluation", "expert_opinion", "publicity"}},
		{"joint_review", 0, nil},
	} {
		asked := b.project()
		asked.Kind, asked.Amount, asked.FilingGrounds = c.kind, c.amount, nil
		assert.ElementsMatch(t, c.steps, b.office.enter(t, asked).GetRequiredSteps(), "%s of %d", c.kind, c.amount)
	}
	for _, ground := range []string{"important_section", "important_post", "important_time"} {
		asked := b.project()
		asked.Kind, asked.Amount, asked.FilingGrounds = "large_funds", 5000, []string{ground}
		d := b.office.enter(t, asked)
		_, err := b.office.decisions.PrepareDecision(t.Context(), &riskv1.PrepareDecisionRequest{
			Name: d.GetName(), Preparation: &riskv1.Preparation{Step: "investigation", DoneOn: "2026-11-01", Result: "可行"},
		})
		require.NoError(t, err)
		d, err = b.office.meet(t, d, says(inFavour, append(b.deputies[:3:3], b.head)...)...)
		require.NoError(t, err)
		assert.Equal(t, "2026-11-16", d.GetFileBy(), ground)
	}
}
