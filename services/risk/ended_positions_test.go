package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func (o office) ends(t *testing.T, position, on string) error {
	t.Helper()
	_, err := o.positions.EndPosition(t.Context(), &riskv1.EndPositionRequest{Name: position, EndedOn: on, Reason: "机构调整"})
	return err
}

func TestT5_T8_T10_APositionThatIsAbolishedEnds(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, above := as(s, "section", markets), as(s, "leading_group_office", commerce)
	chief := section.held(t, markets, "股长", "section_head", "甲", "2024-01-01")
	s.RunJob("risk.open_commitments")
	asked := riskPoint(markets, 1, 1, 1)
	asked.Category, asked.OwnerPosition = "personal", chief.GetName()
	point := above.approveTwice(t, section.submit(t, section.point(t, asked)))
	control, err := section.controls.CreateControl(t.Context(), &riskv1.CreateControlRequest{Control: &riskv1.Control{
		Unit: markets, RiskPoint: point.GetName(), Form: "pledge", Measure: "双人复核", OwnerPosition: chief.GetName(), DueOn: "2026-12-31",
	}})
	require.NoError(t, err)
	lacking := func() (points, controls int) {
		listed, err := above.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: commerce, PositionEnded: true})
		require.NoError(t, err)
		measures, err := above.controls.ListControls(t.Context(), &riskv1.ListControlsRequest{Unit: commerce, PositionEnded: true})
		require.NoError(t, err)
		return len(listed.GetRiskPoints()), len(measures.GetControls())
	}
	points, controls := lacking()
	assert.Equal(t, [2]int{0, 0}, [2]int{points, controls})

	suitetest.RequireFieldFaults(t, section.ends(t, chief.GetName(), "2026-11-03"), map[string]string{"ended_on": "FUTURE"})
	suitetest.RequireFieldFaults(t, section.ends(t, chief.GetName(), "2023-12-31"), map[string]string{"ended_on": "HELD_LATER"})
	require.NoError(t, section.ends(t, chief.GetName(), "2026-10-31"))
	ended, err := section.positions.GetPosition(t.Context(), &riskv1.GetPositionRequest{Name: chief.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "POSITION_STATE_ENDED 2026-10-31 机构调整 2026-10-31", ended.GetState().String()+" "+ended.GetEndedOn()+" "+
		ended.GetEndReason()+" "+ended.GetHolders()[0].GetUntil())
	points, controls = lacking()
	assert.Equal(t, [2]int{1, 1}, [2]int{points, controls}, "nothing that it owned is lost")
	assert.Equal(t, []string{"岗位“股长”已撤销，本单位还有 0 项职权由该岗位行使，1 个风险点在该岗位或者由其负责，1 项未完成的防控措施或领导职责由其负责，请改定岗位。"},
		said(t, s, "section", markets, chief.GetName(), 1))
	hears(t, s, "leading_group_office", commerce, chief.GetName(), "市场运行股的岗位“股长”已撤销，末日为 2026-10-31：机构调整")

	s.RunJob("risk.open_commitments")
	committed := section.commitments(t, &riskv1.ListCommitmentsRequest{Unit: markets})
	require.Len(t, committed, 1)
	assert.Equal(t, riskv1.CommitmentState_COMMITMENT_STATE_LAPSED, committed[0].GetState())
	suitetest.RequireRefused(t, section.ends(t, chief.GetName(), "2026-10-31"), codes.FailedPrecondition, "WRONG_STATE")
	ended.Title = "改名"
	_, err = section.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{Position: ended, Reason: "改名"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	again := riskPoint(markets, 1, 1, 1)
	again.Category, again.OwnerPosition = "personal", chief.GetName()
	_, err = section.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: again})
	suitetest.RequireFieldFaults(t, err, map[string]string{"risk_point.owner_position": "POSITION_ENDED"})
	standing, err := section.positions.ListPositions(t.Context(), &riskv1.ListPositionsRequest{
		Unit: markets, States: []riskv1.PositionState{riskv1.PositionState_POSITION_STATE_STANDING},
	})
	require.NoError(t, err)
	assert.Empty(t, standing.GetPositions())
	unsearched, err := section.positions.ListPositions(t.Context(), &riskv1.ListPositionsRequest{
		Unit: markets, SearchGap: riskv1.SearchGap_SEARCH_GAP_NO_RISK_POINT,
	})
	require.NoError(t, err)
	assert.Empty(t, unsearched.GetPositions(), "nobody searches what is no more")

	stands := section.held(t, markets, "副股长", "section_head", "乙", "2024-01-01")
	point = section.get(t, point)
	point.OwnerPosition = stands.GetName()
	above.approveTwice(t, section.propose(t, section.update(t, point), enter))
	control.OwnerPosition = stands.GetName()
	_, err = section.controls.UpdateControl(t.Context(), &riskv1.UpdateControlRequest{Control: control})
	require.NoError(t, err)
	points, controls = lacking()
	assert.Equal(t, [2]int{0, 0}, [2]int{points, controls})
}

