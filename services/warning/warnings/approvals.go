package warnings

import (
	"context"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// ApproveWarning passes the stage that is awaited; after the last one the warning goes out, and its limits begin.
func (s *Server) ApproveWarning(ctx context.Context, req *warningv1.ApproveWarningRequest) (*warningv1.Warning, error) {
	return s.warnings.ActBy(ctx, req, approve, judges, s.take(approve, "", (*warningCase).approve), requireOther)
}

// requireOther refuses who has passed a stage of the approval before.
func requireOther(ctx context.Context, c *change) error {
	return journal.RequireOther(ctx, c, c.Record.GetName())
}

// approve passes the stage that is awaited, if the caller may.
func (w *warningCase) approve() error {
	level, _ := w.level()
	stages := level.GetApprovals()
	i := slices.IndexFunc(stages, func(s *warningv1.ApprovalStage) bool { return s.GetId() == w.GetApprovalStage() })
	if err := w.requireApprover(stages[i]); err != nil {
		return err
	}
	w.Approvals = append(w.Approvals, &warningv1.WarningApproval{
		Stage: stages[i].GetId(), Unit: w.caller.Unit, ApproveTime: timestamppb.New(w.now),
	})
	if i++; i < len(stages) {
		w.State, w.ApprovalStage = pending, stages[i].GetId()
		return nil
	}
	w.ApprovalStage = ""
	return w.sendNotice()
}

// requireApprover wants a caller who may pass a stage of the approval and did not issue the warning.
func (w *warningCase) requireApprover(stage *warningv1.ApprovalStage) error {
	if roles := stage.GetRoles(); len(roles) > 0 && !w.caller.HasRole(roles...) {
		return fault.Denied(words.ApproverRole(schemes.TitleOf(stage.GetId(), stage.GetTitle()), words.Untitled(roles...)))
	}
	if w.caller.Subject == w.beside[issuer] {
		return fault.Denied(words.SelfApproval())
	}
	return nil
}
