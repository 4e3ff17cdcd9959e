package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// catalogued is the bureau with its catalogue of powers made public, and with who makes it so.
type catalogued struct {
	*bureau

	leading   office
	catalogue *riskv1.Publication
}

func newCatalogued(t *testing.T) catalogued {
	t.Helper()
	b := catalogued{bureau: newBureau(t)}
	b.leading = as(b.Suite, "leading_group_office", commerce)
	b.catalogue = b.publish(t, "权力事项目录（一）")
	return b
}

func (b catalogued) publish(t *testing.T, title string) *riskv1.Publication {
	t.Helper()
	return b.leading.publicise(t, b.leading.freeze(t, "power_catalogue", title, ""), "society")
}

// enterPower has a power in force.
func (b catalogued) enterPower(t *testing.T, title string) *riskv1.PowerItem {
	t.Helper()
	asked := b.from.licensing(t, markets)
	asked.Kind, asked.Title = "approval", title
	return b.legal.approvePower(t, b.from.submitPower(t, b.from.power(t, asked), enter))
}

// compared is the catalogue once the job has looked.
func (b catalogued) compared(t *testing.T) *riskv1.Publication {
	t.Helper()
	b.RunJob("risk.compare_publications")
	return b.leading.publication(t, b.catalogue)
}

func (o office) publication(t *testing.T, of *riskv1.Publication) *riskv1.Publication {
	t.Helper()
	found, err := o.publications.GetPublication(t.Context(), &riskv1.GetPublicationRequest{Name: of.GetName()})
	require.NoError(t, err)
	return found
}

// outdated are the publications of the caller's subtree that show no longer what is in force.
func (o office) outdated(t *testing.T) (names []string) {
	t.Helper()
	listed, err := o.publications.ListPublications(t.Context(), &riskv1.ListPublicationsRequest{Unit: o.unit, Outdated: true})
	require.NoError(t, err)
	for _, made := range listed.GetPublications() {
		names = append(names, made.GetName())
	}
	return names
}

// When powers are set up, changed or cancelled, the catalogue is revised and made public (T12): the unit hears of that once, and is
// reminded.
func TestT12_J1_AUnitIsToldThatItsCatalogueIsOutOfDate(t *testing.T) {
	t.Parallel()
	b := newCatalogued(t)
	assert.Empty(t, b.compared(t).GetOutdatedOn())
	assert.Empty(t, b.leading.outdated(t))
	retitled := b.legal.approvePower(t, b.from.submitPower(t, b.from.retitlePower(t, b.item, "市场准入许可"), enter))
	b.Clock.Advance(day)
	found := b.compared(t)
	assert.Equal(t, "2026-11-03 2026-11-24 2026-11-19",
		found.GetOutdatedOn()+" "+found.GetRenewBy()+" "+found.GetRenewRemindOn())
	assert.EqualValues(t, 1, found.GetChangedCount())
	assert.Equal(t, []string{b.catalogue.GetName()}, b.leading.outdated(t))
	b.enterPower(t, "商务执法")
	b.Clock.Advance(day)
	found = b.compared(t)
	assert.EqualValues(t, 2, found.GetChangedCount())
	assert.Equal(t, "2026-11-03 2026-11-24", found.GetOutdatedOn()+" "+found.GetRenewBy(), "it is owed since it was first found")
	assert.Len(t, b.leading.changes(t, &riskv1.DiffPublicationRequest{
		Name: found.GetName(), After: &riskv1.DiffPublicationRequest_AfterDay{AfterDay: "2026-11-04"},
	}), 2, "what differs")

	b.Clock.Advance(21 * day)
	b.RunJob("risk.remind_publication_renewals")
	assert.Equal(t, []string{
		"公示“权力事项目录（一）”与现行登记已有 1 项不同，应于 2026-11-24 前重新公示。",
		"公示“权力事项目录（一）”与现行登记不同，应于 2026-11-24 前重新公示，现已逾期。",
	}, said(t, b.Suite, "leading_group_office", commerce, b.catalogue.GetName(), 2))

	next := b.publish(t, "权力事项目录（二）")
	found = b.compared(t)
	assert.Equal(t, riskv1.PublicationState_PUBLICATION_STATE_ENDED, found.GetState())
	assert.Equal(t, "2026-11-25 "+next.GetName()+" ", found.GetEndedOn()+" "+found.GetSupersededBy()+" "+found.GetRenewRemindOn())
	assert.Empty(t, b.leading.outdated(t))
	b.catalogue = next
	b.legal.approvePower(t, b.from.submitPower(t, retitled, end))
	assert.EqualValues(t, 1, b.compared(t).GetChangedCount(), "a power was cancelled")
}

