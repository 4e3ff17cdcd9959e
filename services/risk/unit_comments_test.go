package risk_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func commentOn(unit, text string) *riskv1.SubmitCommentRequest {
	return &riskv1.SubmitCommentRequest{About: &riskv1.SubmitCommentRequest_Unit{Unit: unit}, Text: text}
}

// inMedia is what staff enter of what stood in a medium on a unit.
func inMedia(unit, medium, source, on string) *riskv1.RegisterCommentRequest {
	return &riskv1.RegisterCommentRequest{
		About: &riskv1.RegisterCommentRequest_Unit{Unit: unit}, Text: "反映办事拖延", Medium: medium, Source: source, ReceivedOn: on,
	}
}

func answerTo(c *riskv1.Comment, places ...string) *riskv1.AnswerCommentRequest {
	return &riskv1.AnswerCommentRequest{
		Name: c.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_ANSWERED, Answer: "已限时办结", Places: places,
	}
}

func TestT20_ACommentOfThePublicIsAnsweredByItsUnitInTime(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, above := as(s, "section", markets), as(s, "leading_group_office", commerce)
	sent, err := anybody(s).SubmitComment(t.Context(), commentOn(markets, "窗口上班时间无人"))
	require.NoError(t, err)
	assert.Equal(t, "2026-11-23", sent.GetDueOn(), "15 working days")
	comment := section.onlyComment(t)
	assert.Equal(t, []string{markets, markets, "窗口上班时间无人", ""},
		[]string{comment.GetUnit(), comment.GetAboutUnit(), comment.GetText(), comment.GetPublication()})
	s.RunJob("risk.remind_comments") // on the day itself nobody is told: the hour would tell of who says it
	for range 22 {
		s.Clock.Advance(day)
		s.RunJob("risk.remind_comments")
	}
	number := comment.GetName()[len(comment.GetName())-6:] // which tells comments of one day apart
	due := "公众或媒体 2026-11-02 对市场运行股的意见（尾号 " + number + "），请于 2026-11-23 前答复。"
	assert.Equal(t, []string{due, due, due, "公众或媒体 2026-11-02 对市场运行股的意见（尾号 " + number + "）应于 2026-11-23 前答复，现已逾期。"},
		said(t, s, "section", markets, comment.GetName(), 4))
	assert.Equal(t, []string{"市场运行股应于 2026-11-23 前答复公众或媒体 2026-11-02 对其的意见（尾号 " + number + "），现已逾期。"},
		said(t, s, "leading_group_office", commerce, comment.GetName(), 1))
	overdue, err := above.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: commerce, Overdue: true, OnUnits: true})
	require.NoError(t, err)
	require.Len(t, overdue.GetComments(), 1)

	_, err = above.comments.AnswerComment(t.Context(), answerTo(comment))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	answered, err := section.comments.AnswerComment(t.Context(), answerTo(comment))
	require.NoError(t, err)
	assert.Empty(t, answered.GetRemindOn())
	seen := follow(t, anybody(s), sent.GetReceipt())
	assert.Equal(t, "COMMENT_STATE_ANSWERED 已限时办结 2026-11-24", seen.GetState().String()+" "+seen.GetAnswer()+" "+seen.GetAnsweredOn())
	open, err := anybody(s).ListPublicAnswers(t.Context(), &riskv1.ListPublicAnswersRequest{Unit: markets})
	require.NoError(t, err)
	assert.Empty(t, open.GetAnswers(), "the holder of the receipt alone reads it")
}

