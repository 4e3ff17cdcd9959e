package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// told are the kinds of messages about a record in a unit's inbox, the oldest first, once there are so many.
func told(t *testing.T, s *suitetest.Suite, unit, resource string, n int) []string {
	t.Helper()
	return toldAs(t, s, "clerk", unit, resource, n)
}

// toldAs is told, as a role reads the inbox.
func toldAs(t *testing.T, s *suitetest.Suite, role, unit, resource string, n int) (kinds []string) {
	t.Helper()
	inbox := networkv1.NewInboxServiceClient(s.As(role, unit))
	require.Eventually(t, func() bool {
		listed, err := inbox.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: unit})
		require.NoError(t, err)
		kinds = nil
		for _, m := range listed.GetMessages() {
			if m.GetResource() == resource {
				kinds = append([]string{m.GetKind()}, kinds...)
				assert.NotEmpty(t, m.GetTitle())
			}
		}
		return len(kinds) >= n
	}, time.Minute, 50*time.Millisecond)
	return kinds
}

// titles are what the messages of a unit about a record say.
func titles(t *testing.T, s *suitetest.Suite, unit, resource string) (titles []string) {
	t.Helper()
	listed, err := networkv1.NewInboxServiceClient(s.As("clerk", unit)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: unit})
	require.NoError(t, err)
	for _, m := range listed.GetMessages() {
		if m.GetResource() == resource {
			titles = append(titles, m.GetTitle())
		}
	}
	return titles
}

func TestT7_BothUnitsAreToldOfAWarning(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	name := talkedTo(t, s, notice("yellow"))
	clerk.rectify(t, name)
	as(s, "reviewer", county).check(t, name, county, true)
	city.close(t, name)
	assert.Equal(t, []string{
		"inbox.warning_issued", "inbox.warning_talk_recorded", "inbox.warning_check_passed", "inbox.warning_closed",
	}, told(t, s, township, name, 4))
	assert.Equal(t, []string{
		"inbox.warning_supervised", "inbox.warning_talk_unsigned", "inbox.warning_step_done", "inbox.warning_step_awaited",
		"inbox.warning_closed",
	}, told(t, s, county, name, 5))
	assert.Equal(t, []string{"inbox.warning_step_awaited", "inbox.warning_step_done", "inbox.warning_to_close"},
		told(t, s, suitetest.City, name, 3))
}

func TestT7_MessagesOfAWarningSayWhichAndWhose(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, pending := as(s, "handler", suitetest.City), as(s, "reviewer", suitetest.City)
	w := city.issue(t, notice("orange"))
	says := func(unit string, n int) []string {
		told(t, s, unit, w.GetName(), n)
		listed, err := networkv1.NewInboxServiceClient(s.As("clerk", unit)).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: unit})
		require.NoError(t, err)
		var titles []string
		for _, m := range listed.GetMessages() {
			if m.GetResource() == w.GetName() {
				titles = append(titles, m.GetTitle())
			}
		}
		return titles
	}
	assert.Equal(t, []string{"对沙塘路街道的橙色预警“集体资金”待批准（审核）。"}, says(suitetest.City, 1))
	_, err := pending.warnings.ApproveWarning(t.Context(), &warningv1.ApproveWarningRequest{Name: w.GetName(), Etag: w.GetEtag()})
	require.NoError(t, err)
	assert.Equal(t, []string{"收到橙色预警“集体资金”，请于 2026-11-03 前办理“签收”，其后各步按期办理。"}, says(township, 1))
	assert.Equal(t, []string{"对沙塘路街道的橙色预警“集体资金”由本单位督办。"}, says(county, 1))
	s.Clock.Advance(2 * 24 * time.Hour)
	s.RunJob("warning.escalate_overdue")
	const rose = "沙塘路街道对预警“集体资金”逾期未办，已自动上调为红色预警。"
	for _, unit := range []string{suitetest.City, county} {
		assert.Equal(t, rose, says(unit, 2)[0], unit)
	}
	assert.Equal(t, "沙塘路街道对预警“集体资金”逾期未办，已自动上调为红色预警，各步重新开始，首先应于 2026-11-05 前办理“签收”。",
		says(township, 2)[0], "what is asked of it, and by when")
}

