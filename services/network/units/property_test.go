package units_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// Days that a run of the property looks at, and changes in one.
const (
	horizon = 9
	changes = 36
)

// grower grows a subtree at random, through the API and in the model alike.
type grower struct {
	t     *rapid.T
	ctx   context.Context
	s     *suitetest.Suite
	pg    *pgx.Conn
	units networkv1.UnitServiceClient
	tree  networkv1.TreeServiceClient
	m     *model
	start calendar.Date
	today int
	root  string
	ids   []string
	done  map[string]int
	acts  []replayed
}

// TestC1_TreeIsConsistentOnEveryDay compares the tree, as of every day, with a model after random changes planned for random
// days, and the records of its units with where they should have followed.
func TestC1_TreeIsConsistentOnEveryDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	pg, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	defer func() { _ = pg.Close(context.WithoutCancel(t.Context())) }()
	admin, done, run := s.As("administrator", networktest.City), map[string]int{}, 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		g := &grower{
			t: rt, ctx: t.Context(), s: s, pg: pg, done: done, start: clock.Today(s.Clock), root: fmt.Sprintf("run%d", run),
			units: networkv1.NewUnitServiceClient(admin), tree: networkv1.NewTreeServiceClient(admin),
		}
		g.m = newModel(g.root, horizon)
		g.ids = []string{g.root}
		g.plant(g.root, networktest.City, 0)
		for range 4 {
			g.create()
		}
		for range rapid.IntRange(changes/2, changes).Draw(rt, "changes") {
			g.step()
		}
		g.check()
	})
	for _, kind := range []string{
		"create", "rename", "move", "merge", "split", "disband", "advance", "cancel", "cancel an earlier one", "refuse to cancel",
	} {
		require.Positive(t, done[kind], "no %s ever went through", kind)
	}
}

func (g *grower) day(offset int) string { return g.start.AddDays(offset).String() }

// pick draws a unit, the newest most often: the root, for one, can neither move nor end.
func (g *grower) pick(what string) string {
	return g.ids[len(g.ids)-1-rapid.IntRange(0, len(g.ids)-1).Draw(g.t, what)]
}

// when draws a day from today on, most often one of few, so that changes meet on it.
func (g *grower) when() int {
	return rapid.SampledFrom([]int{g.today, min(g.today|1, horizon-1), min(g.today|3, horizon-1), horizon - 1}).Draw(g.t, "day")
}

func (g *grower) fresh() string { return fmt.Sprintf("%s_%d", g.root, len(g.ids)) }

func (g *grower) step() {
	switch act := rapid.SampledFrom([]string{
		// the first are drawn most, and refused most
		"cancel", "merge", "disband", "move", "split", "rename", "create", "create", "advance",
	}).Draw(g.t, "act"); act {
	case "create":
		g.create()
	case "rename":
		g.rename()
	case "move":
		g.move()
	case "merge":
		g.merge()
	case "split":
		g.split()
	case "disband":
		g.disband()
	case "cancel":
		g.cancel()
	case "advance":
		if days := rapid.IntRange(1, 2).Draw(g.t, "days"); g.today+days < horizon {
			g.today += days
			g.s.Clock.Advance(time.Duration(days) * 24 * time.Hour)
			g.done[act]++
		}
	}
}

// went notes whether a change went through; one that the model forbids must not.
func (g *grower) went(act string, err error, allowed bool) bool {
	if err != nil {
		return false
	}
	require.True(g.t, allowed, "%s went through", act)
	g.done[act]++
	return true
}

func (g *grower) plant(id, parent string, day int) bool {
	_, err := g.units.CreateUnit(g.ctx, &networkv1.CreateUnitRequest{UnitId: id, Unit: &networkv1.Unit{
		Title: id, Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: typev1.Level_LEVEL_CITY, Parent: parent,
		EffectiveFrom: g.day(day),
	}})
	if err != nil {
		return false
	}
	if day == g.today {
		g.keep(id)
	}
	return true
}

