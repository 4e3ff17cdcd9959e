package risk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// courtPoint is a risk point of a division of the court.
func courtPoint(category, description string) *riskv1.RiskPoint {
	return &riskv1.RiskPoint{
		Unit: courtCivil, Category: category, SearchMethods: []string{"self"}, Regime: "审判流程管理办法", Description: description,
		Points: map[string]int32{"size": 3, "frequency": 3, "harm": 3, "cause": 3},
	}
}

func (o office) orderRedo(t *testing.T, unit, due string) *riskv1.Redo {
	t.Helper()
	redo, err := o.redos.CreateRedo(t.Context(), &riskv1.CreateRedoRequest{
		Redo: &riskv1.Redo{Unit: unit, Reason: "查找走过场", DueOn: due},
	})
	require.NoError(t, err)
	return redo
}

func (o office) get(t *testing.T, point *riskv1.RiskPoint) *riskv1.RiskPoint {
	t.Helper()
	read, err := o.points.GetRiskPoint(t.Context(), &riskv1.GetRiskPointRequest{Name: point.GetName()})
	require.NoError(t, err)
	return read
}

// said are the sentences about a record in a unit's inbox, the oldest first, once there are so many.
func said(t *testing.T, s *suitetest.Suite, role, unit, name string, n int) (sentences []string) {
	t.Helper()
	inbox := networkv1.NewInboxServiceClient(s.As(role, unit))
	require.Eventually(t, func() bool {
		listed, err := inbox.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: unit, PageSize: 200})
		require.NoError(t, err)
		sentences = nil
		for _, m := range listed.GetMessages() {
			if m.GetResource() == name {
				sentences = append([]string{m.GetTitle()}, sentences...)
			}
		}
		return len(sentences) >= n
	}, time.Minute, 50*time.Millisecond)
	return sentences
}

// hears waits for a message in a unit's inbox about a record.
func hears(t *testing.T, s *suitetest.Suite, role, unit, name, sentence string, why ...any) {
	t.Helper()
	require.Eventually(t, func() bool {
		return slices.Contains(said(t, s, role, unit, name, 0), sentence)
	}, time.Minute, 50*time.Millisecond, append([]any{sentence}, why...)...)
}

func TestJ4_AUnitThatWentThroughTheMotionsSearchesAnew(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	civil, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	kept := group.approve(t, civil.propose(t, civil.point(t, courtPoint("process", "立案审查不严")), enter))
	retired := group.approve(t, civil.propose(t, civil.point(t, courtPoint("regime", "卷宗借阅无登记")), enter))
	waiting := civil.propose(t, civil.point(t, courtPoint("post_duty", "单独会见当事人")), enter)
	draft := civil.point(t, courtPoint("post_duty", "延期送达"))

	redo := group.orderRedo(t, courtCivil, "2026-11-20")
	assert.EqualValues(t, 3, redo.GetReturnedPoints())
	assert.Equal(t, court, redo.GetOrderedBy())
	for _, point := range []*riskv1.RiskPoint{kept, retired, waiting} {
		read := civil.get(t, point)
		assert.Equal(t, "RETURNED ", stands(read))
		assert.Equal(t, redo.GetName(), read.GetRedo())
		assert.EqualValues(t, 1, read.GetReturnCount())
		reviews := read.GetStanding().GetReviews()
		assert.Equal(t, "查找走过场", reviews[len(reviews)-1].GetReason())
	}
	assert.Equal(t, "DRAFT ", stands(civil.get(t, draft)), "a draft is the unit's own business")
	assert.Len(t, civil.gradeCatalogue(t, courtCivil), 2, "the old catalogue stays in force")

	_, err := civil.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "已重新查找"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "REDO_UNFINISHED")
	_, err = civil.points.DiscardRiskPointDraft(t.Context(), &riskv1.DiscardRiskPointDraftRequest{Name: kept.GetName()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "REDO_OPEN")
	_, err = group.redos.CreateRedo(t.Context(), &riskv1.CreateRedoRequest{
		Redo: &riskv1.Redo{Unit: courtCivil, Reason: "再查", DueOn: "2026-11-20"},
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "REDO_OPEN")

	for _, point := range []*riskv1.RiskPoint{kept, waiting} { // what was not searched anew
		_, err = civil.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{
			Name: point.GetName(), Proposal: enter, Reason: "已查找",
		})
		require.Equal(t, codes.FailedPrecondition, status.Code(err))
	}
	kept = civil.get(t, kept)
	kept.Description = "立案审查不严，超期立案"
	kept = civil.propose(t, civil.update(t, kept), enter)
	civil.propose(t, civil.get(t, retired), riskv1.Proposal_PROPOSAL_END)
	_, err = civil.points.DiscardRiskPointDraft(t.Context(), &riskv1.DiscardRiskPointDraftRequest{Name: waiting.GetName()})
	require.NoError(t, err, "it never was in force")
	back, err := group.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
		Unit: court, Redo: redo.GetName(), States: []riskv1.RegisterState{riskv1.RegisterState_REGISTER_STATE_RETURNED},
	})
	require.NoError(t, err)
	assert.Empty(t, back.GetRiskPoints())
	redo, err = civil.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "逐岗查找"})
	require.NoError(t, err)
	assert.Equal(t, riskv1.RedoState_REDO_STATE_DONE, redo.GetState())
	assert.Equal(t, "逐岗查找 2026-11-02 ", redo.GetOutcome()+" "+redo.GetDoneOn()+" "+redo.GetRemindOn())

	kept = group.approve(t, kept)
	assert.EqualValues(t, 2, kept.GetStanding().GetVersion())
	assert.Empty(t, kept.GetRedo())
	assert.Equal(t, []string{"民事审判庭已于 2026-11-02 完成重新查找风险点。"},
		said(t, s, "discipline_group", court, redo.GetName(), 1))
}