func TestT15_APositionIsNotAbolishedWhileSomebodyIsAppointedToIt(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office := as(s, "leading_group_office", commerce)
	chief := office.held(t, markets, "股长", "section_head", "甲", "2024-01-01")
	appointment, err := office.cadres.CreateAppointment(t.Context(), &riskv1.CreateAppointmentRequest{Appointment: &riskv1.Appointment{
		Unit: commerce, Kind: "middle", Position: chief.GetName(), Person: "庚", Nominations: []*riskv1.Nomination{
			{Way: "meeting", NominatedBy: "推荐会", NominatedOn: "2026-11-01"},
			{Way: "talk", NominatedBy: "谈话推荐", NominatedOn: "2026-11-01"},
		},
	}})
	require.NoError(t, err)
	err = office.ends(t, chief.GetName(), "2026-11-02")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POSITION_TO_FILL")
	assert.Equal(t, appointment.GetName(), suitetest.Metadata(err)["appointment"])
}

func TestT5_T8_T10_APositionThatWasEndedByMistakeIsReinstated(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, above := as(s, "section", markets), as(s, "leading_group_office", commerce)
	chief := section.held(t, markets, "股长", "section_head", "甲", "2024-01-01")
	s.RunJob("risk.open_commitments")
	asked := riskPoint(markets, 1, 1, 1)
	asked.Category, asked.OwnerPosition = "personal", chief.GetName()
	section.point(t, asked)
	reinstate := &riskv1.ReinstatePositionRequest{Name: chief.GetName(), Reason: "误撤"}
	_, err := section.positions.ReinstatePosition(t.Context(), reinstate)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	require.NoError(t, section.ends(t, chief.GetName(), "2026-10-31"))
	s.RunJob("risk.open_commitments")
	_, err = section.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"risk_point.owner_position": "POSITION_ENDED"})
	_, err = section.positions.ReinstatePosition(t.Context(), &riskv1.ReinstatePositionRequest{Name: chief.GetName()})
	suitetest.RequireFieldFaults(t, err, map[string]string{"reason": "REQUIRED"})

	back, err := section.positions.ReinstatePosition(t.Context(), reinstate)
	require.NoError(t, err)
	assert.Equal(t, "POSITION_STATE_STANDING    2024-01-01", back.GetState().String()+" "+back.GetEndedOn()+" "+back.GetEndReason()+" "+
		back.GetHolders()[0].GetUntil()+" "+back.GetHolders()[0].GetFrom(), "its holder holds it on")
	assert.Nil(t, back.GetVacated())
	hears(t, s, "leading_group_office", commerce, chief.GetName(), "市场运行股的岗位“股长”系误撤，现已恢复：误撤。"+
		"已失效的承诺、已办结的轮岗不恢复，方案仍有要求的重新生成；已改由其他岗位负责的不变。")
	ended, err := above.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: commerce, PositionEnded: true})
	require.NoError(t, err)
	assert.Empty(t, ended.GetRiskPoints())
	section.point(t, asked)
	s.RunJob("risk.open_commitments")
	states := map[riskv1.CommitmentState]int{}
	for _, commitment := range section.commitments(t, &riskv1.ListCommitmentsRequest{Unit: markets}) {
		states[commitment.GetState()]++
	}
	assert.Equal(t, map[riskv1.CommitmentState]int{
		riskv1.CommitmentState_COMMITMENT_STATE_LAPSED: 1, riskv1.CommitmentState_COMMITMENT_STATE_OPEN: 1,
	}, states, "what lapsed is opened anew")
}

// Who acts for a unit that has ended registers positions of its own.
func TestT5_APositionOfAnEndedUnitIsNotReinstated(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	chief := e.own.held(t, markets, "股长", "section_head", "戊", "2024-01-01").GetName()
	require.NoError(t, e.own.ends(t, chief, "2026-10-31"))
	e.end(t)
	_, err := e.office.positions.ReinstatePosition(t.Context(), &riskv1.ReinstatePositionRequest{Name: chief, Reason: "误撤"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"name": "POSITION_OF_ENDED"})
}

