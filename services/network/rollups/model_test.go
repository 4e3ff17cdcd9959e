package rollups_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/rollups"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// paths are the units of the model, the root first.
var paths = []string{
	"340500", "340500.340503", "340500.340503.340503001", "340500.340503.340503001.340503001001", "340500.340504.340504001",
}

var areas = []string{"ethics", "work_style"}

var roles = [][]string{nil, {"mediator"}, {"mediator", "petition_informant"}}

// modelTip is a tip as the model knows it: what it counts, and where.
type modelTip struct {
	key               string
	handling, about   string // paths when it was received or passed on
	first             string // path of whom it came to
	now               string // path of who handles it now
	area              string
	roles             []string
	received          time.Time
	state             networkv1.TipState
	urgent, unfounded bool
	leaders           bool     // whether it is about the leaders of the unit it is about
	recused           []string // paths of units that stepped aside
}

// body is what of a tip's body says from whom it is concealed.
func (tip *modelTip) body(t *rapid.T) []byte {
	said := &networkv1.Tip{
		Content: &networkv1.TipContent{Unit: nameOf(tip.about), AboutLeaders: tip.leaders}, FirstUnit: nameOf(tip.first),
		SourceRoles: tip.roles,
	}
	for _, path := range tip.recused {
		said.Referrals = append(said.Referrals, &networkv1.TipReferral{FromUnit: nameOf(path), Recused: true})
	}
	body, err := document.Encode(said)
	require.NoError(t, err)
	return body
}

// concealedFrom tells whether a unit, by its path, must not know of the tip.
func (tip *modelTip) concealedFrom(reader string) bool {
	return tip.about == reader && (tip.leaders || tip.first != tip.about) || slices.Contains(tip.recused, reader)
}

// nameOf names the unit at a path.
func nameOf(path string) string {
	return resource.Name(resource.Units, path[strings.LastIndexByte(path, '.')+1:])
}

// model is what should be counted, and the tables that count it.
type model struct {
	t    *rapid.T
	book *record.Store
	tips []*modelTip
	away bool // whether all units stand below another
}

// at is where the unit at a path stands now.
func (m *model) at(path string) string {
	if m.away {
		return "elsewhere." + path
	}
	return path
}

// cells are the counts of a unit that a reader at a path should be told, by month, child, area and source role: a GROUP BY in Go.
func (m *model) cells(unit, reader string) []*networkv1.RollUpCell {
	type group struct{ month, child, area, role string }
	counted := map[group][]*modelTip{}
	for _, tip := range m.tips {
		if tip.state == networkv1.TipState_TIP_STATE_DUPLICATE || !slices.Contains(strings.Split(tip.handling, "."), unit) {
			continue
		}
		if tip.concealedFrom(reader) {
			continue
		}
		child := unit
		if _, below, ok := strings.Cut("."+tip.about+".", "."+unit+"."); ok && below != "" {
			child, _, _ = strings.Cut(below, ".")
		}
		told := toldRoles(child, tip.roles)
		if len(told) == 0 {
			told = []string{""}
		}
		for _, role := range told {
			at := group{tip.received.In(calendar.Shanghai).Format("2006-01"), child, tip.area, role}
			counted[at] = append(counted[at], tip)
		}
	}
	told := map[group]*networkv1.RollUpCell{}
	for at, these := range counted {
		if len(these) < 3 {
			at.role = ""
		}
		if told[at] == nil {
			told[at] = &networkv1.RollUpCell{
				Child: resource.Name(resource.Units, at.child), SubjectArea: at.area, SourceRole: at.role, Month: at.month,
			}
		}
		for _, tip := range these {
			count(told[at], tip)
		}
	}
	cells := slices.Collect(maps.Values(told))
	slices.SortFunc(cells, func(a, b *networkv1.RollUpCell) int {
		return cmp.Or(cmp.Compare(a.GetMonth(), b.GetMonth()), cmp.Compare(a.GetChild(), b.GetChild()),
			cmp.Compare(a.GetSubjectArea(), b.GetSubjectArea()), cmp.Compare(a.GetSourceRole(), b.GetSourceRole()))
	})
	return cells
}

