package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// openBureau is T with a section that must open its affairs, and the office above it.
type openBureau struct {
	*suitetest.Suite

	section, office office
}

func newOpenBureau(t *testing.T) openBureau {
	t.Helper()
	s := suitetest.Of(t, "t", commerce)
	b := openBureau{Suite: s, section: as(s, "section", markets), office: as(s, "leading_group_office", commerce)}
	s.RunJob("risk.open_openness_items")
	s.RunJob("risk.open_openness_items")
	return b
}

// text is a draft of a publication that holds a text.
func (o office) text(t *testing.T, kind, title string) *riskv1.Publication {
	t.Helper()
	made, err := o.publications.CreatePublication(t.Context(), &riskv1.CreatePublicationRequest{
		Publication: &riskv1.Publication{Unit: o.unit, Kind: kind, Title: title, Text: "本季度办理事项及结果。"},
	})
	require.NoError(t, err)
	return made
}

func (o office) items(t *testing.T, req *riskv1.ListOpennessItemsRequest) []*riskv1.OpennessItem {
	t.Helper()
	req.Unit = o.unit
	list, err := o.openness.ListOpennessItems(t.Context(), req)
	require.NoError(t, err)
	return list.GetOpennessItems()
}

// affairs is what the section must open this quarter.
func (b openBureau) affairs(t *testing.T) *riskv1.OpennessItem {
	t.Helper()
	list := b.section.items(t, &riskv1.ListOpennessItemsRequest{Rules: []string{"affairs"}})
	require.Len(t, list, 1)
	return list[0]
}

func opening(item *riskv1.OpennessItem, with *riskv1.Publication) *riskv1.CompleteOpennessItemRequest {
	return &riskv1.CompleteOpennessItemRequest{
		Name: item.GetName(), Publication: with.GetName(), Address: "https://example.org/zw/4",
	}
}