// gradeCatalogue are the descriptions of the risk points in force today.
func (o office) gradeCatalogue(t *testing.T, unit string) []string {
	t.Helper()
	listed, err := o.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: unit, AsOf: "2026-11-02"})
	require.NoError(t, err)
	var found []string
	for _, point := range listed.GetRiskPoints() {
		found = append(found, point.GetDescription())
	}
	return found
}

func TestJ4_ARedoIsRemindedOfUntilItIsDone(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	civil, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	redo := group.orderRedo(t, courtCivil, "2026-11-13") // a Friday
	assert.Equal(t, "2026-11-10", redo.GetRemindOn(), "three working days before")

	overdue := func() int {
		listed, err := group.redos.ListRedos(t.Context(), &riskv1.ListRedosRequest{Unit: court, Overdue: true})
		require.NoError(t, err)
		return len(listed.GetRedos())
	}
	for _, step := range []struct {
		days    int
		next    string
		overdue int
	}{
		{7, "2026-11-10", 0},
		{1, "2026-11-13", 0},
		{3, "2026-11-14", 0},
		{1, "2026-11-21", 1},
		{6, "2026-11-21", 1},
		{1, "2026-11-28", 1},
	} {
		s.Clock.Advance(time.Duration(step.days) * 24 * time.Hour)
		s.RunJob("risk.remind_redos")
		s.RunJob("risk.remind_redos")
		read, err := civil.redos.GetRedo(t.Context(), &riskv1.GetRedoRequest{Name: redo.GetName()})
		require.NoError(t, err)
		assert.Equal(t, step.next, read.GetRemindOn())
		assert.Equal(t, step.overdue, overdue(), step.next)
	}

	civil.propose(t, civil.point(t, courtPoint("process", "立案审查不严")), enter)
	_, err := civil.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "逐岗查找"})
	require.NoError(t, err)
	s.Clock.Advance(7 * 24 * time.Hour)
	s.RunJob("risk.remind_redos")
	assert.Zero(t, overdue())
	due, late := "重新查找风险点应于 2026-11-13 前完成，请将退回的风险点重新报审。", "重新查找风险点应于 2026-11-13 前完成，现已逾期。"
	below := "民事审判庭应于 2026-11-13 前重新查找风险点，现已逾期。"
	assert.Equal(t, []string{below, below, "民事审判庭已于 2026-11-21 完成重新查找风险点。"},
		said(t, s, "discipline_group", court, redo.GetName(), 3))
	assert.Equal(t, []string{"区人民法院责令本单位重新查找风险点，请于 2026-11-13 前完成：查找走过场", due, due, late, late},
		said(t, s, "division", courtCivil, redo.GetName(), 5))
}