func TestT7_C11_AChangedLevelTellsTheAddresseeWhatIsAskedAndByWhen(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := as(s, "handler", suitetest.City).issue(t, notice("blue")).GetName()
	w, err := both(s, "second").warnings.ChangeWarningLevel(t.Context(), &warningv1.ChangeWarningLevelRequest{
		Name: name, WarningLevel: "yellow", Reason: "问题较为突出",
	})
	require.NoError(t, err)
	due := w.GetAwaited().GetDeadline().GetDue()
	require.NotEmpty(t, due)
	told(t, s, township, name, 2)
	told(t, s, county, name, 2)
	assert.Equal(t, "预警“集体资金”调整为黄色预警，各步重新开始，首先应于 "+due+" 前办理“签收”。", titles(t, s, township, name)[0])
	assert.Equal(t, "预警“集体资金”调整为黄色预警，各步重新开始。", titles(t, s, county, name)[0])
}

// A talk that both sides sign is done once the addressee has signed its record.
func TestC11_T7_ARecordedTalkIsToldAsDoneOnceItIsSigned(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const unsigned, anew, done = "inbox.warning_talk_unsigned", "inbox.warning_talk_rewritten", "inbox.warning_step_done"
	req := notice("yellow")
	req.SupervisingUnit = other // who supervises is not who issues, nor who talks
	name := as(s, "handler", county).issue(t, req).GetName()
	clerk := as(s, "clerk", township)
	clerk.acknowledge(t, name)

	as(s, "handler", county).talk(t, name)
	heard(t, s, "clerk", other, name, unsigned)
	as(s, "handler", suitetest.City).talk(t, name) // above the issuer, in the place of what that has signed
	heard(t, s, "clerk", other, name, anew)
	assert.Equal(t, "对沙塘路街道的黄色预警“集体资金”的谈话记录已经重写，原记录连同其上的签字作废，新记录待该单位签字。",
		titles(t, s, county, name)[0], "who had signed the first")
	assert.Equal(t, "黄色预警“集体资金”的谈话记录已经重写，原记录作废，请重新核对后签字。", titles(t, s, township, name)[0])
	for _, unit := range []string{other, county} {
		assert.Zero(t, times(t, s, "clerk", unit, name, done), "the signature is left")
	}

	clerk.sign(t, name)
	for _, unit := range []string{other, county} {
		heard(t, s, "clerk", unit, name, done)
		assert.Equal(t, 1, times(t, s, "clerk", unit, name, done), unit)
	}
	assert.Equal(t, []string{"inbox.warning_issued", "inbox.warning_talk_recorded", "inbox.warning_talk_to_sign_anew"},
		told(t, s, township, name, 3))
}

func TestT7_WhoOwesAStepIsRemindedBeforeItsLimit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := as(s, "handler", suitetest.City).issue(t, notice("blue")).GetName()
	s.Clock.Advance(2 * 24 * time.Hour) // 4 November, a working day before
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, []string{"inbox.warning_issued", "inbox.warning_step_due"}, told(t, s, township, name, 2))
	clerk := as(s, "clerk", township)
	clerk.acknowledge(t, name)
	s.Clock.Advance(7 * 24 * time.Hour) // 11 November, three working days before
	s.RunJob("warning.escalate_overdue")
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, []string{"inbox.warning_issued", "inbox.warning_step_due", "inbox.warning_step_due"},
		told(t, s, township, name, 3))
	assert.Equal(t, []string{"inbox.warning_supervised"}, told(t, s, county, name, 1), "it owes nothing")
}

