package warnings

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// telling is a warning as a message speaks of it.
type telling struct {
	title, unit, office, due string
	level                    words.Title
}

// What the warned unit, the supervising unit and the one that issued the warning are told of after which act.
var (
	toldToUnit = map[lifecycle.Act]func(telling) words.Sentence{
		issue:           func(w telling) words.Sentence { return words.InboxWarningIssued(w.level, w.title, w.due) },
		approve:         func(w telling) words.Sentence { return words.InboxWarningIssued(w.level, w.title, w.due) },
		changeLevel:     levelChanged,
		extend:          limitChanged,
		pause:           limitChanged,
		resume:          limitChanged,
		escalateOverdue: escalated,
		markOverdue:     overdue,
		checkFailed:     func(w telling) words.Sentence { return words.InboxWarningCheckFailed(w.title, w.due) },
		checkPassed:     func(w telling) words.Sentence { return words.InboxWarningCheckPassed(w.title) },
		end:             ended,
		withdraw:        takenBack,
	}
	toldToSupervisor = map[lifecycle.Act]func(telling) words.Sentence{
		issue:           supervised,
		approve:         supervised,
		explain:         explained,
		rectify:         func(w telling) words.Sentence { return words.InboxWarningRectified(w.unit, w.title, w.due) },
		changeLevel:     levelChanged,
		extend:          limitChanged,
		pause:           limitChanged,
		resume:          limitChanged,
		escalateOverdue: escalated,
		markOverdue:     overdue,
		checkOverdue:    checkLate,
		end:             ended,
		withdraw:        takenBack,
	}
	toldToIssuer = map[lifecycle.Act]func(telling) words.Sentence{
		explain:         explained,
		checkPassed:     func(w telling) words.Sentence { return words.InboxWarningToClose(w.unit, w.title) },
		escalateOverdue: escalated,
		markOverdue:     overdue,
		checkOverdue:    checkLate,
	}
	toldAbove = map[lifecycle.Act]func(telling) words.Sentence{checkOverdue: checkLate}

	// toldBefore is what whoever owes an act is told before its limit ends.
	toldBefore = map[lifecycle.Act]func(telling) words.Sentence{
		acknowledge: func(w telling) words.Sentence { return words.InboxWarningAcknowledgeDue(w.level, w.title, w.due) },
		rectify:     func(w telling) words.Sentence { return words.InboxWarningRectifyDue(w.level, w.title, w.due) },
		check:       func(w telling) words.Sentence { return words.InboxWarningCheckDue(w.unit, w.level, w.title, w.due) },
	}
)

func levelChanged(w telling) words.Sentence { return words.InboxWarningLevelChanged(w.title, w.level) }

func limitChanged(w telling) words.Sentence {
	return words.InboxWarningLimitChanged(w.level, w.title, w.due)
}

func ended(w telling) words.Sentence { return words.InboxWarningClosed(w.title) }

func takenBack(w telling) words.Sentence { return words.InboxWarningWithdrawn(w.title) }

func checkLate(w telling) words.Sentence {
	return words.InboxWarningCheckOverdue(w.office, w.unit, w.level, w.title)
}

func supervised(w telling) words.Sentence {
	return words.InboxWarningSupervised(w.unit, w.level, w.title)
}

func escalated(w telling) words.Sentence {
	return words.InboxWarningEscalated(w.unit, w.title, w.level)
}

func overdue(w telling) words.Sentence { return words.InboxWarningOverdue(w.unit, w.level, w.title) }

func explained(w telling) words.Sentence { return words.InboxWarningExplained(w.unit, w.title) }

// notify tells those concerned of the last act, a unit that is more than one of them once, and some units above the office. Of a
// warning that has not gone out only the unit that issued it hears, where its approvers are.
func notify(c *change, above ...string) {
	w, says, last := c.Record, tellingOf(c), lastAct(c.Record)
	issuedBy := w.GetHistory()[0].GetUnit()
	if w.GetNotice() == nil {
		if last == issue && issuedBy != "" {
			c.Notify(record.Message{
				Unit: issuedBy, Sentence: words.InboxWarningPending(says.unit, says.level, says.title), Resource: w.GetName(),
			})
		}
		return
	}
	type recipient struct {
		unit string
		told map[lifecycle.Act]func(telling) words.Sentence
	}
	recipients := []recipient{{w.GetUnit(), toldToUnit}, {w.GetSupervisingUnit(), toldToSupervisor}, {issuedBy, toldToIssuer}}
	for _, unit := range slices.DeleteFunc(above, func(unit string) bool { return unit == w.GetUnit() }) {
		recipients = append(recipients, recipient{unit, toldAbove})
	}
	heard := map[string]bool{"": true}
	for _, to := range recipients {
		if sentence, told := to.told[last]; told && !heard[to.unit] {
			heard[to.unit] = true
			c.Notify(record.Message{Unit: to.unit, Sentence: sentence(says), Resource: w.GetName()})
		}
	}
}

func tellingOf(c *change) telling {
	w := c.Record
	return telling{
		title: w.GetTitle(), unit: c.Beside[unitTitle], office: c.Beside[officeTitle], due: w.GetAwaited().GetDeadline().GetDue(),
		level: schemes.TitleOf(w.GetWarningLevel(), w.GetWarningLevelTitle()),
	}
}

// remind reminds whoever owes what is awaited that its limit nears, where it has not passed meanwhile.
func remind(_ context.Context, c *change) error {
	w, awaited := c.Record, c.Record.GetAwaited()
	awaited.RemindOn = ""
	if awaited.GetDeadline().GetDue() < c.Today().String() {
		return nil
	}
	act, owing := lifecycle.Act(awaited.GetAct()), w.GetUnit()
	if act == check {
		owing = w.GetSupervisingUnit()
	}
	c.Notify(record.Message{Unit: owing, Sentence: toldBefore[act](tellingOf(c)), Resource: w.GetName()})
	return nil
}

func lastAct(w *warningv1.Warning) lifecycle.Act {
	return lifecycle.Act(w.GetHistory()[len(w.GetHistory())-1].GetAct())
}
