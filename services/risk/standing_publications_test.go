package risk_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// ownedTable is the summary table of the bureau with one entry, whose owner is its head.
type ownedTable struct {
	*suitetest.Suite

	section, leading office
	head             *riskv1.Position
	point            *riskv1.RiskPoint
}

func newOwnedTable(t *testing.T) ownedTable {
	t.Helper()
	s := suitetest.Of(t, "t", commerce)
	b := ownedTable{Suite: s, section: as(s, "section", markets), leading: as(s, "leading_group_office", commerce)}
	b.head = b.leading.held(t, commerce, "局长", "head", "甲", "2025-01-01")
	asked := riskPoint(markets, 5, 5, 5)
	asked.Category, asked.OwnerPosition = "decision", b.head.GetName()
	b.point = b.leading.approveTwice(t, b.section.propose(t, b.section.point(t, asked), enter))
	return b
}

func (b ownedTable) draft(t *testing.T) *riskv1.Publication {
	t.Helper()
	return b.leading.freeze(t, "summary_table", "廉政风险点汇总表", "")
}

// owners are the persons whom a publication names.
func (b ownedTable) owners(t *testing.T, publication *riskv1.Publication) string {
	t.Helper()
	var named []string
	for _, entry := range b.leading.entries(t, publication) {
		named = append(named, entry.GetRiskPoint().GetOwner().GetPerson())
	}
	return strings.Join(named, " ")
}

func TestT5_T10_T22_APublicationNamesWhoHoldsThePositionThatDay(t *testing.T) {
	t.Parallel()
	b := newOwnedTable(t)
	before := b.draft(t)
	b.leading.handOver(t, b.head, "2026-11-08", "乙", "2026-11-09")
	b.Clock.Advance(8 * day)
	_, err := b.leading.publications.PublicisePublication(t.Context(), &riskv1.PublicisePublicationRequest{
		Name: before.GetName(), Places: []string{"within"},
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DRAFT_OUTDATED")
	after := b.leading.publicise(t, b.draft(t), "within")
	assert.Equal(t, "甲 乙", b.owners(t, before)+" "+b.owners(t, after))
	assert.Equal(t, []string{"1a → 1a owner"}, b.leading.changes(t, &riskv1.DiffPublicationRequest{
		Name:  before.GetName(),
		After: &riskv1.DiffPublicationRequest_AfterPublication{AfterPublication: after.GetName()},
	}))
	today := &riskv1.DiffPublicationRequest_AfterDay{AfterDay: "2026-11-10"}
	assert.Empty(t, b.leading.changes(t, &riskv1.DiffPublicationRequest{Name: after.GetName(), After: today}))
	assert.Equal(t, "甲", b.leading.get(t, b.point).GetOwner().GetPerson(), "what was approved keeps what it was")
}

func TestT22_WhatAnUpheldObjectionGradedAnewIsNotFiled(t *testing.T) {
	t.Parallel()
	b := newOwnedTable(t)
	table := b.leading.publicise(t, b.draft(t), "within")
	_, err := anybody(b.Suite).SubmitComment(t.Context(), objectTo(table, b.point))
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND") // it is public within alone
	_, err = b.section.comments.SubmitComment(t.Context(), objectTo(table, b.point))
	require.NoError(t, err)
	chief := b.section.held(t, markets, "股长", "section_head", "丙", "2025-01-01")
	comment := b.leading.onlyComment(t)
	_, err = b.leading.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: comment.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "分值过高",
		Regrade: &riskv1.Regrade{Points: riskPoint("", 1, 1, 1).GetPoints(), OwnerPosition: chief.GetName()},
	})
	require.NoError(t, err)
	b.Clock.Advance(8 * day)
	ended, err := b.leading.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: table.GetName()})
	require.NoError(t, err)
	assert.Equal(t, []string{b.point.GetName()}, ended.GetRegradedEntries())
	assert.Contains(t, said(t, b.Suite, "leading_group_office", commerce, table.GetName(), 1)[0], "不能上报备案")
	file := func(of *riskv1.Publication) error {
		_, err := b.leading.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
			Name: of.GetName(), Filing: &riskv1.Filing{FiledWith: "city_office", FiledOn: of.GetEndedOn(), ReceiptNumber: "7"},
		})
		return err
	}
	refused := file(ended)
	suitetest.RequireRefused(t, refused, codes.FailedPrecondition, "ENTRIES_REGRADED")
	require.ErrorContains(t, refused, b.point.GetDescription())

	assert.Equal(t, "2026-11-24 2026-11-19", ended.GetFileBy()+" "+ended.GetFileRemindOn(), "it is owed")
	b.Clock.Advance(15 * day)
	b.RunJob("risk.remind_publication_filings")
	assert.Contains(t, said(t, b.Suite, "leading_group_office", commerce, table.GetName(), 2)[1], "现已逾期")

	again := b.leading.publicise(t, b.draft(t), "within")
	assert.Equal(t, []string{table.GetName()}, b.leading.unfiled(t))
	counts, _ := figuresOf(t, b.Suite, commerce, "2026", "publications_filed")
	assert.Equal(t, [2]int64{0, 1}, counts["publications_filed"])
	b.Clock.Advance(8 * day)
	ended, err = b.leading.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: again.GetName()})
	require.NoError(t, err)
	assert.Empty(t, ended.GetRegradedEntries())
	assert.Equal(t, []string{again.GetName()}, b.leading.unfiled(t), "it takes the place of the first")
	replaced, err := b.leading.publications.GetPublication(t.Context(), &riskv1.GetPublicationRequest{Name: table.GetName()})
	require.NoError(t, err)
	assert.Empty(t, replaced.GetFileBy()+replaced.GetFileRemindOn())
	assert.Equal(t, "2026-11-24 2026-12-10", ended.GetFileBy()+" "+ended.GetFileRemindOn(), "by the day of the first")
	require.NoError(t, file(ended))
	counts, _ = figuresOf(t, b.Suite, commerce, "2026", "publications_filed")
	assert.Equal(t, [2]int64{0, 1}, counts["publications_filed"], "that day was missed")
	assert.Empty(t, b.leading.unfiled(t))
}