// Of a division below another one the court is asked, whose discipline group reviews, and hears what it ordered.
func TestJ4_J1_WhoeverHasReviewersIsAskedOfADivisionBelowAnother(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	civil, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	_, err := networkv1.NewTreeServiceClient(s.As("discipline_group", court)).MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: courtCivil, Parent: "units/court_office", Reason: "调整",
	})
	require.NoError(t, err)
	s.RunJob("risk.follow_moves")
	point := civil.propose(t, civil.point(t, courtPoint("process", "立案审查不严")), enter)
	assert.Equal(t, court, point.GetStanding().GetReviewingUnit())
	assert.Len(t, said(t, s, "discipline_group", court, point.GetName(), 1), 1)
	assert.Empty(t, said(t, s, "division", "units/court_office", point.GetName(), 0))
	group.approve(t, point)
	redo := group.orderRedo(t, courtCivil, "2026-11-13")
	s.Clock.Advance(12 * 24 * time.Hour)
	s.RunJob("risk.remind_redos")
	hears(t, s, "discipline_group", court, redo.GetName(), "民事审判庭应于 2026-11-13 前重新查找风险点，现已逾期。")
}

func TestJ4_FaultyRedosAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	order := func(role, unit, of, due string) error {
		_, err := as(s, role, unit).redos.CreateRedo(t.Context(), &riskv1.CreateRedoRequest{
			Redo: &riskv1.Redo{Unit: of, Reason: "查找走过场", DueOn: due},
		})
		return err
	}
	suitetest.RequireFieldFaults(t, order("reviewer", county, township, "2026-11-01"), map[string]string{"redo.due_on": "PAST_DAY"})
	suitetest.RequireRefused(t, order("reviewer", township, township, "2026-11-20"), codes.PermissionDenied, "OWN_ENTRY")
	suitetest.RequireRefused(t, order("clerk", county, township, "2026-11-20"), codes.PermissionDenied, "PERMISSION_DENIED")
	suitetest.RequireRefused(t, order("reviewer", other, township, "2026-11-20"), codes.NotFound, "NOT_FOUND")

	redo := as(s, "reviewer", county).orderRedo(t, township, "2026-11-20")
	complete := &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "已查"}
	_, err := as(s, "clerk", township).redos.CompleteRedo(t.Context(), complete)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "REDO_EMPTY") // nothing came back, and nothing was found
	_, err = as(s, "clerk", county).redos.CompleteRedo(t.Context(), complete)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
}

func TestJ4_ASuccessorSearchesAnew(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer, successor := as(s, "clerk", township), as(s, "reviewer", county), as(s, "clerk", other)
	reviewer.approve(t, clerk.submit(t, clerk.point(t, riskPoint(township, 2, 2, 3))))
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: township}}, Into: other, Reason: "撤并"})
	require.NoError(t, err)
	s.RunJob("risk.follow_moves")

	redo := reviewer.orderRedo(t, other, "2026-11-20")
	assert.EqualValues(t, 1, redo.GetReturnedPoints(), "what it has of the unit that ended")
	listed, err := successor.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: other, Redo: redo.GetName()})
	require.NoError(t, err)
	require.Len(t, listed.GetRiskPoints(), 1)
	found := listed.GetRiskPoints()[0]
	found.Description, found.OwnerPosition = "重新查找", ""
	successor.submit(t, found)
	_, err = successor.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "已查"})
	require.NoError(t, err)
}

// What was missing may be a file: then nothing need be written otherwise.
func TestT22_AReturnedRiskPointComesAgainWithAFile(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	asked := riskPoint(markets, 2, 2, 2)
	asked.Category = "decision"
	point := b.office.sendBack(t, b.section.submit(t, b.section.point(t, asked)), "请附会议记录")
	again := &riskv1.SubmitRiskPointRequest{Name: point.GetName(), Proposal: enter}
	_, err := b.section.points.SubmitRiskPoint(t.Context(), again)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	b.Clock.Advance(time.Hour)
	attach(t, b.Suite, "section", markets, point.GetName())
	point, err = b.section.points.SubmitRiskPoint(t.Context(), again)
	require.NoError(t, err)
	assert.Equal(t, "SUBMITTED organisation", stands(point))
}