func TestT20_WhatStandsInTheMediaIsRegisteredAndAnsweredOpenly(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, above := as(s, "section", markets), as(s, "leading_group_office", commerce)
	leaders := as(s, "bureau_leaders", markets)
	suitetest.RequireRefused(t, leaders.registers(t, inMedia(markets, "media", "", "2026-11-02")), codes.PermissionDenied, "PERMISSION_DENIED")
	suitetest.RequireFieldFaults(t, above.registers(t, inMedia(markets, "radio", "", "2026-11-03")),
		map[string]string{"medium": "UNKNOWN_TERM", "received_on": "FUTURE"})
	suitetest.RequireFieldFaults(t, above.registers(t, inMedia(markets, "", "第 3 版", "2026-11-02")), map[string]string{"medium": "REQUIRED"})
	require.NoError(t, above.registers(t, inMedia(markets, "media", "晚报第 3 版", "2026-10-30")))
	require.NoError(t, above.registers(t, inMedia(markets, "web", "https://example.org/1", "2026-11-02")))
	require.NoError(t, above.registers(t, inMedia(commerce, "", "", "2026-11-02")))

	list, err := above.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: commerce, Media: []string{"media"}})
	require.NoError(t, err)
	require.Len(t, list.GetComments(), 1)
	paper := list.GetComments()[0]
	assert.Equal(t, "2026-11-20", paper.GetDueOn(), "from the day on which it stood there")
	_, err = section.comments.AnswerComment(t.Context(), answerTo(paper, "square"))
	suitetest.RequireFieldFaults(t, err, map[string]string{"places[0]": "UNKNOWN_TERM"})
	upheld := answerTo(paper)
	upheld.Outcome = riskv1.CommentState_COMMENT_STATE_UPHELD
	_, err = section.comments.AnswerComment(t.Context(), upheld)
	suitetest.RequireFieldFaults(t, err, map[string]string{"outcome": "CONTRADICTION"})
	_, err = section.comments.AnswerComment(t.Context(), answerTo(paper, "website", "media"))
	require.NoError(t, err)
	open, err := anybody(s).ListPublicAnswers(t.Context(), &riskv1.ListPublicAnswersRequest{Unit: markets})
	require.NoError(t, err)
	require.Len(t, open.GetAnswers(), 1)
	assert.Equal(t, "media 晚报第 3 版 已限时办结",
		open.GetAnswers()[0].GetMedium()+" "+open.GetAnswers()[0].GetSource()+" "+open.GetAnswers()[0].GetAnswer())

	counted, err := above.comments.CountComments(t.Context(), &riskv1.CountCommentsRequest{Unit: commerce})
	require.NoError(t, err)
	require.Len(t, counted.GetCounts(), 3)
	at := slices.IndexFunc(counted.GetCounts(), func(c *riskv1.CommentCount) bool { return c.GetMedium() == "media" })
	assert.Equal(t, riskv1.CommentState_COMMENT_STATE_ANSWERED, counted.GetCounts()[at].GetState())
	_, err = above.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: commerce, Media: []string{"radio"}})
	suitetest.RequireFieldFaults(t, err, map[string]string{"media": "UNKNOWN_TERM"})
}

// Whoever sends many holds up nobody for long, nor what is said of another unit.
func TestT20_CommentsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	submit := func(asked *riskv1.SubmitCommentRequest) error {
		_, err := anybody(s).SubmitComment(t.Context(), asked)
		return err
	}
	suitetest.RequireRefused(t, submit(commentOn("units/nowhere", "何在")), codes.NotFound, "NOT_FOUND")
	withEntry := commentOn(courtCivil, "有登记事项")
	withEntry.Entry = "riskPoints/court-1"
	suitetest.RequireFieldFaults(t, submit(withEntry), map[string]string{"entry": "CONTRADICTION"})
	division := as(s, "division", courtCivil)
	for range 200 {
		_, err := division.comments.SubmitComment(t.Context(), commentOn(courtCivil, "立案太慢"))
		require.NoError(t, err)
	}
	suitetest.RequireRefused(t, submit(commentOn(courtCivil, "立案太慢")), codes.FailedPrecondition, "TOO_MANY_COMMENTS")
	require.NoError(t, submit(commentOn(court, "旁听席不够")))

	county := suitetest.New(t)
	_, err := anybody(county).SubmitComment(t.Context(), commentOn(township, "没有方案"))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_COMMENTS")
}

func TestT20_NobodyAnswersWhatIsSaidOfTheirLeaders(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office, group := as(s, "section", markets), as(s, "leading_group_office", commerce), as(s, "discipline_group", commerce)
	told := inMedia(markets, "media", "报纸二版", "2026-11-02")
	told.AboutLeaders = true
	registered, err := section.comments.RegisterComment(t.Context(), told)
	require.NoError(t, err, "at the counter")
	_, err = section.comments.GetComment(t.Context(), &riskv1.GetCommentRequest{Name: registered.GetComment()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	read, err := group.comments.GetComment(t.Context(), &riskv1.GetCommentRequest{Name: registered.GetComment()})
	require.NoError(t, err)
	assert.Equal(t, commerce+" "+markets, read.GetUnit()+" "+read.GetAboutUnit())
	s.Clock.Advance(day)
	s.RunJob("risk.remind_comments")
	assert.Equal(t, []string{"公众或媒体 2026-11-02 对市场运行股领导人员的意见（尾号 " + read.GetName()[len(read.GetName())-6:] + "）应于 " + read.GetDueOn() + " 前由本单位答复。"},
		said(t, s, "leading_group_office", commerce, read.GetName(), 1))
	_, err = office.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: read.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_ANSWERED, Answer: "已谈话提醒",
	})
	require.NoError(t, err)
}

