package warnings

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

const (
	stepWaiting    = warningv1.StepState_STEP_STATE_WAITING
	stepOpen       = warningv1.StepState_STEP_STATE_OPEN
	stepOver       = warningv1.StepState_STEP_STATE_DONE
	stepPassedOver = warningv1.StepState_STEP_STATE_PASSED_OVER

	toAcknowledge = warningv1.StepKind_STEP_KIND_ACKNOWLEDGE
	toExplain     = warningv1.StepKind_STEP_KIND_EXPLAIN
	toTalk        = warningv1.StepKind_STEP_KIND_TALK
	toPlan        = warningv1.StepKind_STEP_KIND_PLAN
	toRectify     = warningv1.StepKind_STEP_KIND_RECTIFY
	toCheck       = warningv1.StepKind_STEP_KIND_CHECK
	toLookBack    = warningv1.StepKind_STEP_KIND_LOOK_BACK
	toDecide      = warningv1.StepKind_STEP_KIND_DECIDE
	toClose       = warningv1.StepKind_STEP_KIND_CLOSE

	byAddressee = warningv1.StepParty_STEP_PARTY_ADDRESSEE
	byOffice    = warningv1.StepParty_STEP_PARTY_OFFICE
	byIssuer    = warningv1.StepParty_STEP_PARTY_ISSUER
)

// form is the form that the warning has, with the rules of its steps.
func (w *warningCase) form() *warningv1.Form {
	level, _ := w.level()
	form, _ := schemes.Find(level.GetForms(), w.GetForm())
	return form
}

// beginForm begins the steps of the warning's form, with the limits that are counted from the notice. What was done under another
// form is kept.
func (w *warningCase) beginForm() error {
	for _, s := range w.GetSteps() {
		if len(s.GetRecords()) > 0 {
			w.EarlierSteps = append(w.EarlierSteps, s)
		}
	}
	w.Steps, w.Awaited = nil, nil
	for _, rule := range w.form().GetSteps() {
		w.Steps = append(w.Steps, &warningv1.WarningStep{
			Id: rule.GetId(), Title: rule.GetTitle(), Kind: rule.GetKind(), By: rule.GetBy(), Optional: rule.GetOptional(),
			State: stepWaiting,
		})
	}
	for i, rule := range w.form().GetSteps() {
		if rule.GetFromStepBefore() || rule.GetKind() == toLookBack {
			continue
		}
		if err := w.startLimit(i, w.today()); err != nil {
			return err
		}
	}
	w.dropDueOn()
	return w.openNext()
}

// openNext opens the steps that may be done now, and awaits the first of them that is mandatory. Where none is left, the warning
// waits for its closing, or is closed by its form.
func (w *warningCase) openNext() error {
	for i, s := range w.GetSteps() {
		if isOver(s) {
			continue
		}
		if s.GetState() == stepWaiting {
			if err := w.openStep(i); err != nil {
				return err
			}
		}
		if !s.GetOptional() {
			return w.await(i)
		}
	}
	if w.form().GetEndsItself() {
		w.State, w.Awaited = closed, nil
		return nil
	}
	w.moved = w.moved || w.GetAwaited().GetKind() != toClose
	w.Awaited = &warningv1.Awaited{Kind: toClose, By: byIssuer}
	return nil
}

// openStep lets a step be done, from today or, a look-back, from its day on. The limit begins that has not.
func (w *warningCase) openStep(i int) error {
	s, from := w.GetSteps()[i], w.today()
	s.State = stepOpen
	if s.GetKind() == toLookBack {
		var err error
		if from, err = w.daysAfter(from, w.form().GetSteps()[i].GetAfter()); err != nil {
			return err
		}
		s.NotBefore = from.String()
	}
	if s.GetLimit() != nil {
		return nil
	}
	return w.startLimit(i, from)
}

// find finds the first step of a kind that is left, which must be open.
func (w *warningCase) find(kind warningv1.StepKind) (int, error) {
	i := slices.IndexFunc(w.GetSteps(), func(s *warningv1.WarningStep) bool { return s.GetKind() == kind && !isOver(s) })
	if i < 0 {
		return 0, fault.Precondition(words.NoStep())
	}
	if w.GetSteps()[i].GetState() == stepWaiting {
		return 0, w.stepFirst()
	}
	return i, nil
}

// stepFirst says which step comes first.
func (w *warningCase) stepFirst() error {
	first, _ := schemes.Find(w.GetSteps(), w.GetAwaited().GetStep())
	return fault.Precondition(words.StepFirst(schemes.TitleOf(first.GetId(), first.GetTitle())))
}

// addRecord keeps what the caller did in a step, and notes the step in the history. What is given stays as it is, for a
// transaction that is tried again.
func (w *warningCase) addRecord(i int, given *warningv1.StepRecord) {
	s, record := w.GetSteps()[i], proto.CloneOf(given)
	record.RecordTime, record.Unit = timestamppb.New(w.now), w.caller.Unit
	s.Records = append(s.Records, record)
	w.History[len(w.History)-1].Step = s.GetId()
}

// complete has a step be done. Those before it that are left are optional, and passed over.
func (w *warningCase) complete(i int) error {
	for _, before := range w.GetSteps()[:i] {
		if !isOver(before) {
			before.State = stepPassedOver
		}
	}
	w.GetSteps()[i].State = stepOver
	return w.openNext()
}

// reopen opens again the last mandatory step of some kinds before another one, with its limit afresh; those after it wait again.
func (w *warningCase) reopen(before int, kinds ...warningv1.StepKind) error {
	for i := before - 1; i >= 0; i-- {
		if s := w.GetSteps()[i]; s.GetOptional() || !slices.Contains(kinds, s.GetKind()) {
			continue
		}
		for _, s := range w.GetSteps()[i:] {
			s.State, s.Limit, s.NotBefore = stepWaiting, nil, ""
		}
		w.Awaited = nil
		return w.openNext()
	}
	return fault.Precondition(words.NoStep()) // the scheme's check has seen to it that there is one
}

// await sets what is awaited to a step. What the suite has done about its limit, it does not do again.
func (w *warningCase) await(i int) (err error) {
	s, rule := w.GetSteps()[i], w.form().GetSteps()[i]
	deadline, before := s.GetLimit().GetDeadline(), w.GetAwaited()
	now := &warningv1.Awaited{
		Step: s.GetId(), Kind: s.GetKind(), By: owing(s, rule), Deadline: deadline,
		OverdueAfter: before.GetOverdueAfter(), RemindOn: before.GetRemindOn(),
	}
	if before.GetStep() != s.GetId() || before.GetDeadline().GetDue() != deadline.GetDue() {
		now.RemindOn = deadline.GetRemindOn()
		now.OverdueAfter, err = w.overdueAfter(deadline.GetDue(), rule.GetOverdue())
	}
	w.moved = w.moved || before.GetStep() != s.GetId() || before.GetBy() != now.GetBy()
	w.Awaited = now
	return err
}

// owing is who owes a step now: of a talk that is recorded, the addressee, whose signature is left.
func owing(s *warningv1.WarningStep, rule *warningv1.Step) warningv1.StepParty {
	if rule.GetBothSign() && unsigned(s) != nil {
		return byAddressee
	}
	return s.GetBy()
}

func isOver(s *warningv1.WarningStep) bool {
	return s.GetState() == stepOver || s.GetState() == stepPassedOver
}
