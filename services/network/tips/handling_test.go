package tips_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// told are the units that were told something of a kind, in order.
func told(t *testing.T, s *suitetest.Suite, kind string) []string {
	t.Helper()
	conn := networktest.Database(t, s)
	return networktest.QueryTexts(t, conn, "SELECT 'units/' || unit_id FROM network.messages WHERE kind = $1 ORDER BY unit_id",
		kind)
}

func TestC8_UrgentTipNotifiesHandlerAndUnitsAbove(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	urgent := networktest.ValidTip()
	urgent.Urgent, urgent.AboutLeaders, urgent.Unit = true, true, networktest.Township
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	assert.Empty(t, told(t, s, "inbox.urgent_tip"))
	networktest.SubmitTip(t, s, networktest.Village, urgent)
	assert.Equal(t, []string{networktest.City, networktest.County}, told(t, s, "inbox.urgent_tip"), "never those it is about")

	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	tip := networktest.OnlyTip(t, s, networktest.Township)
	marked, err := clerk.MarkTipUrgent(t.Context(), &networkv1.MarkTipUrgentRequest{
		Name: tip.GetName(), Reason: "证据可能灭失。", Etag: tip.GetEtag(),
	})
	require.NoError(t, err)
	assert.Equal(t, "证据可能灭失。", marked.GetUrgency().GetReason())
	assert.False(t, marked.GetContent().GetUrgent(), "what the sender said stays as it was")
	assert.Len(t, told(t, s, "inbox.urgent_tip"), 5, "the township, the county above it and the centre")
	_, err = clerk.MarkTipUrgent(t.Context(), &networkv1.MarkTipUrgentRequest{Name: tip.GetName(), Reason: "再次。"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "ALREADY_URGENT")
	listed, err := clerk.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.Township, Urgent: true})
	require.NoError(t, err)
	assert.Len(t, listed.GetTips(), 1)
}

func TestH8_AcceptedTipGetsQualityPoints(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	tip := networktest.OnlyTip(t, s, networktest.Township)
	_, err := clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{
		Name: tip.GetName(), CriteriaMet: []string{"specific", "long", "specific"},
	})
	networktest.Refused(t, err, codes.InvalidArgument, "criteria_met[1]", "criteria_met[2]", "criteria_met", "criteria_met",
		"criteria_met")
	_, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: tip.GetName()})
	networktest.Refused(t, err, codes.InvalidArgument, "criteria_met", "criteria_met", "criteria_met", "criteria_met")
	assert.Contains(t, suitetest.FieldViolations(t, err)[1].GetDescription(), "文字简练", "each criterion is to be ticked or not")
	_, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{
		Name: tip.GetName(), CriteriaMet: networktest.Criteria, CriteriaMissed: []string{"concise"},
	})
	networktest.Refused(t, err, codes.InvalidArgument, "criteria_missed[0]")
	accepted, err := clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{
		Name: tip.GetName(), CriteriaMet: []string{"specific", "factual"}, CriteriaMissed: []string{"concise", "founded"},
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"concise", "founded"}, accepted.GetCriteriaMissed())
	assert.EqualValues(t, 10, accepted.GetQuality())
	assert.Equal(t, []string{"specific", "factual"}, accepted.GetCriteriaMet())
	assert.Equal(t, "2027-01-01", accepted.GetCloseBy().GetDeadline().GetDue())
	assert.NotEmpty(t, accepted.GetCloseBy().GetDeadline().GetArithmetic().GetZh())

	receipt := networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip()).GetReceipt()
	name := networktest.NewestTip(t, s)
	content := networktest.ValidTip()
	for range 5 {
		content.Body += "补充一处。"
		_, err = clerk.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
			Name: name, Criteria: []string{"factual"}, Reason: "请补充。",
		})
		require.NoError(t, err)
		_, err = networkv1.NewTipServiceClient(s.Unauthenticated()).ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{
			Receipt: receipt, Content: content,
		})
		require.NoError(t, err)
	}
	accepted, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: name, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	assert.EqualValues(t, 1, accepted.GetQuality(), "the last entry holds for all further returns")
}

