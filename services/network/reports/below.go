package reports

import (
	"context"
	"maps"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// sumUp is the table of an item that sums up what the units below reported (T9, T23).
func sumUp(ctx context.Context, c *lockedReport, item *networkv1.ReportItem) (*networkv1.ReportTable, error) {
	asked, err := reportsBelow(ctx, c, item.GetTable().GetSource())
	if err != nil {
		return nil, err
	}
	sources, err := db.New(c.tx).ReportsBelow(ctx, asked)
	if err != nil {
		return nil, err
	}
	if len(sources) > maxComputedRows {
		return nil, fault.Precondition(words.TableTooLarge(item.GetId(), strconv.Itoa(maxComputedRows)))
	}
	columns, rows := item.GetTable().GetColumns(), []cells(nil)
	for _, stored := range sources {
		report, err := document.Decode[*networkv1.Report](stored)
		if err != nil {
			return nil, err
		}
		for _, told := range rowsOf(report, item.GetTable().GetSource().GetItem()) {
			row := blank(columns)
			maps.Copy(row, told)
			row["unit"], row["count"] = text(report.GetUnit()), number(1)
			rows = append(rows, row)
		}
	}
	return show(rows, columns), nil
}

// reportsBelow asks for the reports of a source whose periods end in that of a report.
func reportsBelow(
	ctx context.Context, c *lockedReport, source *networkv1.ReportSource,
) (asked db.ReportsBelowParams, err error) {
	own, err := calendar.ParsePeriod(c.row.Period)
	if err != nil {
		return asked, err
	}
	for _, id := range source.GetSchedules() {
		schedule, _ := schemes.Find(c.scheme.GetSchedules(), id)
		p := calendar.PeriodOf(calendarpb.Kind(schedule.GetPeriodKind()), own.First())
		for ; !p.Last().After(own.Last()); p = p.Next() {
			asked.Schedules, asked.Firsts = append(asked.Schedules, id), append(asked.Firsts, p.First())
		}
	}
	paths, err := db.New(c.tx).UnitPaths(ctx, []string{c.row.UnitID})
	asked.Tops, asked.UnitID, asked.Most = access.Disjoint(paths), c.row.UnitID, maxComputedRows+1
	asked.States = []string{reportSubmitted.String(), reportAccepted.String()}
	return asked, err
}

// rowsOf are the rows that a report tells in a table or, where none is named, in its items, as one row.
func rowsOf(report *networkv1.Report, table string) []cells {
	if table == "" {
		return []cells{report.GetValues()}
	}
	var rows []cells
	for _, from := range []*networkv1.ReportTable{report.GetValues()[table].GetTable(), report.GetTables()[table]} {
		for _, row := range from.GetRows() {
			rows = append(rows, row.GetCells())
		}
	}
	return rows
}

// blank is a row in which nothing is told.
func blank(columns []*networkv1.ReportColumn) cells {
	row := cells{}
	for _, column := range columns {
		switch {
		case column.GetNumber() != nil:
			row[column.GetId()] = number(0)
		case column.GetChoice() != nil:
			row[column.GetId()] = choice("")
		case column.GetText() != nil:
			row[column.GetId()] = text("")
		default:
			row[column.GetId()] = &networkv1.ReportValue{Kind: &networkv1.ReportValue_Date{}}
		}
	}
	return row
}
