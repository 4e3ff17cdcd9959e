package limits_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/limits"
)

func days(n int32) *typev1.DeadlineRule {
	return &typev1.DeadlineRule{Days: n, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR}
}

// on counts on a day of November 2026.
func on(day int) limits.Counter {
	return limits.Counter{Calendar: calendar.BuiltIn(), Now: time.Date(2026, time.November, day, 1, 0, 0, 0, time.UTC)}
}

func refused(t require.TestingT, err error, reason string) {
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	assert.Equal(t, reason, f.Key)
}

func start(t require.TestingT, n int32) *typev1.TimeLimit {
	limit, err := on(2).Start("units/340503", on(2).Today(), days(n))
	require.NoError(t, err)
	return limit
}

func TestT7_WhereThereIsNoLimitNothingIsExtended(t *testing.T) {
	t.Parallel()
	refused(t, on(2).Extend(nil, nil, "x"), "NO_LIMIT")
	refused(t, on(2).Pause(nil, nil, "2026-11-03", "x"), "NO_LIMIT")
	refused(t, on(2).Resume(nil), "NOT_PAUSED")
}

func TestT7_WithoutLeewayALimitStandsFast(t *testing.T) {
	t.Parallel()
	limit := start(t, 5)
	refused(t, on(3).Extend(limit, nil, "x"), "EXTENDED_TOO_OFTEN")
	refused(t, on(3).Pause(limit, nil, "2026-11-04", "x"), "PAUSED_TOO_OFTEN")
	assert.Equal(t, "2026-11-07", limit.GetDeadline().GetDue())
}

func TestT7_PauseMovesWhatWasExtendedAsWell(t *testing.T) {
	t.Parallel()
	leeway := &typev1.Leeway{ExtendBy: days(5), Extensions: 1, Pauses: 1, PauseDays: 10}
	limit := start(t, 5)
	require.NoError(t, on(3).Extend(limit, leeway, "案情复杂"))
	assert.Equal(t, "2026-11-12", limit.GetDeadline().GetDue())
	require.NoError(t, on(10).Pause(limit, leeway, "2026-11-14", "等待鉴定"))
	assert.Equal(t, "2026-11-17", limit.GetDeadline().GetDue(), "five days of the extension stand")
	assert.Contains(t, limit.GetDeadline().GetArithmetic().GetZh(), "等待鉴定")
	assert.Equal(t, "2026-11-07", limit.GetExtensions()[0].GetExtendedFrom())
	require.NoError(t, on(12).Resume(limit))
	assert.Equal(t, "2026-11-14", limit.GetDeadline().GetDue())
}

func TestT7_LimitIsResumedOnce(t *testing.T) {
	t.Parallel()
	leeway := &typev1.Leeway{Pauses: 2, PauseDays: 10}
	limit := start(t, 20)
	require.NoError(t, on(3).Pause(limit, leeway, "2026-11-08", "等待鉴定"))
	require.NoError(t, on(3).Resume(limit))
	refused(t, on(3).Resume(limit), "NOT_PAUSED")
	assert.Equal(t, "2026-11-23", limit.GetDeadline().GetDue(), "the day of the pause stays")
	require.NoError(t, on(3).Pause(limit, leeway, "2026-11-04", "等待鉴定"), "on the same day the clock may stand again")
	assert.Equal(t, "2026-11-24", limit.GetDeadline().GetDue(), "no day is left out twice")
	require.NoError(t, on(5).Extend(limit, &typev1.Leeway{ExtendBy: days(5), Extensions: 1}, "案情复杂"))
	refused(t, on(5).Resume(limit), "NOT_PAUSED")
}

// TestT7_PausedLimitNeverEndsWhileItStands pauses, resumes and extends at random: every pause ends before the limit does.
func TestT7_PausedLimitNeverEndsWhileItStands(t *testing.T) {
	t.Parallel()
	leeway := &typev1.Leeway{ExtendBy: days(3), Extensions: 20, Pauses: 20, PauseDays: 30}
	rapid.Check(t, func(t *rapid.T) {
		limit, day := start(t, 10), 2
		for range rapid.IntRange(1, 20).Draw(t, "acts") {
			counter, before := on(day), limit.GetDeadline().GetDue()
			switch rapid.IntRange(0, 3).Draw(t, "act") {
			case 0:
				if counter.Extend(limit, leeway, "x") == nil {
					require.Greater(t, limit.GetDeadline().GetDue(), before)
				}
			case 1:
				until := counter.Today().AddDays(rapid.IntRange(0, 29).Draw(t, "until")).String()
				if counter.Pause(limit, leeway, until, "x") == nil {
					require.GreaterOrEqual(t, limit.GetDeadline().GetDue(), before)
				}
			case 2:
				if counter.Resume(limit) == nil {
					require.LessOrEqual(t, limit.GetDeadline().GetDue(), before)
				}
			default:
				day += rapid.IntRange(1, 5).Draw(t, "wait")
			}
			for _, p := range limit.GetPauses() {
				require.Greater(t, limit.GetDeadline().GetDue(), p.GetTo())
			}
		}
	})
}
