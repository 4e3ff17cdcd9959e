package warnings

import (
	"context"
	"fmt"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
)

// CloseWarning ends a warning of which no mandatory step is left (H9).
func (s *Server) CloseWarning(ctx context.Context, req *warningv1.CloseWarningRequest) (*warningv1.Warning, error) {
	return s.judge(ctx, req, end, req.GetNote(), (*warningCase).close, came(req.GetOutcomes()))
}

// WithdrawWarning takes an unfounded warning back.
func (s *Server) WithdrawWarning(ctx context.Context, req *warningv1.WithdrawWarningRequest) (*warningv1.Warning, error) {
	return s.judge(ctx, req, withdraw, req.GetReason(), (*warningCase).takeBack)
}

func (w *warningCase) close() error {
	if err := w.requireNothingOwed(); err != nil {
		return err
	}
	w.awaitNothing()
	return nil
}

// requireNothingOwed wants a warning of which no mandatory step and no objection is left.
func (w *warningCase) requireNothingOwed() error {
	if w.GetAwaited().GetKind() != toClose {
		return w.stepFirst(&warningv1.WarningStep{})
	}
	if len(openObjections(w.Warning)) > 0 {
		return fault.Precondition(words.ObjectionOpen())
	}
	return nil
}

// came keeps what came of the warning for addressees.
func came(outcomes []*warningv1.AddresseeOutcome) effect {
	return func(w *warningCase) error {
		var faults fault.Fields
		seen := map[int32]bool{}
		for i, o := range outcomes {
			field, number := fmt.Sprintf("outcomes[%d].addressee", i), o.GetAddressee()
			switch {
			case int(number) > len(w.GetAddressees()):
				faults.Add(field, words.UnknownAddressee(strconv.Itoa(int(number))))
			case seen[number]:
				faults.Add(field, words.SameAddressee())
			default:
				w.GetAddressees()[number-1].Outcome = o.GetOutcome()
			}
			seen[number] = true
		}
		return faults.Err()
	}
}

func (w *warningCase) takeBack() error {
	w.ApprovalStage = ""
	w.lapseObjections()
	w.awaitNothing()
	return nil
}

// effect is what an act does to a warning beside leading it to the next state.
type effect func(*warningCase) error

// answer is what the addressee does.
func (s *Server) answer(
	ctx context.Context, req record.ActRequest, act lifecycle.Act, note string, effects ...effect,
) (*warningv1.Warning, error) {
	return s.warnings.Act(ctx, req, act, s.take(act, note, effects...))
}

// judge is what the issuing unit decides.
func (s *Server) judge(
	ctx context.Context, req record.ActRequest, act lifecycle.Act, note string, effects ...effect,
) (*warningv1.Warning, error) {
	return s.warnings.ActBy(ctx, req, act, judges, s.take(act, note, effects...))
}

// take is the rule of an act: it notes the act in the history, does its effects, has the finding of what is withdrawn handled
// again and tells those concerned.
func (s *Server) take(act lifecycle.Act, note string, effects ...effect) collection.Rule[*warningv1.Warning] {
	return func(ctx context.Context, c *change) error {
		w, err := s.open(ctx, c, map[string]*warningv1.Scheme{})
		if err != nil {
			return err
		}
		if err := w.take(act, note, effects...); err != nil {
			return err
		}
		if w.GetState() == withdrawn && w.GetFinding() != "" {
			if err := findings.Release(ctx, c.Tx, w.calendar, []string{w.GetFinding()}, w.GetName()); err != nil {
				return err
			}
		}
		return w.notify(ctx, c)
	}
}

func (w *warningCase) take(act lifecycle.Act, note string, effects ...effect) error {
	w.addHistory(act, note)
	for _, do := range effects {
		if err := do(w); err != nil {
			return err
		}
	}
	w.History[len(w.History)-1].State = w.GetState() // the last step of a form may have closed it
	if s := w.GetState(); s == closed || s == withdrawn {
		w.EndedOn = w.today().String()
	}
	return nil
}
