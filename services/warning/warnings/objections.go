package warnings

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
)

const (
	objectionOpen      = warningv1.ObjectionState_OBJECTION_STATE_OPEN
	objectionDismissed = warningv1.ObjectionState_OBJECTION_STATE_DISMISSED
	objectionLowered   = warningv1.ObjectionState_OBJECTION_STATE_LOWERED
	objectionLapsed    = warningv1.ObjectionState_OBJECTION_STATE_LAPSED
)

// maxObjections is how many objections a warning keeps, the last ones.
const maxObjections = 100

// ObjectToWarning has an addressee object to the last notice (C11).
func (s *Server) ObjectToWarning(ctx context.Context, req *warningv1.ObjectToWarningRequest) (*warningv1.Warning, error) {
	return s.answerPart(ctx, req, object, req.GetReason(), func(number int32) effect { return objected(number, req) },
		checkFiles("attachments", req.GetAttachments()))
}

// AnswerObjection answers an addressee's objection (C11).
func (s *Server) AnswerObjection(ctx context.Context, req *warningv1.AnswerObjectionRequest) (*warningv1.Warning, error) {
	act := uphold
	if req.GetOutcome() == objectionDismissed {
		act = dismiss
	}
	return s.warnings.ActBy(ctx, req, act, hearsObjections, func(_ context.Context, c *change) error {
		nameAnswering(c)
		return nil
	}, s.take(act, req.GetAnswer(), answeredAs(req)))
}

// nameAnswering has the limits of open objections name the unit that answers as the tree is; once answered, they keep it.
func nameAnswering(c *change) {
	for _, o := range openObjections(c.Record) {
		if o.GetLimit() != nil {
			o.Limit.Unit = pathUnit(objectionPath(c))
		}
	}
}

// objectionPath is the path of the unit that answers objections: the one above that which acts for the issuer or, where an
// addressee does, judges in its stead; that one itself where none is above. A successor hears none to what it answers for.
func objectionPath(c *change) string {
	path := leftBy(c.Beside, c.Beside[actingIssuer])
	if above := strings.LastIndexByte(path, '.'); above >= 0 {
		return path[:above]
	}
	return path
}

// madeTheNotice are the calls after which a notice goes out; who made one does not hear what is objected to it.
var madeTheNotice = []string{
	warningv1.WarningService_IssueWarning_FullMethodName, warningv1.WarningService_ApproveWarning_FullMethodName,
	warningv1.WarningService_ChangeWarningLevel_FullMethodName,
}

// hearsObjections lets those answer objections who reach the unit that does, and who had no hand in the notice.
func hearsObjections(ctx context.Context, c *change) error {
	if err := requireReachOf(ctx, c, objectionPath(c), words.NotAboveIssuer); err != nil {
		return err
	}
	for _, call := range madeTheNotice {
		if err := journal.RequireJudge(ctx, c, c.Record.GetName(), []string{call}); err != nil {
			return err
		}
	}
	return nil
}

// objected takes in an objection of an addressee, and starts the limit of its answer.
func objected(number int32, req *warningv1.ObjectToWarningRequest) effect {
	return func(w *warningCase) error {
		if err := w.requireObjectable(number); err != nil {
			return err
		}
		limit, err := w.counter().Start(w.objectionUnit, w.today(), w.scheme.GetObjections().GetAnswerWithin())
		if err != nil {
			return err
		}
		w.Objections = collection.Last(append(w.GetObjections(), &warningv1.WarningObjection{
			Addressee: number, Notice: w.GetNotice().GetNumber(), Reason: req.GetReason(), Attachments: req.GetAttachments(),
			ObjectTime: timestamppb.New(w.now), State: objectionOpen, Limit: limit,
			RemindOn: limit.GetDeadline().GetRemindOn(), OverdueAfter: limit.GetDeadline().GetDue(),
		}), maxObjections)
		w.noteStep("", number)
		return w.openAgain()
	}
}

// openAgain has one that was closed await its closing again, which an open objection puts off.
func (w *warningCase) openAgain() error {
	if w.GetEndedOn() == "" {
		return nil
	}
	w.State, w.EndedOn = issued, ""
	return w.await()
}

