package riskpoints

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

// Whatever is done in whatever order: what is approved was handed in and stays as it was, what is sent back can come
// again, and content changes only in the unit's hands.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	acts := []lifecycle.Act{collection.UpdateAct, submit, sendBack, approve, "delete"}
	rapid.Check(t, func(t *rapid.T) {
		state := Lifecycle.Start
		for range rapid.IntRange(1, 30).Draw(t, "acts") {
			act := rapid.SampledFrom(acts).Draw(t, "act")
			next, err := Lifecycle.Next(state, act)
			inUnit := state == draft || state == returned
			allowed := inUnit && (act == collection.UpdateAct || act == submit) ||
				state == submitted && (act == sendBack || act == approve)
			switch {
			case (err == nil) != allowed:
				t.Fatalf("%s in %s: %v", act, state, err)
			case err != nil && next != state, act == collection.UpdateAct && next != state:
				t.Fatalf("%s moved %s to %s", act, state, next)
			case err == nil && act == approve && next != approved, err == nil && act == submit && next != submitted:
				t.Fatalf("%s led to %s", act, next)
			}
			state = next
		}
	})
}
