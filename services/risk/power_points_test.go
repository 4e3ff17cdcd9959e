package risk_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// riskyPower is the bureau with risk points of the power that goes from the section of the markets to that of trade.
type riskyPower struct {
	*bureau

	office                 office
	section, deputy        string            // positions that own: of the section, and of the bureau
	local, shared, drafted *riskv1.RiskPoint // owned by each, and one that never was in force
}

func newRiskyPower(t *testing.T) *riskyPower {
	t.Helper()
	b := &riskyPower{bureau: newBureau(t)}
	b.office = as(b.Suite, "leading_group_office", commerce)
	b.section, b.deputy = b.from.post(t, markets, "股长", "section_head"), b.office.post(t, commerce, "分管副局长", "deputy")
	b.local = b.pointInForce(t, 1, "对条件不符的申请予以许可", b.section)
	b.shared = b.pointInForce(t, 3, "越权许可", b.deputy)
	b.drafted = b.from.point(t, b.asked(2, "不按时办理", b.section))
	return b
}

// asked is a risk point in the step of the power in which its decider decides.
func (b *riskyPower) asked(points int32, description, owner string) *riskv1.RiskPoint {
	decide := b.item.GetSteps()[1]
	asked := riskPoint(markets, points, points, points)
	asked.Category, asked.ControlStage, asked.Regime, asked.Description = "decision", "execution", "", description
	asked.PowerItem, asked.Step, asked.Position, asked.OwnerPosition = b.item.GetName(), decide.GetId(), decide.GetPosition(), owner
	return asked
}

func (b *riskyPower) pointInForce(t *testing.T, points int32, description, owner string) *riskv1.RiskPoint {
	t.Helper()
	return b.office.approveTwice(t, b.from.propose(t, b.from.point(t, b.asked(points, description, owner)), enter))
}

func (b *riskyPower) control(t *testing.T, point *riskv1.RiskPoint, form, owner string) *riskv1.Control {
	t.Helper()
	return b.from.plan(t, &riskv1.Control{
		Unit: markets, RiskPoint: point.GetName(), Form: form, Measure: "双人复核", OwnerPosition: owner, DueOn: "2026-11-20",
	})
}

// take has the other unit take the power over, with a decider of its own.
func (b *riskyPower) take(t *testing.T) (taken *riskv1.PowerItem, decider string) {
	t.Helper()
	_, draft := b.given(t)
	decider = b.to.post(t, trade, "外贸审批岗", "staff")
	steps := draft.GetSteps()
	steps[1].Position = decider
	draft, err := b.to.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{
		PowerItem: &riskv1.PowerItem{Name: draft.GetName(), Positions: []string{decider}, Steps: steps},
	})
	require.NoError(t, err)
	return b.legal.approvePower(t, b.to.submitPower(t, draft, enter)), decider
}

// inForceAt are the risk points in force of a unit on a day, by how they stand there.
func inForceAt(t *testing.T, o office, unit, day string) (said []string) {
	t.Helper()
	list, err := o.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: unit, AsOf: day, PageSize: 100})
	require.NoError(t, err)
	for _, p := range list.GetRiskPoints() {
		said = append(said, fmt.Sprint(p.GetDescription(), " ", p.GetStanding().GetVersion()))
	}
	slices.Sort(said)
	return said
}

