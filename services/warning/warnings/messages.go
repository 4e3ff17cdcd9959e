package warnings

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// telling is a warning as a message speaks of it.
type telling struct {
	title, unit, due  string
	level             words.Title
	stepDone, awaited words.Title // the step that was done last, and the one that is awaited
	kind              warningv1.StepKind
	by                warningv1.StepParty
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
		changeLevel:     levelChanged,
		extend:          limitChanged,
		pause:           limitChanged,
		resume:          limitChanged,
		escalateOverdue: escalated,
		markOverdue:     overdue,
		checkFailed:     failed,
		checkPassed:     func(w telling) words.Sentence { return words.InboxWarningCheckPassed(w.title) },
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
		recordTalk:      done,
		checkFailed:     failed,
		checkPassed:     done,
		lookBack:        done,
		decideCase:      done,
		findRecurred:    recurred,
		changeLevel:     levelChanged,
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
		recordTalk:      done,
		checkFailed:     failed,
		checkPassed:     done,
		lookBack:        done,
		decideCase:      done,
		findRecurred:    recurred,
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
		return words.InboxWarningToClose(w.unit, w.title)
	case w.due == "":
		return words.InboxWarningStepAwaitedWithoutLimit(w.unit, w.title, w.awaited)
	default:
		return words.InboxWarningStepAwaited(w.unit, w.title, w.due, w.awaited)
	}
}

// talkRecorded tells of a talk, and asks the addressee for its signature where that is left.
func talkRecorded(w telling) words.Sentence {
	if w.kind == toTalk && w.by == byAddressee {
		return words.InboxWarningTalkRecorded(w.title)
	}
	return done(w)
}

func done(w telling) words.Sentence { return words.InboxWarningStepDone(w.unit, w.title, w.stepDone) }

func failed(w telling) words.Sentence { return words.InboxWarningCheckFailed(w.title, w.awaited) }

func recurred(w telling) words.Sentence {
	return words.InboxWarningRecurred(w.unit, w.title, w.awaited)
}

func levelChanged(w telling) words.Sentence { return words.InboxWarningLevelChanged(w.title, w.level) }

func limitChanged(w telling) words.Sentence {
	return words.InboxWarningLimitChanged(w.level, w.title, w.due)
}

func ended(w telling) words.Sentence { return words.InboxWarningClosed(w.title) }

func takenBack(w telling) words.Sentence { return words.InboxWarningWithdrawn(w.title) }

func supervised(w telling) words.Sentence {
	return words.InboxWarningSupervised(w.unit, w.level, w.title)
}

func escalated(w telling) words.Sentence {
	return words.InboxWarningEscalated(w.unit, w.title, w.level)
}

func overdue(w telling) words.Sentence {
	return words.InboxWarningOverdue(w.unit, w.level, w.title, w.awaited)
}

// notify tells those concerned of the last act, a unit that is more than one of them once, and some units above. Whoever the next
// step falls to is asked for it. Who acted is told of nothing. Of a warning that has not gone out only the unit that issued it
// hears, where its approvers are.
func (w *warningCase) notify(c *change, above ...string) {
	if w.GetNotice() == nil {
		w.notifyApprovers(c)
		return
	}
	act, says, told := lastAct(w.Warning), tellingOf(c), mail{c, map[string]bool{"": true, w.caller.Unit: true}}
	if w.GetState() == closed { // a form may end with any step
		act = end
	}
	if act != markOverdue || says.by == byAddressee { // it hears of no delay but its own
		told.send(w.GetUnit(), toldToUnit[act], says)
	}
	if w.moved && w.GetAwaited() != nil {
		told.send(w.unitOf(says.by), awaits, says)
	}
	told.send(w.GetSupervisingUnit(), toldToSupervisor[act], says)
	told.send(w.unitOf(byIssuer), toldToIssuer[act], says)
	for _, unit := range above {
		told.send(unit, toldAbove[act], says)
	}
}

// mail tells each unit once.
type mail struct {
	*change

	heard map[string]bool
}

// send tells a unit a sentence, where there is one for it.
func (m mail) send(unit string, sentence func(telling) words.Sentence, says telling) {
	if sentence != nil && !m.heard[unit] {
		m.heard[unit] = true
		m.Tell(unit, sentence(says))
	}
}

// notifyApprovers tells the unit that issued a warning that it waits for a stage of its approval.
func (w *warningCase) notifyApprovers(c *change) {
	level, _ := w.level()
	if stage, ok := schemes.Find(level.GetApprovals(), w.GetApprovalStage()); ok {
		says := tellingOf(c)
		c.Tell(w.unitOf(byIssuer), words.InboxWarningPending(
			says.unit, says.level, says.title, schemes.TitleOf(stage.GetId(), stage.GetTitle())))
	}
}

func tellingOf(c *change) telling {
	w, last := c.Record, c.Record.GetHistory()[len(c.Record.GetHistory())-1]
	did, _ := schemes.Find(w.GetSteps(), last.GetStep())
	awaited, _ := schemes.Find(w.GetSteps(), w.GetAwaited().GetStep())
	return telling{
		title: w.GetTitle(), unit: c.Beside[unitTitle], due: w.GetAwaited().GetDeadline().GetDue(),
		level:    schemes.TitleOf(w.GetWarningLevel(), w.GetWarningLevelTitle()),
		stepDone: titleOf(did), awaited: titleOf(awaited), kind: w.GetAwaited().GetKind(), by: w.GetAwaited().GetBy(),
	}
}

// remind reminds whoever owes the step that is awaited that its limit nears, where it has not passed meanwhile.
func remind(_ context.Context, c *change) error {
	w, awaited := c.Record, c.Record.GetAwaited()
	awaited.RemindOn = ""
	says := tellingOf(c)
	if says.due >= c.Today().String() {
		c.Tell(unitOf(w, c.Beside, awaited.GetBy()),
			words.InboxWarningStepDue(says.unit, says.level, says.title, says.awaited, says.due))
	}
	return nil
}

func lastAct(w *warningv1.Warning) lifecycle.Act {
	return lifecycle.Act(w.GetHistory()[len(w.GetHistory())-1].GetAct())
}