// A unit can't keep what is in force out of a redo by changing it before.
func TestJ4_NothingEscapesARedoByBeingChanged(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	civil, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	point := group.approve(t, civil.propose(t, civil.point(t, courtPoint("process", "立案审查不严")), enter))
	point.Description = "立案审查不够严"
	require.Equal(t, "DRAFT ", stands(civil.update(t, point)))

	redo := group.orderRedo(t, courtCivil, "2026-11-20")
	assert.EqualValues(t, 1, redo.GetReturnedPoints())
	back := civil.get(t, point)
	assert.Equal(t, "RETURNED ", stands(back))
	back.Description = "立案审查仍不严"
	civil.update(t, back)
	_, err := civil.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "已重新查找"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "REDO_UNFINISHED")
}

func TestJ4_OnlyWhoPassesTheLastStageOrdersARedo(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	_, err := as(s, "legal_office", commerce).redos.CreateRedo(t.Context(), &riskv1.CreateRedoRequest{
		Redo: &riskv1.Redo{Unit: markets, Reason: "没有查找", DueOn: "2026-11-20"},
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "WRONG_REVIEWER")
}

// What a unit had found that becomes one with another is no answer to the order that this one has.
func TestJ4_ARedoIsAnsweredByWhatItsUnitHandsInSince(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	merged := as(b.Suite, "section", trade)
	finds := func(by office) {
		asked := riskPoint(by.unit, 1, 1, 1)
		asked.Category = "personal"
		b.office.approveTwice(t, by.submit(t, by.point(t, asked)))
	}
	finds(merged)
	redo := b.office.orderRedo(t, markets, "2026-11-30")
	complete := func() error {
		_, err := b.section.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "逐岗查找"})
		return err
	}
	b.Clock.Advance(day)
	b.merge(t, trade, markets)
	suitetest.RequireRefused(t, complete(), codes.FailedPrecondition, "REDO_EMPTY")
	b.Clock.Advance(day)
	finds(b.section)
	require.NoError(t, complete())
}

// What had come back for form's sake just before is searched anew as well, and is as it was where the order is taken back.
func TestJ4_WhatHadComeBackBelongsToARedo(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	civil, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	point := civil.propose(t, civil.point(t, courtPoint("process", "立案审查不严")), enter)
	other := civil.propose(t, civil.point(t, courtPoint("process", "超期立案")), enter)
	_, err := group.points.ReturnRiskPoint(t.Context(), &riskv1.ReturnRiskPointRequest{
		Name: point.GetName(), Reason: "查找走过场", Problems: []string{"formality"},
	})
	require.NoError(t, err)
	s.Clock.Advance(time.Hour)
	redo := group.orderRedo(t, courtCivil, "2026-11-20")
	assert.EqualValues(t, 2, redo.GetReturnedPoints())
	back := civil.get(t, point)
	assert.Equal(t, redo.GetName(), back.GetRedo())
	assert.EqualValues(t, 1, back.GetReturnCount(), "it came back once")
	_, err = group.redos.WithdrawRedo(t.Context(), &riskv1.WithdrawRedoRequest{Name: redo.GetName(), Reason: "改为约谈"})
	require.NoError(t, err)
	back = civil.get(t, point)
	assert.Equal(t, "RETURNED  ", stands(back)+" "+back.GetRedo(), "as it was, though the reasons are the same")
	require.Len(t, back.GetStanding().GetReviews(), 1)
	assert.Equal(t, "DRAFT ", stands(civil.get(t, other)))

	redo = group.orderRedo(t, courtCivil, "2026-11-20")
	assert.EqualValues(t, 1, redo.GetReturnedPoints(), "a draft is the unit's own business")
	complete := &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "逐岗查找"}
	civil.propose(t, civil.get(t, other), enter)
	_, err = civil.redos.CompleteRedo(t.Context(), complete)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "REDO_UNFINISHED")
	back = civil.get(t, point)
	back.Description = "超期立案、有案不立"
	civil.propose(t, civil.update(t, back), enter)
	_, err = civil.redos.CompleteRedo(t.Context(), complete)
	require.NoError(t, err)
}

