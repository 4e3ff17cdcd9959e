package warnings

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

func days(n int32) *typev1.DeadlineRule {
	return &typev1.DeadlineRule{Days: n, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR}
}

// leeway allows each change of a limit often.
func leeway() *typev1.Leeway {
	return &typev1.Leeway{ExtendBy: days(2), Extensions: 20, Pauses: 20, PauseDays: 30}
}

// ladder is a scheme of three warning levels.
func ladder() *warningv1.Scheme {
	level := func(id string, n int32) *warningv1.WarningLevel {
		return &warningv1.WarningLevel{
			Id: id, Title: &typev1.Text{Zh: id},
			Forms: []*warningv1.Form{{Id: "notice", Title: &typev1.Text{Zh: id}, Notice: &typev1.Text{
				Zh: "{unit}：{title}。{grounds}。{due}前，{office}。", En: "{unit}: {title}; by {due}, {office}",
			}}},
			AcknowledgeWithin: days(n), RectifyWithin: days(3 * n), CheckWithin: days(n),
			AcknowledgeLeeway: leeway(), RectifyLeeway: leeway(), CheckLeeway: leeway(),
		}
	}
	return &warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{level("blue", 5), level("yellow", 4), level("red", 3)}}
}

// sent is a case whose notice went out on 2 March.
func sent(t require.TestingT, position string) *warningCase {
	scheme := ladder()
	w := &warningCase{
		Warning: &warningv1.Warning{Title: "采购", Grounds: "多次", Position: position, State: pending},
		beside:  map[string]string{unitTitle: "沙塘路街道", officeTitle: "花山区"},
		scheme:  scheme, calendar: calendar.BuiltIn(), now: time.Date(2026, time.March, 2, 1, 0, 0, 0, time.UTC),
		number: func() (string, error) { return "340503-2026-0001", nil },
	}
	level := scheme.GetWarningLevels()[0]
	require.NoError(t, w.begin(level, level.GetForms()[0], ""))
	return w
}

func (w *warningCase) wait(n int) { w.now = w.now.AddDate(0, 0, n) }

// do does an act as the handlers do.
func (w *warningCase) do(act lifecycle.Act) (err error) {
	if w.State, err = Lifecycle.Next(w.GetState(), act); err != nil {
		return err
	}
	switch act {
	case approve:
		return w.take(act, "", (*warningCase).sendNotice)
	case rectify:
		return w.take(act, "", rectifiedBy(&warningv1.Rectification{Measures: "x"}))
	case checkFailed:
		return w.take(act, "", (*warningCase).allowAfresh)
	case changeLevel:
		return w.take(act, "", func(w *warningCase) error { return w.moveTo(w.scheme.GetWarningLevels()[len(w.GetHistory())%3]) })
	case escalateOverdue, markOverdue, checkOverdue:
		if w.GetAwaited().GetOverdueAfter() == "" {
			return nil // not found by the job
		}
		return w.passLimit()
	case explain:
		return w.take(act, "")
	case extend, pause, resume:
		w.addHistory(act, "")
		_ = w.changeLimits(func(w *warningCase) error { return w.stretch(act) }) // what the leeway refuses changes nothing
		return nil
	default:
		return w.take(act, "", (*warningCase).awaitNext)
	}
}

// stretch changes the limits that run: a pause is of ten days.
func (w *warningCase) stretch(act lifecycle.Act) error {
	switch act {
	case extend:
		return w.counter().Extend(w.running()[0], w.leeway(), "x")
	case pause:
		return w.eachRunning(func(limit *typev1.TimeLimit) error {
			return w.counter().Pause(limit, w.leeway(), w.today().AddDays(9).String(), "x")
		})
	default:
		return w.eachRunning(w.counter().Resume)
	}
}

func TestPauseOfTheReceiptHoldsTheLimitToRectify(t *testing.T) {
	t.Parallel()
	w := sent(t, "")
	require.NoError(t, w.do(pause))
	assert.Equal(t, "2026-03-16", w.GetAwaited().GetDeadline().GetDue(), "nine more days stand: the first never counted")
	assert.Equal(t, "2026-03-26", w.GetRectifyBy().GetDeadline().GetDue())
	assert.Equal(t, "2026-03-26", w.GetDueOn(), "assessed by the day granted")
	w.wait(3)
	require.NoError(t, w.do(acknowledge))
	require.NoError(t, w.do(resume))
	assert.Equal(t, "2026-03-19", w.GetDueOn())
	require.NoError(t, w.do(extend))
	assert.Equal(t, "2026-03-21", w.GetDueOn())
	require.NoError(t, w.take(changeLevel, "", movedTo("red")))
	assert.Empty(t, w.GetRectifyBy().GetPauses(), "another warning level begins new limits")
	require.NoError(t, w.do(extend))
	assert.Equal(t, "2026-03-21", w.GetDueOn(), "which do not put off the day of the first")
}

func TestNoticeNamesUnitPersonOfficeAndDay(t *testing.T) {
	t.Parallel()
	w := sent(t, "主任")
	assert.Equal(t, "沙塘路街道（主任）：采购。多次。2026-03-17前，花山区。", w.GetNotice().GetBody().GetZh())
	assert.Equal(t, "沙塘路街道 (主任): 采购; by 2026-03-17, 花山区", w.GetNotice().GetBody().GetEn())
	assert.Equal(t, "2026-03-07", w.GetAwaited().GetDeadline().GetDue())
}

