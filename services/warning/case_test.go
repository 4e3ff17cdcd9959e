package warning

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

func days(n int32) *typev1.DeadlineRule {
	return &typev1.DeadlineRule{Days: n, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR}
}

// ladder is a scheme of three warning levels; the last comes only by hand or by delay.
func ladder() *warningv1.Scheme {
	warningLevel := func(id, criterion string, n int32) *warningv1.WarningLevel {
		return &warningv1.WarningLevel{
			Id: id, Title: &typev1.Text{Zh: id}, Criterion: criterion,
			Forms: []*warningv1.Form{{Id: "notice", Title: &typev1.Text{Zh: id}, Notice: &typev1.Text{
				Zh: "{unit}：{title}。{grounds}。{due}前，{office}。", En: "{unit}: {title}; by {due}, {office}",
			}}},
			AcknowledgeWithin: days(n), RectifyWithin: days(3 * n), CheckWithin: days(n),
		}
	}
	return &warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{
		warningLevel("blue", "tips >= 3", 5), warningLevel("yellow", "tips >= 5", 4), warningLevel("red", "", 3),
	}}
}

func newTestCase(state warningv1.WarningState) *warningCase {
	scheme := ladder()
	d := &warningCase{
		Warning: &warningv1.Warning{Title: "采购", Grounds: "多次", State: state},
		row:     db.Warning{Region: "340503", UnitTitle: "沙塘路街道", OfficeTitle: "花山区"},
		scheme:  scheme, calendar: calendar.BuiltIn(), now: time.Date(2026, time.March, 2, 1, 0, 0, 0, time.UTC),
	}
	d.setWarningLevel(scheme.GetWarningLevels()[0], scheme.GetWarningLevels()[0].GetForms()[0])
	return d
}

func sent(t require.TestingT) *warningCase {
	d := newTestCase(issued)
	require.NoError(t, d.sendNotice("340503-2026-0001"))
	return d
}

func (d *warningCase) wait(n int) { d.now = d.now.AddDate(0, 0, n) }

func number() (string, error) { return "340503-2026-0002", nil }

func TestNoticeNamesUnitPersonOfficeAndDay(t *testing.T) {
	t.Parallel()
	d := newTestCase(issued)
	d.Position = "主任"
	require.NoError(t, d.sendNotice("340503-2026-0001"))
	assert.Equal(t, "沙塘路街道（主任）：采购。多次。2026-03-17前，花山区。", d.GetNotice().GetBody().GetZh())
	assert.Equal(t, "沙塘路街道 (主任): 采购; by 2026-03-17, 花山区", d.GetNotice().GetBody().GetEn())
	assert.Equal(t, "2026-03-07", d.GetAwaited().GetDeadline().GetDue())
}

func TestDeadlinesFollowTheActs(t *testing.T) {
	t.Parallel()
	d := sent(t)
	d.wait(1)
	require.NoError(t, d.transition(actAcknowledge, ""))
	assert.Equal(t, actRectify, d.GetAwaited().GetAct())
	assert.Equal(t, "2026-03-17", d.GetAwaited().GetDeadline().GetDue(), "counted from the notice, not from its receipt")
	d.wait(1)
	require.NoError(t, d.rectify(&warningv1.Rectification{Measures: "第一次"}))
	assert.Equal(t, actCheck, d.GetAwaited().GetAct())
	assert.Equal(t, "2026-03-09", d.GetAwaited().GetDeadline().GetDue(), "counted from the receipt of the rectification")
	assert.Nil(t, d.row.RiseAfter, "a late check is not the addressee's delay")
	d.wait(1)
	require.NoError(t, d.recordCheck(false, "不够"))
	assert.Equal(t, "2026-03-20", d.GetRectifyBy().GetDue(), "a fresh limit")
	assert.Equal(t, "2026-03-17", d.row.RectifyOn.Format(time.DateOnly), "figures keep the first")
	require.NoError(t, d.rectify(&warningv1.Rectification{Measures: "第二次"}))
	assert.Equal(t, "2026-03-04", d.row.RectifiedOn.Format(time.DateOnly), "figures keep the first")
	require.NoError(t, d.recordCheck(true, "合格"))
	require.NoError(t, d.transition(actClose, ""))
	assert.Nil(t, d.GetAwaited())
}

