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
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// AcknowledgeWarning records that the notice was received (T7).
func (s *Server) AcknowledgeWarning(ctx context.Context, req *warningv1.AcknowledgeWarningRequest) (*warningv1.Warning, error) {
	return s.answerPart(ctx, req, acknowledge, "", func(number int32) effect {
		return did(toAcknowledge, number, &warningv1.StepRecord{})
	})
}

// ExplainWarning records an explanation (C11).
func (s *Server) ExplainWarning(ctx context.Context, req *warningv1.ExplainWarningRequest) (*warningv1.Warning, error) {
	return s.answerPart(ctx, req, explain, req.GetExplanation(), func(number int32) effect {
		return did(toExplain, number, &warningv1.StepRecord{
			Content: &warningv1.StepRecord_Explanation{Explanation: req.GetExplanation()},
		})
	})
}

// SignTalk signs the record of a talk for the addressee (C11).
func (s *Server) SignTalk(ctx context.Context, req *warningv1.SignTalkRequest) (*warningv1.Warning, error) {
	return s.answer(ctx, req, signTalk, "", (*warningCase).signTalk)
}

// SubmitPlan hands in what will be done, by whom and when (T7).
func (s *Server) SubmitPlan(ctx context.Context, req *warningv1.SubmitPlanRequest) (*warningv1.Warning, error) {
	planned := did(toPlan, 1, &warningv1.StepRecord{Content: &warningv1.StepRecord_Plan{Plan: req.GetPlan()}})
	return s.warnings.Act(ctx, req, submitPlan, checkPlan(req.GetPlan()), s.take(submitPlan, "", planned))
}

// SubmitRectification hands in what was done, with files as evidence (T7).
func (s *Server) SubmitRectification(ctx context.Context, req *warningv1.SubmitRectificationRequest) (*warningv1.Warning, error) {
	handed := req.GetRectification()
	return s.warnings.Act(ctx, req, rectify, checkFiles("rectification.attachments", handed.GetAttachments()),
		s.take(rectify, "", rectifiedBy(handed)))
}

// partRequest asks to do what each addressee does.
type partRequest interface {
	record.ActRequest
	GetAddressee() int32
}

// answerPart is what each addressee does for its part.
func (s *Server) answerPart(
	ctx context.Context, req partRequest, act lifecycle.Act, note string, does func(number int32) effect,
	rules ...collection.Rule[*warningv1.Warning],
) (*warningv1.Warning, error) {
	rules = append(rules, func(ctx context.Context, c *change) error {
		number, err := partOf(ctx, c, req.GetAddressee())
		if err != nil {
			return err
		}
		return s.take(act, note, does(number))(ctx, c)
	})
	return s.warnings.ActBy(ctx, req, act, asAddressee(req.GetAddressee()), rules...)
}

// did has the first step of a kind that an addressee, or no addressee, has left be done.
func did(kind warningv1.StepKind, addressee int32, record *warningv1.StepRecord) effect {
	return func(w *warningCase) error {
		i, err := w.find(kind, addressee)
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
		i, err := w.find(toRectify, 1)
		if err != nil {
			return err
		}
		if w.rule(w.GetSteps()[i]).GetEvidenceRequired() && len(handed.GetAttachments()) == 0 {
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
	if prose.Gist(before.GetMeasures()) != prose.Gist(handed.GetMeasures()) ||
		!slices.Equal(before.GetAttachments(), handed.GetAttachments()) {
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
			faults.ParseComingDay(fmt.Sprintf("plan.items[%d].due_on", i), item.GetDueOn(), c.Today())
		}
		return faults.Err()
	}
}

// signTalk signs the talk that was recorded last, with which the step is done.
func (w *warningCase) signTalk() error {
	i, err := w.find(toTalk, 0)
	if err != nil {
		return err
	}
	talk := unsigned(w.GetSteps()[i])
	if talk == nil {
		return fault.Precondition(words.TalkMissing())
	}
	talk.Signatures = append(talk.Signatures, w.signature())
	w.noteStep(w.GetSteps()[i].GetId(), 1)
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