func TestC12b_ALateCheckIsToldToTheOfficeAndThoseAboveIt(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := talkedTo(t, s, notice("yellow"))
	clerk := as(s, "clerk", township)
	clerk.rectify(t, name)
	s.Clock.Advance(10 * 24 * time.Hour) // 12 November, two working days before
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, []string{"inbox.warning_step_awaited", "inbox.warning_step_due"}, told(t, s, county, name, 5)[3:])
	s.Clock.Advance(4 * 24 * time.Hour) // 16 November, the last day
	s.RunJob("warning.escalate_overdue")
	s.Clock.Advance(24 * time.Hour)
	s.RunJob("warning.escalate_overdue")
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, "inbox.warning_overdue", told(t, s, county, name, 6)[5])
	assert.Equal(t, []string{"inbox.warning_step_awaited", "inbox.warning_step_done", "inbox.warning_overdue"},
		told(t, s, suitetest.City, name, 3),
		"above the office, and issued it")
	w := clerk.get(t, name)
	assert.Equal(t, "overdue", w.GetHistory()[len(w.GetHistory())-1].GetAct())
	assert.Equal(t, "yellow", w.GetWarningLevel(), "it is not the addressee's delay")
	assert.Equal(t, []string{"inbox.warning_issued", "inbox.warning_talk_recorded"}, told(t, s, township, name, 2))
	as(s, "reviewer", county).check(t, name, county, true)
}

func TestT7_BothUnitsHearOfMoreTime(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "handler", suitetest.City)
	name := city.issue(t, notice("blue")).GetName()
	as(s, "clerk", township).acknowledge(t, name)
	_, err := city.warnings.ExtendWarning(t.Context(), &warningv1.ExtendWarningRequest{Name: name, Reason: "需要走访"})
	require.NoError(t, err)
	assert.Equal(t, []string{"inbox.warning_issued", "inbox.warning_limit_changed"}, told(t, s, township, name, 2))
	assert.Equal(t, []string{"inbox.warning_supervised", "inbox.warning_limit_changed"}, told(t, s, county, name, 2))
}

func TestOnlyServicesSendMessages(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, err := networkv1.NewInboxServiceClient(s.As(access.Administrator, suitetest.City)).SendMessages(t.Context(),
		&networkv1.SendMessagesRequest{Messages: []*networkv1.OutgoingMessage{{
			Unit: township, Kind: "inbox.warning_issued", Resource: "warnings/1", DedupKey: "1",
		}}})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "SERVICES_ONLY")
}

func TestC12_TheMonthlyAnalysisIsToldToItsUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	as(s, "informant", township).tip(t, village, "work_style", 3)
	s.Clock.Advance(29 * 24 * time.Hour) // 1 December
	s.RunJob("warning.analyse_periods")
	const name = "analyses/340500.2026-11"
	assert.Equal(t, []string{"inbox.analysis_ready"}, told(t, s, suitetest.City, name, 1))
	listed, err := networkv1.NewInboxServiceClient(s.As("clerk", suitetest.City)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: suitetest.City, Kinds: []string{"inbox.analysis_ready"}})
	require.NoError(t, err)
	assert.Equal(t, "马鞍山市 2026-11 的分析已经生成，发现 1 项突出问题。", listed.GetMessages()[0].GetTitle())

	as(s, "handler", suitetest.City).run(t, "2026-12") // who runs one has it as the answer
	as(s, "handler", suitetest.City).issue(t, notice("orange"))
	require.Eventually(t, func() bool {
		listed, err = networkv1.NewInboxServiceClient(s.As("clerk", suitetest.City)).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: suitetest.City, Kinds: []string{"inbox.warning_pending", "inbox.analysis_ready"}})
		return err == nil && listed.GetMessages()[0].GetKind() == "inbox.warning_pending"
	}, time.Minute, 50*time.Millisecond)
	assert.Empty(t, told(t, s, suitetest.City, "analyses/340500.2026-12", 0), "and is told nothing")
}
