package reports

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/reports/forms"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// computation is what this service computes for a table of a report, from the tips of the days it covers (C10).
type computation struct {
	columns forms.Columns
	rows    func(tipCounts) []cells
}

// tipCounts is what computations count by.
type tipCounts struct {
	lines    []db.CountReportTipsRow // their roles as far as they may be told
	system   []db.CountReportTipsRow // of tips about the system of the unit, likewise
	outcomes []*networkv1.Outcome    // of the scheme
}

// cells are the cells of a row by column.
type cells map[string]*networkv1.ReportValue

// computations are those of this service by name. A form shows the columns it wants; what then can't be told apart is added up.
var computations = map[string]computation{
	// Tips that came to the unit or those below it: collected are those that came to nobody before, referred those passed on
	// since, handled those accepted or closed. Sent are those sent for one of them to a unit outside.
	"network.tips": {forms.Columns{
		"unit": "text", "subject_area": "choice", "channel": "choice", "source_role": "choice", "collected": "number",
		"received": "number", "sent": "number", "referred": "number", "returned": "number", "accepted": "number",
		"closed": "number", "handled": "number", "urgent": "number", "unfounded": "number",
	}, countTips},
	// Tips closed: of those that came on the days covered, and on those days, whenever they came.
	"network.handling_of_tips": {forms.Columns{
		"unit": "text", "subject_area": "choice", "channel": "choice", "source_role": "choice", "outcome": "choice",
		"closed": "number", "closed_in_period": "number",
	}, countByOutcome},
	// Tips about what lies below the unit on the system line that came to others, whoever handles them (C15).
	tipsOfSystem: {forms.Columns{
		"unit": "text", "subject_area": "choice", "channel": "choice", "source_role": "choice", "received": "number",
		"returned": "number", "accepted": "number", "closed": "number", "handled": "number", "urgent": "number",
		"unfounded": "number",
	}, func(counts tipCounts) []cells { return countTips(tipCounts{lines: counts.system}) }},
}

// computedElsewhere are the names of computations of other services.
var computedElsewhere = regexp.MustCompile(`^(risk|warning|assessment)\.[a-z0-9_]{1,63}$`)

// columnsOf are the columns of a computation of the suite, if it may be one; those of other services only they know, and
// those of reports follow from their source.
func columnsOf(name string) (forms.Columns, bool) {
	c, ok := computations[name]
	return c.columns, ok || forms.Sums(name) || computedElsewhere.MatchString(name)
}

// compute fills the tables of a version that this service computes, as things are now (C10).
func (s *Server) compute(ctx context.Context, c *lockedReport) error {
	items := c.form.Computed()
	if len(items) == 0 {
		return nil
	}
	covered, err := s.daysToCount(ctx, c)
	if err != nil {
		return err
	}
	counts, err := s.tipCountsOf(ctx, c, items, covered)
	if err != nil {
		return err
	}
	c.setDays(covered)
	for _, item := range items {
		delete(c.version.Tables, item.GetId()) // what another service computes, it brings anew
		table, err := tableOf(ctx, c, item, counts)
		if err != nil {
			return err
		}
		if err := checkRows(item, table); err != nil {
			return err
		}
		if table != nil {
			c.setTable(item.GetId(), table)
		}
	}
	c.version.ComputeTime = timestamppb.New(c.tx.Now())
	return nil
}

// tableOf is the table of an item; none where another service computes it.
func tableOf(
	ctx context.Context, c *lockedReport, item *networkv1.ReportItem, counts tipCounts,
) (*networkv1.ReportTable, error) {
	by, columns := item.GetTable().GetComputedBy(), item.GetTable().GetColumns()
	if forms.Sums(by) {
		return sumUp(ctx, c, item)
	}
	if computed, ok := computations[by]; ok {
		return show(sortByRole(computed.rows(counts), columns, tips.LeastOfRole(c.scheme)), columns), nil
	}
	return nil, nil //nolint:nilnil // another service brings it
}

// maxComputedRows bounds a computed table, so that its report can still be read. A form with fewer columns has fewer rows.
const maxComputedRows = 5000