func TestOverdueEscalatesStepwiseAndIsMarkedOnceAtTheTop(t *testing.T) {
	t.Parallel()
	d := sent(t)
	for _, warningLevel := range []string{"yellow", "red"} {
		d.wait(10)
		require.NoError(t, d.escalate(number))
		assert.Equal(t, warningLevel, d.GetWarningLevel())
		assert.Equal(t, issued, d.GetState())
		assert.True(t, d.row.RiseAfter.After(d.now), "new limits lie ahead")
	}
	d.wait(10)
	require.NoError(t, d.escalate(number))
	assert.Equal(t, "red", d.GetWarningLevel())
	assert.Nil(t, d.row.RiseAfter, "it is not found again")
	last := d.GetHistory()[len(d.GetHistory())-1]
	assert.Equal(t, actOverdue, last.GetAct())
	assert.Equal(t, "acknowledge 2026-03-25", last.GetNote())
	require.NoError(t, d.transition(actAcknowledge, ""))
	assert.NotNil(t, d.row.RiseAfter, "the limit to rectify is another one")
}

func TestChangedWarningLevelSendsANewNotice(t *testing.T) {
	t.Parallel()
	d := sent(t)
	require.NoError(t, d.transition(actAcknowledge, ""))
	require.NoError(t, d.changeWarningLevel(actChangeWarningLevel, d.scheme.GetWarningLevels()[2], "340503-2026-0002", "性质严重"))
	assert.Equal(t, "red", d.GetWarningLevel())
	assert.Equal(t, acknowledged, d.GetState())
	assert.Equal(t, "340503-2026-0002", d.GetNotice().GetNumber())
	assert.Equal(t, "2026-03-11", d.GetAwaited().GetDeadline().GetDue())
	assert.Equal(t, "red", d.GetHistory()[1].GetWarningLevel())
}

// do tries an act as the handlers do.
func (d *warningCase) do(name string) error {
	if _, err := WarningLifecycle.Next(d.GetState(), lifecycle.Act(name)); err != nil {
		return err
	}
	switch name {
	case actApprove:
		return d.approve("1")
	case actRectify:
		return d.rectify(&warningv1.Rectification{Measures: "x"})
	case actPass, actFail:
		return d.recordCheck(name == actPass, "x")
	case actChangeWarningLevel:
		return d.changeWarningLevel(actChangeWarningLevel, d.scheme.GetWarningLevels()[len(d.GetHistory())%3], "2", "x")
	case actEscalateOverdue, actOverdue:
		if d.row.RiseAfter == nil {
			return nil // not found by the job
		}
		return d.escalate(number)
	default:
		return d.transition(name, "x")
	}
}

func TestLifecycleHoldsUnderRandomActs(t *testing.T) {
	t.Parallel()
	var acts []string
	for _, tr := range WarningLifecycle.Transitions {
		acts = append(acts, string(tr.Act))
	}
	awaits := map[warningv1.WarningState]string{issued: actAcknowledge, acknowledged: actRectify, rectified: actCheck}
	rapid.Check(t, func(t *rapid.T) {
		d := newTestCase(pending)
		if rapid.Bool().Draw(t, "approved") {
			d = sent(t)
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			d.wait(rapid.IntRange(0, 20).Draw(t, "days"))
			from, past := d.GetState(), len(d.GetHistory())
			name := rapid.SampledFrom(acts).Draw(t, "act")
			to, illegal := WarningLifecycle.Next(from, lifecycle.Act(name))
			err := d.do(name)
			require.Equal(t, illegal == nil, err == nil, "%s in %s", name, from)
			require.Equal(t, to, d.GetState(), "the table says where %s leads from %s", name, from)
			require.GreaterOrEqual(t, len(d.GetHistory()), past)
			if from == closed || from == withdrawn {
				require.Error(t, err, "nothing follows the end")
			}
			require.Equal(t, awaits[d.GetState()], d.GetAwaited().GetAct())
			require.Equal(t, d.GetState() >= issued && d.GetNotice() != nil, d.GetRectifyBy() != nil)
			if d.row.RiseAfter != nil {
				require.Equal(t, d.GetAwaited().GetDeadline().GetDue(), d.row.RiseAfter.Format(time.DateOnly))
			}
		}
	})
}

func TestEveryStateIsReachableAndTwoAreFinal(t *testing.T) {
	t.Parallel()
	reached, ends := []warningv1.WarningState{pending}, []warningv1.WarningState{}
	for i := 0; i < len(reached); i++ {
		from := func(tr lifecycle.Transition[warningv1.WarningState]) bool { return tr.From == reached[i] }
		if !slices.ContainsFunc(WarningLifecycle.Transitions, from) {
			ends = append(ends, reached[i])
		}
		for _, tr := range WarningLifecycle.Transitions {
			if from(tr) && !slices.Contains(reached, tr.To) {
				reached = append(reached, tr.To)
			}
		}
	}
	assert.Len(t, reached, len(warningv1.WarningState_name)-1)
	assert.ElementsMatch(t, []warningv1.WarningState{closed, withdrawn}, ends, fmt.Sprint(ends))
}
