package tips_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

//nolint:paralleltest,tparallel // each case looks at the newest tip of one suite
func TestC8_TipsAreRoutedPastTheUnitConcerned(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	for name, c := range map[string]struct {
		from, about, to string
		leaders         bool
		handler         string
	}{
		"to the unit above by default": {
			from: networktest.OtherTownship, about: networktest.Village,
			handler: networktest.Township,
		},
		"to the networktest.Village itself": {
			from: networktest.OtherTownship, about: networktest.Village,
			to: networktest.Village, handler: networktest.Village,
		},
		"straight to the city": {
			from: networktest.Village, about: networktest.Village,
			to: networktest.City, handler: networktest.City,
		},
		"about the leaders, past them": {
			from: networktest.OtherTownship, about: networktest.Village,
			to: networktest.Village, leaders: true, handler: networktest.Township,
		},
		"about the sender's own unit, past it": {
			from: networktest.Village, about: networktest.Village,
			to: networktest.Village, handler: networktest.Township,
		},
		"about a networktest.Township's leaders to the county": {
			from: networktest.Village, about: networktest.Township,
			leaders: true, handler: networktest.County,
		},
	} {
		t.Run(name, func(t *testing.T) {
			content := networktest.ValidTip()
			content.Unit, content.AboutLeaders = c.about, c.leaders
			content.Title = name
			_, err := networkv1.NewTipServiceClient(s.As("informant", c.from)).SubmitTip(t.Context(),
				&networkv1.SubmitTipRequest{Content: content, Recipient: c.to})
			require.NoError(t, err)
			tip, err := networkv1.NewTipServiceClient(s.As("handler", networktest.City)).GetTip(t.Context(),
				&networkv1.GetTipRequest{Name: networktest.NewestTip(t, s)})
			require.NoError(t, err)
			assert.Equal(t, name, tip.GetContent().GetTitle())
			assert.Equal(t, c.handler, tip.GetHandlingUnit())
		})
	}
	t.Run("nobody above the city", func(t *testing.T) {
		content := networktest.ValidTip()
		content.Unit, content.AboutLeaders = networktest.City, true
		_, err := networkv1.NewTipServiceClient(s.As("informant", networktest.Village)).SubmitTip(t.Context(),
			&networkv1.SubmitTipRequest{Content: content})
		networktest.Refused(t, err, codes.FailedPrecondition, "content.unit")
		assert.Equal(t, "NO_UNIT_ABOVE", suitetest.Reason(err))
		require.ErrorContains(t, err, "省纪委", "and says who takes it")
	})
	t.Run("the city itself", func(t *testing.T) {
		content := networktest.ValidTip()
		content.Unit = networktest.City
		_, err := networkv1.NewTipServiceClient(s.As("informant", networktest.City)).SubmitTip(t.Context(),
			&networkv1.SubmitTipRequest{Content: content})
		require.NoError(t, err, "nobody is above the root, and its leaders are not meant")
	})
	t.Run("not sideways", func(t *testing.T) {
		_, err := networkv1.NewTipServiceClient(s.As("informant", networktest.Village)).SubmitTip(t.Context(),
			&networkv1.SubmitTipRequest{Content: networktest.ValidTip(), Recipient: networktest.OtherTownship})
		networktest.Refused(t, err, codes.InvalidArgument, "recipient")
	})
}

func TestC8_ConcealedTipIsNotFound(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	content := networktest.ValidTip()
	content.Unit, content.AboutLeaders = networktest.Township, true
	networktest.SubmitTip(t, s, networktest.Village, content)
	tip := networktest.OnlyTip(t, s, networktest.County)
	leaders := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	_, err := leaders.GetTip(t.Context(), &networkv1.GetTipRequest{Name: tip.GetName()})
	networktest.Refused(t, err, codes.NotFound)
	listed, err := leaders.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.Township})
	require.NoError(t, err)
	assert.Empty(t, listed.GetTips())
	counted, err := leaders.CountTips(t.Context(), &networkv1.CountTipsRequest{Unit: networktest.Township, Period: "2026-11"})
	require.NoError(t, err)
	assert.Empty(t, counted.GetCounts())
}