// keep stores a record of a unit, which is to follow it.
func (g *grower) keep(id string) {
	_, err := g.pg.Exec(g.ctx, `INSERT INTO network.messages (region, message_key, unit_id, unit_path, kind, args, resource, dedup_key, create_time)
		SELECT region, unit_id, unit_id, path, 'test', '{}', '', unit_id, now() FROM network.units
		WHERE unit_id = $1 AND valid_from <= $2 AND $2 < valid_to`, id, g.start.AddDays(g.today))
	require.NoError(g.t, err)
}

func (g *grower) create() {
	id, parent, day := g.fresh(), g.pick("parent"), g.when()
	created := g.plant(id, "units/"+parent, day)
	require.Equal(g.t, g.m.has(parent, day) && g.m.stays(parent, day), created, "create below %s", parent)
	if created {
		g.does(day, []string{id}, true, func(m *model) { m.create(id, parent, day) })
		g.ids = append(g.ids, id)
		g.done["create"]++
	}
}

func (g *grower) rename() {
	id, day, title := g.pick("unit"), g.when(), rapid.SampledFrom([]string{"甲", "乙", "丙"}).Draw(g.t, "title")
	title += id // no other has it
	_, err := g.tree.UpdateUnit(g.ctx, &networkv1.UpdateUnitRequest{
		Unit: &networkv1.Unit{Name: "units/" + id, Title: title}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
		EffectiveFrom: g.day(day), Reason: "改名",
	})
	require.Equal(g.t, g.m.has(id, day), err == nil, "rename %s: %v", id, err)
	if g.went("rename", err, true) {
		g.does(day, []string{id}, false, func(m *model) { m.rename(id, title, day) })
		g.acts[len(g.acts)-1].says = true
	}
}

func (g *grower) move() {
	id, parent, day := g.pick("unit"), g.pick("parent"), g.when()
	if id == g.root {
		return
	}
	_, err := g.tree.MoveUnit(g.ctx, &networkv1.MoveUnitRequest{
		Name: "units/" + id, Parent: "units/" + parent, EffectiveFrom: g.day(day), Reason: "划转",
	})
	require.Equal(g.t, g.m.mayMove(id, parent, day), err == nil, "move %s under %s: %v", id, parent, err)
	if g.went("move", err, true) {
		g.does(day, []string{id}, false, func(m *model) { m.move(id, parent, day) })
	}
}

// merge merges one or two units, one of which may lie below the other.
func (g *grower) merge() {
	ids, into, day := []string{g.pick("unit")}, g.pick("into"), g.when()
	if other := g.pick("other"); other != ids[0] && rapid.Bool().Draw(g.t, "two") {
		ids = append(ids, other)
	}
	if slices.Contains(ids, g.root) {
		return
	}
	req := &networkv1.MergeUnitsRequest{Into: "units/" + into, EffectiveFrom: g.day(day), Reason: "合并"}
	allowed := !slices.Contains(ids, into)
	for _, id := range ids {
		req.Units = append(req.Units, &networkv1.MergedUnit{Name: "units/" + id})
		allowed = allowed && g.m.mayEnd(id, into, day)
	}
	_, err := g.tree.MergeUnits(g.ctx, req)
	if !g.went("merge", err, allowed) {
		return
	}
	slices.SortFunc(ids, func(x, y string) int { // what lies deeper first: its units come to the successor, not to the other
		return strings.Count(g.m.path(y, day), ".") - strings.Count(g.m.path(x, day), ".")
	})
	g.does(day, append(ids, into), false, func(m *model) {
		for _, id := range ids {
			m.end(id, into, day)
		}
	})
}

func (g *grower) disband() {
	id, to, day := g.pick("unit"), g.pick("to"), g.when()
	if id == g.root {
		return
	}
	_, err := g.tree.DisbandUnit(g.ctx, &networkv1.DisbandUnitRequest{
		Name: "units/" + id, ChildrenTo: "units/" + to, EffectiveFrom: g.day(day), Reason: "撤销",
	})
	if neverIs := day > g.today && g.m.mayNeverBe(id, day); err == nil && neverIs {
		// Where something that it was founded on is cancelled since, this can't be: it counts as a creation.
		g.does(day, []string{id}, true, func(m *model) { m.neverBe(id, day) })
		g.done["take back a founding"]++
		return
	}
	if g.went("disband", err, g.m.mayEnd(id, to, day)) {
		g.does(day, []string{id, to}, false, func(m *model) { m.end(id, to, day) })
	}
}