// What is filed upward holds, wherever somebody objected to it.
func TestT4_T22_WhatAnObjectionToAnotherPublicationGradedAnewIsNotFiled(t *testing.T) {
	t.Parallel()
	b := newOwnedTable(t)
	catalogue := b.leading.publicise(t, b.leading.freeze(t, "grade_catalogue", "权力廉政风险等级目录", ""), "society")
	table := b.leading.publicise(t, b.draft(t), "within")
	_, err := anybody(b.Suite).SubmitComment(t.Context(), objectTo(catalogue, b.point))
	require.NoError(t, err)
	chief := b.section.held(t, markets, "股长", "section_head", "丙", "2025-01-01")
	uphold := &riskv1.AnswerCommentRequest{
		Name: b.leading.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "影响较小",
		Regrade: &riskv1.Regrade{Points: riskPoint("", 1, 1, 1).GetPoints(), OwnerPosition: chief.GetName()},
	}
	_, err = b.leading.comments.AnswerComment(t.Context(), uphold)
	require.NoError(t, err)
	after := b.leading.publicise(t, b.draft(t), "within")
	b.Clock.Advance(8 * day)
	b.RunJob("risk.end_publications")
	file := func(of *riskv1.Publication) error {
		ended, err := b.leading.publications.GetPublication(t.Context(), &riskv1.GetPublicationRequest{Name: of.GetName()})
		require.NoError(t, err)
		_, err = b.leading.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
			Name: of.GetName(), Filing: &riskv1.Filing{FiledWith: "city_office", FiledOn: ended.GetEndedOn(), ReceiptNumber: "7"},
		})
		return err
	}
	suitetest.RequireRefused(t, file(table), codes.FailedPrecondition, "PUBLICATION_SUPERSEDED")
	assert.Equal(t, []string{after.GetName()}, b.leading.unfiled(t))
	require.NoError(t, file(after), "it was frozen afterwards")
	told := said(t, b.Suite, "leading_group_office", commerce, catalogue.GetName(), 1)
	assert.Contains(t, told[len(told)-1], "不再是现行等级", "a catalogue is filed with nobody")
}