func TestC8_TipShowsItsTimeLimits(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	overdue := func(day string) int {
		listed, err := clerk.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.Township, DueBefore: day})
		require.NoError(t, err)
		return len(listed.GetTips())
	}
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	tip := networktest.OnlyTip(t, s, networktest.Township)
	assert.Equal(t, "2026-11-09", tip.GetAcceptBy().GetDue(), "five working days after Monday, 2 November")
	assert.Nil(t, tip.GetCloseBy())
	assert.Equal(t, 0, overdue("2026-11-09"))
	assert.Equal(t, 1, overdue("2026-11-10"))
	_, err := clerk.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: tip.GetName(), Criteria: []string{"factual"}, Reason: "请补充。",
	})
	require.NoError(t, err)
	assert.Equal(t, 0, overdue("2026-11-16"), "while it is with its sender the handler's clock doesn't run")
	assert.Equal(t, 1, overdue("2026-11-17"), "it is to come again within ten working days")
	_, err = clerk.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.Township, DueBefore: "2026-02-30"})
	networktest.Refused(t, err, codes.InvalidArgument, "due_before")
}

func TestC8_TipIsReferredUpOrDown(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	tip := networktest.OnlyTip(t, s, networktest.Township)
	refer := func(from, to string, recused bool) (*networkv1.Tip, error) {
		answer, err := networkv1.NewTipServiceClient(s.As("clerk", from)).ReferTip(t.Context(), &networkv1.ReferTipRequest{
			Name: tip.GetName(), ToUnit: to, Reason: "不属本级管辖。", Recused: recused,
		})
		return answer, err
	}
	for _, to := range []string{networktest.OtherTownship, networktest.Township, networktest.Village, "units/1"} {
		_, err := refer(networktest.Township, to, false)
		networktest.Refused(t, err, codes.InvalidArgument, "to_unit")
	}
	s.Clock.Advance(48 * time.Hour)
	up, err := refer(networktest.Township, networktest.City, false)
	require.NoError(t, err)
	assert.Equal(t, networktest.City, up.GetHandlingUnit())
	assert.Equal(t, "2026-11-11", up.GetAcceptBy().GetDue(), "the unit that gets it has its own five days")
	_, err = refer(networktest.Township, networktest.County, false)
	networktest.Refused(t, err, codes.NotFound)
	down, err := refer(networktest.City, networktest.Township, false)
	require.NoError(t, err, "what was passed up may come back")
	assert.Len(t, down.GetReferrals(), 2)
	assert.Equal(t, []string{networktest.City, networktest.Township}, told(t, s, "inbox.tip_referred"))
}

func TestC8_RecusedUnitNeverSeesTheTip(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	tip := networktest.OnlyTip(t, s, networktest.Township)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	_, err := clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: tip.GetName(), CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	siblings := "units/340503001004"
	_, err = clerk.ReferTip(t.Context(), &networkv1.ReferTipRequest{
		Name: tip.GetName(), ToUnit: siblings, Reason: "应当回避。", Recused: true,
	})
	networktest.Refused(t, err, codes.InvalidArgument, "to_unit")
	assert.Contains(t, suitetest.FieldViolations(t, err)[0].GetDescription(), "只能转办给其上级", "it says what the unit may do")
	referred, err := clerk.ReferTip(t.Context(), &networkv1.ReferTipRequest{
		Name: tip.GetName(), ToUnit: networktest.County, Reason: "涉及本镇领导，应当回避。", Recused: true,
	})
	require.NoError(t, err)
	assert.Equal(t, networkv1.TipState_TIP_STATE_RECEIVED, referred.GetState(), "the county checks anew")
	assert.Nil(t, referred.Quality)
	_, err = clerk.GetTip(t.Context(), &networkv1.GetTipRequest{Name: tip.GetName()})
	networktest.Refused(t, err, codes.NotFound)
	county := networkv1.NewTipServiceClient(s.As("clerk", networktest.County))
	for _, to := range []string{networktest.Township, siblings} {
		_, err = county.ReferTip(t.Context(), &networkv1.ReferTipRequest{Name: tip.GetName(), ToUnit: to, Reason: "请办理。"})
		networktest.Refused(t, err, codes.InvalidArgument, "to_unit")
	}
}

func TestC8_TipAboutLeadersIsNotReferredBelowThem(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	content := networktest.ValidTip()
	content.Unit, content.AboutLeaders = networktest.Township, true
	networktest.SubmitTip(t, s, networktest.Village, content)
	tip := networktest.OnlyTip(t, s, networktest.County)
	county := networkv1.NewTipServiceClient(s.As("clerk", networktest.County))
	for _, to := range []string{networktest.Township, networktest.Village} {
		_, err := county.ReferTip(t.Context(), &networkv1.ReferTipRequest{Name: tip.GetName(), ToUnit: to, Reason: "请办理。"})
		networktest.Refused(t, err, codes.InvalidArgument, "to_unit")
	}
}

