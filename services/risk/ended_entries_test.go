package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/decisions"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// What was under review for a section that ends comes in force at the one that acts for it, once that has handed it in as its own.
func TestJ4_T12_WhatAnEndedUnitWroteComesInForceAtItsSuccessor(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	section, legal, heir := e.section, as(e.Suite, "legal_office", commerce), as(e.Suite, "section", trade)
	licence := section.licensing(t, markets)
	licence.Kind = "approval"
	power := section.submitPower(t, section.power(t, licence), enter)
	asked := riskPoint(markets, 1, 1, 1)
	asked.Category = "personal"
	point := section.submit(t, section.point(t, asked))
	drafted := section.point(t, asked)
	once := e.office.approve(t, section.submit(t, section.point(t, asked)))
	e.end(t)

	_, err := legal.powers.ApprovePowerItem(t.Context(), approval(power))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "ENTRY_OF_ENDED")
	assert.Equal(t, markets+" "+trade, suitetest.Metadata(err)["unit"]+" "+suitetest.Metadata(err)["successor"])
	for _, entry := range []*riskv1.RiskPoint{point, once} {
		_, err = e.office.second.points.ApproveRiskPoint(t.Context(), pass(entry))
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, "ENTRY_OF_ENDED")
	}
	_, err = legal.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{Name: power.GetName(), Reason: "请以本单位名义报审"})
	require.NoError(t, err)
	e.hears(t, power.GetName(), "“临时占道许可”未通过法制审核，已退回，请改正后重新报审：请以本单位名义报审")
	power = heir.submitPower(t, power, enter)
	assert.Equal(t, trade, power.GetUnit())
	_, err = heir.powers.ApprovePowerItem(t.Context(), approval(power))
	require.Error(t, err, "who acts for it reviews its own no more than that did")
	assert.Equal(t, trade, legal.approvePower(t, power).GetUnit())
	e.office.sendBack(t, point, "请以本单位名义报审")
	for _, entry := range []*riskv1.RiskPoint{point, drafted} {
		entry = heir.get(t, entry)
		entry.OwnerPosition = "" // the ended unit's does not answer for it any more
		entry = e.office.approveTwice(t, heir.submit(t, entry))
		assert.Equal(t, "units/commerce_trade REGISTER_STATE_IN_FORCE", entry.GetUnit()+" "+entry.GetState().String())
	}
	listed, err := heir.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: trade, AsOf: "2026-11-17"})
	require.NoError(t, err)
	require.Len(t, listed.GetRiskPoints(), 2)
	assert.Equal(t, []string{"临时占道许可"}, heir.catalogue(t, trade, "2026-11-17"))
}

// What was in force keeps the name of the unit that had it.
func TestT3_WhatWasInForceAtAnEndedUnitIsChangedByItsSuccessor(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	heir, asked := as(e.Suite, "section", trade), riskPoint(markets, 1, 1, 1)
	asked.Category = "personal"
	point := e.office.approveTwice(t, e.section.submit(t, e.section.point(t, asked)))
	e.end(t)
	point.Description, point.OwnerPosition = "收受摊主礼品", ""
	point = e.office.approveTwice(t, heir.submit(t, point))
	assert.Equal(t, markets, point.GetUnit())
}

func TestT19_ADraftOfAnEndedUnitIsNotMadePublic(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	heir, draft := as(e.Suite, "section", trade), e.section.text(t, "affairs", "政务公开")
	e.end(t)
	publicise := &riskv1.PublicisePublicationRequest{Name: draft.GetName(), Places: []string{"website"}}
	_, err := heir.publications.PublicisePublication(t.Context(), publicise)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DRAFT_OF_ENDED")
	assert.Equal(t, markets+" "+trade, suitetest.Metadata(err)["unit"]+" "+suitetest.Metadata(err)["successor"])
	_, err = heir.publications.WithdrawPublication(t.Context(), &riskv1.WithdrawPublicationRequest{Name: draft.GetName(), Reason: "另行起草"})
	require.NoError(t, err)
	heir.publicise(t, heir.text(t, "affairs", "政务公开"), "website")
}

// Who decided and acts for the unit that carries the decision out since that has ended, is reminded once.
func TestT11_WhoDecidesAndCarriesOutIsRemindedOnce(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	var members []string
	for _, person := range []string{"甲", "乙", "丙"} {
		members = append(members, e.own.held(t, markets, "股长"+person, "section_head", person, "2024-01-01").GetName())
	}
	d := e.own.enter(t, &riskv1.Decision{
		Unit: markets, Kind: "section_review", Title: "摊位许可会审", Proposal: "准予许可。", ProposerPosition: members[0], Members: members,
		ExecutorPosition: as(e.Suite, "section", north).held(t, north, "组长", "staff", "丁", "2024-01-01").GetName(), DueOn: "2026-11-13",
	})
	_, err := e.own.meet(t, d, says(inFavour, members...)...)
	require.NoError(t, err)
	e.Clock.Advance(day)
	e.merge(t, north, markets)
	e.Clock.Advance(14 * day)
	e.RunJob(decisions.RemindJob)
	e.RunJob(decisions.FilingJob)
	told := said(t, e.Suite, "section", markets, d.GetName(), 2)
	require.Len(t, told, 2, "that it is to carry it out, and the reminder")
	assert.Equal(t, "集体决定“摊位许可会审”应于 2026-11-13 前执行完毕，现已逾期。", told[1])
}

// What a successor had found by itself is no answer to an order to search anew that the unit had which has ended.
func TestJ4_ARedoOfAnEndedUnitIsAnsweredByWhatIsFoundSince(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	heir := as(e.Suite, "section", trade)
	finds := func() {
		asked := riskPoint(trade, 1, 1, 1)
		asked.Category = "personal"
		e.office.approveTwice(t, heir.submit(t, heir.point(t, asked)))
	}
	finds()
	redo := e.office.orderRedo(t, markets, "2026-11-30")
	e.end(t)
	complete := func() error {
		_, err := heir.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "逐岗查找"})
		return err
	}
	suitetest.RequireRefused(t, complete(), codes.FailedPrecondition, "REDO_EMPTY")
	finds()
	require.NoError(t, complete())
}
