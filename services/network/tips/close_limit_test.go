package tips_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// handled is a tip that the township has accepted.
type handled struct {
	*suitetest.Suite

	clerk networkv1.TipServiceClient
	name  string
}

func accepted(t *testing.T, s *suitetest.Suite) *handled {
	t.Helper()
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	h := &handled{Suite: s, clerk: networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))}
	h.name = networktest.OnlyTip(t, s, networktest.Township).GetName()
	_, err := h.clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: h.name, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	return h
}

func (h *handled) extend(t *testing.T) (*networkv1.Tip, error) {
	t.Helper()
	answer, err := h.clerk.ExtendTip(t.Context(), &networkv1.ExtendTipRequest{Name: h.name, Reason: "案情复杂。"})
	return answer, err
}

func (h *handled) pause(t *testing.T, until string) (*networkv1.Tip, error) {
	t.Helper()
	answer, err := h.clerk.PauseTip(t.Context(), &networkv1.PauseTipRequest{Name: h.name, Reason: "等待鉴定", Until: until})
	return answer, err
}

func (h *handled) resume(t *testing.T) (*networkv1.Tip, error) {
	t.Helper()
	answer, err := h.clerk.ResumeTip(t.Context(), &networkv1.ResumeTipRequest{Name: h.name})
	return answer, err
}

// days moves the clock.
func (h *handled) days(n int) { h.Clock.Advance(time.Duration(n) * 24 * time.Hour) }

func refusedFor(t *testing.T, err error, reason string) {
	t.Helper()
	networktest.Refused(t, err, codes.FailedPrecondition)
	assert.Equal(t, reason, suitetest.Reason(err))
}

func TestCloseLimitIsExtendedAsTheSchemeAllows(t *testing.T) {
	t.Parallel()
	h := accepted(t, suitetest.New(t))
	h.days(60) // 1 January, the last day
	tip, err := h.extend(t)
	require.NoError(t, err)
	assert.Equal(t, "2027-01-31", tip.GetCloseBy().GetDeadline().GetDue(), "thirty days more")
	assert.Contains(t, tip.GetCloseBy().GetDeadline().GetArithmetic().GetZh(), "延长")
	assert.Contains(t, tip.GetCloseBy().GetDeadline().GetArithmetic().GetEn(), "extended")
	require.Len(t, tip.GetCloseBy().GetExtensions(), 1)
	assert.Equal(t, "2027-01-01", tip.GetCloseBy().GetExtensions()[0].GetExtendedFrom())
	assert.Equal(t, "案情复杂。", tip.GetCloseBy().GetExtensions()[0].GetReason())
	_, err = h.extend(t)
	refusedFor(t, err, "EXTENDED_TOO_OFTEN")
	overdue, err := h.clerk.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.Township, DueBefore: "2027-01-31"})
	require.NoError(t, err)
	assert.Empty(t, overdue.GetTips(), "what was extended is not due")
	h.days(31)
	_, err = h.pause(t, "2027-02-05")
	refusedFor(t, err, "LIMIT_PASSED")

	late := accepted2(t, h.Suite)
	late.days(61)
	_, err = late.extend(t)
	refusedFor(t, err, "LIMIT_PASSED")
	_, err = late.clerk.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: late.name, Outcome: "solved", Reason: "已解决。"})
	require.NoError(t, err)
	_, err = late.extend(t)
	refusedFor(t, err, "WRONG_STATE")
}

// accepted2 is another tip beside one that is there already.
func accepted2(t *testing.T, s *suitetest.Suite) *handled {
	t.Helper()
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	h := &handled{Suite: s, clerk: networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))}
	h.name = networktest.NewestTip(t, s)
	_, err := h.clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: h.name, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	return h
}