// A catalogue that shows again what is in force is not out of date any more.
func TestT12_ACatalogueThatShowsAgainWhatIsInForceOwesNothing(t *testing.T) {
	t.Parallel()
	b := newCatalogued(t)
	added := b.enterPower(t, "商务执法")
	assert.EqualValues(t, 1, b.compared(t).GetChangedCount())
	b.legal.approvePower(t, b.from.submitPower(t, added, end))
	found := b.compared(t)
	assert.Equal(t, "  ", found.GetOutdatedOn()+" "+found.GetRenewBy()+" "+found.GetRenewRemindOn())
	assert.Zero(t, found.GetChangedCount())
	redrawn, err := b.from.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: b.item.GetName()})
	require.NoError(t, err)
	redrawn.Steps[2].Title = "送达"
	redrawn, err = b.from.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{PowerItem: redrawn, UpdateMask: all})
	require.NoError(t, err)
	b.legal.approvePower(t, b.from.submitPower(t, redrawn, enter))
	assert.Empty(t, b.compared(t).GetOutdatedOn(), "it shows no steps")
}

// What was owed of a publication is not got rid of by withdrawing it: the next of its kind owes it by the same day (T22, J5).
func TestT22_J5_J1_WhatAWithdrawnPublicationOwedIsOwedStill(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	item := h.division.licensing(t, courtCivil)
	item.Kind = "position"
	power := h.group.approvePower(t, h.division.submitPower(t, h.division.power(t, item), enter))
	publish := func(kind, title string) *riskv1.Publication {
		return h.leaders.publicise(t, h.leaders.freeze(t, kind, title, ""), "website")
	}
	withdraw := func(of *riskv1.Publication) *riskv1.Publication {
		back, err := h.leaders.publications.WithdrawPublication(t.Context(), &riskv1.WithdrawPublicationRequest{
			Name: of.GetName(), Reason: "内容有误",
		})
		require.NoError(t, err)
		return back
	}
	first, charts := publish("power_catalogue", "职权目录（一）"), publish("flow_charts", "职权运行流程图")
	require.Equal(t, "2026-11-16", first.GetFileBy())
	power.Title, power.Steps[2].Title = "临时占道审批", "送达"
	power, err := h.division.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{PowerItem: power, UpdateMask: all})
	require.NoError(t, err)
	h.group.approvePower(t, h.division.submitPower(t, power, enter))
	h.RunJob("risk.compare_publications")
	require.Contains(t, h.leaders.outdated(t), charts.GetName())

	withdraw(charts)
	assert.Equal(t, "2026-11-16", withdraw(first).GetFileBy())
	assert.Equal(t, []string{first.GetName()}, h.leaders.unfiled(t))
	assert.Contains(t, h.leaders.outdated(t), charts.GetName())
	hears(t, h.Suite, "court_leaders", court, first.GetName(), "公示“职权目录（一）”撤回后，仍应于 2026-11-16 前上报备案，请另行公示后上报。")
	h.Clock.Advance(40 * day)
	h.RunJob("risk.remind_publication_filings")
	h.RunJob("risk.remind_publication_renewals")
	hears(t, h.Suite, "court_leaders", court, first.GetName(), "“职权目录（一）”应于 2026-11-16 前上报备案，现已逾期。")
	hears(t, h.Suite, "court_leaders", court, court, "本次提醒：本单位有 2 项应当重新公示的内容没有按期完成，最早的应于 "+
		h.leaders.publication(t, charts).GetRenewBy()+" 前完成：职权目录（一）、职权运行流程图。")
	figure := func() *typev1.Figure {
		answer, err := h.group.figures.ListFigures(t.Context(), &riskv1.ListFiguresRequest{
			Root: court, Units: []string{court}, Period: "2026-Q4", Measures: []string{"risk.publications_filed_on_time"},
		})
		require.NoError(t, err)
		return answer.GetFigures()[0]
	}
	assert.EqualValues(t, 1, figure().GetDenominator())

	second := publish("power_catalogue", "职权目录（二）")
	assert.Equal(t, "2026-11-16", second.GetFileBy())
	assert.Equal(t, []string{second.GetName()}, h.leaders.unfiled(t))
	was := h.leaders.publication(t, first)
	assert.Equal(t, second.GetName()+" ", was.GetSupersededBy()+" "+was.GetFileBy())
	_, err = h.leaders.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
		Name: second.GetName(), Filing: &riskv1.Filing{FiledWith: "district_commission", FiledOn: "2026-12-12", ReceiptNumber: "7"},
	})
	require.NoError(t, err)
	assert.EqualValues(t, 1, figure().GetDenominator())
	assert.Zero(t, figure().GetNumerator())
	publish("flow_charts", "职权运行流程图（二）")
	assert.Empty(t, h.leaders.outdated(t))
}

