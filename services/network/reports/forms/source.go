package forms

import (
	"fmt"
	"maps"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Computations of a table from the reports of the unit and those below it: of what these tell, and of how they were owed.
const (
	ReportsBelow = "network.reports_below"
	ReportsOwed  = "network.reports_owed"
)

var (
	// ofReports are the columns that a table of reports may have besides those of its source.
	ofReports = Columns{"unit": "text", "unit_title": "text", "count": "number"}
	// ofOwed are those of a table of how reports were owed.
	ofOwed = Columns{
		"unit": "text", "unit_title": "text", "schedule": "choice", "period": "text", "status": "choice", "close_on": "date",
		"submit_on": "date", "count": "number",
	}
)

// Sums tells whether a computation makes a table from reports.
func Sums(computation string) bool { return computation == ReportsBelow || computation == ReportsOwed }

// SumsUp tells whether a form of a scheme sums up the reports of a schedule.
func SumsUp(scheme *networkv1.Scheme, form, schedule string) bool {
	of, _ := schemes.Find(scheme.GetReportForms(), form)
	for _, section := range of.GetSections() {
		for _, item := range section.GetItems() {
			if slices.Contains(item.GetTable().GetSource().GetSchedules(), schedule) {
				return true
			}
		}
	}
	return false
}

// CheckSources notes what is wrong with what the tables of a scheme sum up of other reports.
func CheckSources(faults *fault.Fields, field string, scheme *networkv1.Scheme) {
	for i, form := range scheme.GetReportForms() {
		for j, section := range form.GetSections() {
			for k, item := range section.GetItems() {
				if t := item.GetTable(); t != nil {
					checkSource(faults, fmt.Sprintf("%s[%d].sections[%d].items[%d].table", field, i, j, k), t, scheme)
				}
			}
		}
	}
}

func checkSource(faults *fault.Fields, path string, t *networkv1.TableType, scheme *networkv1.Scheme) {
	source := t.GetSource()
	switch sums := Sums(t.GetComputedBy()); {
	case sums && source == nil:
		faults.Add(path+".source", words.Required())
	case !sums && source != nil:
		faults.Add(path+".source", words.Contradiction())
	}
	owed := t.GetComputedBy() == ReportsOwed
	if owed && source.GetItem() != "" {
		faults.Add(path+".source.item", words.Contradiction())
	}
	if owed {
		checkColumns(faults, path, t, ofOwed)
	}
	for i, id := range source.GetSchedules() {
		at := fmt.Sprintf("%s.source.schedules[%d]", path, i)
		if slices.Contains(source.GetSchedules()[:i], id) {
			faults.Add(at, words.Duplicate(id))
		}
		schemes.CheckKnown(faults, at, id, scheme.GetSchedules())
		if schedule, ok := schemes.Find(scheme.GetSchedules(), id); ok && !owed {
			checkColumnsOf(faults, path, t, itemsOf(formOf(scheme, schedule.GetForm())))
		}
	}
}

func formOf(scheme *networkv1.Scheme, id string) *networkv1.ReportForm {
	form, _ := schemes.Find(scheme.GetReportForms(), id)
	return form
}

// checkColumnsOf checks that a form has what a table shows of it.
func checkColumnsOf(faults *fault.Fields, path string, t *networkv1.TableType, items []*networkv1.ReportItem) {
	known := Columns{}
	if item, ok := schemes.Find(items, t.GetSource().GetItem()); ok && item.GetTable() != nil {
		if Sums(item.GetTable().GetComputedBy()) {
			faults.Add(path+".source.item", words.SumOfSums(item.GetId()))
		}
		for _, column := range item.GetTable().GetColumns() {
			known[column.GetId()] = kind(column)
		}
	} else if t.GetSource().GetItem() != "" {
		faults.Add(path+".source.item", words.UnknownItem(t.GetSource().GetItem()))
		return
	} else {
		for _, item := range items {
			known[item.GetId()] = kind(item)
		}
	}
	maps.Copy(known, ofReports)
	checkColumns(faults, path, t, known)
}

// checkColumns checks that a table shows what there is.
func checkColumns(faults *fault.Fields, path string, t *networkv1.TableType, known Columns) {
	for i, column := range t.GetColumns() {
		at := fmt.Sprintf("%s.columns[%d]", path, i)
		switch has, ok := known[column.GetId()]; {
		case !ok:
			faults.Add(at+".id", words.UnknownItem(column.GetId()))
		case has != kind(column):
			faults.Add(at, words.ItemType(has))
		}
	}
}
