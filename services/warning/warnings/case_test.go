package warnings

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

func days(n int32) *typev1.DeadlineRule {
	return &typev1.DeadlineRule{Days: n, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR}
}

// leeway allows each change of a limit often.
func leeway() *typev1.Leeway {
	return &typev1.Leeway{ExtendBy: days(2), Extensions: 20, Pauses: 20, PauseDays: 30}
}

// of is a step of a kind, within some days of the notice; a check and a look-back within some days of the step before.
func of(kind warningv1.StepKind, n int32) *warningv1.Step {
	s := &warningv1.Step{Id: kind.String(), Kind: kind, By: byAddressee, Within: days(n), Leeway: leeway(), Overdue: &warningv1.Overdue{
		Action: warningv1.OverdueAction_OVERDUE_ACTION_RISE,
	}}
	if kind == toCheck || kind == toLookBack {
		s.By, s.FromStepBefore, s.Overdue.Action = byOffice, true, warningv1.OverdueAction_OVERDUE_ACTION_TELL
	}
	if kind == toLookBack {
		s.After = days(30)
	}
	return s
}

// ladder is a scheme of three warning levels, each with these steps in its one form.
func ladder(steps func(n int32) []*warningv1.Step) *warningv1.Scheme {
	level := func(id string, n int32) *warningv1.WarningLevel {
		return &warningv1.WarningLevel{Id: id, Title: &typev1.Text{Zh: id}, Forms: []*warningv1.Form{{
			Id: "notice", Title: &typev1.Text{Zh: id}, Steps: steps(n), Notice: &typev1.Text{
				Zh: "{unit}：{title}。{grounds}。{due.STEP_KIND_RECTIFY}前，{office}。", En: "{unit}: {title}; by {due.STEP_KIND_RECTIFY}, {office}",
			},
		}}}
	}
	return &warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{level("blue", 5), level("yellow", 4), level("red", 3)}}
}

func usual(n int32) []*warningv1.Step {
	explanation := of(toExplain, n)
	explanation.Optional, explanation.Within, explanation.Overdue = true, nil, nil
	return []*warningv1.Step{of(toAcknowledge, n), explanation, of(toRectify, 3*n), of(toCheck, n)}
}

// sent is a case whose notice went out on 2 March.
func sent(t require.TestingT, scheme *warningv1.Scheme) *warningCase { return sentTo(t, scheme, 1) }

// sentTo is such a case to the holder of a post and some more addressees.
func sentTo(t require.TestingT, scheme *warningv1.Scheme, addressees int) *warningCase {
	w := &warningCase{
		Warning: &warningv1.Warning{Title: "采购", Grounds: "多次", State: pending, Addressees: []*warningv1.Addressee{
			{Number: 1, UnitTitle: "沙塘路街道", Position: "主任"},
		}},
		beside: map[string]string{officeTitle: "花山区"},
		scheme: scheme, calendar: calendar.BuiltIn(), now: time.Date(2026, time.March, 2, 1, 0, 0, 0, time.UTC),
		number: func() (string, error) { return "340503-2026-0001", nil },
	}
	for n := range addressees - 1 {
		w.Addressees = append(w.Addressees, &warningv1.Addressee{Number: int32(n + 2), UnitTitle: "霍里山街道"})
	}
	level := scheme.GetWarningLevels()[0]
	require.NoError(t, w.begin(level, level.GetForms()[0], ""))
	return w
}

func (w *warningCase) wait(n int) { w.now = w.now.AddDate(0, 0, n) }

// step is a step of a kind.
func (w *warningCase) step(kind warningv1.StepKind) *warningv1.WarningStep {
	return w.GetSteps()[slices.IndexFunc(w.GetSteps(), func(s *warningv1.WarningStep) bool { return s.GetKind() == kind })]
}

// effects are what the acts do.
var effects = map[lifecycle.Act]effect{
	acknowledge: part(toAcknowledge),
	explain:     part(toExplain),
	recordTalk:  func(w *warningCase) error { return talked(&warningv1.Talk{})(w) },
	signTalk:    (*warningCase).signTalk,
	submitPlan:  did(toPlan, 1, &warningv1.StepRecord{}),
	rectify: func(w *warningCase) error {
		return rectifiedBy(&warningv1.Rectification{Measures: strconv.Itoa(len(w.GetHistory()))})(w)
	},
	checkFailed:  judged(toCheck, false, "x", toPlan, toRectify),
	checkPassed:  judged(toCheck, true, "x", toPlan, toRectify),
	lookBack:     judged(toLookBack, true, "x", toRectify),
	findRecurred: judged(toLookBack, false, "x", toRectify),
	decideCase:   did(toDecide, 0, &warningv1.StepRecord{}),
	end:          (*warningCase).close,
	withdraw:     (*warningCase).takeBack,
	changeLevel: func(w *warningCase) error {
		return w.moveTo(w.scheme.GetWarningLevels()[len(w.GetHistory())%3], "")
	},
	extend: func(w *warningCase) error {
		return w.changeLimits(0, func(w *warningCase, awaited *warningv1.WarningStep) error {
			return w.counter().Extend(awaited.GetLimit(), w.rule(awaited).GetLeeway(), "x")
		})
	},
	pause: func(w *warningCase) error { // of ten days
		return w.changeLimits(0, func(w *warningCase, awaited *warningv1.WarningStep) error {
			return w.eachRunning(awaited, func(limit *typev1.TimeLimit) error {
				return w.counter().Pause(limit, w.rule(awaited).GetLeeway(), w.today().AddDays(9).String(), "x")
			})
		})
	},
	resume: func(w *warningCase) error {
		return w.changeLimits(0, func(w *warningCase, awaited *warningv1.WarningStep) error {
			return w.eachRunning(awaited, w.counter().Resume)
		})
	},
}