// series are the cells that a reader at a path should be listed of what is handled below another now: a GROUP BY in Go.
func (m *model) series(path, reader string) []*networkv1.TipSeriesCell {
	cells := map[[3]string]*networkv1.TipSeriesCell{}
	for _, tip := range m.tips {
		if tip.state == networkv1.TipState_TIP_STATE_DUPLICATE || !strings.HasPrefix(m.at(tip.now)+".", path+".") || tip.concealedFrom(reader) {
			continue
		}
		cell := &networkv1.TipSeriesCell{
			Unit: nameOf(tip.about), SubjectArea: tip.area, Month: tip.received.In(calendar.Shanghai).Format("2006-01"),
		}
		at := [3]string{cell.GetUnit(), cell.GetSubjectArea(), cell.GetMonth()}
		if cells[at] == nil {
			cells[at] = cell
		}
		counted := &networkv1.RollUpCell{}
		count(counted, tip)
		cells[at].Received += counted.GetReceived()
		cells[at].Returned += counted.GetReturned()
		cells[at].Urgent += counted.GetUrgent()
		cells[at].Unfounded += counted.GetUnfounded()
	}
	list := make([]*networkv1.TipSeriesCell, 0, len(cells))
	for _, at := range slices.SortedFunc(maps.Keys(cells), func(a, b [3]string) int { return slices.Compare(a[:], b[:]) }) {
		list = append(list, cells[at])
	}
	return list
}

// appointHolders has the roles of the model held: in the village three hold one, and one holds both; in the other township three
// hold both.
func appointHolders(t *testing.T, s *suitetest.Suite) {
	t.Helper()
	networktest.AppointHolding(t, s, networktest.Township, networktest.Village, 3, roles[1]...)
	networktest.AppointHolding(t, s, networktest.Township, networktest.Village, 1, roles[2]...)
	networktest.AppointHolding(t, s, networktest.City, networktest.OtherTownship, 3, roles[2]...)
}

// toldRoles are those of some roles that may be told where the officers of appointHolders serve in or below a unit.
func toldRoles(unit string, held []string) []string {
	switch {
	case len(held) == 0 || unit == "340500":
		return held
	case strings.HasPrefix(unit, "340503"):
		return roles[1]
	case len(held) == 2:
		return held
	default:
		return nil // who holds one alone would be known
	}
}

func count(cell *networkv1.RollUpCell, tip *modelTip) {
	one := func(counts bool) int64 {
		if counts {
			return 1
		}
		return 0
	}
	returned := tip.state == networkv1.TipState_TIP_STATE_RETURNED
	cell.Received++
	cell.Returned += one(returned)
	cell.Accepted += one(tip.state == networkv1.TipState_TIP_STATE_ACCEPTED)
	cell.Closed += one(tip.state == networkv1.TipState_TIP_STATE_CLOSED)
	cell.Urgent += one(tip.urgent && !tip.unfounded && !returned)
	cell.Unfounded += one(tip.unfounded)
}

// submit stores a new tip.
func (m *model) submit() {
	tip := &modelTip{
		key: resource.NewKey(), handling: rapid.SampledFrom(paths).Draw(m.t, "handling"),
		about: rapid.SampledFrom(paths).Draw(m.t, "about"),
		area:  rapid.SampledFrom(areas).Draw(m.t, "area"), roles: rapid.SampledFrom(roles).Draw(m.t, "roles"), urgent: rapid.Bool().Draw(m.t, "urgent"),
		state: networkv1.TipState_TIP_STATE_RECEIVED,
		// Around the end of a month in Asia/Shanghai, which is not that of UTC.
		received: time.Date(2026, time.October, 31, 12, 0, 0, 0, time.UTC).Add(
			time.Duration(rapid.IntRange(0, 8).Draw(m.t, "hour")) * time.Hour,
		),
	}
	tip.now, tip.first, tip.leaders = tip.handling, tip.handling, rapid.Bool().Draw(m.t, "leaders")
	m.tips = append(m.tips, tip)
	require.NoError(m.t, db.New(m.book).AddTips(m.t.Context(), db.AddTipsParams{
		Regions: []string{"340503"}, TipKeys: []string{tip.key}, HandlingPaths: []string{m.at(tip.handling)},
		UnitIds: []string{resource.ID(nameOf(tip.about))}, UnitPaths: []string{m.at(tip.about)},
		SubjectAreas: []string{tip.area}, Urgent: []bool{tip.urgent}, State: tip.state.String(),
		ReceiveTimes:  []time.Time{tip.received},
		ReceiptHashes: [][]byte{[]byte(tip.key)}, Bodies: [][]byte{tip.body(m.t)}, Sealed: [][]byte{{}},
	}))
}

// change gives a tip another state and content, whichever.
func (m *model) change() {
	tip := m.any()
	tip.state = networkv1.TipState(rapid.IntRange(1, 5).Draw(m.t, "state"))
	tip.area, tip.urgent = rapid.SampledFrom(areas).Draw(m.t, "area"), rapid.Bool().Draw(m.t, "urgent")
	tip.unfounded = tip.state == networkv1.TipState_TIP_STATE_CLOSED && rapid.Bool().Draw(m.t, "unfounded")
	m.save(tip)
}

// save stores a tip as the service does.
func (m *model) save(tip *modelTip) {
	require.NoError(m.t, db.New(m.book).SaveTip(m.t.Context(), db.SaveTipParams{
		Region: "340503", TipKey: tip.key, HandlingPath: m.at(tip.now), SubjectArea: tip.area, Urgent: tip.urgent,
		State: tip.state.String(), Unfounded: tip.unfounded,
		Body: tip.body(m.t),
	}))
}