// What came back under a redo is not reviewed until it is in force anew, and no stage is closed over an order that is not done.
func TestJ4_T21_ACampaignMissesWhatIsSearchedAnew(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	reviewed := func() string {
		line := b.section.progress(t, campaign, "execution", false)[0]
		return line[strings.Index(line, "reviewed"):strings.Index(line, " points_public")]
	}
	chief := b.section.held(t, markets, "市场运行股股长", "section_head", "甲", "2026-01-01")
	point := risky(t, b.Suite, chief, b.office.held(t, commerce, "局长", "head", "丙", "2026-01-01"))
	assert.Equal(t, "reviewed 1-0", reviewed())
	requireCounted(t, b.Suite)
	redo := b.office.orderRedo(t, markets, "2026-11-20")
	assert.Equal(t, "reviewed 0-1", reviewed(), "the version in force was not searched for")
	requireCounted(t, b.Suite)
	point = b.section.get(t, point)
	point.Description = "对条件不符的申请予以许可、超时限许可"
	point = b.section.propose(t, b.section.update(t, point), enter)
	assert.Equal(t, "reviewed 0-1", reviewed(), "it is not in force anew")
	b.office.approveTwice(t, point)
	assert.Equal(t, "reviewed 1-1", reviewed(), "the unit has not said that it has searched")
	requireCounted(t, b.Suite)
	_, err := b.section.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "逐岗查找"})
	require.NoError(t, err)
	assert.Equal(t, "reviewed 1-0", reviewed())
	requireCounted(t, b.Suite)
}

func TestJ4_T24_RedosAreCountedAndMeasured(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	point, other := b.inForce(t, 1, "execution"), as(b.Suite, "section", trade)
	done := b.office.orderRedo(t, markets, "2026-11-20")
	overdue := b.office.orderRedo(t, trade, "2026-11-13")
	taken := b.office.orderRedo(t, "units/commerce_finance", "2026-11-13")
	_, err := b.office.redos.WithdrawRedo(t.Context(), &riskv1.WithdrawRedoRequest{Name: taken.GetName(), Reason: "误发"})
	require.NoError(t, err)
	b.Clock.Advance(19 * day) // the 21st
	point = b.section.get(t, point)
	point.Description = "越权许可"
	b.section.propose(t, b.section.update(t, point), enter)
	_, err = b.section.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: done.GetName(), Outcome: "已重新查找"})
	require.NoError(t, err)

	counts := func(o office, unit string) (said []string) {
		answer, err := o.redos.CountRedos(t.Context(), &riskv1.CountRedosRequest{Unit: unit})
		require.NoError(t, err)
		for _, c := range answer.GetCounts() {
			said = append(said, fmt.Sprint(c.GetUnit(), " ", c.GetState(), c.GetCount(), c.GetOverdueCount(), c.GetLateCount()))
		}
		return said
	}
	assert.Equal(t, []string{
		"units/commerce_finance REDO_STATE_WITHDRAWN 1 0 0", markets + " REDO_STATE_DONE 1 0 1", trade + " REDO_STATE_ORDERED 1 1 0",
	}, counts(b.office, commerce))
	assert.Equal(t, []string{trade + " REDO_STATE_ORDERED 1 1 0"}, counts(other, trade))
	for unit, want := range map[string][2]int64{markets: {0, 1}, trade: {0, 1}, "units/commerce_finance": {0, 0}} {
		measured, records := figuresOf(t, b.Suite, unit, "2026-11", "redos")
		assert.Equal(t, want, measured["redos"], unit)
		assert.Len(t, records["redos"], int(want[1]))
	}
	merge(t, b.Suite, commerce, trade, markets)
	b.RunJob("risk.follow_moves")
	assert.Equal(t, []string{markets + " REDO_STATE_DONE 1 0 1", markets + " REDO_STATE_ORDERED 1 1 0"}, counts(b.section, markets))
	measured, records := figuresOf(t, b.Suite, markets, "2026-11", "redos")
	assert.Equal(t, [2]int64{0, 2}, measured["redos"], "who acts for it owes it")
	assert.Contains(t, records["redos"], overdue.GetName())
}