func TestT19_AffairsAreOpenedByTheQuarter(t *testing.T) {
	t.Parallel()
	b := newOpenBureau(t)
	require.Len(t, b.office.items(t, &riskv1.ListOpennessItemsRequest{}), 9, "each section its affairs, the bureau those of party and government, and its powers")
	item := b.affairs(t)
	assert.Equal(t, "2026-10-01 2026-12-31 2026-12-31 affairs", item.GetPeriodFrom()+" "+item.GetPeriodUntil()+" "+
		item.GetDueOn()+" "+item.GetPublicationKind())
	assert.Equal(t, []string{"请于 2026-12-31 前办理“政务公开”。"}, said(t, b.Suite, "section", markets, item.GetName(), 1))

	draft := b.section.text(t, "affairs", "第四季度政务公开")
	assert.NotEmpty(t, draft.GetEntriesSha256())
	_, err := b.section.openness.CompleteOpennessItem(t.Context(), opening(item, draft))
	suitetest.RequireFieldFaults(t, err, map[string]string{"publication": "NOT_PUBLIC"})
	public := b.section.publicise(t, draft, "website", "notice_board")
	_, err = b.office.openness.CompleteOpennessItem(t.Context(), opening(item, public))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	open, err := b.section.openness.CompleteOpennessItem(t.Context(), opening(item, public))
	require.NoError(t, err)
	assert.Equal(t, []string{"website", "notice_board"}, open.GetPlaces())
	assert.Equal(t, "OPENNESS_STATE_OPENED 2026-11-02 2026-11-09 https://example.org/zw/4 ",
		open.GetState().String()+" "+open.GetOpenedOn()+" "+open.GetOpenUntil()+" "+open.GetAddress()+" "+open.GetRemindOn())
	read, err := as(b.Suite, "section", enforcement).publications.GetPublication(t.Context(),
		&riskv1.GetPublicationRequest{Name: public.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "本季度办理事项及结果。", read.GetText(), "what is public is read from everywhere")

	_, err = b.section.publications.WithdrawPublication(t.Context(), &riskv1.WithdrawPublicationRequest{
		Name: public.GetName(), Reason: "数字有误",
	})
	require.NoError(t, err)
	again := b.affairs(t)
	assert.Equal(t, "OPENNESS_STATE_DUE  ", again.GetState().String()+" "+again.GetPublication()+" "+again.GetOpenedOn())
	assert.NotEmpty(t, again.GetRemindOn())
	assert.Equal(t, "办理“政务公开”的公示已撤回，仍应于 2026-12-31 前办理。",
		said(t, b.Suite, "section", markets, item.GetName(), 2)[1])
}

func TestT19_WhatIsNotOpenShows(t *testing.T) {
	t.Parallel()
	b := newOpenBureau(t)
	item := b.affairs(t)
	b.Clock.Advance(60 * day) // to the first of January
	b.RunJob("risk.remind_openness_items")
	b.RunJob("risk.open_openness_items")
	assert.Len(t, b.office.items(t, &riskv1.ListOpennessItemsRequest{Overdue: true}), 9)
	hears(t, b.Suite, "leading_group_office", commerce, commerce,
		"下级有 6 项内容没有按期公开，最早的应于 2026-12-31 前完成。", "six in one message")
	require.Len(t, b.section.items(t, &riskv1.ListOpennessItemsRequest{}), 2, "that of the next quarter is due")
	late := b.section.publicise(t, b.section.text(t, "affairs", "补公开"), "website")
	_, err := b.section.openness.CompleteOpennessItem(t.Context(), opening(item, late))
	require.NoError(t, err)
	counted, err := b.office.openness.CountOpennessItems(t.Context(), &riskv1.CountOpennessItemsRequest{Unit: markets})
	require.NoError(t, err)
	require.Len(t, counted.GetCounts(), 2)
	for _, c := range counted.GetCounts() {
		if c.GetState() == riskv1.OpennessState_OPENNESS_STATE_OPENED {
			assert.EqualValues(t, 1, c.GetLateCount())
		} else {
			assert.EqualValues(t, 1, c.GetCount())
			assert.Zero(t, c.GetOverdueCount())
		}
	}
}

func TestT19_QuartersOfAnOutageAreOwedAfterwards(t *testing.T) {
	t.Parallel()
	b := newOpenBureau(t)
	b.Clock.Advance((60 + 181) * day) // to the first of July
	b.RunJob("risk.open_openness_items")
	b.RunJob("risk.open_openness_items")
	periods := []string{}
	for _, item := range b.section.items(t, &riskv1.ListOpennessItemsRequest{}) {
		periods = append(periods, item.GetPeriodFrom()+" "+item.GetDueOn())
	}
	assert.ElementsMatch(t, []string{
		"2026-10-01 2026-12-31", "2027-01-01 2027-03-31", "2027-04-01 2027-06-30", "2027-07-01 2027-09-30",
	}, periods)
	missed := b.section.items(t, &riskv1.ListOpennessItemsRequest{Overdue: true})
	require.Len(t, missed, 3)
	for _, item := range missed {
		if item.GetPeriodFrom() == "2027-01-01" {
			assert.Equal(t, []string{"“政务公开”应于 2027-03-31 前办理，现已逾期。"}, said(t, b.Suite, "section", markets, item.GetName(), 1))
			assert.NotEmpty(t, item.GetRemindOn(), "it is reminded of until it is done")
		}
	}
}

func TestT19_APurchaseIsOpenedAtOnceWithAPhotoOfTheBoard(t *testing.T) {
	t.Parallel()
	b := newOpenBureau(t)
	b.Clock.Advance(2 * day)
	enter := func(rule, on string) (*riskv1.OpennessItem, error) {
		return b.section.openness.CreateOpennessItem(t.Context(), &riskv1.CreateOpennessItemRequest{OpennessItem: &riskv1.OpennessItem{
			Unit: markets, Rule: rule, Occasion: "采购检测设备", OccurredOn: on,
		}})
	}
	_, err := enter("affairs", "2026-11-03")
	suitetest.RequireFieldFaults(t, err, map[string]string{"openness_item.rule": "OPENED_BY_CALENDAR"})
	_, err = enter("rumours", "2026-11-05")
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"openness_item.rule": "UNKNOWN_TERM", "openness_item.occurred_on": "FUTURE",
	})
	item, err := enter("procurement", "2026-11-03")
	require.NoError(t, err)
	assert.Equal(t, "2026-11-10", item.GetDueOn(), "five working days")
	public := b.section.publicise(t, b.section.text(t, "procurement", "采购公开"), "notice_board")
	_, err = b.section.openness.CompleteOpennessItem(t.Context(), opening(item, public))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "EVIDENCE_MISSING")
	attach(t, b.Suite, "section", markets, item.GetName())
	affairs := b.section.publicise(t, b.section.text(t, "affairs", "政务"), "website")
	_, err = b.section.openness.CompleteOpennessItem(t.Context(), opening(item, affairs))
	suitetest.RequireFieldFaults(t, err, map[string]string{"publication": "WRONG_PUBLICATION_KIND"})
	open, err := b.section.openness.CompleteOpennessItem(t.Context(), opening(item, public))
	require.NoError(t, err)
	assert.Equal(t, riskv1.OpennessState_OPENNESS_STATE_OPENED, open.GetState())

	b.Clock.Advance(day)
	later, err := enter("procurement", "2026-11-05")
	require.NoError(t, err)
	attach(t, b.Suite, "section", markets, later.GetName())
	_, err = b.section.openness.CompleteOpennessItem(t.Context(), opening(later, public))
	suitetest.RequireFieldFaults(t, err, map[string]string{"publication": "PUBLIC_BEFORE"})
	cancel := &riskv1.CancelOpennessItemRequest{Name: later.GetName(), Reason: "涉密采购"}
	_, err = as(b.Suite, "leading_group_office", markets).openness.CancelOpennessItem(t.Context(), cancel)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
	cancelled, err := b.office.openness.CancelOpennessItem(t.Context(), cancel)
	require.NoError(t, err)
	assert.Equal(t, riskv1.OpennessState_OPENNESS_STATE_CANCELLED, cancelled.GetState())
}

