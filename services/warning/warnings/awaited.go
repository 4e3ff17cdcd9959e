package warnings

import (
	"slices"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
)

// await sets what is awaited: of each addressee the first mandatory step that it may do, and of all the first that is left. Where
// none is, the warning awaits its closing, or is closed by its form.
func (w *warningCase) await() error {
	first := slices.IndexFunc(w.GetSteps(), isLeft)
	if first < 0 && w.form().GetEndsItself() && len(openObjections(w.Warning)) == 0 {
		w.State = closed
		w.awaitNothing()
		return nil
	}
	for _, a := range w.GetAddressees() {
		before, owed := a.GetAwaited(), slices.IndexFunc(w.GetSteps(), func(s *warningv1.WarningStep) bool {
			return isLeft(s) && s.GetState() == stepOpen && w.debtor(s) == a.GetNumber()
		})
		if before == nil && w.GetAwaited().GetAddressee() == 0 {
			before = w.GetAwaited() // a talk that is recorded keeps its limit
		}
		if err := w.awaitStep(&a.Awaited, before, owed); err != nil {
			return err
		}
	}
	if first >= 0 {
		if n := w.debtor(w.GetSteps()[first]); n > 0 {
			w.Awaited = w.GetAddressees()[n-1].GetAwaited()
			return nil
		}
		return w.awaitStep(&w.Awaited, w.GetAwaited(), first)
	}
	if w.GetAwaited().GetKind() != toClose {
		w.Awaited = &warningv1.Awaited{Kind: toClose, By: byIssuer}
		w.asked = append(w.asked, w.GetAwaited())
	}
	return nil
}

// awaitStep sets what is awaited to a step, or to nothing. What the suite has done about its limit, it does not do again.
func (w *warningCase) awaitStep(at **warningv1.Awaited, before *warningv1.Awaited, i int) (err error) {
	if i < 0 {
		*at = nil
		return nil
	}
	s := w.GetSteps()[i]
	deadline := s.GetLimit().GetDeadline()
	now := &warningv1.Awaited{
		Step: s.GetId(), Kind: s.GetKind(), By: s.GetBy(), Addressee: w.debtor(s), Deadline: deadline,
		OverdueAfter: before.GetOverdueAfter(), RemindOn: before.GetRemindOn(),
	}
	if s.GetAddressee() != now.GetAddressee() {
		now.By = byAddressee
	}
	if before.GetStep() != s.GetId() || before.GetDeadline().GetDue() != deadline.GetDue() {
		now.RemindOn = deadline.GetRemindOn()
		now.OverdueAfter, err = w.overdueAfter(deadline.GetDue(), w.rule(s).GetOverdue())
	}
	if before.GetStep() != s.GetId() || before.GetBy() != now.GetBy() {
		w.asked = append(w.asked, now)
	}
	*at = now
	return err
}

// awaitNothing has nobody owe anything.
func (w *warningCase) awaitNothing() {
	w.Awaited = nil
	for _, a := range w.GetAddressees() {
		a.Awaited = nil
	}
}

// debtor is the addressee who owes a step now, by number: of a talk that is recorded, the first, whose signature is left. 0 where
// the office or the issuer does.
func (w *warningCase) debtor(s *warningv1.WarningStep) int32 {
	if w.rule(s).GetBothSign() && unsigned(s) != nil {
		return 1
	}
	return s.GetAddressee()
}

// allAwaited is all that is awaited, the first first: what the warning says, and what further addressees owe.
func allAwaited(w *warningv1.Warning) (all []*warningv1.Awaited) {
	if w.GetAwaited() != nil {
		all = append(all, w.GetAwaited())
	}
	for _, a := range w.GetAddressees() {
		if a.GetAwaited() != nil && a.GetNumber() != w.GetAwaited().GetAddressee() {
			all = append(all, a.GetAwaited())
		}
	}
	return all
}

// joinAwaited has the warning's own awaited be that of its addressee, which a record that was read has twice.
func joinAwaited(w *warningv1.Warning) {
	if n := w.GetAwaited().GetAddressee(); n > 0 {
		w.Awaited = w.GetAddressees()[n-1].GetAwaited()
	}
}

// stepAwaited is the step that is awaited; nil where that is the closing, or nothing.
func stepAwaited(w *warningv1.Warning, awaited *warningv1.Awaited) *warningv1.WarningStep {
	for _, s := range w.GetSteps() {
		if s.GetId() == awaited.GetStep() && (s.GetAddressee() == 0 || s.GetAddressee() == awaited.GetAddressee()) {
			return s
		}
	}
	return nil
}