func checkRows(item *networkv1.ReportItem, table *networkv1.ReportTable) error {
	if len(table.GetRows()) > maxComputedRows {
		title := schemes.TitleOf(item.GetId(), item.GetTitle())
		return fault.Precondition(words.TableTooLarge(title, strconv.Itoa(maxComputedRows)))
	}
	return nil
}

// setTable puts a computed table into the version acted on.
func (c *lockedReport) setTable(item string, table *networkv1.ReportTable) {
	if c.version.Tables == nil {
		c.version.Tables = map[string]*networkv1.ReportTable{}
	}
	c.version.Tables[item] = table
}

// tipCountsOf counts the tips of some days as far as the computed items of a form count them.
func (s *Server) tipCountsOf(
	ctx context.Context, c *lockedReport, items []*networkv1.ReportItem, d days,
) (counts tipCounts, err error) {
	counts.outcomes = c.scheme.GetOutcomes()
	for _, item := range items {
		by := item.GetTable().GetComputedBy()
		_, ofTips := computations[by]
		switch {
		case by == tipsOfSystem && counts.system == nil:
			counts.system, err = s.countSystemTips(ctx, c, d)
		case by != tipsOfSystem && ofTips && counts.lines == nil:
			counts.lines, err = s.countTips(ctx, c, d)
		}
		if err != nil {
			return counts, err
		}
	}
	return counts, nil
}

// countTips counts the tips of some days as whoever speaks for the report may know them.
func (s *Server) countTips(ctx context.Context, c *lockedReport, d days) ([]db.CountReportTipsRow, error) {
	readers, err := units.ReaderLineages(ctx, c.tx, clock.Today(s.store.Clock), c.version.GetUnit(), c.actingUnit.GetName())
	if err != nil {
		return nil, err
	}
	lines, err := db.New(c.tx).CountReportTips(ctx, db.CountReportTipsParams{
		Subtree: c.row.UnitPath, Top: c.row.UnitID, ReaderUnits: readers,
		FirstDay: d.from, LastDay: d.to,
		SpanFrom: d.from.In(calendar.Shanghai), SpanBefore: d.to.AddDays(1).In(calendar.Shanghai),
		Duplicate: networkv1.TipState_TIP_STATE_DUPLICATE.String(),
	})
	if err != nil {
		return nil, err
	}
	return lines, tellRoles(ctx, c, lines)
}

// tellRoles leaves to lines the roles that may be told today of senders who are sought where they came from (C4).
func tellRoles(ctx context.Context, c *lockedReport, lines []db.CountReportTipsRow) error {
	roles := tips.NewSourceRoles(tips.LeastOfRole(c.scheme))
	var units []string
	for _, line := range lines {
		if line.SourceUnit != "" {
			units = append(units, line.SourceUnit)
		}
	}
	if err := roles.Learn(ctx, c.tx, c.tx.Today(), units); err != nil {
		return err
	}
	for i, line := range lines {
		told, err := roles.ToldList(line.SourceUnit, line.Roles)
		if err != nil {
			return err
		}
		lines[i].Roles = told
	}
	return nil
}

func countTips(counts tipCounts) []cells {
	rows := make([]cells, len(counts.lines))
	for i, n := range counts.lines {
		rows[i] = lineOf(n)
		maps.Copy(rows[i], cells{
			"collected": number(n.Collected), "received": number(n.Received), "sent": number(n.Sent),
			"referred": number(n.Referred), "returned": number(n.Returned), "accepted": number(n.Accepted),
			"closed": number(n.Closed), "handled": number(n.Accepted + n.Closed), "urgent": number(n.Urgent),
			"unfounded": number(n.Unfounded),
		})
	}
	return rows
}

// lineOf is what all computations tell of a line: what its tips have in common, and how many there are.
func lineOf(n db.CountReportTipsRow) cells {
	return cells{
		"unit": text(resource.Name(resource.Units, n.UnitID)), "subject_area": choice(n.SubjectArea),
		"channel": choice(n.Channel), sourceRole: choice(string(n.Roles)), tipsCell: number(n.Tips),
	}
}

// tipsCell holds how many tips a row counts. No form can show it: it is no column of a computation.
const tipsCell = "tips"

// sourceRole is the column of the other role that senders held. A line has all of them, as a JSON list.
const sourceRole = "source_role"