func TestT12_J1_RiskPointsGoWithATransferredPower(t *testing.T) {
	t.Parallel()
	b := newRiskyPower(t)
	catalogue := b.from.publicise(t, b.from.freeze(t, "power_catalogue", "权力事项目录", ""), "society")
	table := b.office.publicise(t, b.office.freeze(t, "grade_catalogue", "等级目录", ""), "within")
	b.Clock.Advance(day)
	taken, decider := b.take(t)

	local := b.to.get(t, b.local)
	assert.Equal(t, []string{trade, taken.GetName(), "decide", decider, "", "RETURNED ", markets}, []string{
		local.GetUnit(), local.GetPowerItem(), local.GetStep(), local.GetPosition(), local.GetOwnerPosition(), stands(local),
		local.GetTransferredFrom(),
	})
	reviews := local.GetStanding().GetReviews()
	require.Len(t, reviews, 1)
	assert.Equal(t, "机构改革 "+markets, reviews[0].GetReason()+" "+reviews[0].GetTransferredFrom())
	assert.Equal(t, "DRAFT "+trade, stands(b.to.get(t, b.drafted))+b.to.get(t, b.drafted).GetUnit())
	assert.Equal(t, b.deputy, b.to.get(t, b.shared).GetOwnerPosition(), "who stands above both owns it still")
	_, err := b.from.points.GetRiskPoint(t.Context(), &riskv1.GetRiskPointRequest{Name: b.local.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	assert.Equal(t, []string{"对条件不符的申请予以许可 1", "越权许可 1"}, inForceAt(t, b.office, markets, "2026-11-02"))
	assert.Empty(t, inForceAt(t, b.office, markets, "2026-11-03"))
	assert.Equal(t, []string{"对条件不符的申请予以许可 2", "越权许可 2"}, inForceAt(t, b.office, trade, "2026-11-03"), "never without its risks")

	hears(t, b.Suite, "section", trade, taken.GetName(), "“临时占道许可”由市场运行股划转，随之转来 3 个风险点，请核对所在岗位和责任岗位后重新报审；"+
		"另转来 0 项防控措施，0 项的责任岗位不在本单位及其上级单位，请另行制定。")
	hears(t, b.Suite, "section", markets, b.item.GetName(),
		"“临时占道许可”的 3 个风险点已随职权转入外贸股，随之转出 0 项防控措施，未完成的防控措施有 0 项不再由本单位落实。")

	_, err = b.to.points.DiscardRiskPointDraft(t.Context(), &riskv1.DiscardRiskPointDraftRequest{Name: local.GetName()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POINT_TRANSFERRED")
	_, err = b.to.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{
		Name: local.GetName(), Proposal: enter, Reason: "承接",
	})
	suitetest.RequireNamed(t, err, map[string]string{"owner_position": "REQUIRED"})
	local.OwnerPosition = b.to.post(t, trade, "股长", "section_head")
	local = b.office.approveTwice(t, b.to.propose(t, b.to.update(t, local), enter))
	assert.Equal(t, "IN_FORCE ", stands(local)+local.GetTransferredFrom())
	assert.EqualValues(t, 3, local.GetStanding().GetVersion())
	shared := b.office.approveTwice(t, b.to.propose(t, b.to.get(t, b.shared), enter))
	assert.Equal(t, "IN_FORCE ", stands(shared), "as it came it may be handed in")

	card, err := b.to.cards.ShowRiskCard(t.Context(), &riskv1.ShowRiskCardRequest{Name: decider})
	require.NoError(t, err)
	require.Len(t, card.GetRiskPoints(), 2)
	assert.Equal(t, taken.GetName(), card.GetPowerItems()[0].GetName())
	for _, made := range []*riskv1.Publication{catalogue, table} {
		b.RunJob("risk.compare_publications")
		diff, err := b.office.publications.DiffPublication(t.Context(), &riskv1.DiffPublicationRequest{Name: made.GetName(), After: &riskv1.DiffPublicationRequest_AfterDay{AfterDay: "2026-11-03"}})
		require.NoError(t, err)
		assert.NotEmpty(t, diff.GetChanges(), made.GetTitle())
	}
	next := b.to.publicise(t, b.to.freeze(t, "grade_catalogue", "等级目录", ""), "within")
	assert.Len(t, b.to.entries(t, next), 2)
}

func TestT12_T8_ControlsGoWithTheirRiskPointWhereTheirOwnersStand(t *testing.T) {
	t.Parallel()
	b := newRiskyPower(t)
	left, along := b.control(t, b.local, "pledge", b.section), b.control(t, b.local, "risk_hint", b.deputy)
	works, waits := b.control(t, b.local, "warning_education", b.section), b.control(t, b.local, "integrity_talk", b.section)
	b.from.completeControl(t, works)
	b.from.completeControl(t, waits)
	_, err := b.office.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: works.GetName(), Reason: "有效"})
	require.NoError(t, err)
	b.take(t)

	read := func(o office, control *riskv1.Control) string {
		found, err := o.controls.GetControl(t.Context(), &riskv1.GetControlRequest{Name: control.GetName()})
		require.NoError(t, err)
		return fmt.Sprint(found.GetUnit(), " ", found.GetState(), " ", found.GetPointGone())
	}
	assert.Equal(t, trade+" CONTROL_STATE_PLANNED false", read(b.to, along))
	assert.Equal(t, markets+" CONTROL_STATE_CANCELLED false", read(b.from, left))
	assert.Equal(t, markets+" CONTROL_STATE_EFFECTIVE true", read(b.from, works))
	assert.Equal(t, markets+" CONTROL_STATE_DONE true", read(b.from, waits))
	hears(t, b.Suite, "section", markets, b.item.GetName(),
		"“临时占道许可”的 3 个风险点已随职权转入外贸股，随之转出 1 项防控措施，未完成的防控措施有 1 项不再由本单位落实。")
	back := &riskv1.ReturnControlRequest{Name: waits.GetName(), Reason: "不足", DueOn: "2026-11-30"}
	_, err = b.office.controls.ReturnControl(t.Context(), back)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POINT_GONE")
	_, err = b.office.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: waits.GetName(), Reason: "属实"})
	require.NoError(t, err)
	gaps, err := b.to.controls.ListControlGaps(t.Context(), &riskv1.ListControlGapsRequest{Unit: trade})
	require.NoError(t, err)
	of := slices.IndexFunc(gaps.GetGaps(), func(g *riskv1.ControlGap) bool { return g.GetRiskPoint() == b.local.GetName() })
	require.GreaterOrEqual(t, of, 0, "what others did counts for it no more")
	assert.EqualValues(t, 1, gaps.GetGaps()[of].GetMissingCount(), "the grade asks for two forms")
}

