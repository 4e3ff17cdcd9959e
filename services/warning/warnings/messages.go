package warnings

import (
	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// telling is a warning as a message speaks of it.
type telling struct {
	title, unit, due string
	level            words.Title
}

// What the warned unit, the supervising unit and the one that issued the warning are told of after which act.
var (
	toldToUnit = map[lifecycle.Act]func(telling) words.Sentence{
		issue:           func(w telling) words.Sentence { return words.InboxWarningIssued(w.level, w.title, w.due) },
		approve:         func(w telling) words.Sentence { return words.InboxWarningIssued(w.level, w.title, w.due) },
		changeLevel:     func(w telling) words.Sentence { return words.InboxWarningLevelChanged(w.title, w.level) },
		escalateOverdue: escalated,
		markOverdue:     overdue,
		checkFailed:     func(w telling) words.Sentence { return words.InboxWarningCheckFailed(w.title, w.due) },
		checkPassed:     func(w telling) words.Sentence { return words.InboxWarningCheckPassed(w.title) },
		end:             func(w telling) words.Sentence { return words.InboxWarningClosed(w.title) },
		withdraw:        func(w telling) words.Sentence { return words.InboxWarningWithdrawn(w.title) },
	}
	toldToSupervisor = map[lifecycle.Act]func(telling) words.Sentence{
		issue:           supervised,
		approve:         supervised,
		explain:         explained,
		rectify:         func(w telling) words.Sentence { return words.InboxWarningRectified(w.unit, w.title, w.due) },
		escalateOverdue: escalated,
		markOverdue:     overdue,
		withdraw:        func(w telling) words.Sentence { return words.InboxWarningWithdrawn(w.title) },
	}
	toldToIssuer = map[lifecycle.Act]func(telling) words.Sentence{
		explain:         explained,
		checkPassed:     func(w telling) words.Sentence { return words.InboxWarningToClose(w.unit, w.title) },
		escalateOverdue: escalated,
		markOverdue:     overdue,
	}
)

func supervised(w telling) words.Sentence {
	return words.InboxWarningSupervised(w.unit, w.level, w.title)
}

func escalated(w telling) words.Sentence {
	return words.InboxWarningEscalated(w.unit, w.title, w.level)
}

func overdue(w telling) words.Sentence { return words.InboxWarningOverdue(w.unit, w.level, w.title) }

func explained(w telling) words.Sentence { return words.InboxWarningExplained(w.unit, w.title) }

// notify tells those concerned of the last act, a unit that is more than one of them once. Of a warning that has not gone out
// only the unit that issued it hears, where its approvers are.
func notify(c *change) {
	w, says := c.Record, tellingOf(c)
	issuedBy := w.GetHistory()[0].GetUnit()
	last := lifecycle.Act(w.GetHistory()[len(w.GetHistory())-1].GetAct())
	if w.GetNotice() == nil {
		if last == issue && issuedBy != "" {
			c.Notify(record.Message{
				Unit: issuedBy, Sentence: words.InboxWarningPending(says.unit, says.level, says.title), Resource: w.GetName(),
			})
		}
		return
	}
	heard := map[string]bool{"": true}
	for _, to := range []struct {
		unit string
		told map[lifecycle.Act]func(telling) words.Sentence
	}{{w.GetUnit(), toldToUnit}, {w.GetSupervisingUnit(), toldToSupervisor}, {issuedBy, toldToIssuer}} {
		if sentence, told := to.told[last]; told && !heard[to.unit] {
			heard[to.unit] = true
			c.Notify(record.Message{Unit: to.unit, Sentence: sentence(says), Resource: w.GetName()})
		}
	}
}

func tellingOf(c *change) telling {
	w := c.Record
	return telling{
		title: w.GetTitle(), unit: c.Beside[unitTitle], due: w.GetAwaited().GetDeadline().GetDue(),
		level: schemes.TitleOf(w.GetWarningLevel(), w.GetWarningLevelTitle()),
	}
}