// part has the first addressee who has one left do a step of a kind.
func part(kind warningv1.StepKind) effect {
	return func(w *warningCase) error {
		var err error
		for _, a := range w.GetAddressees() {
			if err = did(kind, a.GetNumber(), &warningv1.StepRecord{})(w); err == nil {
				break
			}
		}
		return err
	}
}

// do does an act as the handlers do, or as the job does, where that finds the warning.
func (w *warningCase) do(act lifecycle.Act) (err error) {
	if w.State, err = Lifecycle.Next(w.GetState(), act); err != nil {
		return err
	}
	if act == escalateOverdue || act == markOverdue {
		for _, late := range w.overdue() {
			if err := w.riseOrMark(late); err != nil {
				return err
			}
		}
		return nil
	}
	if act == fall {
		if _, i := w.level(); i == 0 || w.requireNothingOwed() != nil {
			return collection.ErrAsItIs
		}
		return w.fall("x")
	}
	return w.take(act, "", effects[act])
}

func TestPauseOfTheReceiptHoldsTheLimitToRectify(t *testing.T) {
	t.Parallel()
	w := sent(t, ladder(usual))
	require.NoError(t, w.do(pause))
	assert.Equal(t, "2026-03-16", w.GetAwaited().GetDeadline().GetDue(), "nine more days stand: the first never counted")
	assert.Equal(t, "2026-03-26", w.step(toRectify).GetLimit().GetDeadline().GetDue())
	assert.Equal(t, "2026-03-26", w.GetDueOn(), "assessed by the day granted")
	w.wait(3)
	require.NoError(t, w.do(acknowledge))
	require.NoError(t, w.do(resume))
	assert.Equal(t, "2026-03-19", w.GetDueOn())
	require.NoError(t, w.do(extend))
	assert.Equal(t, "2026-03-21", w.GetDueOn())
	require.NoError(t, w.take(changeLevel, "", movedTo("red", nil)))
	assert.Empty(t, w.step(toRectify).GetLimit().GetPauses(), "another warning level begins new limits")
	require.NoError(t, w.do(extend))
	assert.Equal(t, "2026-03-21", w.GetDueOn(), "which do not put off the day of the first")
}

func TestNoticeNamesUnitPersonOfficeAndDay(t *testing.T) {
	t.Parallel()
	w := sent(t, ladder(usual))
	assert.Equal(t, "沙塘路街道（主任）：采购。多次。2026-03-17前，花山区。", w.GetNotice().GetBody().GetZh())
	assert.Equal(t, "沙塘路街道 (主任): 采购; by 2026-03-17, 花山区", w.GetNotice().GetBody().GetEn())
	assert.Equal(t, "2026-03-07", w.GetAwaited().GetDeadline().GetDue())
}

func TestDeadlinesFollowTheActs(t *testing.T) {
	t.Parallel()
	w := sent(t, ladder(usual))
	w.wait(1)
	require.NoError(t, w.do(acknowledge))
	assert.Equal(t, toRectify, w.GetAwaited().GetKind())
	assert.Equal(t, "2026-03-17", w.GetAwaited().GetDeadline().GetDue(), "counted from the notice, not from its receipt")
	w.wait(1)
	require.NoError(t, w.do(rectify))
	assert.Equal(t, toCheck, w.GetAwaited().GetKind())
	assert.Equal(t, stepPassedOver, w.step(toExplain).GetState())
	assert.Equal(t, "2026-03-09", w.GetAwaited().GetDeadline().GetDue(), "counted from the receipt of the rectification")
	w.wait(1)
	require.NoError(t, w.do(checkFailed))
	assert.Equal(t, "2026-03-20", w.step(toRectify).GetLimit().GetDeadline().GetDue(), "a fresh limit")
	assert.Equal(t, stepPassedOver, w.step(toExplain).GetState(), "what came before stays as it is")
	assert.Equal(t, "2026-03-17", w.GetDueOn(), "figures keep the first")
	require.NoError(t, w.do(rectify))
	assert.Equal(t, "2026-03-04", w.GetRectifiedOn(), "figures keep the first")
	require.Error(t, w.close(), "the check comes first")
	require.NoError(t, w.do(checkPassed))
	assert.Equal(t, toClose, w.GetAwaited().GetKind())
	require.NoError(t, w.do(end))
	assert.Nil(t, w.GetAwaited())
}