func TestPauseStopsTheCloseLimit(t *testing.T) {
	t.Parallel()
	h := accepted(t, suitetest.New(t))
	h.days(1) // 3 November
	_, err := h.resume(t)
	refusedFor(t, err, "NOT_PAUSED")
	for _, wrong := range []string{"2026-11-02", "2026-12-03", "2026-02-30", ""} {
		_, err = h.pause(t, wrong)
		networktest.Refused(t, err, codes.InvalidArgument, "until")
	}
	tip, err := h.pause(t, "2026-12-02")
	require.NoError(t, err)
	assert.Equal(t, "2027-01-31", tip.GetCloseBy().GetDeadline().GetDue(), "thirty days stand still")
	assert.Contains(t, tip.GetCloseBy().GetDeadline().GetArithmetic().GetZh(), "等待鉴定")
	_, err = h.pause(t, "2026-11-05")
	refusedFor(t, err, "ALREADY_PAUSED")
	h.days(10) // 13 November
	tip, err = h.resume(t)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-12", tip.GetCloseBy().GetPauses()[0].GetTo())
	assert.Equal(t, "2027-01-11", tip.GetCloseBy().GetDeadline().GetDue(), "ten of them did")
	_, err = h.resume(t)
	refusedFor(t, err, "NOT_PAUSED")
	_, err = h.pause(t, "2026-11-13")
	require.NoError(t, err)
	tip, err = h.resume(t)
	require.NoError(t, err)
	assert.Equal(t, "2027-01-12", tip.GetCloseBy().GetDeadline().GetDue(), "of a pause that began today, today stays")
	h.days(1)
	_, err = h.pause(t, "2026-11-20")
	refusedFor(t, err, "PAUSED_TOO_OFTEN")

	tip, err = h.extend(t)
	require.NoError(t, err)
	assert.Equal(t, "2027-02-11", tip.GetCloseBy().GetDeadline().GetDue())
}

func TestReferredTipGetsANewLimit(t *testing.T) {
	t.Parallel()
	h := accepted(t, suitetest.New(t))
	_, err := h.extend(t)
	require.NoError(t, err)
	_, err = h.pause(t, "2026-11-20")
	require.NoError(t, err)
	for _, who := range []struct {
		role, unit string
		code       codes.Code
	}{{"clerk", networktest.OtherTownship, codes.NotFound}, {"informant", networktest.Township, codes.PermissionDenied}} {
		_, err = networkv1.NewTipServiceClient(h.As(who.role, who.unit)).ResumeTip(t.Context(),
			&networkv1.ResumeTipRequest{Name: h.name})
		networktest.Refused(t, err, who.code)
	}
	referred, err := h.clerk.ReferTip(t.Context(), &networkv1.ReferTipRequest{
		Name: h.name, ToUnit: networktest.County, Reason: "请办理。",
	})
	require.NoError(t, err)
	assert.Nil(t, referred.GetCloseBy())
	require.Len(t, referred.GetEarlierCloseBy(), 1, "what was is kept")
	assert.Len(t, referred.GetEarlierCloseBy()[0].GetExtensions(), 1)
	assert.Len(t, referred.GetEarlierCloseBy()[0].GetPauses(), 1)
	h.clerk = networkv1.NewTipServiceClient(h.As("clerk", networktest.County))
	_, err = h.pause(t, "2026-11-20")
	refusedFor(t, err, "WRONG_STATE")
	again, err := h.clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: h.name, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	assert.Equal(t, "2027-01-01", again.GetCloseBy().GetDeadline().GetDue(),
		"sixty days, which neither the pause nor the extension before changes")
	_, err = h.resume(t)
	refusedFor(t, err, "NOT_PAUSED")
	tip, err := h.extend(t)
	require.NoError(t, err)
	assert.Equal(t, "2027-01-31", tip.GetCloseBy().GetDeadline().GetDue())
}

func TestReferringBackGainsNoTime(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	h := accepted(t, s)
	original := accepted2(t, s)
	again := func() *networkv1.Tip {
		answer, err := h.clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{
			Name: h.name, CriteriaMet: networktest.Criteria,
		})
		require.NoError(t, err)
		return answer
	}
	_, err := h.extend(t)
	require.NoError(t, err)
	h.days(10)
	require.NoError(t, link(t, s, networktest.Township, h.name, original.name))
	h.days(5)
	_, err = h.clerk.UnlinkDuplicate(t.Context(), &networkv1.UnlinkDuplicateRequest{Name: h.name})
	require.NoError(t, err)
	assert.Equal(t, "2027-01-31", again().GetCloseBy().GetDeadline().GetDue(),
		"sixty days and thirty since it was accepted first")
	_, err = h.extend(t)
	refusedFor(t, err, "EXTENDED_TOO_OFTEN")
	_, err = h.pause(t, "2026-11-20") // four days
	require.NoError(t, err)

	refer(t, s.As("clerk", networktest.Township), h.name, networktest.County, false)
	county := &handled{Suite: s, clerk: networkv1.NewTipServiceClient(s.As("clerk", networktest.County)), name: h.name}
	other, err := county.clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{
		Name: h.name, CriteriaMet: networktest.Criteria,
	})
	require.NoError(t, err)
	assert.Equal(t, "2027-01-16", other.GetCloseBy().GetDeadline().GetDue(), "another unit has sixty days of its own")
	_, err = county.extend(t)
	require.NoError(t, err)
	refer(t, s.As("clerk", networktest.County), h.name, networktest.Township, false)
	tip := again()
	assert.Equal(t, "2027-02-04", tip.GetCloseBy().GetDeadline().GetDue(), "what the county did to its clock is its own")
	require.Len(t, tip.GetEarlierCloseBy(), 1)
	assert.Equal(t, networktest.County, tip.GetEarlierCloseBy()[0].GetUnit())
	_, err = h.resume(t)
	require.NoError(t, err)
}

