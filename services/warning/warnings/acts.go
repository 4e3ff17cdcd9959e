package warnings

import (
	"context"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// ApproveWarning lets a waiting warning go out; its deadlines begin now.
func (s *Server) ApproveWarning(ctx context.Context, req *warningv1.ApproveWarningRequest) (*warningv1.Warning, error) {
	return s.judge(ctx, req, approve, "", (*warningCase).approve)
}

// AcknowledgeWarning records that the notice was received (T7).
func (s *Server) AcknowledgeWarning(ctx context.Context, req *warningv1.AcknowledgeWarningRequest) (*warningv1.Warning, error) {
	return s.act(ctx, req, acknowledge, "", (*warningCase).awaitNext)
}

// ExplainWarning records an explanation; the deadlines run on.
func (s *Server) ExplainWarning(ctx context.Context, req *warningv1.ExplainWarningRequest) (*warningv1.Warning, error) {
	return s.act(ctx, req, explain, req.GetExplanation())
}

// SubmitRectification hands in what was done, with files as evidence (T7).
func (s *Server) SubmitRectification(ctx context.Context, req *warningv1.SubmitRectificationRequest) (*warningv1.Warning, error) {
	handed := req.GetRectification()
	return s.warnings.Act(ctx, req, rectify, checkEvidence(handed), s.take(rectify, "", rectifiedBy(handed)))
}

// CheckRectification records what the supervising office found (C12b).
func (s *Server) CheckRectification(ctx context.Context, req *warningv1.CheckRectificationRequest) (*warningv1.Warning, error) {
	outcome, then := checkFailed, (*warningCase).allowAfresh
	if req.GetPassed() {
		outcome, then = checkPassed, (*warningCase).awaitNext
	}
	return s.supervised.ActBy(ctx, req, outcome, supervises(req.GetCheckingUnit()), s.take(outcome, req.GetNote(), then))
}

// CloseWarning ends a warning that has been rectified (H9).
func (s *Server) CloseWarning(ctx context.Context, req *warningv1.CloseWarningRequest) (*warningv1.Warning, error) {
	return s.judge(ctx, req, end, req.GetNote(), (*warningCase).awaitNext)
}

// WithdrawWarning takes an unfounded warning back.
func (s *Server) WithdrawWarning(ctx context.Context, req *warningv1.WithdrawWarningRequest) (*warningv1.Warning, error) {
	return s.judge(ctx, req, withdraw, req.GetReason(), (*warningCase).awaitNext)
}

// ChangeWarningLevel raises or lowers a warning, with a fresh notice and the new warning level's limits (C11).
func (s *Server) ChangeWarningLevel(ctx context.Context, req *warningv1.ChangeWarningLevelRequest) (*warningv1.Warning, error) {
	return s.judge(ctx, req, changeLevel, req.GetReason(), movedTo(req.GetWarningLevel()))
}

// step is what an act does to a warning beside leading it to the next state.
type step func(*warningCase) error

func (s *Server) act(
	ctx context.Context, req record.ActRequest, act lifecycle.Act, note string, steps ...step,
) (*warningv1.Warning, error) {
	return s.warnings.Act(ctx, req, act, s.take(act, note, steps...))
}

// judge is act for what the issuing unit decides.
func (s *Server) judge(
	ctx context.Context, req record.ActRequest, act lifecycle.Act, note string, steps ...step,
) (*warningv1.Warning, error) {
	return s.warnings.ActBy(ctx, req, act, judges, s.take(act, note, steps...))
}

// take is the rule of an act: it notes the act in the history and does its steps.
func (s *Server) take(act lifecycle.Act, note string, steps ...step) collection.Rule[*warningv1.Warning] {
	return func(ctx context.Context, c *change) error {
		w, err := s.open(ctx, c, map[string]*warningv1.Scheme{})
		if err != nil {
			return err
		}
		if err := w.take(act, note, steps...); err != nil {
			return err
		}
		notify(c)
		return nil
	}
}

func (w *warningCase) take(act lifecycle.Act, note string, steps ...step) error {
	w.addHistory(act, note)
	for _, do := range steps {
		if err := do(w); err != nil {
			return err
		}
	}
	return nil
}
