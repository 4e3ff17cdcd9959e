package warnings

import (
	"cmp"
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// telling is a warning as a message speaks of it.
type telling struct {
	title, unit, due  string
	objectionUnit     string // that answers objections
	number            int32  // of the addressee whose step was done last; 0 where it is none's
	level             words.Title
	stepDone, awaited words.Title // the step that was done last, and the one that is awaited
	kind              warningv1.StepKind
	answerDue         string // last day of the answer to the last objection
	unsigned          bool   // whether the talk that was recorded awaits the addressee's signature
	rewritten         bool   // whether its record took the place of one that was signed by who wrote it
	to                int32  // the addressee that is told, by number; 0 where another unit is
}

// sentences are what a party is told of after which act.
type sentences map[lifecycle.Act]func(telling) words.Sentence

// What the warned unit, the supervising unit and the one that issued the warning are told of after which act.
var (
	toldToUnit = sentences{
		issue:           noticed,
		approve:         noticed,
		recordTalk:      talkRecorded,
		decideCase:      done,
		lookBack:        done,
		findRecurred:    recurred,
		changeLevel:     levelMoved,
		fall:            levelMoved,
		uphold:          upheldToUnit,
		dismiss:         dismissed,
		extend:          limitChanged,
		pause:           limitChanged,
		resume:          limitChanged,
		escalateOverdue: raised,
		markOverdue:     overdue,
		checkFailed:     failed,
		checkPassed:     func(w telling) words.Sentence { return words.InboxWarningCheckPassed(w.level, w.title) },
		end:             ended,
		withdraw:        takenBack,
	}
	toldToSupervisor = sentences{
		issue:           supervised,
		approve:         supervised,
		explain:         done,
		signTalk:        done,
		submitPlan:      done,
		rectify:         done,
		recordTalk:      talkRecorded,
		checkFailed:     failed,
		checkPassed:     done,
		lookBack:        done,
		decideCase:      done,
		findRecurred:    recurred,
		changeLevel:     levelChanged,
		fall:            levelChanged,
		object:          objectedAbove,
		uphold:          upheld,
		dismiss:         dismissed,
		extend:          limitChanged,
		pause:           limitChanged,
		resume:          limitChanged,
		escalateOverdue: escalated,
		markOverdue:     overdue,
		end:             ended,
		withdraw:        takenBack,
	}
	// The office reports back to the unit that issued the warning (C12b). Either hears of its own steps where one above did them.
	toldToIssuer = sentences{
		explain:         done,
		recordTalk:      talkRecorded,
		signTalk:        done,
		checkFailed:     failed,
		checkPassed:     done,
		lookBack:        done,
		decideCase:      done,
		findRecurred:    recurred,
		fall:            levelChanged,
		object:          objectedAbove,
		uphold:          upheld,
		dismiss:         dismissed,
		escalateOverdue: escalated,
		markOverdue:     overdue,
		end:             ended,
	}
	toldAbove = sentences{markOverdue: overdue}
)

func noticed(w telling) words.Sentence {
	if w.due == "" {
		return words.InboxWarningIssuedWithoutLimit(w.level, w.title, w.awaited)
	}
	return words.InboxWarningIssued(w.level, w.title, w.due, w.awaited)
}

func awaits(w telling) words.Sentence {
	switch {
	case w.kind == toClose:
		return words.InboxWarningToClose(w.unit, w.level, w.title)
	case w.due == "":
		return words.InboxWarningStepAwaitedWithoutLimit(w.unit, w.level, w.title, w.awaited)
	default:
		return words.InboxWarningStepAwaited(w.unit, w.level, w.title, w.due, w.awaited)
	}
}

// talkRecorded tells of a talk, and asks the first addressee for its signature where that is left: until then it is not done.
func talkRecorded(w telling) words.Sentence {
	switch signer := w.to == 1; {
	case !w.unsigned:
		return done(w)
	case signer && w.rewritten:
		return words.InboxWarningTalkToSignAnew(w.level, w.title)
	case signer:
		return words.InboxWarningTalkRecorded(w.level, w.title)
	case w.rewritten:
		return words.InboxWarningTalkRewritten(w.unit, w.level, w.title)
	default:
		return words.InboxWarningTalkUnsigned(w.unit, w.level, w.title)
	}
}

func done(w telling) words.Sentence {
	return words.InboxWarningStepDone(w.unit, w.level, w.title, w.stepDone)
}

func failed(w telling) words.Sentence {
	return words.InboxWarningCheckFailed(w.level, w.title, w.awaited)
}

func recurred(w telling) words.Sentence {
	return words.InboxWarningRecurred(w.unit, w.level, w.title, w.awaited)
}

func levelChanged(w telling) words.Sentence { return words.InboxWarningLevelChanged(w.title, w.level) }

// levelMoved is levelChanged for an addressee, of whom the fresh notice asks something, mostly by a day.
func levelMoved(w telling) words.Sentence {
	switch {
	case !w.asksStep():
		return levelChanged(w)
	case w.due == "":
		return words.InboxWarningLevelChangedWithoutLimit(w.title, w.level, w.awaited)
	default:
		return words.InboxWarningLevelChangedDue(w.title, w.level, w.due, w.awaited)
	}
}

// asksStep tells whether a step is awaited, not the closing or nothing.
func (t telling) asksStep() bool { return t.kind != 0 && t.kind != toClose }

func limitChanged(w telling) words.Sentence {
	return words.InboxWarningLimitChanged(w.level, w.title, w.due)
}

func ended(w telling) words.Sentence { return words.InboxWarningClosed(w.level, w.title) }

func takenBack(w telling) words.Sentence { return words.InboxWarningWithdrawn(w.level, w.title) }

func objectedTo(w telling) words.Sentence {
	return words.InboxWarningObjected(w.unit, w.level, w.title, w.answerDue)
}

func objectedAbove(w telling) words.Sentence {
	return words.InboxWarningObjectedAbove(w.unit, w.level, w.title, w.objectionUnit, w.answerDue)
}

func dismissed(w telling) words.Sentence {
	return words.InboxWarningObjectionDismissed(w.unit, w.level, w.title)
}

// upheld tells what came of a warning that was objected to with right: nothing is awaited of one that was withdrawn.
func upheld(w telling) words.Sentence {
	if w.kind == 0 {
		return takenBack(w)
	}
	return levelChanged(w)
}

func upheldToUnit(w telling) words.Sentence {
	if w.kind == 0 {
		return takenBack(w)
	}
	return levelMoved(w)
}

func supervised(w telling) words.Sentence {
	return words.InboxWarningSupervised(w.unit, w.level, w.title)
}

func escalated(w telling) words.Sentence {
	return words.InboxWarningEscalated(w.unit, w.title, w.level)
}

// raised is escalated for an addressee, as levelMoved is.
func raised(w telling) words.Sentence {
	switch {
	case !w.asksStep():
		return escalated(w)
	case w.due == "":
		return words.InboxWarningEscalatedWithoutLimit(w.unit, w.title, w.level, w.awaited)
	default:
		return words.InboxWarningEscalatedDue(w.unit, w.title, w.level, w.due, w.awaited)
	}
}

func overdue(w telling) words.Sentence {
	return words.InboxWarningOverdue(w.unit, w.level, w.title, w.awaited)
}

// notify tells those concerned of the last act, a unit that is more than one of them once, and some units above. Whoever the next
// step falls to is asked for it. Who acted is told of nothing. Of a warning that has not gone out only the unit that issued it
// hears, where its approvers are.
func (w *warningCase) notify(ctx context.Context, c *change, above ...string) error {
	if w.GetNotice() == nil {
		w.notifyApprovers(c)
		return nil
	}
	act, says, told := lastAct(w.Warning), tellingOf(c), mail{}
	says.rewritten = w.replaced != ""
	if w.GetState() == closed { // a form may end with any step
		act = end
	}
	for _, a := range w.GetAddressees() {
		if !says.ofAnother(act, a) {
			says := says.about(c, cmp.Or(a.GetAwaited(), w.GetAwaited()))
			says.to = a.GetNumber()
			told.add(a.GetUnit(), toldToUnit[act], says)
		}
	}
	if act == object {
		told.add(w.objectionUnit, objectedTo, says)
	}
	for _, asked := range w.asked {
		told.add(w.unitOf(asked.GetBy(), asked.GetAddressee()), awaits, says.about(c, asked))
	}
	told.add(w.unitOf(byOffice, 0), toldToSupervisor[act], says)
	told.add(w.unitOf(byIssuer, 0), toldToIssuer[act], says)
	told.add(w.replaced, talkRecorded, says)
	for _, unit := range above {
		told.add(unit, toldAbove[act], says)
	}
	return told.send(ctx, c, w.caller.Unit)
}

// mail is what units are told of one change, in the order in which they are thought of.
type mail []letter

type letter struct {
	unit string
	says words.Sentence
}

// add has a unit be told a sentence, where there is one for it.
func (m *mail) add(unit string, sentence func(telling) words.Sentence, says telling) {
	if sentence != nil && unit != "" {
		*m = append(*m, letter{unit, sentence(says)})
	}
}

// send tells each unit once, by who acts for it: a successor hears the first of what it and those that ended in it are told. Who
// acted, or acts for who did, is told of nothing.
func (m mail) send(ctx context.Context, c *change, caller string) error {
	units := append(make([]string, 0, 1+len(m)), caller)
	for _, l := range m {
		units = append(units, l.unit)
	}
	acting, err := collection.ActingUnits(ctx, c.Tx, units...)
	heard := map[string]bool{acting[caller]: true}
	for _, l := range m {
		if !heard[acting[l.unit]] {
			heard[acting[l.unit]] = true
			c.Tell(l.unit, l.says)
		}
	}
	return err
}

// notifyApprovers tells the unit that issued a warning that it waits for a stage of its approval.
func (w *warningCase) notifyApprovers(c *change) {
	level, _ := w.level()
	if stage, ok := schemes.Find(level.GetApprovals(), w.GetApprovalStage()); ok {
		c.Tell(w.unitOf(byIssuer, 0), pendingAt(tellingOf(c), stage))
	}
}

// pendingAt says that a warning waits for a stage of its approval.
func pendingAt(w telling, stage *warningv1.ApprovalStage) words.Sentence {
	return words.InboxWarningPending(w.unit, w.level, w.title, schemes.TitleOf(stage.GetId(), stage.GetTitle()))
}

// tellingOf is a warning as messages about its last act speak of it: of the addressee whose step that is, and else of the first.
func tellingOf(c *change) telling {
	w, last := c.Record, c.Record.GetHistory()[len(c.Record.GetHistory())-1]
	did := stepAwaited(w, &warningv1.Awaited{Step: last.GetStep(), Addressee: last.GetAddressee()})
	says := telling{
		title: w.GetTitle(), unit: nameOf(w, last.GetAddressee()), number: last.GetAddressee(), stepDone: titleOf(did),
		level: levelOf(w), unsigned: did != nil && unsigned(did) != nil,
	}
	if all := w.GetObjections(); len(all) > 0 {
		limit := all[len(all)-1].GetLimit()
		says.answerDue, says.objectionUnit = limit.GetDeadline().GetDue(), limit.GetUnit()
	}
	return says.about(c, cmp.Or(awaitedOf(w, last.GetAddressee()), w.GetAwaited()))
}

// ofAnother tells whether an act is about a limit of another than an addressee: it hears of no delay but its own.
func (t telling) ofAnother(act lifecycle.Act, a *warningv1.Addressee) bool {
	switch act {
	case markOverdue:
		return t.number != a.GetNumber()
	case extend, pause, resume:
		return t.number > 0 && t.number != a.GetNumber()
	default:
		return false
	}
}

// about has a message speak of what is awaited.
func (t telling) about(c *change, awaited *warningv1.Awaited) telling {
	s := stepAwaited(c.Record, awaited)
	t.awaited, t.kind, t.due = titleOf(s), awaited.GetKind(), awaited.GetDeadline().GetDue()
	return t
}

// nameOf is what messages call an addressee, by number; the first where 0.
func nameOf(w *warningv1.Warning, number int32) string {
	a := w.GetAddressees()[max(number, 1)-1]
	if a.GetPosition() == "" {
		return a.GetUnitTitle()
	}
	return a.GetUnitTitle() + "（" + a.GetPosition() + "）"
}

// remind reminds whoever owes a step that is awaited that its limit nears, where it has not passed meanwhile.
func remind(_ context.Context, c *change) error {
	joinAwaited(c.Record)
	remindOfObjections(c)
	if c.Beside[mutedNow] != "" {
		return nil
	}
	today := c.Today().String()
	for _, awaited := range allAwaited(c.Record) {
		if on := awaited.GetRemindOn(); on == "" || on > today {
			continue
		}
		awaited.RemindOn = ""
		says := tellingOf(c).about(c, awaited)
		if says.due >= today {
			c.Tell(unitOf(c.Record, c.Beside, awaited.GetBy(), awaited.GetAddressee()), words.InboxWarningStepDue(
				nameOf(c.Record, awaited.GetAddressee()), says.level, says.title, says.awaited, says.due))
		}
	}
	return nil
}

func lastAct(w *warningv1.Warning) lifecycle.Act {
	return lifecycle.Act(w.GetHistory()[len(w.GetHistory())-1].GetAct())
}
