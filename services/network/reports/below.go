package reports

import (
	"context"
	"maps"
	"slices"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/reports/forms"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// maxReportsRead bounds the reports that a sum reads at once.
const maxReportsRead = 200

// sumUp is the table of an item that sums up what the unit and those below it reported, or owed (T9, T23), by unit where it has
// them.
func sumUp(ctx context.Context, c *lockedReport, item *networkv1.ReportItem) (*networkv1.ReportTable, error) {
	sum := newSum(item.GetTable().GetColumns())
	asked, err := periodsWithin(c, item.GetTable().GetSource())
	if err != nil {
		return nil, err
	}
	paths, err := db.New(c.tx).UnitPaths(ctx, []string{c.row.UnitID})
	if err != nil {
		return nil, err
	}
	for _, a := range asked {
		a.Tops, a.UnitID, a.OwnSchedule, a.PageSize = access.Disjoint(paths), c.row.UnitID, c.row.ScheduleID, maxReportsRead
		a.Every = item.GetTable().GetComputedBy() == forms.ReportsOwed
		a.States = []string{reportSubmitted.String(), reportAccepted.String()}
		if err := sum.addReports(ctx, c, item, a); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(sum.table.Rows, func(a, b *networkv1.ReportRow) int {
		return strings.Compare(a.GetCells()["unit"].GetText(), b.GetCells()["unit"].GetText())
	})
	return sum.table, nil
}

// addReports adds up the reports of a schedule and a period, page by page, as long as the table can hold what is told apart.
func (s *sum) addReports(ctx context.Context, c *lockedReport, item *networkv1.ReportItem, asked db.ReportsBelowParams) error {
	for {
		page, err := db.New(c.tx).ReportsBelow(ctx, asked)
		if err != nil {
			return err
		}
		for _, stored := range page {
			rows, err := told(c, item, asked, stored)
			if err != nil {
				return err
			}
			for _, row := range rows {
				all := blank(s.columns)
				maps.Copy(all, row)
				all["unit"], all["unit_title"] = text(resource.Name(resource.Units, stored.UnitID)), text(stored.Title)
				all["count"] = number(1)
				s.add(all)
			}
			if err := checkRows(item, s.table); err != nil {
				return err
			}
		}
		if len(page) < maxReportsRead {
			return nil
		}
		asked.AfterPath = page[len(page)-1].UnitPathThen
	}
}

// told are the rows of a report in a table: what it tells, or how it was owed.
func told(c *lockedReport, item *networkv1.ReportItem, asked db.ReportsBelowParams, stored db.ReportsBelowRow) ([]cells, error) {
	if asked.Every {
		return []cells{{
			"schedule": choice(asked.ScheduleID), "period": text(stored.Period), "status": choice(statusOf(stored, c.tx.Today())),
			"close_on": date(stored.CloseOn), "submit_on": date(stored.SubmitOn),
		}}, nil
	}
	report, err := document.DecodeNamed[*networkv1.Report](stored.Body, nameOf(stored.UnitID, asked.ScheduleID, stored.Period))
	return rowsOf(report, item.GetTable().GetSource().GetItem()), err
}

// statusOf is how a report that was owed was met by a day.
func statusOf(stored db.ReportsBelowRow, today calendar.Date) string {
	switch {
	case stored.Exempted:
		return "exempted"
	case stored.State == reportReturned.String():
		return "returned"
	case stored.SubmitOn.IsZero() && !stored.CloseOn.Before(today):
		return "open"
	case stored.SubmitOn.IsZero():
		return "missing"
	case stored.SubmitOn.After(stored.CloseOn):
		return "late"
	default:
		return "on_time"
	}
}

func date(day calendar.Date) *networkv1.ReportValue {
	value := &networkv1.ReportValue_Date{}
	if !day.IsZero() {
		value.Date = day.String()
	}
	return &networkv1.ReportValue{Kind: value}
}

// periodsWithin are the schedules of a source with the first day of each period that ends in that of a report.
func periodsWithin(c *lockedReport, source *networkv1.ReportSource) (asked []db.ReportsBelowParams, err error) {
	own, err := calendar.ParsePeriod(c.row.Period)
	if err != nil {
		return nil, err
	}
	for _, id := range source.GetSchedules() {
		schedule, _ := schemes.Find(c.scheme.GetSchedules(), id)
		p := calendar.PeriodOf(calendarpb.Kind(schedule.GetPeriodKind()), own.First())
		for ; !p.Last().After(own.Last()); p = p.Next() {
			asked = append(asked, db.ReportsBelowParams{ScheduleID: id, PeriodFirst: p.First()})
		}
	}
	return asked, nil
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
			row[column.GetId()] = date(calendar.Date{})
		}
	}
	return row
}