func TestC12_UnfoundedTipsAreCountedApart(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	clerk, tip := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)), networktest.OnlyTip(t, s,
		networktest.Township)
	_, err := clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: tip.GetName(), CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	_, err = clerk.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: tip.GetName(), Outcome: "unfounded", Reason: "查无此事。"})
	require.NoError(t, err)
	counted, err := clerk.CountTips(t.Context(), &networkv1.CountTipsRequest{Unit: networktest.Township, Period: "2026-11"})
	require.NoError(t, err)
	assert.EqualValues(t, 1, counted.GetCounts()[0].GetUnfounded())
}

func TestPageOfLargeTipsIsShortened(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	large, sender := networktest.ValidTip(), networkv1.NewTipServiceClient(s.As("informant", networktest.Village))
	large.Body = strings.Repeat("长", 10000)
	for range 120 {
		_, err := sender.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: large})
		require.NoError(t, err)
	}
	req, seen := &networkv1.ListTipsRequest{Unit: networktest.Township, PageSize: 1000}, 0
	for {
		page, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)).ListTips(t.Context(), req)
		require.NoError(t, err)
		seen += len(page.GetTips())
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	assert.Equal(t, 120, seen)
}

func TestH8_ReturnedTipIsResubmitted(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	receipt := networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip()).GetReceipt()
	clerk, sender := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)), networkv1.NewTipServiceClient(
		s.Unauthenticated(),
	)
	tip := networktest.OnlyTip(t, s, networktest.Township)

	_, err := clerk.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: tip.GetName(), Criteria: []string{"long"}, Reason: "请补充。",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "criteria[0]")
	_, err = clerk.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: tip.GetName(), Criteria: []string{"factual"}, Reason: "请补充时间。", Etag: tip.GetEtag(),
	})
	require.NoError(t, err)
	_, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: tip.GetName(), CriteriaMet: networktest.Criteria})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	require.ErrorContains(t, err, "“已退回”状态下不能进行“受理”。您可以：办结、转办、标为紧急、添加附件；",
		"an office reads words, not identifiers, and what it may do itself")

	seen, err := sender.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: " " + strings.ToLower(receipt) + " "})
	require.NoError(t, err, "a receipt is read as people type it")
	assert.Equal(t, "请补充时间。", seen.GetReturns()[0].GetReason())
	better := networktest.ValidTip()
	better.Body = "十月八日、十五日、二十日三次前往，均无人办理，有登记簿为证。"
	other := proto.CloneOf(better)
	other.Unit, other.Position, other.AboutLeaders = networktest.OtherTownship, "站长", true
	_, err = sender.ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{Receipt: receipt, Content: other})
	networktest.Refused(t, err, codes.InvalidArgument, "content.unit", "content.position", "content.about_leaders")
	again, err := sender.ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{Receipt: receipt, Content: better})
	require.NoError(t, err)
	assert.Equal(t, networkv1.TipState_TIP_STATE_RECEIVED, again.GetState())
	_, err = sender.ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{Receipt: receipt, Content: better})
	networktest.Refused(t, err, codes.FailedPrecondition)

	tip = networktest.OnlyTip(t, s, networktest.Township)
	assert.Equal(t, better.GetBody(), tip.GetContent().GetBody())
	_, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{
		Name: tip.GetName(), Etag: "1", CriteriaMet: networktest.Criteria,
	})
	networktest.Refused(t, err, codes.Aborted)
	_, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{
		Name: tip.GetName(), Etag: tip.GetEtag(), CriteriaMet: networktest.Criteria,
	})
	require.NoError(t, err)
	_, err = clerk.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: tip.GetName(), Outcome: "solved", Reason: "已解决。"})
	require.NoError(t, err)
}