// Of each kind a unit has one public at a time (T12, J1); what is objected to is answered first.
func TestT12_J1_J6_OneOfAKindIsPublicAtATime(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	item := h.division.licensing(t, courtCivil)
	item.Kind = "position"
	h.group.approvePower(t, h.division.submitPower(t, h.division.power(t, item), enter))
	point, grades := h.noticed(t)
	publish := func(kind, title string) *riskv1.Publication {
		return h.leaders.publicise(t, h.leaders.freeze(t, kind, title, ""), "website")
	}
	first, charts := publish("power_catalogue", "职权目录（一）"), publish("flow_charts", "职权运行流程图")
	second := publish("power_catalogue", "职权目录（二）")
	listed, err := passer(h.Suite).ListOpenPublications(t.Context(), &riskv1.ListOpenPublicationsRequest{Unit: court})
	require.NoError(t, err)
	var open []string
	for _, made := range listed.GetPublications() {
		open = append(open, made.GetName())
	}
	assert.Equal(t, []string{second.GetName(), charts.GetName(), grades.GetName()}, open)
	ended := h.leaders.publication(t, first)
	assert.Equal(t, "2026-11-02 "+second.GetName(), ended.GetEndedOn()+" "+ended.GetSupersededBy())

	_, err = anybody(h.Suite).SubmitComment(t.Context(), objectTo(grades, point))
	require.NoError(t, err)
	again := h.leaders.freeze(t, "risk_grades", "风险点公示（二）", "")
	_, err = h.leaders.publications.PublicisePublication(t.Context(), &riskv1.PublicisePublicationRequest{
		Name: again.GetName(), Places: []string{"website"},
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "OPEN_OBJECTIONS")
	require.ErrorContains(t, err, "对“风险点公示”还有 1 条异议没有答复")
	assert.Equal(t, riskv1.PublicationState_PUBLICATION_STATE_DRAFT, h.leaders.publication(t, again).GetState(), "nothing is half done")
	assert.Equal(t, riskv1.PublicationState_PUBLICATION_STATE_PUBLICISED, h.leaders.publication(t, grades).GetState())
}

// A catalogue that may stay public for ever is filed upward meanwhile (J1, J5): by the day of the one whose place it took.
func TestJ1_J5_T22_ACatalogueIsFiledWhileItIsPublic(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	item := h.division.licensing(t, courtCivil)
	item.Kind = "position"
	h.group.approvePower(t, h.division.submitPower(t, h.division.power(t, item), enter))
	publish := func(kind, title string) *riskv1.Publication {
		return h.leaders.publicise(t, h.leaders.freeze(t, kind, title, ""), "website")
	}
	file := func(of *riskv1.Publication, on string) (*riskv1.Publication, error) {
		return h.leaders.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
			Name: of.GetName(), Filing: &riskv1.Filing{FiledWith: "district_commission", FiledOn: on, ReceiptNumber: "7"},
		})
	}
	first, charts := publish("power_catalogue", "职权目录（一）"), publish("flow_charts", "职权运行流程图")
	assert.Equal(t, "2026-11-16 2026-11-11", first.GetFileBy()+" "+first.GetFileRemindOn())
	_, err := file(charts, "2026-11-02")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE") // nobody asks for them
	assert.NotContains(t, err.Error(), "file、")

	h.Clock.Advance(day)
	second := publish("power_catalogue", "职权目录（二）")
	assert.Equal(t, "2026-11-16", second.GetFileBy(), "a new one leaves no more time")
	assert.Equal(t, []string{second.GetName()}, h.leaders.unfiled(t))
	_, err = file(first, "2026-11-03")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "PUBLICATION_SUPERSEDED")
	h.Clock.Advance(14 * day)
	h.RunJob("risk.remind_publication_filings")
	assert.Equal(t, []string{"“职权目录（二）”应于 2026-11-16 前上报备案，现已逾期。"},
		said(t, h.Suite, "court_leaders", court, second.GetName(), 1))
	_, err = file(second, "2026-11-02")
	suitetest.RequireFieldFaults(t, err, map[string]string{"filing.filed_on": "NOT_BEFORE"})
	filed, err := file(second, "2026-11-17")
	require.NoError(t, err)
	assert.Equal(t, "2026-11-17 ", filed.GetFiledOn()+" "+filed.GetFileRemindOn())
	assert.Equal(t, riskv1.PublicationState_PUBLICATION_STATE_PUBLICISED, filed.GetState())
	ended, err := h.leaders.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: second.GetName()})
	require.NoError(t, err)
	assert.Empty(t, ended.GetFileRemindOn())
	assert.Empty(t, h.leaders.unfiled(t), "it has been filed")

	third := publish("power_catalogue", "职权目录（三）")
	_, err = h.leaders.publications.WithdrawPublication(t.Context(), &riskv1.WithdrawPublicationRequest{
		Name: third.GetName(), Reason: "有误",
	})
	require.NoError(t, err)
	assert.Equal(t, []string{third.GetName()}, h.leaders.unfiled(t), "what was withdrawn owes until another takes its place")
}