// span is a pause as the model knows it.
type span struct {
	from, to calendar.Date
	resumed  bool
}

// limit is the model of one tip's limit: sixty days, thirty where extended, and each day that stood.
type limit struct {
	start    calendar.Date
	extended int
	pauses   []span
}

// due counts by hand.
func (l *limit) due() calendar.Date {
	day := l.start
	for left := 60 + 30*l.extended; left > 0; {
		day = day.AddDays(1)
		if !slices.ContainsFunc(l.pauses, func(p span) bool { return !day.Before(p.from) && !day.After(p.to) }) {
			left--
		}
	}
	return day
}

// paused is the pause under way on a day.
func (l *limit) paused(day calendar.Date) *span {
	for i, p := range l.pauses {
		if !p.to.Before(day) && !p.resumed {
			return &l.pauses[i]
		}
	}
	return nil
}

// expect does an act by the rules of the profile, one extension and two pauses; false where they forbid it.
func (l *limit) expect(act string, today, until calendar.Date) bool {
	runs, paused := !today.After(l.due()), l.paused(today)
	switch {
	case act == "extend" && runs && l.extended < 1:
		l.extended++
	case act == "pause" && runs && paused == nil && len(l.pauses) < 2:
		l.pauses = append(l.pauses, span{from: today, to: until})
	case act == "resume" && paused != nil:
		paused.resumed = true
		if paused.to = today.AddDays(-1); paused.to.Before(paused.from) {
			paused.to = paused.from
		}
	default:
		return false
	}
	return true
}

// TestRandomLimitsEqualDaysPlusPauses acts on one tip a run; what is allowed and what comes of it is as the model says.
func TestRandomLimitsEqualDaysPlusPauses(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	accepted(t, s)
	rapid.Check(t, func(r *rapid.T) {
		h, l := accepted2(t, s), &limit{start: clock.Today(s.Clock)}
		for range rapid.IntRange(1, 8).Draw(r, "acts") {
			today := clock.Today(s.Clock)
			until := today.AddDays(rapid.IntRange(0, 29).Draw(r, "days"))
			var tip *networkv1.Tip
			var err error
			act := rapid.SampledFrom([]string{"extend", "pause", "resume", "wait"}).Draw(r, "act")
			switch act {
			case "extend":
				tip, err = h.extend(t)
			case "pause":
				tip, err = h.pause(t, until.String())
			case "resume":
				tip, err = h.resume(t)
			default:
				h.days(rapid.IntRange(1, 25).Draw(r, "wait"))
				continue
			}
			require.Equal(r, l.expect(act, today, until), err == nil, "%s: %v", act, err)
			if err == nil {
				require.Equal(r, l.due().String(), tip.GetCloseBy().GetDeadline().GetDue(), act)
			}
		}
	})
}