// Who is to file what is over hears at once that it can't be filed any more.
func TestT4_T22_WhoFilesHearsOfALaterRegradeOnce(t *testing.T) {
	t.Parallel()
	b := newOwnedTable(t)
	catalogue := b.leading.publicise(t, b.leading.freeze(t, "grade_catalogue", "权力廉政风险等级目录", ""), "society")
	table := b.leading.publicise(t, b.draft(t), "within")
	for range 2 {
		_, err := anybody(b.Suite).SubmitComment(t.Context(), objectTo(catalogue, b.point))
		require.NoError(t, err)
	}
	b.Clock.Advance(8 * day)
	b.RunJob("risk.end_publications")
	objections, err := b.leading.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: commerce})
	require.NoError(t, err)
	chief := b.section.held(t, markets, "股长", "section_head", "丙", "2025-01-01")
	for i, objection := range objections.GetComments() {
		_, err = b.leading.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
			Name: objection.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "影响较小", RegradeVersion: int32(i) + 1,
			Regrade: &riskv1.Regrade{Points: riskPoint("", 1, 1, int32(i)+1).GetPoints(), OwnerPosition: chief.GetName()},
		})
		require.NoError(t, err)
	}
	made, err := b.leading.publications.GetPublication(t.Context(), &riskv1.GetPublicationRequest{Name: table.GetName()})
	require.NoError(t, err)
	assert.Equal(t, []string{b.point.GetName()}, made.GetRegradedEntries())
	_, err = b.leading.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
		Name: table.GetName(), Filing: &riskv1.Filing{FiledWith: "city_office", FiledOn: made.GetEndedOn(), ReceiptNumber: "7"},
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "ENTRIES_REGRADED")
	b.RunJob("risk.end_publications")
	said(t, b.Suite, "leading_group_office", commerce, catalogue.GetName(), 1) // after what was told of the table
	told := said(t, b.Suite, "leading_group_office", commerce, table.GetName(), 2)
	require.Len(t, told, 2)
	assert.Equal(t, "公示“廉政风险点汇总表”已结束，其中 1 项因异议成立已调整等级（“对条件不符的申请予以许可”等），不能上报备案，请另拟一稿，公示后于 2026-11-24 前上报备案。", told[1])
}

// What was filed says grades that hold no longer: its unit hears so once, and finds it in a list until another table is over.
func TestT4_T22_WhoFiledHearsOfALaterRegrade(t *testing.T) {
	t.Parallel()
	b := newOwnedTable(t)
	catalogue := b.leading.publicise(t, b.leading.freeze(t, "grade_catalogue", "权力廉政风险等级目录", ""), "society")
	tables := []*riskv1.Publication{b.leading.publicise(t, b.draft(t), "within")}
	over := func(table *riskv1.Publication) {
		b.Clock.Advance(8 * day)
		b.RunJob("risk.end_publications")
		_, err := b.leading.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
			Name: table.GetName(), Filing: &riskv1.Filing{
				FiledWith: "city_office", FiledOn: b.leading.made(t, table).GetEndedOn(), ReceiptNumber: "7",
			},
		})
		require.NoError(t, err)
	}
	for range 2 {
		_, err := anybody(b.Suite).SubmitComment(t.Context(), objectTo(catalogue, b.point))
		require.NoError(t, err)
	}
	over(tables[0])
	tables = append(tables, b.leading.publicise(t, b.draft(t), "within"))
	over(tables[1])
	objections, err := b.leading.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: commerce})
	require.NoError(t, err)
	chief := b.section.held(t, markets, "股长", "section_head", "丙", "2025-01-01")
	for i, objection := range objections.GetComments() {
		_, err = b.leading.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
			Name: objection.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "影响较小", RegradeVersion: int32(i) + 1,
			Regrade: &riskv1.Regrade{Points: riskPoint("", 1, 1, int32(i)+1).GetPoints(), OwnerPosition: chief.GetName()},
		})
		require.NoError(t, err)
	}
	assert.Empty(t, b.leading.made(t, tables[0]).GetRegradedEntries(), "another was filed since")
	assert.Equal(t, []string{b.point.GetName()}, b.leading.made(t, tables[1]).GetRegradedEntries())
	says := "已上报备案的“廉政风险点汇总表”中，1 项因异议成立已调整等级（“对条件不符的申请予以许可”等），所报等级不再是现行等级，请重新公示并上报备案。"
	hears(t, b.Suite, "leading_group_office", commerce, tables[1].GetName(), says)
	outdated := func() (names []string) {
		listed, err := b.leading.publications.ListPublications(t.Context(),
			&riskv1.ListPublicationsRequest{Unit: commerce, Kinds: []string{"summary_table"}, Outdated: true})
		require.NoError(t, err)
		for _, made := range listed.GetPublications() {
			names = append(names, made.GetName())
		}
		return names
	}
	assert.Equal(t, []string{tables[1].GetName()}, outdated())
	tables = append(tables, b.leading.publicise(t, b.draft(t), "within"))
	assert.Equal(t, []string{tables[1].GetName()}, outdated(), "nothing else is filed yet")
	over(tables[2])
	assert.Empty(t, outdated())
	assert.Equal(t, tables[2].GetName(), b.leading.made(t, tables[1]).GetSupersededBy())
	assert.Empty(t, b.leading.made(t, tables[2]).GetRegradedEntries())
	assert.Equal(t, 1, times(t, b.Suite, tables[1].GetName(), says), "once")
}