func TestT19_TextsAndEntriesOfTheRegisterAreApart(t *testing.T) {
	t.Parallel()
	b := newOpenBureau(t)
	create := func(kind, text string) error {
		_, err := b.section.publications.CreatePublication(t.Context(), &riskv1.CreatePublicationRequest{
			Publication: &riskv1.Publication{Unit: markets, Kind: kind, Title: "公开", Text: text},
		})
		return err
	}
	suitetest.RequireFieldFaults(t, create("affairs", ""), map[string]string{"publication.text": "REQUIRED"})
	suitetest.RequireFieldFaults(t, create("grade_catalogue", "文字"), map[string]string{"publication.text": "CONTRADICTION"})
	made := b.section.text(t, "affairs", "公开")
	_, err := b.section.publications.DiffPublication(t.Context(), &riskv1.DiffPublicationRequest{
		Name: made.GetName(), After: &riskv1.DiffPublicationRequest_AfterDay{AfterDay: "2026-11-02"},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"name": "HOLDS_TEXT"})
}

func TestJ1_T19_FlowChartsAnswerWhatACourtMustOpen(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	h.RunJob("risk.open_openness_items")
	list := h.leaders.items(t, &riskv1.ListOpennessItemsRequest{})
	require.Len(t, list, 1)
	asked := h.division.licensing(t, courtCivil)
	asked.Kind = "procedure"
	h.group.approvePower(t, h.division.submitPower(t, h.division.power(t, asked), enter))
	charts := h.leaders.publicise(t, h.leaders.freeze(t, "flow_charts", "流程图", ""), "website")
	open, err := h.leaders.openness.CompleteOpennessItem(t.Context(), opening(list[0], charts))
	require.NoError(t, err)
	assert.Equal(t, charts.GetName(), open.GetPublication())
}