// In a merger all stay where they are: the unit that takes a power over acts for the one that had it.
func TestT12_J1_AfterAMergerPowersAreTakenOverWithTheirRiskPoints(t *testing.T) {
	t.Parallel()
	b := newRiskyPower(t)
	control := b.control(t, b.local, "pledge", b.section)
	b.office.orderRedo(t, markets, "2026-11-20")
	campaign := b.office.begin(t, november())
	merge(t, b.Suite, commerce, markets, trade)
	b.RunJob("risk.follow_moves")
	b.RunJob("risk.follow_campaigns")
	b.from = b.to
	taken, _ := b.take(t)

	local := b.to.get(t, b.local)
	assert.Equal(t, []string{trade, taken.GetName(), b.item.GetSteps()[1].GetPosition(), b.section, "RETURNED ", ""}, []string{
		local.GetUnit(), local.GetPowerItem(), local.GetPosition(), local.GetOwnerPosition(), stands(local), local.GetRedo(),
	})
	kept, err := b.to.controls.GetControl(t.Context(), &riskv1.GetControlRequest{Name: control.GetName()})
	require.NoError(t, err)
	assert.Equal(t, trade+" CONTROL_STATE_PLANNED", kept.GetUnit()+" "+kept.GetState().String())
	assert.Empty(t, b.to.get(t, b.shared).GetRedo(), "the new review takes the place of that of the redo")
	at := func() string {
		for _, line := range b.office.progress(t, campaign, "execution", false) {
			if len(line) > len("commerce_trade") && line[:len("commerce_trade")] == "commerce_trade" {
				return line
			}
		}
		return ""
	}
	assert.Contains(t, at(), "reviewed 0-3", "the redo of the ended unit is open, too")
	_, err = b.to.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{Name: local.GetName(), Proposal: enter, Reason: "承接"})
	suitetest.RequireNamed(t, err, map[string]string{"owner_position": "OWNER_ELSEWHERE"})
	local.OwnerPosition = b.to.post(t, trade, "股长", "section_head")
	local = b.office.approveTwice(t, b.to.propose(t, b.to.update(t, local), enter))
	assert.Equal(t, "IN_FORCE ", stands(local))
	assert.Contains(t, at(), "reviewed 1-2")
}