func (o office) made(t *testing.T, publication *riskv1.Publication) *riskv1.Publication {
	t.Helper()
	made, err := o.publications.GetPublication(t.Context(), &riskv1.GetPublicationRequest{Name: publication.GetName()})
	require.NoError(t, err)
	return made
}

// A publicity ends by itself, so that nothing stays public or unfiled only since nobody has thought of it.
func TestJ6_T4_T19_T22_APublicityEndsByItselfAfterItsLastDay(t *testing.T) {
	t.Parallel()
	b := newOwnedTable(t)
	catalogue := b.leading.publicise(t, b.leading.freeze(t, "grade_catalogue", "权力廉政风险等级目录", ""), "society")
	table := b.leading.publicise(t, b.draft(t), "within")
	affairs := b.section.publicise(t, b.section.text(t, "affairs", "政务公开"), "website")
	_, err := anybody(b.Suite).SubmitComment(t.Context(), objectTo(catalogue, b.point))
	require.NoError(t, err)
	open := func(unit string) (names []string) {
		listed, err := passer(b.Suite).ListOpenPublications(t.Context(), &riskv1.ListOpenPublicationsRequest{Unit: unit})
		require.NoError(t, err)
		for _, made := range listed.GetPublications() {
			names = append(names, made.GetName())
		}
		return names
	}
	state := func(of *riskv1.Publication) string {
		made, err := b.leading.publications.GetPublication(t.Context(), &riskv1.GetPublicationRequest{Name: of.GetName()})
		require.NoError(t, err)
		return strings.TrimPrefix(made.GetState().String(), "PUBLICATION_STATE_") + " " + made.GetEndedOn() + " " + made.GetFileBy()
	}
	b.Clock.Advance(7 * day)
	b.RunJob("risk.end_publications")
	assert.Equal(t, "PUBLICISED  ", state(table), "its last day")
	assert.Equal(t, []string{catalogue.GetName()}, open(commerce))
	b.Clock.Advance(1 * day)
	assert.Empty(t, open(commerce))
	_, err = passer(b.Suite).ReadPublicationEntries(t.Context(), &riskv1.ReadPublicationEntriesRequest{Name: catalogue.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	b.RunJob("risk.end_publications")
	assert.Equal(t, "ENDED 2026-11-10 2026-11-24", state(table))
	assert.Equal(t, "ENDED 2026-11-10 ", state(affairs))
	assert.Equal(t, "PUBLICISED  ", state(catalogue), "somebody waits for an answer")
	assert.Equal(t, []string{table.GetName()}, b.leading.unfiled(t))
	assert.Equal(t, "公示“廉政风险点汇总表”已于 2026-11-09 期满，现已结束，应于 2026-11-24 前上报备案。",
		said(t, b.Suite, "leading_group_office", commerce, table.GetName(), 1)[0])
	assert.Equal(t, "公示“政务公开”已于 2026-11-09 期满，现已结束。", said(t, b.Suite, "section", markets, affairs.GetName(), 1)[0])
	_, err = b.leading.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: b.leading.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_DISMISSED, Answer: "等级适当",
	})
	require.NoError(t, err)
	b.RunJob("risk.end_publications")
	assert.Equal(t, "ENDED 2026-11-10 ", state(catalogue))

	_, err = b.section.comments.RegisterComment(t.Context(), &riskv1.RegisterCommentRequest{
		About: &riskv1.RegisterCommentRequest_Publication{Publication: table.GetName()}, Entry: b.point.GetName(),
		Text: "等级偏高", ReceivedOn: "2026-11-09",
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OBJECTION_ELSEWHERE")
	_, err = b.leading.comments.RegisterComment(t.Context(), &riskv1.RegisterCommentRequest{
		About: &riskv1.RegisterCommentRequest_Publication{Publication: table.GetName()}, Entry: b.point.GetName(),
		Text: "等级偏高", ReceivedOn: "2026-11-09",
	})
	require.NoError(t, err, "a letter of its days")
	_, err = b.leading.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
		Name: table.GetName(), Filing: &riskv1.Filing{FiledWith: "city_office", FiledOn: "2026-11-10", ReceiptNumber: "7"},
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "OPEN_OBJECTIONS")
}

func TestT19_APublicationOpensOnePeriod(t *testing.T) {
	t.Parallel()
	b := newOpenBureau(t)
	b.Clock.Advance(60 * day)
	b.RunJob("risk.open_openness_items")
	items := b.section.items(t, &riskv1.ListOpennessItemsRequest{Rules: []string{"affairs"}})
	require.Len(t, items, 2)
	public := b.section.publicise(t, b.section.text(t, "affairs", "政务公开"), "website")
	_, err := b.section.openness.CompleteOpennessItem(t.Context(), opening(items[0], public))
	require.NoError(t, err)
	_, err = b.section.openness.CompleteOpennessItem(t.Context(), opening(items[1], public))
	suitetest.RequireFieldFaults(t, err, map[string]string{"publication": "OPENED_PERIOD"})
	own := b.section.publicise(t, b.section.text(t, "affairs", "第一季度政务公开"), "website")
	_, err = b.section.openness.CompleteOpennessItem(t.Context(), opening(items[1], own))
	require.NoError(t, err)
}

// A later table of who acts for a unit that has ended takes the place of the last one of that unit, whichever was written first.
func TestT4_T22_ALaterTableOfASuccessorIsTheLastOfItsKind(t *testing.T) {
	t.Parallel()
	b := newOwnedTable(t)
	catalogue := b.leading.publicise(t, b.leading.freeze(t, "grade_catalogue", "权力廉政风险等级目录", ""), "society")
	_, err := anybody(b.Suite).SubmitComment(t.Context(), objectTo(catalogue, b.point))
	require.NoError(t, err)
	own, heir := as(b.Suite, head, markets), as(b.Suite, head, trade)
	over := func(by office, made *riskv1.Publication) *riskv1.Publication {
		b.Clock.Advance(8 * day)
		b.RunJob("risk.end_publications")
		made, err := by.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
			Name: made.GetName(), Filing: &riskv1.Filing{
				FiledWith: "city_office", FiledOn: by.made(t, made).GetEndedOn(), ReceiptNumber: "7",
			},
		})
		require.NoError(t, err)
		return made
	}
	table := func(of office) *riskv1.Publication {
		return of.freeze(t, "summary_table", "廉政风险点汇总表", "")
	}
	first, second := table(own), table(own)
	second = over(own, own.publicise(t, second, "within"))
	first = over(own, own.publicise(t, first, "within"))
	commerceBureau{Suite: b.Suite}.merge(t, markets, trade)
	b.Clock.Advance(day)
	third := over(heir, heir.publicise(t, table(heir), "within"))
	objections, err := b.leading.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: commerce})
	require.NoError(t, err)
	require.Len(t, objections.GetComments(), 1)
	_, err = b.leading.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: objections.GetComments()[0].GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "影响较小", RegradeVersion: 1,
		Regrade: &riskv1.Regrade{Points: riskPoint("", 1, 1, 2).GetPoints(), OwnerPosition: b.head.GetName()},
	})
	require.NoError(t, err)
	assert.Empty(t, heir.made(t, first).GetRegradedEntries())
	assert.Empty(t, heir.made(t, second).GetRegradedEntries())
	assert.Equal(t, []string{b.point.GetName()}, heir.made(t, third).GetRegradedEntries())
}
