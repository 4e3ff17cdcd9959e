package positions

import (
	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// CheckStands notes a fault where a position that a request names anew is of a unit that has ended: who acts for that unit has
// positions of its own, while what names one since before keeps it. It takes no position as well.
// One that was abolished is named for nothing new either.
func CheckStands(faults *fault.Fields, field string, found *collection.Change[*riskv1.Position]) {
	if found != nil && found.Record.GetState() == ended {
		faults.Add(field, words.PositionEnded(found.Record.GetEndedOn()))
		return
	}
	if found == nil || found.ActingUnit() == found.Record.GetUnit() {
		return
	}
	faults.Add(field, words.PositionOfEnded(words.Untitled(found.Record.GetUnit()), words.Untitled(found.ActingUnit())))
}
