package forms

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// CheckEntries requires a row for each row of the computed tables that a form has the unit go through one by one, and no other
// (T9): what was inspected is what the register has, whatever the unit would rather tell of.
func (f Form) CheckEntries(report *networkv1.Report) error {
	var faults fault.Fields
	for _, item := range f.items {
		if of := item.GetTable().GetEntriesOf(); of != "" {
			checkEntries(&faults, item, report.GetValues()[item.GetId()].GetTable(), report.GetTables()[of])
		}
	}
	if len(faults) > 0 {
		return &fault.Fault{Code: codes.FailedPrecondition, Sentence: words.ReportIncomplete(), Fields: faults}
	}
	return nil
}

func checkEntries(faults *fault.Fields, item *networkv1.ReportItem, written, computed *networkv1.ReportTable) {
	left := map[string]int{}
	for _, row := range computed.GetRows() {
		left[entryOf(item, row, (*networkv1.ReportColumn).GetEntry)]++
	}
	path := at("values", item.GetId()) + ".table"
	for i, row := range written.GetRows() {
		entry := entryOf(item, row, (*networkv1.ReportColumn).GetId)
		if left[entry]--; left[entry] < 0 {
			faults.Add(fmt.Sprintf("%s.rows[%d]", path, i), words.EntryForeign(entry, item.GetTable().GetEntriesOf()))
		}
	}
	for _, entry := range keys(left) {
		if left[entry] > 0 {
			faults.Add(path, words.EntryMissing(entry))
		}
	}
}

// entryOf is what tells a row by the columns of entries.
func entryOf(item *networkv1.ReportItem, row *networkv1.ReportRow, column func(*networkv1.ReportColumn) string) string {
	var parts []string
	for _, c := range item.GetTable().GetColumns() {
		if c.GetEntry() != "" {
			cell := row.GetCells()[column(c)]
			parts = append(parts, cell.GetText()+cell.GetChoice()+cell.GetDate())
		}
	}
	return strings.Join(parts, " / ")
}

// checkEntriesOf checks that a form computes the table whose entries another one goes through, and its columns.
func (c checker) checkEntriesOf(path string, t *networkv1.TableType, items []*networkv1.ReportItem) {
	of, computed := schemes.Find(items, t.GetEntriesOf())
	if t.GetEntriesOf() != "" && (!computed || !isComputed(of) || t.GetComputedBy() != "") {
		c.faults.Add(path+".entries_of", words.UnknownItem(t.GetEntriesOf()))
		return
	}
	repeats := false
	for i, column := range t.GetColumns() {
		if column.GetEntry() == "" {
			continue
		}
		repeats = true
		at := fmt.Sprintf("%s.columns[%d].entry", path, i)
		from, ok := schemes.Find(of.GetTable().GetColumns(), column.GetEntry())
		switch {
		case !ok:
			c.faults.Add(at, words.UnknownItem(column.GetEntry()))
		case kind(from) != kind(column):
			c.faults.Add(at, words.ItemType(kind(from)))
		}
	}
	if repeats != (t.GetEntriesOf() != "") {
		c.faults.Add(path+".columns", words.EntriesColumns())
	}
}

// CheckDays checks the days that a unit writes by what the form wants of them.
func (f Form) CheckDays(values map[string]*networkv1.ReportValue, period calendar.Period, today calendar.Date) error {
	var faults fault.Fields
	for _, item := range f.items {
		value, path := values[item.GetId()], at("values", item.GetId())
		checkDay(&faults, path, item.GetDate(), value, period, today)
		for i, row := range value.GetTable().GetRows() {
			for _, column := range item.GetTable().GetColumns() {
				cell := at(fmt.Sprintf("%s.table.rows[%d].cells", path, i), column.GetId())
				checkDay(&faults, cell, column.GetDate(), row.GetCells()[column.GetId()], period, today)
			}
		}
	}
	return faults.Err()
}

func checkDay(
	faults *fault.Fields, path string, asked *networkv1.DateType, value *networkv1.ReportValue, period calendar.Period,
	today calendar.Date,
) {
	day, err := calendar.ParseDate(value.GetDate())
	if asked == nil || err != nil {
		return
	}
	first, last := calendar.FirstDay, calendar.LastDay
	if asked.GetInPeriod() || asked.GetSincePeriod() {
		first = period.First()
	}
	if asked.GetInPeriod() {
		last = period.Last()
	}
	if asked.GetPast() && last.After(today) {
		last = today
	}
	if day.Before(first) || day.After(last) {
		faults.Add(path+".date", words.OutsidePeriod(first.String(), last.String()))
	}
}