// changeMany returns every tip of an area in one statement.
func (m *model) changeMany() {
	area := rapid.SampledFrom(areas).Draw(m.t, "area")
	for _, tip := range m.tips {
		if tip.area == area {
			tip.state, tip.unfounded = networkv1.TipState_TIP_STATE_RETURNED, false
		}
	}
	m.exec("UPDATE tips SET state = 'TIP_STATE_RETURNED', unfounded = false WHERE subject_area = $1", area)
}

// pass passes a tip on to another unit, which counts it from then on.
func (m *model) pass() {
	tip, to := m.any(), rapid.SampledFrom(paths).Draw(m.t, "handling")
	if rapid.Bool().Draw(m.t, "recused") {
		tip.recused = append(tip.recused, tip.handling)
	}
	if to != tip.now {
		tip.handling, tip.now = to, to
	}
	m.save(tip)
}

// move moves all units elsewhere, or back, which changes nothing that was rolled up. It goes table by table in one transaction, as
// package follow does: were series moved before the deltas, those that are added up in between would stay behind.
func (m *model) move() {
	path := "'elsewhere'::ltree || %s"
	if m.away {
		path = "subpath(%s, 1)"
	}
	require.NoError(m.t, m.book.InTx(m.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		for _, table := range []string{"tip_deltas", "tip_series", "tips"} {
			if _, err := tx.Exec(ctx, "UPDATE "+table+" SET handling_path = "+fmt.Sprintf(path, "handling_path")+", unit_path = "+
				fmt.Sprintf(path, "unit_path")); err != nil {
				return err
			}
		}
		return nil
	}))
	m.away = !m.away
}

// compact adds up what waits.
func (m *model) compact() {
	_, err := (&rollups.Compactor{Store: m.book}).Compact(m.t.Context())
	require.NoError(m.t, err)
}

func (m *model) any() *modelTip {
	if len(m.tips) == 0 {
		m.t.Skip("there are no tips yet")
	}
	return rapid.SampledFrom(m.tips).Draw(m.t, "tip")
}

func (m *model) exec(statement string, args ...any) {
	_, err := m.book.Exec(m.t.Context(), statement, args...)
	require.NoError(m.t, err)
}

// clear removes all tips and what is counted of them, at one moment of whoever compacts beside.
func (m *model) clear() {
	require.NoError(m.t, m.book.InTx(m.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		if err := db.New(tx).LockCompaction(ctx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "DELETE FROM tips; DELETE FROM tip_sources; DELETE FROM tip_deltas; DELETE FROM roll_ups; "+
			"DELETE FROM tip_series")
		return err
	}))
}

// Whatever happens to tips, and whenever deltas are added up, every unit's roll-up, and each series, is the GROUP BY of the tips that its
// reader may know of.
func TestX10_RollUpsEqualTheModel(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	book := open(t, s)
	appointHolders(t, s)
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{t: rt, book: book}
		m.clear()
		rt.Repeat(map[string]func(*rapid.T){
			"submit": func(*rapid.T) { m.submit() }, "submit again": func(*rapid.T) { m.submit() },
			"change": func(*rapid.T) { m.change() }, "change many": func(*rapid.T) { m.changeMany() },
			"pass": func(*rapid.T) { m.pass() }, "move": func(*rapid.T) { m.move() },
			"compact": func(*rapid.T) { m.compact() },
			"": func(rt *rapid.T) {
				path := rapid.SampledFrom(paths).Draw(rt, "unit")
				reader := path[:rapid.SampledFrom(ends(path)).Draw(rt, "reader")]
				answer, err := as(s, access.Administrator, nameOf(reader)).GetRollUp(t.Context(), &networkv1.GetRollUpRequest{
					Unit: nameOf(path), FromPeriod: "2026", ByArea: true, ByChild: true, ByMonth: true, BySourceRole: true,
					PageSize: 1000,
				})
				require.NoError(rt, err)
				require.Equal(rt, fmt.Sprint(m.cells(resource.ID(nameOf(path)), reader)), fmt.Sprint(answer.GetCells()))
				listed := listSeries(t, as(s, access.Administrator, nameOf(reader)), &networkv1.ListTipSeriesRequest{
					Unit: nameOf(path), FromPeriod: "2026", PageSize: rapid.Int32Range(1, 9).Draw(rt, "page"),
				})
				require.Equal(rt, fmt.Sprint(m.series(path, reader)), fmt.Sprint(listed))
			},
		})
	})
}

// ends are where the paths of a unit and those above it end in its path.
func ends(path string) (list []int) {
	for i, c := range path + "." {
		if c == '.' {
			list = append(list, i)
		}
	}
	return list
}