// Whom an appointment has brought into another position since is not had to hold both.
func TestT5_T15_WhoWasAppointedElsewhereHoldsNoReinstatedPosition(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	section := as(b.Suite, "section", markets)
	a := b.judged(t)
	b.polled(t, a, 40, 0)
	require.NoError(t, section.ends(t, b.clerk, "2026-11-01"))
	_, err := b.appoint(t, a, "2026-11-10")
	require.NoError(t, err)
	b.Clock.Advance(10 * day)
	back, err := b.office.positions.ReinstatePosition(t.Context(), &riskv1.ReinstatePositionRequest{Name: b.clerk, Reason: "误撤"})
	require.NoError(t, err)
	assert.Equal(t, "POSITION_STATE_STANDING 2026-11-09", back.GetState().String()+" "+back.GetHolders()[0].GetUntil())
	const says = "岗位“市场运行股科员”的任职人自 2026-11-10 起另有任用，于前一日离任。"
	hears(t, b.Suite, head, commerce, b.clerk, says, "who reinstates it")
	hears(t, b.Suite, "section", markets, b.clerk, says)
}

// Who exercises a power that a position exercised which has ended is told, and found (J1, T12).
func TestJ1_T12_APowerOfAnAbolishedPositionIsNamed(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	lacking := func(o office) (names []string) {
		listed, err := o.powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{Unit: o.unit, PositionEnded: true})
		require.NoError(t, err)
		for _, item := range listed.GetPowerItems() {
			names = append(names, item.GetName())
		}
		return names
	}
	assert.Empty(t, lacking(b.legal))
	window := b.item.GetPositions()[0]
	require.NoError(t, b.from.ends(t, window, "2026-11-01"))
	assert.Equal(t, []string{"岗位“窗口受理岗”已撤销，本单位还有 1 项职权由该岗位行使，0 个风险点在该岗位或者由其负责，" +
		"0 项未完成的防控措施或领导职责由其负责，请改定岗位。"}, said(t, b.Suite, "section", markets, window, 1))
	for _, o := range []office{b.legal, b.from} {
		assert.Equal(t, []string{b.item.GetName()}, lacking(o))
	}
	_, err := b.legal.powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{
		Unit: commerce, PositionEnded: true, AsOf: "2026-11-02",
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"position_ended": "CONTRADICTION"})
	b.legal.approvePower(t, b.from.submitPower(t, b.item, end))
	assert.Empty(t, lacking(b.legal), "what has ended is exercised by nobody")
}

// What is in force is exercised, and owned, by an abolished position until a draft that names another one is in force.
func TestT5_T12_WhatIsInForceIsFoundByAnEndedPositionBesideADraft(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, legal, above := as(s, "section", markets), as(s, "legal_office", commerce), as(s, "leading_group_office", commerce)
	asked := section.licensing(t, markets)
	asked.Kind = "approval"
	item := legal.approvePower(t, section.submitPower(t, section.power(t, asked), enter))
	duty := riskPoint(markets, 1, 1, 1)
	duty.Category = "decision"
	point := above.approveTwice(t, section.submit(t, section.point(t, duty)))
	for _, position := range []string{item.GetPositions()[0], point.GetOwnerPosition()} {
		require.NoError(t, section.ends(t, position, "2026-10-31"))
	}
	window := section.post(t, markets, "新窗口岗", "staff")
	item.Positions[0], item.Steps[0].Position = window, window
	item, err := section.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{PowerItem: item, UpdateMask: all})
	require.NoError(t, err)
	point.OwnerPosition = section.post(t, markets, "新股长", "section_head")
	point = section.update(t, point)
	found := func() (names []string) {
		powers, err := above.powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{Unit: commerce, PositionEnded: true})
		require.NoError(t, err)
		for _, p := range powers.GetPowerItems() {
			names = append(names, p.GetName())
		}
		points, err := above.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: commerce, PositionEnded: true})
		require.NoError(t, err)
		for _, p := range points.GetRiskPoints() {
			names = append(names, p.GetName())
		}
		return names
	}
	assert.Equal(t, []string{item.GetName(), point.GetName()}, found())
	legal.approvePower(t, section.submitPower(t, item, enter))
	above.approveTwice(t, section.propose(t, point, enter))
	assert.Empty(t, found())
}
