package warnings

import (
	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// What the warned unit, and the supervising unit, are told of after which act.
var (
	toldToUnit = map[lifecycle.Act]words.Sentence{
		issue:           words.InboxWarningIssued(),
		approve:         words.InboxWarningIssued(),
		changeLevel:     words.InboxWarningLevelChanged(),
		escalateOverdue: words.InboxWarningEscalated(),
		markOverdue:     words.InboxWarningOverdue(),
		checkFailed:     words.InboxWarningCheckFailed(),
		checkPassed:     words.InboxWarningCheckPassed(),
		end:             words.InboxWarningClosed(),
		withdraw:        words.InboxWarningWithdrawn(),
	}
	toldToSupervisor = map[lifecycle.Act]words.Sentence{
		explain:         words.InboxWarningExplained(),
		rectify:         words.InboxWarningRectified(),
		escalateOverdue: words.InboxWarningEscalated(),
		markOverdue:     words.InboxWarningOverdue(),
	}
)

// notify tells both units of the last act. A unit hears nothing of a warning that has not gone out to it.
func notify(c *change) {
	w := c.Record
	if w.GetNotice() == nil {
		return
	}
	last := w.GetHistory()[len(w.GetHistory())-1]
	for _, to := range []struct {
		unit string
		told map[lifecycle.Act]words.Sentence
	}{{w.GetUnit(), toldToUnit}, {w.GetSupervisingUnit(), toldToSupervisor}} {
		if says, told := to.told[lifecycle.Act(last.GetAct())]; told {
			c.Notify(record.Message{Unit: to.unit, Sentence: says, Resource: w.GetName()})
		}
	}
}