func TestC8_RepeatedRequestGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	client := networkv1.NewTipServiceClient(s.As("informant", networktest.Village))
	req := &networkv1.SubmitTipRequest{Content: networktest.ValidTip(), RequestId: uuid.NewString()}
	first, err := client.SubmitTip(t.Context(), req)
	require.NoError(t, err)
	s.Clock.Advance(time.Hour)
	again, err := client.SubmitTip(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, first.GetReceipt(), again.GetReceipt())
	assert.Equal(t, first.GetReceiveTime().AsTime(), again.GetReceiveTime().AsTime())
	networktest.OnlyTip(t, s, networktest.Township)

	req.Content.Title = "另一件事"
	_, err = client.SubmitTip(t.Context(), req)
	networktest.Refused(t, err, codes.FailedPrecondition, "request_id")
	other, err := networkv1.NewTipServiceClient(s.As("informant", networktest.OtherTownship)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: networktest.ValidTip(), RequestId: req.GetRequestId()})
	require.NoError(t, err, "another caller's id is another id")
	assert.NotEqual(t, first.GetReceipt(), other.GetReceipt())
}

func TestX1_ReceiptAloneFollowsATip(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	receipt := networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip()).GetReceipt()
	sender := networkv1.NewTipServiceClient(s.Unauthenticated())
	for _, wrong := range []string{
		"340503-0000-0000-0000-0000-0000", receipt[:len(receipt)-1], receipt + "0", "xyzzy",
		strings.Replace(receipt, "340503", "340504", 1),
	} {
		_, err := sender.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: wrong})
		networktest.Refused(t, err, codes.NotFound, "receipt")
		assert.NotContains(t, err.Error(), wrong[1:], "a mistyped receipt is not repeated")
	}
	_, err := sender.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.City})
	networktest.Refused(t, err, codes.Unauthenticated)
}

func TestX1_ReceiptIsFoundAsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	sender := networkv1.NewTipServiceClient(s.Unauthenticated())
	receipt := networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip()).GetReceipt()
	wide := func(text string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r <= '~' {
				return r + 0xfee0
			}
			return r
		}, text)
	}
	for name, typed := range map[string]string{
		"as it was given": receipt, "lower case": strings.ToLower(receipt), "full width": wide(receipt),
		"full width, lower case": wide(strings.ToLower(receipt)),
		"spaces for dashes":      strings.ReplaceAll(receipt, "-", " "), "wide spaces": strings.ReplaceAll(receipt, "-", "　"),
		"no dashes": strings.ReplaceAll(receipt, "-", ""), "long dashes": strings.ReplaceAll(receipt, "-", "——"),
		"a line break":         " " + strings.Replace(receipt, "-", "-\r\n", 3) + "\n",
		"a mark of byte order": "\ufeff" + receipt, "zero-width spaces": strings.ReplaceAll(receipt, "-", "\u200b"),
		"soft hyphens": strings.ReplaceAll(receipt, "-", "\u00ad"), "dots": strings.ReplaceAll(receipt, "-", "·"),
		"a label": "回执号：" + receipt, "an English label": "Receipt: " + receipt, "a label without a colon": "回执" + receipt,
		"a sentence": "My receipt is " + strings.ToLower(receipt) + ".",
		"low lines":  strings.ReplaceAll(receipt, "-", "_"),
		"O for 0":    strings.ReplaceAll(receipt, "0", "O"), "o for 0": strings.ReplaceAll(receipt, "0", "o"),
		"I for 1": strings.ReplaceAll(receipt, "1", "I"), "l for 1": strings.ReplaceAll(receipt, "1", "l"),
	} {
		_, err := sender.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: typed})
		require.NoError(t, err, name)
	}
}

// TestSubmitLeavesNoTraceOfTheSource looks for the sender in every table of the service.
func TestSubmitLeavesNoTraceOfTheSource(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	sender := s.AsPrincipal(access.Principal{Subject: "accounts/xyzzy", Unit: networktest.Village, Roles: []string{"informant"}})
	answer, err := networkv1.NewTipServiceClient(sender).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: networktest.ValidTip(), RequestId: uuid.NewString()})
	require.NoError(t, err)

	conn := networktest.Database(t, s)
	for _, table := range []string{"tips", "tip_sources", "journal", "stored_responses", "river_job"} {
		all := networktest.TableText(t, conn, table)
		assert.NotContains(t, all, "xyzzy", "in %s", table)
		assert.NotContains(t, all, answer.GetReceipt(), "in %s", table)
	}
	var sources, acts int
	require.NoError(t,
		conn.QueryRow(t.Context(), "SELECT count(*) FROM network.tip_sources WHERE length(sealed) > 100").Scan(&sources))
	require.NoError(t, conn.QueryRow(t.Context(),
		"SELECT count(*) FROM network.journal WHERE event LIKE '%SubmitTip' AND actor = '' AND actor_unit = ''").Scan(&acts))
	assert.Equal(t, 1, sources)
	assert.Equal(t, 1, acts, "that a tip came in is recorded, who sent it is not")
}