func TestDeadlinesFollowTheActs(t *testing.T) {
	t.Parallel()
	w := sent(t, "")
	w.wait(1)
	require.NoError(t, w.do(acknowledge))
	assert.Equal(t, "rectify", w.GetAwaited().GetAct())
	assert.Equal(t, "2026-03-17", w.GetAwaited().GetDeadline().GetDue(), "counted from the notice, not from its receipt")
	w.wait(1)
	require.NoError(t, w.do(rectify))
	assert.Equal(t, "check", w.GetAwaited().GetAct())
	assert.Equal(t, "2026-03-09", w.GetAwaited().GetDeadline().GetDue(), "counted from the receipt of the rectification")
	w.wait(1)
	require.NoError(t, w.do(checkFailed))
	assert.Equal(t, "2026-03-20", w.GetRectifyBy().GetDeadline().GetDue(), "a fresh limit")
	assert.Equal(t, "2026-03-17", w.GetDueOn(), "figures keep the first")
	require.NoError(t, w.do(rectify))
	assert.Equal(t, "2026-03-04", w.GetRectifiedOn(), "figures keep the first")
	require.NoError(t, w.do(checkPassed))
	require.NoError(t, w.do(end))
	assert.Nil(t, w.GetAwaited())
}

func TestOverdueEscalatesStepwiseAndIsMarkedOnceAtTheTop(t *testing.T) {
	t.Parallel()
	w := sent(t, "")
	for _, level := range []string{"yellow", "red"} {
		w.wait(10)
		require.NoError(t, w.escalate())
		assert.Equal(t, level, w.GetWarningLevel())
		assert.Equal(t, issued, w.GetState())
		assert.Greater(t, w.GetAwaited().GetOverdueAfter(), w.today().String(), "new limits lie ahead")
	}
	w.wait(10)
	require.NoError(t, w.escalate())
	assert.Equal(t, "red", w.GetWarningLevel())
	last := w.GetHistory()[len(w.GetHistory())-1]
	assert.Equal(t, "overdue", last.GetAct())
	assert.Equal(t, "acknowledge 2026-03-25", last.GetNote())
	require.NoError(t, w.do(explain))
	assert.Empty(t, w.GetAwaited().GetOverdueAfter(), "it is not found again")
	require.NoError(t, w.do(acknowledge))
	assert.NotEmpty(t, w.GetAwaited().GetOverdueAfter(), "the limit to rectify is another one")
}

func TestChangedWarningLevelSendsANewNotice(t *testing.T) {
	t.Parallel()
	w := sent(t, "")
	require.NoError(t, w.do(acknowledge))
	w.number = func() (string, error) { return "340503-2026-0002", nil }
	require.NoError(t, w.take(changeLevel, "性质严重", movedTo("red")))
	assert.Equal(t, "red", w.GetWarningLevel())
	assert.Equal(t, acknowledged, w.GetState())
	assert.Equal(t, "340503-2026-0002", w.GetNotice().GetNumber())
	assert.Equal(t, "2026-03-11", w.GetAwaited().GetDeadline().GetDue())
	assert.Equal(t, "red", w.GetHistory()[2].GetWarningLevel())
}

func TestLifecycleHoldsUnderRandomActs(t *testing.T) {
	t.Parallel()
	var acts []lifecycle.Act
	for _, tr := range Lifecycle.Transitions {
		acts = append(acts, tr.Act)
	}
	awaits := map[warningv1.WarningState]lifecycle.Act{issued: acknowledge, acknowledged: rectify, rectified: check}
	rapid.Check(t, func(t *rapid.T) {
		w := sent(t, "")
		if rapid.Bool().Draw(t, "pending") {
			w.State, w.Notice, w.Awaited, w.RectifyBy, w.DueOn = pending, nil, nil, nil, ""
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			w.wait(rapid.IntRange(0, 20).Draw(t, "days"))
			from := w.GetState()
			act := rapid.SampledFrom(acts).Draw(t, "act")
			to, illegal := Lifecycle.Next(from, act)
			err := w.do(act)
			require.Equal(t, illegal == nil, err == nil, "%s in %s", act, from)
			require.Equal(t, to, w.GetState(), "the table says where %s leads from %s", act, from)
			if from == closed || from == withdrawn {
				require.Error(t, err, "nothing follows the end")
			}
			require.EqualValues(t, awaits[w.GetState()], w.GetAwaited().GetAct())
			require.Equal(t, w.GetState() >= issued && w.GetNotice() != nil, w.GetRectifyBy() != nil)
			require.Equal(t, w.GetNotice() != nil, w.GetDueOn() != "", "what went out is due on a day")
			if on := w.GetAwaited().GetOverdueAfter(); on != "" {
				require.Equal(t, w.GetAwaited().GetDeadline().GetDue(), on)
				for _, p := range w.running()[0].GetPauses() {
					require.Greater(t, on, p.GetTo(), "it does not rise while paused")
				}
			}
		}
	})
}
