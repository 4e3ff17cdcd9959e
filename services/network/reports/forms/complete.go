package forms

import (
	"fmt"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// Completeness is how much of what a form asks a report holds, by weight (C10). What the form requires and the report lacks is
// a fault that names every place, reason REPORT_INCOMPLETE; of a zero report less is required.
func (f Form) Completeness(report *networkv1.Report) (*networkv1.ReportRatio, error) {
	ratio := &networkv1.ReportRatio{}
	var missing fault.Fields
	count := func(weight int32, held bool) {
		ratio.Denominator += int64(weight)
		if held {
			ratio.Numerator += int64(weight)
		}
	}
	for _, item := range f.items {
		path, table, held := find(item, report)
		count(item.GetWeight(), held)
		if !held && isRequired(item, report.GetZero()) {
			missing.Add(path, words.Required())
		}
		for _, column := range item.GetTable().GetColumns() {
			gaps := gapsIn(table, column.GetId())
			count(column.GetWeight(), held && len(gaps) == 0) // a table that is not there has no column either
			for _, i := range gaps {
				if column.GetRequired() {
					missing.Add(at(fmt.Sprintf("%s.table.rows[%d].cells", path, i), column.GetId()), words.Required())
				}
			}
		}
	}
	if len(missing) > 0 {
		return nil, &fault.Fault{Code: codes.FailedPrecondition, Sentence: words.ReportIncomplete(), Fields: missing}
	}
	return ratio, nil
}

// CheckComputed requires the computed tables that the form requires: another service brings its own a moment later.
func (f Form) CheckComputed(report *networkv1.Report) error {
	var missing fault.Fields
	for _, item := range f.Computed() {
		if path, _, held := find(item, report); !held && isRequired(item, report.GetZero()) {
			missing.Add(path, words.BeingComputed())
		}
	}
	if len(missing) > 0 {
		return &fault.Fault{Code: codes.FailedPrecondition, Sentence: words.ReportIncomplete(), Fields: missing}
	}
	return nil
}

// find is where a report has an item, its rows, and whether it has it. A computed table is there once it was computed, also
// without rows.
func find(item *networkv1.ReportItem, report *networkv1.Report) (path string, table *networkv1.ReportTable, held bool) {
	if isComputed(item) {
		table, held = report.GetTables()[item.GetId()]
		return at("tables", item.GetId()), table, held
	}
	value := report.GetValues()[item.GetId()]
	entries, computed := report.GetTables()[item.GetTable().GetEntriesOf()]
	nothing := computed && len(entries.GetRows()) == 0 // to go through
	return at("values", item.GetId()), value.GetTable(), given(value) || nothing
}

func isRequired(item *networkv1.ReportItem, zero bool) bool {
	need := item.GetNeed()
	return need == networkv1.ReportItemNeed_REPORT_ITEM_NEED_REQUIRED ||
		need == networkv1.ReportItemNeed_REPORT_ITEM_NEED_UNLESS_ZERO && !zero
}

// gapsIn are the rows of a table that lack a column.
func gapsIn(table *networkv1.ReportTable, column string) []int {
	var gaps []int
	for i, row := range table.GetRows() {
		if !given(row.GetCells()[column]) {
			gaps = append(gaps, i)
		}
	}
	return gaps
}

// RequireZero refuses a report with something to tell, reason NOT_ZERO: a row in a written table, a number that is not zero in a
// computed one. Every such table is named.
func (f Form) RequireZero(report *networkv1.Report) error {
	var told fault.Fields
	for _, item := range f.items {
		path, table, _ := find(item, report)
		if rows := telling(table, isComputed(item)); rows > 0 {
			told.Add(path, words.NotZeroRule(strconv.Itoa(rows)))
		}
	}
	if len(told) > 0 {
		return &fault.Fault{Code: codes.FailedPrecondition, Sentence: words.NotZero(), Fields: told}
	}
	return nil
}

// telling is how many rows of a table tell something.
func telling(table *networkv1.ReportTable, computed bool) int {
	if !computed {
		return len(table.GetRows())
	}
	count := 0
	for _, row := range table.GetRows() {
		for _, cell := range row.GetCells() {
			if cell.GetNumber() != 0 {
				count++
				break
			}
		}
	}
	return count
}