func (g *grower) split() {
	id, day, keep := g.pick("unit"), g.when(), rapid.Bool().Draw(g.t, "keep")
	if id == g.root {
		return
	}
	first := g.fresh()
	names, shares := []string{first, first + "b"}, [][]string{nil, nil}
	for _, child := range g.m.everBelow(id, day) {
		if i := rapid.IntRange(0, 2).Draw(g.t, "share"); i < 2 {
			shares[i] = append(shares[i], "units/"+child)
		} else if !keep {
			shares[0] = append(shares[0], "units/"+child)
		}
	}
	req := &networkv1.SplitUnitRequest{Name: "units/" + id, Keep: keep, EffectiveFrom: g.day(day), Reason: "拆分"}
	for i, name := range names {
		req.Parts = append(req.Parts, &networkv1.SplitPart{UnitId: name, Children: shares[i], Unit: &networkv1.Unit{
			Title: name, Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: typev1.Level_LEVEL_CITY,
		}})
	}
	_, err := g.tree.SplitUnit(g.ctx, req)
	if !g.went("split", err, g.m.has(id, day) && g.m.stays(id, day)) {
		return
	}
	parent := g.m.sheets[day][id].parent
	g.does(day, append(names, id), false, func(m *model) {
		for i, name := range names {
			m.create(name, parent, day)
			for _, child := range shares[i] {
				m.hand(id, name, day, strings.TrimPrefix(child, "units/"))
			}
		}
		if !keep {
			m.remove(id, first, day)
		}
	})
	if day == g.today {
		g.keep(names[0])
		g.keep(names[1])
	}
	g.ids = append(g.ids, names...)
}

// check compares every day, past ones included, and where the records are.
func (g *grower) check() {
	for day := range horizon {
		listed, err := g.units.ListUnits(g.ctx, &networkv1.ListUnitsRequest{
			Unit: "units/" + g.root, AsOf: g.day(day), PageSize: 1000,
		})
		require.NoError(g.t, err)
		got, want := map[string]leaf{}, g.m.sheets[day]
		for _, u := range listed.GetUnits() {
			id := strings.TrimPrefix(u.GetName(), "units/")
			got[id] = leaf{strings.TrimPrefix(u.GetParent(), "units/"), u.GetTitle()}
			above := "units/" + strings.ReplaceAll("340500."+g.m.path(id, day), ".", " units/")
			require.Equal(g.t, above, strings.Join(append(u.GetAncestors(), u.GetName()), " "), "on day %d", day)
		}
		got[g.root] = leaf{"", got[g.root].title}
		require.Equal(g.t, want, got, "on day %d", day)
	}
	g.checkStore()
}

// checkStore looks at what the API doesn't show: that no two versions of a unit share a day, and where records stand. A change of
// today has those follow that were due.
func (g *grower) checkStore() {
	_, err := g.tree.UpdateUnit(g.ctx, &networkv1.UpdateUnitRequest{
		Unit:       &networkv1.Unit{Name: "units/" + g.root, FirstResponsible: "主任"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"first_responsible"}}, Reason: "明确责任",
	})
	require.NoError(g.t, err)
	var overlaps int
	require.NoError(g.t, g.pg.QueryRow(g.ctx, `SELECT count(*) FROM network.units a JOIN network.units b USING (unit_id)
		WHERE a.valid_from < b.valid_from AND b.valid_from < a.valid_to`).Scan(&overlaps))
	require.Zero(g.t, overlaps)
	rows, err := g.pg.Query(g.ctx, "SELECT message_key || ' ' || unit_path::text FROM network.messages WHERE message_key LIKE $1",
		g.root+"%")
	require.NoError(g.t, err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(g.t, err)
	for _, row := range found {
		id, path, _ := strings.Cut(row, " ")
		if id == g.root || strings.HasPrefix(id, g.root+"_") {
			require.Equal(g.t, "340500."+g.m.place(id, g.today), path, "records of %s", id)
		}
	}
	require.True(g.t, slices.ContainsFunc(found, func(row string) bool { return strings.HasPrefix(row, g.root+" ") }))
}
