package warnings

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

// AcknowledgeWarning records that the notice was received (T7).
func (s *Server) AcknowledgeWarning(ctx context.Context, req *warningv1.AcknowledgeWarningRequest) (*warningv1.Warning, error) {
	return s.answer(ctx, req, acknowledge, "", did(toAcknowledge, &warningv1.StepRecord{}))
}

// ExplainWarning records an explanation (C11).
func (s *Server) ExplainWarning(ctx context.Context, req *warningv1.ExplainWarningRequest) (*warningv1.Warning, error) {
	return s.answer(ctx, req, explain, req.GetExplanation(), did(toExplain, &warningv1.StepRecord{
		Content: &warningv1.StepRecord_Explanation{Explanation: req.GetExplanation()},
	}))
}

// SignTalk signs the record of a talk for the addressee (C11).
func (s *Server) SignTalk(ctx context.Context, req *warningv1.SignTalkRequest) (*warningv1.Warning, error) {
	return s.answer(ctx, req, signTalk, "", (*warningCase).signTalk)
}

// SubmitPlan hands in what will be done, by whom and when (T7).
func (s *Server) SubmitPlan(ctx context.Context, req *warningv1.SubmitPlanRequest) (*warningv1.Warning, error) {
	planned := did(toPlan, &warningv1.StepRecord{Content: &warningv1.StepRecord_Plan{Plan: req.GetPlan()}})
	return s.warnings.Act(ctx, req, submitPlan, checkPlan(req.GetPlan()), s.take(submitPlan, "", planned))
}

// SubmitRectification hands in what was done, with files as evidence (T7).
func (s *Server) SubmitRectification(ctx context.Context, req *warningv1.SubmitRectificationRequest) (*warningv1.Warning, error) {
	handed := req.GetRectification()
	return s.warnings.Act(ctx, req, rectify, checkEvidence(handed), s.take(rectify, "", rectifiedBy(handed)))
}

// did has the first step of a kind that is left be done.
func did(kind warningv1.StepKind, record *warningv1.StepRecord) effect {
	return func(w *warningCase) error {
		i, err := w.find(kind)
		if err != nil {
			return err
		}
		w.addRecord(i, record)
		return w.complete(i)
	}
}

// rectifiedBy takes in a rectification.
func rectifiedBy(handed *warningv1.Rectification) effect {
	return func(w *warningCase) error {
		i, err := w.find(toRectify)
		if err != nil {
			return err
		}
		if rule := w.form().GetSteps()[i]; rule.GetEvidenceRequired() && len(handed.GetAttachments()) == 0 {
			return fault.Precondition(words.EvidenceMissing(titleOf(w.GetSteps()[i]))).OnField("rectification.attachments")
		}
		if err := w.requireChanged(i, handed); err != nil {
			return err
		}
		if w.GetRectifiedOn() == "" {
			w.RectifiedOn = w.today().String()
		}
		w.addRecord(i, &warningv1.StepRecord{Content: &warningv1.StepRecord_Rectification{Rectification: handed}})
		return w.complete(i)
	}
}

// requireChanged refuses a rectification that comes again as it failed the check, or as it was when the problem came again (T7).
func (w *warningCase) requireChanged(i int, handed *warningv1.Rectification) error {
	records := w.GetSteps()[i].GetRecords()
	if len(records) == 0 {
		return nil
	}
	before := records[len(records)-1].GetRectification()
	if before.GetMeasures() != handed.GetMeasures() || !slices.Equal(before.GetAttachments(), handed.GetAttachments()) {
		return nil
	}
	return fault.Precondition(words.ReturnedUnchanged(w.lastNote())).OnField("rectification.measures")
}

// lastNote is why what was done last did not do.
func (w *warningCase) lastNote() string {
	for _, e := range slices.Backward(w.GetHistory()) {
		if act := lifecycle.Act(e.GetAct()); act == checkFailed || act == findRecurred {
			return e.GetNote()
		}
	}
	return ""
}

// checkPlan requires that each item of a plan is still to come.
func checkPlan(plan *warningv1.Plan) collection.Rule[*warningv1.Warning] {
	return func(_ context.Context, c *change) error {
		var faults fault.Fields
		for i, item := range plan.GetItems() {
			field := fmt.Sprintf("plan.items[%d].due_on", i)
			if day, ok := faults.ParseDay(field, item.GetDueOn()); ok && day.Before(c.Today()) {
				faults.Add(field, words.PastDay(item.GetDueOn()))
			}
		}
		return faults.Err()
	}
}

// signTalk signs the talk that was recorded last, with which the step is done.
func (w *warningCase) signTalk() error {
	i, err := w.find(toTalk)
	if err != nil {
		return err
	}
	talk := unsigned(w.GetSteps()[i])
	if talk == nil {
		return fault.Precondition(words.TalkMissing())
	}
	talk.Signatures = append(talk.Signatures, w.signature())
	w.History[len(w.History)-1].Step = w.GetSteps()[i].GetId()
	return w.complete(i)
}

// unsigned is the talk that was recorded last in a step, as long as the addressee has not signed it; nil where there is none.
func unsigned(s *warningv1.WarningStep) *warningv1.Talk {
	if n := len(s.GetRecords()); n > 0 {
		if talk := s.GetRecords()[n-1].GetTalk(); len(talk.GetSignatures()) == 1 {
			return talk
		}
	}
	return nil
}

func (w *warningCase) signature() *warningv1.TalkSignature {
	return &warningv1.TalkSignature{Unit: w.caller.Unit, SignTime: timestamppb.New(w.now)}
}
