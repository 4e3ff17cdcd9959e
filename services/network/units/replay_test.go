package units_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// replayed is a change that went through, as the model makes it once more.
type replayed struct {
	day     int
	change  string // its name; empty for the creation of a unit
	make    func(*model)
	says    bool            // it says something of a unit, which stays where it is
	touched map[string]bool // units that it named, or that are otherwise since
	over    map[string]bool // those, and all that stand over them before or since
}

// apart tells whether neither of two changes concerns what the other touches.
func (r replayed) apart(other replayed) bool {
	return disjoint(r.touched, other.over) && disjoint(other.touched, r.over)
}

func disjoint(a, b map[string]bool) bool {
	for id := range a {
		if b[id] {
			return false
		}
	}
	return true
}

// lives are what the sheets say of each unit: its path and title on each day.
func (m *model) lives() map[string]string {
	lives := map[string]string{}
	for day, sheet := range m.sheets {
		for id, at := range sheet {
			lives[id] += fmt.Sprintf("%d %s.%s ", day, m.path(id, day), at.title)
		}
	}
	return lives
}

// does has the model make a change of some units that went through.
func (g *grower) does(day int, named []string, isCreation bool, change func(*model)) {
	act := replayed{day: day, make: change, touched: map[string]bool{}, over: map[string]bool{}}
	if !isCreation {
		listed, err := g.tree.ListTreeChanges(g.ctx, &networkv1.ListTreeChangesRequest{Unit: networktest.City, PageSize: 1})
		require.NoError(g.t, err)
		act.change = listed.GetChanges()[0].GetName()
	}
	before := g.m.lives()
	change(g.m)
	after := g.m.lives()
	for _, id := range append(g.ids, named...) {
		if before[id] != after[id] {
			named = append(named, id)
		}
	}
	for _, id := range named {
		act.touched[id] = true
		for _, above := range strings.FieldsFunc(before[id]+after[id], func(r rune) bool { return r == '.' || r == ' ' }) {
			act.over[above] = true
		}
	}
	g.acts = append(g.acts, act)
}

// free tells whether all that was decided since a change is of other units, or says what they are by now.
func (g *grower) free(i int) bool {
	return !slices.ContainsFunc(g.acts[i+1:], func(later replayed) bool {
		return !g.acts[i].apart(later) && (!later.says || later.day > g.today)
	})
}

// without is what all changes but one make of the tree.
func (g *grower) without(i int) *model {
	m := newModel(g.root, horizon)
	for _, act := range slices.Delete(slices.Clone(g.acts), i, i+1) {
		act.make(m)
	}
	return m
}

// whole tells whether every unit stands below the root: what a change was made on may have been cancelled since.
func (m *model) whole() bool {
	for _, sheet := range m.sheets {
		for id := range sheet {
			for steps := 0; sheet[id].parent != ""; steps++ {
				id = sheet[id].parent
				if _, ok := sheet[id]; !ok || steps > len(sheet) {
					return false
				}
			}
		}
	}
	return true
}

// cancel takes a planned change back. What goes through leaves the tree as if the change had never been decided: as all others
// give it. Where all that was decided since is of other units, and the tree is whole without it, it must go through.
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
	if bound := slices.DeleteFunc(slices.Clone(planned), g.free); len(bound) > 0 && rapid.Bool().Draw(g.t, "bound") {
		planned = bound // else few would be refused
	}
	i := rapid.SampledFrom(planned).Draw(g.t, "cancelled")
	free := g.free(i)
	_, err := g.tree.CancelTreeChange(g.ctx, &networkv1.CancelTreeChangeRequest{Name: g.acts[i].change, Reason: "批复收回"})
	if err != nil {
		require.Equal(g.t, codes.FailedPrecondition, status.Code(err), "%v", err)
		require.Contains(g.t, []string{"CHANGE_HAS_DEPENDANTS", "CHANGED_SINCE", "UNIT_ORPHANED"}, suitetest.Reason(err))
		require.False(g.t, free && g.without(i).whole(), "nothing stands on it: %v", err)
		g.done["refuse to cancel"]++
		return
	}
	if i < len(g.acts)-1 {
		g.done["cancel an earlier one"]++
	}
	g.m, g.acts = g.without(i), slices.Delete(slices.Clone(g.acts), i, i+1)
	g.done["cancel"]++
}