// What is about the leaders of the topmost unit nobody here answers: who says it, and who enters it, learns where to take it.
func TestT20_WhatIsSaidOfTheTopmostLeadersIsForTheBodyAbove(t *testing.T) {
	t.Parallel()
	for profile, c := range map[string]struct{ root, section, role, takes string }{
		"t": {commerce, markets, "leading_group_office", "县纪委"},
		"j": {court, courtCivil, "discipline_group", "区纪委"},
	} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			s := suitetest.Of(t, profile, c.root)
			staff := as(s, c.role, c.root)
			merge(t, s, c.root, c.section, c.root)
			for _, unit := range []string{c.root, c.section} {
				said := commentOn(unit, "领导公车私用")
				said.AboutLeaders = true
				_, err := anybody(s).SubmitComment(t.Context(), said)
				suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_UNIT_ABOVE")
				require.ErrorContains(t, err, c.takes, "and says who takes it")
				_, err = staff.comments.RegisterComment(t.Context(), &riskv1.RegisterCommentRequest{
					About: &riskv1.RegisterCommentRequest_Unit{Unit: unit}, Text: "来访反映", AboutLeaders: true, ReceivedOn: "2026-11-02",
				})
				suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_UNIT_ABOVE")
				require.ErrorContains(t, err, c.takes)
			}
			_, err := anybody(s).SubmitComment(t.Context(), commentOn(c.root, "窗口排队太久"))
			require.NoError(t, err, "its leaders are not meant")
			listed, err := staff.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: c.root})
			require.NoError(t, err)
			require.Len(t, listed.GetComments(), 1, "nothing else is kept")
			assert.False(t, listed.GetComments()[0].GetAboutLeaders())
		})
	}
}

// What has come to be about them as the tree changed isn't answered by them either; the receipt tells who takes it.
func TestT20_WhatComesToBeAboutTheTopmostLeadersIsForTheBodyAbove(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office := as(s, "leading_group_office", commerce)
	told := inMedia(markets, "media", "报纸二版", "2026-11-02")
	told.AboutLeaders = true
	registered, err := as(s, "section", trade).comments.RegisterComment(t.Context(), told)
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	require.Nil(t, registered)
	registered, err = office.comments.RegisterComment(t.Context(), told)
	require.NoError(t, err)
	public := commentOn(markets, "股长吃拿卡要")
	public.AboutLeaders = true
	sent, err := anybody(s).SubmitComment(t.Context(), public)
	require.NoError(t, err)
	s.Clock.Advance(day)
	s.RunJob("risk.remind_comments")
	merge(t, s, commerce, markets, commerce)
	s.RunJob("risk.follow_moves")

	seen := follow(t, anybody(s), sent.GetReceipt())
	assert.Equal(t, "COMMENT_STATE_FOR_BODY_ABOVE 县纪委", seen.GetState().String()+" "+seen.GetBodyAbove().GetZh())
	name := registered.GetComment()
	hears(t, s, "leading_group_office", commerce, name, "机构变动后，2026-11-02 收到的意见（尾号 "+name[len(name)-6:]+
		"）事关本级最上级单位领导人员，本级不再答复；凭回执查看的人会得知应向县纪委反映。")
	read, err := office.comments.GetComment(t.Context(), &riskv1.GetCommentRequest{Name: name})
	require.NoError(t, err)
	assert.Empty(t, read.GetRemindOn())
	_, err = office.comments.AnswerComment(t.Context(), answerTo(read))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	s.Clock.Advance(60 * day)
	for _, period := range []string{"2026-11", "2026-12"} {
		counts, _ := figuresOf(t, s, commerce, period, "comments")
		assert.Equal(t, map[string][2]int64{"comments": {}}, counts, "nobody here owes an answer")
	}
}

