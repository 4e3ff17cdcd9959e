package warnings

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// RecordTalk records a talk with the addressee (C11).
func (s *Server) RecordTalk(ctx context.Context, req *warningv1.RecordTalkRequest) (*warningv1.Warning, error) {
	talk := req.GetTalk()
	return s.supervised.ActBy(ctx, req, recordTalk, does(toTalk),
		notToCome("talk.held_on", talk.GetHeldOn()), s.take(recordTalk, "", talked(talk)))
}

// CheckRectification records what was found of a plan or a rectification (C12b).
func (s *Server) CheckRectification(ctx context.Context, req *warningv1.CheckRectificationRequest) (*warningv1.Warning, error) {
	act := checkFailed
	if req.GetPassed() {
		act = checkPassed
	}
	return s.supervised.ActBy(ctx, req, act, checksAs(req.GetCheckingUnit()),
		s.take(act, req.GetNote(), judged(toCheck, req.GetPassed(), req.GetNote(), toPlan, toRectify)))
}

// LookBack records whether what was rectified came again.
func (s *Server) LookBack(ctx context.Context, req *warningv1.LookBackRequest) (*warningv1.Warning, error) {
	act := lookBack
	if req.GetRecurred() {
		act = findRecurred
	}
	return s.supervised.ActBy(ctx, req, act, does(toLookBack),
		s.take(act, req.GetNote(), judged(toLookBack, !req.GetRecurred(), req.GetNote(), toRectify)))
}

// DecideCase records the decision whether a case is filed (C11).
func (s *Server) DecideCase(ctx context.Context, req *warningv1.DecideCaseRequest) (*warningv1.Warning, error) {
	decision := req.GetDecision()
	return s.supervised.ActBy(ctx, req, decideCase, does(toDecide), notToCome("decision.decided_on", decision.GetDecidedOn()),
		s.take(decideCase, decision.GetReason(), did(toDecide, 0, &warningv1.StepRecord{
			Content: &warningv1.StepRecord_Decision{Decision: decision},
		})), proposeCaseLead(decision))
}

// proposeCaseLead has the unit that issued a warning hear that the case that is to be filed wants a lead, by a scheme that
// has some (C17).
func proposeCaseLead(decision *warningv1.CaseDecision) collection.Rule[*warningv1.Warning] {
	return func(ctx context.Context, c *change) error {
		if !decision.GetFiled() || c.Beside[caseLead] != "" {
			return nil
		}
		scheme := &warningv1.Scheme{}
		if err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme); err != nil {
			return err
		}
		if len(scheme.GetCaseLeadKinds()) > 0 {
			c.Tell(partyUnit(c.Beside, byIssuer), words.InboxCaseLeadProposed(levelOf(c.Record), c.Record.GetTitle()))
		}
		return nil
	}
}

// nameCaseLead names the lead that came of a warning to people who reach the unit that issued it, never to an addressee, nor
// to one below it.
func nameCaseLead(ctx context.Context, c *change) {
	issuer := partyPath(c.Beside, byIssuer)
	if access.PrincipalOf(ctx).Service == "" && access.Reaches(ctx, issuer) && !isAddressee(ctx, c) {
		c.Record.CaseLead = c.Beside[caseLead]
	}
}

// notToCome requires that a day is not to come.
func notToCome(field, day string) collection.Rule[*warningv1.Warning] {
	return func(_ context.Context, c *change) error {
		var faults fault.Fields
		faults.ParsePastDay(field, day, c.Today())
		return faults.Err()
	}
}

// talked takes in the record of a talk, signed by who recorded it. Where the addressee signs as well, the step waits for that,
// and a record written anew takes the place of the unsigned one, of which all are told, also who had signed that.
func talked(talk *warningv1.Talk) effect {
	return func(w *warningCase) error {
		i, err := w.find(toTalk, 0)
		if err != nil {
			return err
		}
		signed := proto.CloneOf(talk)
		signed.Signatures = []*warningv1.TalkSignature{w.signature()}
		if s := w.GetSteps()[i]; unsigned(s) != nil {
			w.replaced = unsigned(s).GetSignatures()[0].GetUnit()
			s.Records = s.GetRecords()[:len(s.GetRecords())-1]
		}
		w.addRecord(i, &warningv1.StepRecord{Content: &warningv1.StepRecord_Talk{Talk: signed}})
		if w.rule(w.GetSteps()[i]).GetBothSign() {
			return w.openNext()
		}
		return w.complete(i)
	}
}

// judged takes in what a check or a look-back found. Where it is not well, the last mandatory step of the kinds that it
// judges is opened again.
func judged(kind warningv1.StepKind, passed bool, note string, judges ...warningv1.StepKind) effect {
	return func(w *warningCase) error {
		i, err := w.find(kind, 0)
		if err != nil {
			return err
		}
		if first := w.GetSteps()[i].GetNotBefore(); w.today().String() < first {
			return fault.Precondition(words.LookBackEarly(first))
		}
		w.addRecord(i, &warningv1.StepRecord{Content: &warningv1.StepRecord_CheckResult{
			CheckResult: &warningv1.CheckResult{Passed: passed, Note: note},
		}})
		if passed {
			return w.complete(i)
		}
		return w.reopen(i, judges...)
	}
}