func TestC4_TipsAreSortedByTheRolesThatTheirSenderHolds(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	networktest.AppointHolding(t, s, networktest.Township, networktest.Village, 3, "mediator", "petition_informant")
	networktest.AppointHolding(t, s, networktest.Township, networktest.Village, 3, "mediator")
	hold := func(roles ...string) {
		_, err := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township)).ChangeOtherRoles(t.Context(),
			&networkv1.ChangeOtherRolesRequest{Name: officer, OtherRoles: roles})
		require.NoError(t, err)
	}
	send := func(channel string, sender access.Principal) {
		content := networktest.ValidTip()
		content.Channel = channel
		_, err := networkv1.NewTipServiceClient(s.AsPrincipal(sender)).SubmitTip(t.Context(),
			&networkv1.SubmitTipRequest{Content: content, Recipient: networktest.Township})
		require.NoError(t, err)
	}
	zhang := access.Principal{Subject: "accounts/zhang", Officer: officer, Roles: []string{"informant"}}
	hold("mediator", "petition_informant")
	send("letter", zhang)
	hold("mediator")
	send("web", zhang)
	hold()
	send("letter", zhang)
	send("letter", access.Principal{Subject: "accounts/li", Unit: networktest.OtherTownship, Roles: []string{"informant"}})
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	for _, test := range []struct {
		want int
		req  *networkv1.ListTipsRequest
	}{
		{4, &networkv1.ListTipsRequest{}},
		{2, &networkv1.ListTipsRequest{SourceRole: "mediator"}},
		{1, &networkv1.ListTipsRequest{SourceRole: "petition_informant"}},
		{1, &networkv1.ListTipsRequest{Channel: "web"}},
		{1, &networkv1.ListTipsRequest{SourceRole: "mediator", Channel: "letter"}},
		{0, &networkv1.ListTipsRequest{SourceRole: "style_supervisor"}},
	} {
		test.req.Unit = networktest.Township
		listed, err := clerk.ListTips(t.Context(), test.req)
		require.NoError(t, err)
		assert.Len(t, listed.GetTips(), test.want, "%v", test.req)
	}
}

func TestH5_OnwardReportingFromTheTopIsRecorded(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	name := networktest.NewestTip(t, s)
	report := &networkv1.OnwardReport{
		Recipient: "省纪委", Channel: "by_hand", SentOn: "2026-11-02", SentBy: "专报员",
		Receipt: "签收单第 7 号", ReceiptOn: "2026-11-02",
	}
	onward := func(role, unit string) (*networkv1.Tip, error) {
		return networkv1.NewTipServiceClient(s.As(role, unit)).ReportTipOnward(t.Context(),
			&networkv1.ReportTipOnwardRequest{Name: name, Report: report})
	}
	for _, role := range []string{"clerk", "informant"} {
		_, err := onward(role, networktest.Township)
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "WHOLE_INSTANCE_ONLY") // no role of the township may
	}
	_, err := onward("handler", networktest.City)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "HAS_UNIT_ABOVE")
	refer(t, s.As("clerk", networktest.Township), name, networktest.City, false)
	report.SentOn, report.Channel = "2026-11-03", "pigeon"
	_, err = onward("handler", networktest.City)
	networktest.Refused(t, err, codes.InvalidArgument, "report.sent_on", "report.channel")
	report.SentOn, report.Channel = "2026-11-01", "by_hand"
	_, err = onward("handler", networktest.City)
	networktest.Refused(t, err, codes.InvalidArgument, "report.sent_on")
	report.SentOn, report.ReceiptOn = "2026-11-02", ""
	_, err = onward("handler", networktest.City)
	networktest.Refused(t, err, codes.InvalidArgument, "report.receipt_on")
	report.Receipt, report.ReceiptOn = "", "2026-11-03"
	_, err = onward("handler", networktest.City)
	networktest.Refused(t, err, codes.InvalidArgument, "report.receipt", "report.receipt_on")
	report.Receipt, report.ReceiptOn = "签收单第 7 号", "2026-11-02"
	tip, err := onward("handler", networktest.City)
	require.NoError(t, err)
	require.Len(t, tip.GetOnwardReports(), 1)
	recorded := tip.GetOnwardReports()[0]
	assert.Equal(t, []string{"省纪委", "by_hand", "2026-11-02", "专报员", "签收单第 7 号"}, []string{
		recorded.GetRecipient(), recorded.GetChannel(), recorded.GetSentOn(), recorded.GetSentBy(), recorded.GetReceipt(),
	})
	assert.True(t, s.Clock.Now().Equal(recorded.GetRecordTime().AsTime()))
	_, err = onward("informant", networktest.City)
	networktest.Refused(t, err, codes.PermissionDenied)
}