func TestT12_J1_RiskPointsAreRetiredWithTheirPower(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	asked := h.division.licensing(t, courtCivil)
	asked.Kind = "procedure"
	power := h.group.approvePower(t, h.division.submitPower(t, h.division.power(t, asked), enter))
	in := func(description string) *riskv1.RiskPoint {
		point := scored(description, 2)
		point.PowerItem, point.Step = power.GetName(), "decide"
		return point
	}
	retired, pending := h.inForce(t, in("立案审查不严")), h.division.propose(t, h.division.point(t, in("拖延立案")), enter)
	other := h.inForce(t, scored("卷宗借阅无登记", 2))
	leaving := h.inForce(t, in("超期送达"))
	control := h.division.plan(t, &riskv1.Control{
		Unit: courtCivil, RiskPoint: retired.GetName(), Form: "measure", Measure: "抽查卷宗",
		OwnerPosition: h.division.post(t, courtCivil, "庭长", "division_head"), DueOn: "2026-11-20",
	})
	leaving.PowerItem, leaving.Step = "", ""
	leaving = h.division.update(t, leaving)
	_, err := h.division.powers.SubmitPowerItem(t.Context(), &riskv1.SubmitPowerItemRequest{Name: power.GetName(), Proposal: end, Reason: "职权取消"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "HAS_RISK_POINTS")
	h.group.approve(t, h.division.propose(t, leaving, enter))
	h.Clock.Advance(day)
	submitted, err := h.division.powers.SubmitPowerItem(t.Context(), &riskv1.SubmitPowerItemRequest{
		Name: power.GetName(), Proposal: end, Reason: "职权取消",
	})
	require.NoError(t, err)
	require.Equal(t, "REGISTER_STATE_ENDED", h.group.approvePower(t, submitted).GetState().String())

	for _, point := range []*riskv1.RiskPoint{retired, pending} {
		read := h.division.get(t, point)
		assert.Equal(t, "ENDED 职权取消", stands(read)+read.GetStanding().GetProposalReason())
	}
	assert.Equal(t, []string{"卷宗借阅无登记 1", "超期送达 2"}, inForceAt(t, h.group, courtCivil, "2026-11-03"))
	assert.Equal(t, "IN_FORCE ", stands(h.division.get(t, other)))
	ended, err := h.division.controls.GetControl(t.Context(), &riskv1.GetControlRequest{Name: control.GetName()})
	require.NoError(t, err)
	assert.Equal(t, riskv1.ControlState_CONTROL_STATE_CANCELLED, ended.GetState())
	hears(t, h.Suite, "division", courtCivil, power.GetName(), "“临时占道许可”取消，其 1 个生效的风险点随之销号：职权取消")
}

// A court's division hands a power over to another, by its roles.
func TestT12_J1_ACourtsRiskPointsGoWithTheirPower(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	const criminal = "units/court_criminal"
	other := as(h.Suite, "division", criminal)
	asked := h.division.licensing(t, courtCivil)
	asked.Kind = "procedure"
	power := h.group.approvePower(t, h.division.submitPower(t, h.division.power(t, asked), enter))
	point := scored("立案审查不严", 2)
	point.PowerItem, point.Step, point.Position = power.GetName(), "accept", power.GetPositions()[1]
	point = h.inForce(t, point)
	submitted, err := h.division.powers.SubmitPowerItem(t.Context(), transferTo(power, criminal))
	require.NoError(t, err)
	given := h.group.approvePower(t, submitted)
	assert.Equal(t, courtCivil, h.group.get(t, point).GetUnit(), "until the power is in force there")
	draft, err := other.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{PowerItem: &riskv1.PowerItem{
		Name: given.GetTransferredTo(), Positions: []string{other.post(t, criminal, "刑庭立案岗", "staff")},
	}})
	require.NoError(t, err)
	h.group.approvePower(t, other.submitPower(t, draft, enter))
	read := other.get(t, point)
	assert.Equal(t, criminal+" RETURNED ", read.GetUnit()+" "+stands(read))
	assert.Equal(t, "审判流程管理办法", read.GetRegime()+read.GetPosition(), "no position of the other division does its step")
	assert.Equal(t, "IN_FORCE ", stands(h.group.approve(t, other.propose(t, read, enter))))
}