func TestC12_TipsAreCountedByUnitAreaAndTime(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	urgent := networktest.ValidTip()
	urgent.Urgent = true
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	networktest.SubmitTip(t, s, networktest.OtherTownship, urgent)
	s.Clock.Advance(31 * 24 * time.Hour)
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	count := func(period string) *networkv1.TipCount {
		answer, err := networkv1.NewTipServiceClient(s.As("handler", networktest.City)).CountTips(t.Context(),
			&networkv1.CountTipsRequest{Unit: networktest.City, Period: period})
		require.NoError(t, err)
		require.Len(t, answer.GetCounts(), 1)
		return answer.GetCounts()[0]
	}
	assert.EqualValues(t, 2, count("2026-11").GetReceived())
	assert.EqualValues(t, 1, count("2026-11").GetUrgent())
	assert.EqualValues(t, 1, count("2026-12").GetReceived())
	assert.EqualValues(t, 3, count("2026-Q4").GetReceived())
	assert.Equal(t, networktest.Village, count("2026").GetUnit())
}

//nolint:paralleltest,tparallel // the cases share one suite, whose end state is checked
func TestFaultyTipsAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	client := networkv1.NewTipServiceClient(s.As("informant", networktest.OtherTownship))
	for name, c := range map[string]struct {
		spoil func(*networkv1.TipContent)
		named []string
	}{
		"unknown unit":   {func(c *networkv1.TipContent) { c.Unit = "units/1" }, []string{"content.unit"}},
		"malformed unit": {func(c *networkv1.TipContent) { c.Unit = "unit 1" }, []string{"content.unit"}},
		"empty texts": {func(c *networkv1.TipContent) { c.Title, c.Body = "", " " }, []string{
			"content.title", "content.body",
		}},
		"over-long title": {func(c *networkv1.TipContent) { c.Title = strings.Repeat("长", 101) }, []string{"content.title"}},
		"over-long body":  {func(c *networkv1.TipContent) { c.Body = strings.Repeat("长", 10001) }, []string{"content.body"}},
		"hostile text":    {func(c *networkv1.TipContent) { c.Body = "a\x00b" }, []string{"content.body"}},
		"unknown area":    {func(c *networkv1.TipContent) { c.SubjectArea = "gossip" }, []string{"content.subject_area"}},
		"area and channel": {func(c *networkv1.TipContent) { c.SubjectArea, c.Channel = "gossip", "pigeon" }, []string{
			"content.subject_area", "content.channel",
		}},
		"a day to come":     {func(c *networkv1.TipContent) { c.OccurredOn = "2027-01-01" }, []string{"content.occurred_on"}},
		"a day that is not": {func(c *networkv1.TipContent) { c.OccurredOn = "2026-02-30" }, []string{"content.occurred_on"}},
	} {
		t.Run(name, func(t *testing.T) {
			content := networktest.ValidTip()
			c.spoil(content)
			_, err := client.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content})
			networktest.Refused(t, err, codes.InvalidArgument, c.named...)
		})
	}
	_, err := client.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: networktest.ValidTip(), RequestId: "1"})
	networktest.Refused(t, err, codes.InvalidArgument, "request_id")
	listed, err := networkv1.NewTipServiceClient(s.As("handler", networktest.City)).ListTips(t.Context(),
		&networkv1.ListTipsRequest{Unit: networktest.City})
	require.NoError(t, err)
	assert.Empty(t, listed.GetTips(), "nothing was stored")
}