func TestH5_ReceiptOfAnOnwardReportComesLater(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	name := networktest.NewestTip(t, s)
	refer(t, s.As("clerk", networktest.Township), name, networktest.City, false)
	city := networkv1.NewTipServiceClient(s.As("handler", networktest.City))
	record := func(client networkv1.TipServiceClient, number int32, receipt, day string) (*networkv1.Tip, error) {
		answer, err := client.RecordOnwardReceipt(t.Context(), &networkv1.RecordOnwardReceiptRequest{
			Name: name, Report: number, Receipt: receipt, ReceiptOn: day,
		})
		return answer, err
	}
	_, err := record(city, 1, "第 7 号", "2026-11-02")
	networktest.Refused(t, err, codes.InvalidArgument, "report")
	for _, recipient := range []string{"省纪委", "省纪委第三室"} {
		_, err = city.ReportTipOnward(t.Context(), &networkv1.ReportTipOnwardRequest{Name: name, Report: &networkv1.OnwardReport{
			Recipient: recipient, Channel: "by_hand", SentOn: "2026-11-02", SentBy: "专报员",
		}})
		require.NoError(t, err)
	}
	s.Clock.Advance(48 * time.Hour)
	for _, day := range []string{"2026-11-01", "2026-11-05", "2026-02-30"} {
		_, err = record(city, 2, "第 7 号", day)
		networktest.Refused(t, err, codes.InvalidArgument, "receipt_on")
	}
	_, err = record(city, 2, "", "2026-11-03")
	networktest.Refused(t, err, codes.InvalidArgument, "receipt")

	refer(t, s.As("handler", networktest.City), name, networktest.County, false)
	_, err = record(networkv1.NewTipServiceClient(s.As("handler", networktest.County)), 2, "第 7 号", "2026-11-03")
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "WHOLE_INSTANCE_ONLY")
	tip, err := record(city, 2, "第 7 号", "2026-11-03")
	require.NoError(t, err, "also of a tip that went on below")
	require.Len(t, tip.GetOnwardReports(), 2)
	assert.Empty(t, tip.GetOnwardReports()[0].GetReceipt(), "the second report has a receipt of its own")
	assert.EqualValues(t, 2, tip.GetOnwardReports()[1].GetNumber())
	assert.Equal(t, []string{"第 7 号", "2026-11-03"},
		[]string{tip.GetOnwardReports()[1].GetReceipt(), tip.GetOnwardReports()[1].GetReceiptOn()})
	_, err = record(city, 2, "第 8 号", "2026-11-04")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "HAS_RECEIPT")
}

func TestC8_TipsAreFoundByTheirWords(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	content := networktest.ValidTip()
	content.Title, content.Body, content.Position = "ＡＢＣ工程（东区）招标", "评标结果 100% 事先已定。", "项目负责人"
	networktest.SubmitTip(t, s, networktest.OtherTownship, content)
	leaders := networktest.ValidTip()
	leaders.Unit, leaders.AboutLeaders, leaders.Title = networktest.Township, true, "工程招标由领导定"
	networktest.SubmitTip(t, s, networktest.OtherTownship, leaders)
	count := func(unit, query string) int {
		list, err := networkv1.NewTipServiceClient(s.As("clerk", unit)).ListTips(t.Context(),
			&networkv1.ListTipsRequest{Unit: unit, Query: query})
		require.NoError(t, err)
		return len(list.GetTips())
	}
	for query, want := range map[string]int{
		"招标": 2, "abc工程(东区)": 1, "招标　评标": 1, "项目负责人": 1, "100%": 1, "１００％": 1, "0%事": 0, "招标 没有": 0, "_": 0,
	} {
		assert.Equal(t, want, count(networktest.County, query), query)
	}
	assert.Equal(t, 1, count(networktest.Township, "招标"), "what is concealed never matches")
	assert.Zero(t, count(networktest.OtherTownship, "招标"))
}
