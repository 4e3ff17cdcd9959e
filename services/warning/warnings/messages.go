package warnings

import (
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// What the warned unit, and the supervising unit, are told of after which act.
var (
	toldToUnit = map[lifecycle.Act]record.Message{
		issue:           {Kind: "inbox.warning_issued"},
		approve:         {Kind: "inbox.warning_issued"},
		changeLevel:     {Kind: "inbox.warning_level_changed"},
		escalateOverdue: {Kind: "inbox.warning_escalated"},
		markOverdue:     {Kind: "inbox.warning_overdue"},
		checkFailed:     {Kind: "inbox.warning_check_failed"},
		checkPassed:     {Kind: "inbox.warning_check_passed"},
		end:             {Kind: "inbox.warning_closed"},
		withdraw:        {Kind: "inbox.warning_withdrawn"},
	}
	toldToSupervisor = map[lifecycle.Act]record.Message{
		explain:         {Kind: "inbox.warning_explained"},
		rectify:         {Kind: "inbox.warning_rectified"},
		escalateOverdue: {Kind: "inbox.warning_escalated"},
		markOverdue:     {Kind: "inbox.warning_overdue"},
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
		told map[lifecycle.Act]record.Message
	}{{w.GetUnit(), toldToUnit}, {w.GetSupervisingUnit(), toldToSupervisor}} {
		if message, told := to.told[lifecycle.Act(last.GetAct())]; told {
			message.Unit, message.Resource = to.unit, w.GetName()
			c.Notify(message)
		}
	}
}
