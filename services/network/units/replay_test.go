package units_test

import (
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
)

// replayed is a change that went through, as the model makes it once more.
type replayed struct {
	day    int
	change string // its name; empty for the creation of a unit
	make   func(*model)
}

// does has the model make a change that went through.
func (g *grower) does(day int, named bool, change func(*model)) {
	act := replayed{day: day, make: change}
	if named {
		listed, err := g.tree.ListTreeChanges(g.ctx, &networkv1.ListTreeChangesRequest{Unit: networktest.City, PageSize: 1})
		require.NoError(g.t, err)
		act.change = listed.GetChanges()[0].GetName()
	}
	change(g.m)
	g.acts = append(g.acts, act)
}

// cancel takes a planned change back. What goes through leaves the tree as if the change had never been decided: as all others give
// it. Only the last of them may surely be cancelled.
func (g *grower) cancel() {
	var planned []int
	for i, act := range g.acts {
		if act.day > g.today && act.change != "" {
			planned = append(planned, i)
		}
	}
	if len(planned) == 0 {
		return
	}
	i := rapid.SampledFrom(planned).Draw(g.t, "cancelled")
	_, err := g.tree.CancelTreeChange(g.ctx, &networkv1.CancelTreeChangeRequest{Name: g.acts[i].change, Reason: "批复收回"})
	if err != nil {
		require.Equal(g.t, codes.FailedPrecondition, status.Code(err), "%v", err)
		require.Less(g.t, i, len(g.acts)-1, "nothing stands on the last change: %v", err)
		g.done["refuse to cancel"]++
		return
	}
	g.acts = append(g.acts[:i:i], g.acts[i+1:]...)
	g.m = newModel(g.root, horizon)
	for _, act := range g.acts {
		act.make(g.m)
	}
	g.done["cancel"]++
}