func TestC8_UnitHearsOfLimitsThatNearEndAndPass(t *testing.T) {
	t.Parallel()
	h := accepted(t, suitetest.New(t))
	told := func(unit string) (titles []string) {
		h.RunJob("network.remind_tips")
		answer, err := networkv1.NewInboxServiceClient(h.As("clerk", unit)).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: unit, Kinds: []string{
				"inbox.tip_due_soon", "inbox.tip_due", "inbox.tip_overdue", "inbox.tip_overdue_below",
			}})
		require.NoError(t, err)
		for _, m := range answer.GetMessages() {
			if m.GetKind() == "inbox.tip_overdue_below" {
				assert.Equal(t, unit, m.GetResource(), "of all below")
			} else {
				assert.Equal(t, h.name, m.GetResource())
			}
			titles = append([]string{m.GetTitle()}, titles...)
		}
		return titles
	}
	const ends = "有一条信息的办理期限今天届满。"
	want := []string{"有一条信息的办理期限将于 2027-01-01 届满。"}
	h.days(52)
	assert.Empty(t, told(networktest.Township))
	h.days(1) // 25 December, five working days before
	assert.Equal(t, want, told(networktest.Township))
	h.days(7)
	want = append(want, ends)
	assert.Equal(t, want, told(networktest.Township))
	tip, err := h.extend(t)
	require.NoError(t, err)
	assert.Equal(t, "2027-01-25", tip.GetCloseBy().GetDeadline().GetRemindOn(), "from the new end")
	h.days(24)
	want = append(want, "有一条信息的办理期限将于 2027-01-31 届满。")
	assert.Equal(t, want, told(networktest.Township), "of the new day apart")
	h.days(6)
	want = append(want, ends)
	assert.Equal(t, want, told(networktest.Township))
	assert.Empty(t, told("units/340503"))
	h.days(1)
	want = append(want, "有一条信息的办理期限已于 2027-01-31 届满。")
	assert.Equal(t, want, told(networktest.Township))
	assert.Equal(t, want, told(networktest.Township), "each once")
	for _, above := range []string{"units/340503", networktest.City} { // the next, and the centre
		assert.Equal(t, []string{"下级有 1 条信息的办理期限已于 2027-01-31 届满，尚未办理。"}, told(above), above)
	}
}

func TestC15_H9_UnitAboveHearsOnceOfAllLimitsBelowThatEndedOnADay(t *testing.T) {
	t.Parallel()
	h := accepted(t, suitetest.New(t))
	accepted2(t, h.Suite)
	h.days(1)
	accepted2(t, h.Suite)
	told := func() (titles []string) {
		for range 2 { // a second run tells nothing again
			h.RunJob("network.remind_tips")
		}
		answer, err := networkv1.NewInboxServiceClient(h.As("clerk", networktest.County)).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: networktest.County, Kinds: []string{"inbox.tip_overdue_below"}})
		require.NoError(t, err)
		for _, m := range answer.GetMessages() {
			titles = append([]string{m.GetTitle()}, titles...)
		}
		return titles
	}
	h.days(60)
	want := []string{"下级有 2 条信息的办理期限已于 2027-01-01 届满，尚未办理。"}
	assert.Equal(t, want, told())
	h.days(1)
	assert.Equal(t, append(want, "下级有 1 条信息的办理期限已于 2027-01-02 届满，尚未办理。"), told())
}

func TestC8_UnitHearsOfALimitThatPassedInAnOutage(t *testing.T) {
	t.Parallel()
	h := accepted(t, suitetest.New(t))
	h.RunJob("network.remind_tips")
	h.days(100) // nothing runs
	h.RunJob("network.remind_tips")
	answer, err := networkv1.NewInboxServiceClient(h.As("clerk", networktest.Township)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: networktest.Township, Kinds: []string{"inbox.tip_due_soon", "inbox.tip_overdue"}})
	require.NoError(t, err)
	require.Len(t, answer.GetMessages(), 1, "that it passed, not that it nears")
	assert.Equal(t, "有一条信息的办理期限已于 2027-01-01 届满。", answer.GetMessages()[0].GetTitle())
}

func TestC15_WhoMustNotSeeATipHearsNothingOfItsLimit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const county = "units/340503"
	handledBy(t, s, networktest.City, about(county, true))
	for range 10 {
		s.Clock.Advance(24 * time.Hour)
		s.RunJob("network.remind_tips")
	}
	kinds := []string{"inbox.tip_due_soon", "inbox.tip_due", "inbox.tip_overdue", "inbox.tip_overdue_below"}
	for unit, want := range map[string]int{networktest.City: 3, county: 0, networktest.Township: 0} {
		answer, err := networkv1.NewInboxServiceClient(s.As("clerk", unit)).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: unit, Kinds: kinds})
		require.NoError(t, err)
		assert.Len(t, answer.GetMessages(), want, unit)
	}
}