func TestOverdueEscalatesStepwiseAndIsMarkedOnceAtTheTop(t *testing.T) {
	t.Parallel()
	w := sent(t, ladder(usual))
	for _, level := range []string{"yellow", "red"} {
		w.wait(10)
		require.NoError(t, w.do(escalateOverdue))
		assert.Equal(t, level, w.GetWarningLevel())
		assert.Equal(t, issued, w.GetState())
		assert.Greater(t, w.GetAwaited().GetOverdueAfter(), w.today().String(), "new limits lie ahead")
	}
	w.wait(10)
	require.NoError(t, w.do(markOverdue))
	assert.Equal(t, "red", w.GetWarningLevel())
	last := w.GetHistory()[len(w.GetHistory())-1]
	assert.Equal(t, "overdue", last.GetAct())
	assert.Equal(t, "STEP_KIND_ACKNOWLEDGE", last.GetStep())
	assert.Equal(t, "2026-03-25", last.GetNote())
	require.Error(t, w.do(explain), "the receipt comes first")
	assert.Empty(t, w.GetAwaited().GetOverdueAfter(), "it is not found again")
	require.NoError(t, w.do(acknowledge))
	assert.NotEmpty(t, w.GetAwaited().GetOverdueAfter(), "the limit to rectify is another one")
}

func TestGracePutsOffWhatOverdueDoes(t *testing.T) {
	t.Parallel()
	w := sent(t, ladder(func(n int32) []*warningv1.Step {
		s := of(toAcknowledge, n)
		s.Overdue.Grace = days(3)
		return []*warningv1.Step{s}
	}))
	assert.Equal(t, "2026-03-07", w.GetAwaited().GetDeadline().GetDue())
	assert.Equal(t, "2026-03-10", w.GetAwaited().GetOverdueAfter())
	require.NoError(t, w.do(extend))
	assert.Equal(t, "2026-03-12", w.GetAwaited().GetOverdueAfter())
}

func TestChangedWarningLevelBeginsItsFormAnew(t *testing.T) {
	t.Parallel()
	w := sent(t, ladder(usual))
	require.NoError(t, w.do(acknowledge))
	w.number = func() (string, error) { return "340503-2026-0002", nil }
	require.NoError(t, w.take(changeLevel, "性质严重", movedTo("red", nil)))
	assert.Equal(t, "red", w.GetWarningLevel())
	assert.Equal(t, toAcknowledge, w.GetAwaited().GetKind())
	assert.Equal(t, "340503-2026-0002", w.GetNotice().GetNumber())
	assert.Equal(t, "2026-03-05", w.GetAwaited().GetDeadline().GetDue())
	assert.Equal(t, "red", w.GetHistory()[2].GetWarningLevel())
	require.Len(t, w.GetEarlierSteps(), 1, "what was done before is kept")
	assert.Equal(t, toAcknowledge, w.GetEarlierSteps()[0].GetKind())
}

func TestAWarningThatNeedNotBeRectifiedAnyMoreCountsNowhere(t *testing.T) {
	t.Parallel()
	explained := func() *warningv1.Scheme {
		scheme := ladder(usual)
		scheme.GetWarningLevels()[2].GetForms()[0].Steps = []*warningv1.Step{of(toAcknowledge, 5)}
		return scheme
	}
	w := sent(t, explained())
	require.NoError(t, w.take(changeLevel, "", movedTo("red", nil)))
	assert.Empty(t, w.GetDueOn())
	rectified := sent(t, explained())
	require.NoError(t, rectified.do(acknowledge))
	require.NoError(t, rectified.do(rectify))
	require.NoError(t, rectified.take(changeLevel, "", movedTo("red", nil)))
	assert.Empty(t, rectified.GetDueOn()+rectified.GetRectifiedOn(), "what was handed in in time passed no check")
	late := sent(t, explained())
	late.wait(30)
	require.NoError(t, late.take(changeLevel, "", movedTo("red", nil)))
	assert.Equal(t, "2026-03-17", late.GetDueOn(), "what was late stays late")
}