// sortByRole gives a line once for each role that it has, where a table tells roles (C4). The tips of a role are among those that
// came in from none, where a row of its own would have too few.
func sortByRole(lines []cells, columns []*networkv1.ReportColumn, least int) []cells {
	if _, shown := schemes.Find(columns, sourceRole); !shown {
		return lines
	}
	var rows []cells
	sums := map[string]float64{}
	for _, line := range lines {
		for _, role := range rolesOf(line) {
			row := maps.Clone(line)
			row[sourceRole] = choice(role)
			rows = append(rows, row)
			sums[groupOf(row, columns)] += row[tipsCell].GetNumber()
		}
	}
	for _, row := range rows {
		if sums[groupOf(row, columns)] < float64(least) {
			row[sourceRole] = choice("")
		}
	}
	return rows
}

// rolesOf are the roles of a line, the empty one where it has none.
func rolesOf(line cells) (roles []string) {
	if err := json.Unmarshal([]byte(line[sourceRole].GetChoice()), &roles); err != nil || len(roles) == 0 {
		return []string{""} // a line of no tips has no list
	}
	return roles
}

// countByOutcome begins with a row for every outcome of the scheme, so that a table of outcomes tells also what there was not.
// One that the scheme lacks comes after them.
func countByOutcome(counts tipCounts) []cells {
	rows := make([]cells, 0, len(counts.outcomes)+len(counts.lines))
	for _, o := range counts.outcomes {
		rows = append(rows, cells{"outcome": choice(o.GetId()), "closed": number(0), "closed_in_period": number(0)})
	}
	for _, n := range counts.lines {
		if n.Outcome != "" {
			row := lineOf(n)
			maps.Copy(row, cells{
				"outcome": choice(n.Outcome), "closed": number(n.Closed), "closed_in_period": number(n.ClosedWithin),
			})
			rows = append(rows, row)
		}
	}
	return rows
}

// show is the table of the columns that a form has.
func show(rows []cells, columns []*networkv1.ReportColumn) *networkv1.ReportTable {
	sum := newSum(columns)
	for _, row := range rows {
		sum.add(row)
	}
	return sum.table
}

// sum is a table of the columns that a form has, with the groups of its rows. Rows that are alike in all but their numbers are
// added up; a row without one of the columns is left out.
type sum struct {
	columns []*networkv1.ReportColumn
	table   *networkv1.ReportTable
	groups  map[string]cells
}

func newSum(columns []*networkv1.ReportColumn) *sum {
	return &sum{columns, &networkv1.ReportTable{}, map[string]cells{}}
}

func (s *sum) add(row cells) {
	for _, column := range s.columns {
		if row[column.GetId()] == nil {
			return
		}
	}
	key := groupOf(row, s.columns)
	if s.groups[key] == nil {
		s.groups[key] = shownOf(row, s.columns)
		s.table.Rows = append(s.table.Rows, &networkv1.ReportRow{Cells: s.groups[key]})
	}
	addNumbers(s.groups[key], row)
}

// shownOf are the cells of a row that columns show, their numbers at zero.
func shownOf(row cells, columns []*networkv1.ReportColumn) cells {
	shown := cells{}
	for _, column := range columns {
		if column.GetNumber() != nil {
			shown[column.GetId()] = number(0)
		} else {
			shown[column.GetId()] = row[column.GetId()]
		}
	}
	return shown
}

// groupOf is what a row has in the columns that are not numbers: by it rows are told apart.
func groupOf(row cells, columns []*networkv1.ReportColumn) string {
	var parts []string
	for _, column := range columns {
		if column.GetNumber() == nil {
			cell := row[column.GetId()]
			parts = append(parts, cell.GetText()+cell.GetChoice()+cell.GetDate())
		}
	}
	return strings.Join(parts, "\x00")
}

func addNumbers(sum, row cells) {
	for id, cell := range sum {
		if kind, ok := cell.GetKind().(*networkv1.ReportValue_Number); ok {
			kind.Number += row[id].GetNumber()
		}
	}
}

func text(text string) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Text{Text: text}}
}

func choice(id string) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Choice{Choice: id}}
}

func number(count int64) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Number{Number: float64(count)}}
}
