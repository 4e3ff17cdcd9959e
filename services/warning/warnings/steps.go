package warnings

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
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

	byEachAddressee = warningv1.StepParty_STEP_PARTY_EACH_ADDRESSEE
)

// form is the form that the warning has, with the rules of its steps.
func (w *warningCase) form() *warningv1.Form {
	level, _ := w.level()
	form, _ := schemes.Find(level.GetForms(), w.GetForm())
	return form
}

// maxEarlierSteps is how many steps of earlier forms a warning keeps, the last ones.
const maxEarlierSteps = 200

// beginForm begins the steps of the warning's form, with the limits that are counted from the notice. What was done under another
// form is kept.
func (w *warningCase) beginForm() error {
	for _, s := range w.GetSteps() {
		if len(s.GetRecords()) > 0 {
			w.EarlierSteps = append(w.EarlierSteps, s)
		}
	}
	w.lapseObjections()
	w.EarlierSteps = collection.Last(w.GetEarlierSteps(), maxEarlierSteps)
	w.Steps = nil
	for _, rule := range w.form().GetSteps() {
		w.addSteps(rule)
	}
	w.awaitNothing()
	for _, s := range w.GetSteps() {
		if w.rule(s).GetFromStepBefore() || s.GetKind() == toLookBack {
			continue
		}
		if err := w.startLimit(s, w.today()); err != nil {
			return err
		}
	}
	w.dropDueOn()
	return w.openNext()
}

// addSteps adds a step by its rule, for each addressee where it is of each.
func (w *warningCase) addSteps(rule *warningv1.Step) {
	of := []int32{0}
	switch rule.GetBy() {
	case byAddressee:
		of = []int32{1}
	case byEachAddressee:
		of = make([]int32, len(w.GetAddressees()))
		for i, a := range w.GetAddressees() {
			of[i] = a.GetNumber()
		}
	default:
	}
	for _, number := range of {
		w.Steps = append(w.Steps, &warningv1.WarningStep{
			Id: rule.GetId(), Title: rule.GetTitle(), Kind: rule.GetKind(), By: rule.GetBy(), Optional: rule.GetOptional(),
			State: stepWaiting, Addressee: number,
		})
	}
}

// rule is what the form says of a step.
func (w *warningCase) rule(s *warningv1.WarningStep) *warningv1.Step {
	rule, _ := schemes.Find(w.form().GetSteps(), s.GetId())
	return rule
}

// openNext opens the steps that may be done now, and awaits the first of them that are mandatory. Where none is left, the warning
// waits for its closing, or is closed by its form.
func (w *warningCase) openNext() error {
	for i, s := range w.GetSteps() {
		if s.GetState() == stepWaiting && !slices.ContainsFunc(w.GetSteps()[:i], func(before *warningv1.WarningStep) bool {
			return isLeft(before) && precedes(before, s)
		}) {
			if err := w.openStep(s); err != nil {
				return err
			}
		}
	}
	return w.await()
}

// isLeft tells whether a step is to be done yet and can't be left out.
func isLeft(s *warningv1.WarningStep) bool { return !isOver(s) && !s.GetOptional() }

// precedes tells whether another step waits for one that stands before it: those of two addressees don't wait for each other.
func precedes(before, s *warningv1.WarningStep) bool {
	return before.GetAddressee() == 0 || s.GetAddressee() == 0 || before.GetAddressee() == s.GetAddressee()
}

// openStep lets a step be done, from today or, a look-back, from its day on. The limit begins that has not.
func (w *warningCase) openStep(s *warningv1.WarningStep) error {
	from := w.today()
	s.State = stepOpen
	if s.GetKind() == toLookBack {
		var err error
		if from, err = w.daysAfter(from, w.rule(s).GetAfter()); err != nil {
			return err
		}
		s.NotBefore = from.String()
	}
	if s.GetLimit() != nil {
		return nil
	}
	return w.startLimit(s, from)
}

// find finds the first step of a kind that an addressee, or no addressee, has left. It must be open.
func (w *warningCase) find(kind warningv1.StepKind, addressee int32) (int, error) {
	i := slices.IndexFunc(w.GetSteps(), func(s *warningv1.WarningStep) bool {
		return s.GetKind() == kind && s.GetAddressee() == addressee && !isOver(s)
	})
	if i < 0 {
		return 0, fault.Precondition(words.NoStep())
	}
	if s := w.GetSteps()[i]; s.GetState() == stepWaiting {
		return 0, w.stepFirst(s)
	}
	return i, nil
}

// stepFirst says which step comes before another one.
func (w *warningCase) stepFirst(s *warningv1.WarningStep) error {
	for _, first := range w.GetSteps() {
		if isLeft(first) && precedes(first, s) {
			return fault.Precondition(words.StepFirst(titleOf(first)))
		}
	}
	return fault.Precondition(words.NoStep()) // no step waits for nothing
}

// addRecord keeps what the caller did in a step, and notes the step in the history. What is given stays as it is, for a
// transaction that is tried again.
func (w *warningCase) addRecord(i int, given *warningv1.StepRecord) {
	s, record := w.GetSteps()[i], proto.CloneOf(given)
	record.RecordTime, record.Unit = timestamppb.New(w.now), w.caller.Unit
	s.Records = append(s.Records, record)
	w.noteStep(s.GetId(), s.GetAddressee())
}

// noteStep says in the history which step the last act is about, and whose.
func (w *warningCase) noteStep(step string, addressee int32) {
	last := w.GetHistory()[len(w.GetHistory())-1]
	last.Step, last.Addressee = step, addressee
}

// complete has a step be done. Those before it that are left are optional, and passed over.
func (w *warningCase) complete(i int) error {
	s := w.GetSteps()[i]
	for _, before := range w.GetSteps()[:i] {
		if !isOver(before) && precedes(before, s) {
			before.State = stepPassedOver
		}
	}
	s.State = stepOver
	return w.openNext()
}

// reopen opens again the last mandatory step of some kinds before another one, with its limit afresh; those after it wait again.
func (w *warningCase) reopen(before int, kinds ...warningv1.StepKind) error {
	for i := before - 1; i >= 0; i-- {
		again := w.GetSteps()[i]
		if again.GetOptional() || !slices.Contains(kinds, again.GetKind()) {
			continue
		}
		for _, s := range w.GetSteps()[i:] {
			if precedes(again, s) {
				s.State, s.Limit, s.NotBefore = stepWaiting, nil, ""
			}
		}
		w.awaitNothing()
		return w.openNext()
	}
	return fault.Precondition(words.NoStep()) // the scheme's check has seen to it that there is one
}

func isOver(s *warningv1.WarningStep) bool {
	return s.GetState() == stepOver || s.GetState() == stepPassedOver
}
