package risk_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// passer is who has no account and reads what is public.
func passer(s *suitetest.Suite) riskv1.PublicationServiceClient {
	return riskv1.NewPublicationServiceClient(s.Unauthenticated())
}

func TestJ6_T12_AnybodyReadsWhatTheyMayObjectTo(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	public, name := passer(h.Suite), publication.GetName()
	assert.True(t, publication.GetOpen())
	listed, err := public.ListOpenPublications(t.Context(), &riskv1.ListOpenPublicationsRequest{Unit: court})
	require.NoError(t, err)
	require.Len(t, listed.GetPublications(), 1)
	assert.Equal(t, name+" 风险点公示 2026-11-02", listed.GetPublications()[0].GetName()+" "+
		listed.GetPublications()[0].GetTitle()+" "+listed.GetPublications()[0].GetPublicFrom())
	read, err := public.ReadPublication(t.Context(), &riskv1.ReadPublicationRequest{Name: name})
	require.NoError(t, err)
	assert.Equal(t, publication.GetEntriesSha256(), read.GetEntriesSha256())
	entries, err := public.ReadPublicationEntries(t.Context(), &riskv1.ReadPublicationEntriesRequest{Name: name, PageSize: 1})
	require.NoError(t, err)
	require.Len(t, entries.GetEntries(), 1)
	assert.Equal(t, point.GetName()+" 人情案", entries.GetEntries()[0].GetEntry()+" "+
		entries.GetEntries()[0].GetRiskPoint().GetDescription())
	_, err = public.ReadPublicationEntries(t.Context(), &riskv1.ReadPublicationEntriesRequest{Name: name, PageSize: 51})
	suitetest.RequireRefused(t, err, codes.InvalidArgument, "INVALID_ARGUMENT")
	_, err = public.DrawPublicationEntry(t.Context(), &riskv1.DrawPublicationEntryRequest{Name: name, Entry: point.GetName()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "SHOWS_NO_STEPS")
	require.ErrorContains(t, err, "公示“风险点公示”不公开权力运行流程")
	_, err = public.GetPublication(t.Context(), &riskv1.GetPublicationRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.Unauthenticated, "TOKEN_MISSING")

	h.Clock.Advance(10 * day)
	_, err = h.leaders.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: name})
	require.NoError(t, err)
	_, err = public.ReadPublication(t.Context(), &riskv1.ReadPublicationRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	listed, err = public.ListOpenPublications(t.Context(), &riskv1.ListOpenPublicationsRequest{Unit: court})
	require.NoError(t, err)
	assert.Empty(t, listed.GetPublications())
}

func TestT4_T22_WhatIsPublicWithinARangeAndWhoAnswersStaysThere(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	owner := b.section.held(t, markets, "市场监管股长", "section_head", "甲", "2024-01-01")
	asked := riskPoint(markets, 1, 1, 1)
	asked.Category, asked.ControlStage, asked.OwnerPosition = "decision", "execution", owner.GetName()
	b.office.approveTwice(t, b.section.submit(t, b.section.point(t, asked)))
	public := passer(b.Suite)
	within := b.office.publicise(t, b.office.freeze(t, "grade_catalogue", "风险等级目录（内部）", ""), "within")
	draft := b.office.freeze(t, "grade_catalogue", "风险等级目录", "")
	for _, made := range []*riskv1.Publication{within, draft} {
		_, err := public.ReadPublication(t.Context(), &riskv1.ReadPublicationRequest{Name: made.GetName()})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}
	open := b.office.publicise(t, draft, "society")
	inside := b.office.entries(t, open)
	require.Len(t, inside, 1)
	assert.Equal(t, "甲", inside[0].GetRiskPoint().GetOwner().GetPerson())
	entries, err := public.ReadPublicationEntries(t.Context(), &riskv1.ReadPublicationEntriesRequest{Name: open.GetName()})
	require.NoError(t, err)
	require.Len(t, entries.GetEntries(), 1)
	shown := entries.GetEntries()[0].GetRiskPoint().GetOwner()
	assert.Equal(t, "市场监管股长 ", shown.GetTitle()+" "+shown.GetPerson(), "who answers is a position, not a name")
}

func TestJ1_T12_AnybodySeesTheFlowChartsThatArePublic(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	asked := b.section.licensing(t, markets)
	asked.Kind = "approval"
	item := b.section.submitPower(t, b.section.power(t, asked), riskv1.Proposal_PROPOSAL_ENTER)
	as(b.Suite, "legal_office", commerce).approvePower(t, item)
	charts := b.office.publicise(t, b.office.freeze(t, "flow_charts", "权力运行流程图", ""), "society")
	draw := func(ctx context.Context, entry string) (string, error) {
		chart, err := passer(b.Suite).DrawPublicationEntry(ctx,
			&riskv1.DrawPublicationEntryRequest{Name: charts.GetName(), Entry: entry})
		return string(chart.GetData()), err
	}
	chart, err := draw(t.Context(), item.GetName())
	require.NoError(t, err)
	assert.Contains(t, chart, "<svg")
	assert.Contains(t, chart, "窗口受理岗")
	assert.NotEmpty(t, asked.GetPositions())
	_, err = b.section.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position: &riskv1.Position{Name: asked.GetPositions()[0], Title: "综合窗口岗"},
	})
	require.NoError(t, err)
	does := map[string]string{"accept": "窗口受理岗", "decide": "审批岗"}
	assert.Equal(t, does, b.office.entries(t, charts)[0].GetStepPositions(), "as frozen; the applicant is no position")
	read, err := passer(b.Suite).ReadPublicationEntries(t.Context(), &riskv1.ReadPublicationEntriesRequest{Name: charts.GetName()})
	require.NoError(t, err)
	assert.Equal(t, does, read.GetEntries()[0].GetStepPositions())
	catalogue := b.office.publicise(t, b.office.freeze(t, "power_catalogue", "权力事项目录", ""), "society")
	assert.Empty(t, b.office.entries(t, catalogue)[0].GetStepPositions(), "it shows no steps")
	_, err = draw(t.Context(), "powerItems/commerce-0")
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
}