// requireObjectable wants a notice that the addressee may still object to.
func (w *warningCase) requireObjectable(number int32) error {
	rule := w.scheme.GetObjections()
	if rule == nil {
		return fault.Precondition(words.NoObjectionRule())
	}
	sent := calendar.DateOf(w.GetNotice().GetIssueTime().AsTime(), calendar.Shanghai)
	last, err := w.daysAfter(sent, rule.GetWithin())
	switch {
	case err != nil:
		return err
	case w.today().After(last):
		return fault.Precondition(words.ObjectionLate(last.String()))
	case slices.ContainsFunc(w.GetObjections(), func(o *warningv1.WarningObjection) bool {
		return o.GetAddressee() == number && o.GetNotice() == w.GetNotice().GetNumber()
	}):
		return fault.Precondition(words.ObjectedBefore())
	}
	return nil
}

// openObjections are the objections that are not answered yet.
func openObjections(w *warningv1.Warning) (open []*warningv1.WarningObjection) {
	for _, o := range w.GetObjections() {
		if o.GetState() == objectionOpen {
			open = append(open, o)
		}
	}
	return open
}

// answeredAs answers the open objection of an addressee, and does what follows from the answer.
func answeredAs(req *warningv1.AnswerObjectionRequest) effect {
	return func(w *warningCase) error {
		open := openObjections(w.Warning)
		i := slices.IndexFunc(open, func(o *warningv1.WarningObjection) bool { return o.GetAddressee() == req.GetAddressee() })
		if i < 0 {
			return fault.Precondition(words.NoObjection())
		}
		o := open[i]
		o.State, o.Answer, o.AnswerUnit, o.AnswerTime = req.GetOutcome(), req.GetAnswer(), w.caller.Unit, timestamppb.New(w.now)
		w.noteStep("", req.GetAddressee())
		switch req.GetOutcome() {
		case objectionDismissed:
			return w.goOn()
		case objectionLowered:
			return w.lower()
		default:
			w.State = withdrawn
			return w.takeBack()
		}
	}
}

// goOn has a warning that was objected to in vain go on: what was let pass meanwhile has its consequence after today.
func (w *warningCase) goOn() error {
	for _, awaited := range allAwaited(w.Warning) {
		if after := awaited.GetOverdueAfter(); after != "" {
			awaited.OverdueAfter = max(after, w.today().String())
		}
	}
	return w.await()
}

// lower moves a warning one level down.
func (w *warningCase) lower() error {
	_, i := w.level()
	if i == 0 {
		return fault.Invalid("outcome", words.LowestWarningLevel())
	}
	return w.moveTo(w.scheme.GetWarningLevels()[i-1], "")
}

// lapseObjections ends the objections to a notice that holds no more.
func (w *warningCase) lapseObjections() {
	for _, o := range openObjections(w.Warning) {
		o.State = objectionLapsed
	}
}

// tellLateAnswers tells the unit that owes the answer to an objection, and the one above it, that it is late.
func (w *warningCase) tellLateAnswers(c *change) {
	for _, o := range openObjections(w.Warning) {
		if after := o.GetOverdueAfter(); after == "" || after >= w.today().String() {
			continue
		}
		o.OverdueAfter = ""
		for _, unit := range lateAnswerUnits(c) {
			c.Tell(unit, lateAnswer(w.Warning, o))
		}
	}
}

// lateAnswerUnits are the units that hear of an answer that is late: the one that owes it, and the one above that.
func lateAnswerUnits(c *change) []string {
	path := objectionPath(c)
	units := []string{pathUnit(path)}
	if above := strings.LastIndexByte(path, '.'); above >= 0 {
		units = append(units, pathUnit(path[:above]))
	}
	return units
}

func lateAnswer(w *warningv1.Warning, o *warningv1.WarningObjection) words.Sentence {
	due := o.GetLimit().GetDeadline().GetDue()
	return words.InboxWarningObjectionOverdue(nameOf(w, o.GetAddressee()), levelOf(w), w.GetTitle(), due)
}

// remindOfObjections reminds the unit that owes the answers to objections that their limits near.
func remindOfObjections(c *change) {
	today := c.Today().String()
	for _, o := range openObjections(c.Record) {
		if on := o.GetRemindOn(); on == "" || on > today {
			continue
		}
		o.RemindOn = ""
		if due := o.GetLimit().GetDeadline().GetDue(); due >= today {
			c.Tell(pathUnit(objectionPath(c)), words.InboxWarningObjectionDue(
				nameOf(c.Record, o.GetAddressee()), levelOf(c.Record), c.Record.GetTitle(), due))
		}
	}
}