// merge ends a unit below the topmost one, and another has its records.
func merge(t *testing.T, s *suitetest.Suite, root, unit, into string) {
	t.Helper()
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", root)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: unit}}, Into: into, Reason: "撤并"})
	require.NoError(t, err)
}

// Whoever sends a comment again, since no answer came, gets the receipt of the first, though the unit has ended meanwhile.
func TestT20_ACommentThatComesAgainHasItsReceipt(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	comment := commentOn(markets, "窗口上班时间无人")
	comment.RequestId = uuid.NewString()
	sent, err := anybody(s).SubmitComment(t.Context(), comment)
	require.NoError(t, err)
	_, err = networkv1.NewTreeServiceClient(s.As("administrator", commerce)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: markets}}, Into: "units/commerce_trade", Reason: "撤并"})
	require.NoError(t, err)
	later, err := anybody(s).SubmitComment(t.Context(), commentOn(markets, "窗口上班时间无人"))
	require.NoError(t, err)
	assert.Equal(t, []string{"", "units/commerce_trade"}, []string{sent.GetSuccessor(), later.GetSuccessor()}, "who says it learns who gets it")
	again, err := anybody(s).SubmitComment(t.Context(), comment)
	require.NoError(t, err)
	assert.Equal(t, sent.GetReceipt(), again.GetReceipt())
}

// What was said of a unit before it ended doesn't end with it.
func TestT20_WhatWasSaidOfAnEndedUnitGoesToItsSuccessor(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	const trade = "units/commerce_trade"
	section, office, successor := as(s, "section", markets), as(s, "leading_group_office", commerce), as(s, "section", trade)
	notice := section.publicise(t, section.text(t, "affairs", "办事指南"), "website")
	require.NoError(t, office.registers(t, inMedia(markets, "media", "晚报第 2 版", "2026-11-02")))
	_, err := section.comments.AnswerComment(t.Context(), answerTo(section.onlyComment(t), "website"))
	require.NoError(t, err)
	s.Clock.Advance(2 * day)
	_, err = networkv1.NewTreeServiceClient(s.As("administrator", commerce)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: markets}}, Into: trade, Reason: "撤并"})
	require.NoError(t, err)
	s.RunJob("risk.follow_moves")

	require.NoError(t, office.registers(t, inMedia(markets, "media", "晚报第 3 版", "2026-11-04")))
	received, err := successor.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{
		Unit: trade, States: []riskv1.CommentState{riskv1.CommentState_COMMENT_STATE_RECEIVED},
	})
	require.NoError(t, err)
	require.Len(t, received.GetComments(), 1)
	late := received.GetComments()[0]
	assert.Equal(t, trade+" "+markets, late.GetUnit()+" "+late.GetAboutUnit())
	s.Clock.Advance(day)
	s.RunJob("risk.remind_comments")
	assert.Contains(t, said(t, s, "section", trade, late.GetName(), 1)[0], "对市场运行股（已撤并，由本单位承继）的意见（尾号 ")
	_, err = successor.comments.AnswerComment(t.Context(), answerTo(late, "website"))
	require.NoError(t, err)
	for unit, sources := range map[string][]string{trade: {"晚报第 3 版", "晚报第 2 版"}, markets: {"晚报第 3 版", "晚报第 2 版"}} {
		open, err := anybody(s).ListPublicAnswers(t.Context(), &riskv1.ListPublicAnswersRequest{Unit: unit})
		require.NoError(t, err)
		var found []string
		for _, answer := range open.GetAnswers() {
			found = append(found, answer.GetSource())
		}
		assert.Equal(t, sources, found)
	}
	public, err := riskv1.NewPublicationServiceClient(s.Unauthenticated()).ListOpenPublications(t.Context(),
		&riskv1.ListOpenPublicationsRequest{Unit: trade})
	require.NoError(t, err)
	require.Len(t, public.GetPublications(), 1)
	assert.Equal(t, notice.GetName(), public.GetPublications()[0].GetName())
}

func (o office) registers(t *testing.T, asked *riskv1.RegisterCommentRequest) error {
	t.Helper()
	_, err := o.comments.RegisterComment(t.Context(), asked)
	return err
}