// drawSteps draws the steps of a form that the scheme's check lets pass: what judges stands behind what it judges.
func drawSteps(t *rapid.T) []*warningv1.Step {
	kinds := []warningv1.StepKind{toAcknowledge}
	optionals := []warningv1.StepKind{toExplain, toTalk, toPlan, toRectify}
	for range rapid.IntRange(0, 3).Draw(t, "before") {
		kinds = append(kinds, rapid.SampledFrom(optionals).Draw(t, "kind"))
	}
	if rapid.Bool().Draw(t, "rectified") {
		kinds = append(kinds, toRectify)
		for range rapid.IntRange(0, 2).Draw(t, "checks") {
			kinds = append(kinds, rapid.SampledFrom([]warningv1.StepKind{toCheck, toTalk}).Draw(t, "judged"))
		}
		if rapid.Bool().Draw(t, "looked back on") {
			kinds = append(kinds, toLookBack)
		}
	}
	if rapid.Bool().Draw(t, "decided") {
		kinds = append(kinds, toDecide)
	}
	var steps []*warningv1.Step
	for i, kind := range kinds {
		s := of(kind, int32(rapid.IntRange(0, 20).Draw(t, "days")))
		s.Id += string(rune('a' + i))
		s.BothSign = kind == toTalk && rapid.Bool().Draw(t, "both sign")
		if (kind == toAcknowledge || kind == toExplain) && rapid.Bool().Draw(t, "of each") {
			s.By = byEachAddressee
		}
		if kind == toTalk || kind == toDecide {
			s.By = byIssuer
		}
		judged := kind == toRectify && i == slices.Index(kinds, toRectify)
		s.Optional = i > 0 && !judged && slices.Contains(optionals, kind) && rapid.Bool().Draw(t, "optional")
		s.FromStepBefore = s.GetFromStepBefore() || rapid.Bool().Draw(t, "from the step before")
		if s.GetOptional() || rapid.Bool().Draw(t, "without limit") {
			s.Within, s.Overdue = nil, nil
		}
		steps = append(steps, s)
	}
	return steps
}

// TestNoSequenceOfActsLeavesAWarningWithoutAnEnd does acts at random on forms at random: what is not over awaits the first mandatory
// step that is left, or its closing; what is over awaits nothing; and what is refused changes nothing.
func TestNoSequenceOfActsLeavesAWarningWithoutAnEnd(t *testing.T) {
	t.Parallel()
	var acts []lifecycle.Act
	for _, tr := range Lifecycle.Transitions {
		if tr.From == issued && effects[tr.Act] != nil || tr.By.Title == lifecycle.Suite.Title {
			acts = append(acts, tr.Act)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		scheme := ladder(func(int32) []*warningv1.Step { return drawSteps(t) })
		for _, level := range scheme.GetWarningLevels() {
			level.GetForms()[0].EndsItself = rapid.Bool().Draw(t, "ends itself")
		}
		w := sentTo(t, scheme, rapid.IntRange(1, 3).Draw(t, "addressees"))
		for range rapid.IntRange(1, 40).Draw(t, "acts") {
			w.wait(rapid.IntRange(0, 20).Draw(t, "days"))
			before, state := proto.CloneOf(w.Warning), w.GetState()
			act := rapid.SampledFrom(acts).Draw(t, "act")
			if w.do(act) != nil {
				w.Warning = before
				continue
			}
			require.True(t, Lifecycle.Leads(state.Number(), act, w.GetState().Number()), "%s leads from %s to %s", act, state, w.GetState())
			requireAwaited(t, w)
		}
	})
}

// requireAwaited requires that a warning awaits what it should, of each.
func requireAwaited(t require.TestingT, w *warningCase) {
	if w.GetState() != issued {
		require.Empty(t, allAwaited(w.Warning))
		return
	}
	left := slices.IndexFunc(w.GetSteps(), isLeft)
	if left < 0 {
		require.False(t, w.form().GetEndsItself())
		require.Equal(t, toClose, w.GetAwaited().GetKind())
		return
	}
	require.Equal(t, w.GetSteps()[left], stepAwaited(w.Warning, w.GetAwaited()), "the first that is left")
	for i, s := range w.GetSteps() {
		held := slices.ContainsFunc(w.GetSteps()[:i], func(before *warningv1.WarningStep) bool {
			return isLeft(before) && precedes(before, s)
		})
		if !isOver(s) {
			require.Equal(t, held, s.GetState() == stepWaiting, "what nothing comes before may be done")
		}
	}
	for _, awaited := range allAwaited(w.Warning) {
		s := stepAwaited(w.Warning, awaited)
		require.Equal(t, stepOpen, s.GetState(), "what is awaited may be done")
		require.Equal(t, s.GetLimit().GetDeadline().GetDue(), awaited.GetDeadline().GetDue())
		if on := awaited.GetOverdueAfter(); on != "" {
			for _, p := range s.GetLimit().GetPauses() {
				require.Greater(t, on, p.GetTo(), "it does not rise while paused")
			}
		}
	}
}
