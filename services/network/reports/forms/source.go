package forms

import (
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// ReportsBelow is the computation of a table from the reports of the units below.
const ReportsBelow = "network.reports_below"

// ofReports are the columns that a table of reports may have besides those of its source.
var ofReports = Columns{"unit": "text", "count": "number"}

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
	switch sums := t.GetComputedBy() == ReportsBelow; {
	case sums && source == nil:
		faults.Add(path+".source", words.Required())
	case !sums && source != nil:
		faults.Add(path+".source", words.Contradiction())
	}
	for i, id := range source.GetSchedules() {
		at := fmt.Sprintf("%s.source.schedules[%d]", path, i)
		if slices.Contains(source.GetSchedules()[:i], id) {
			faults.Add(at, words.Duplicate(id))
		}
		schemes.CheckKnown(faults, at, id, scheme.GetSchedules())
		if schedule, ok := schemes.Find(scheme.GetSchedules(), id); ok {
			checkColumns(faults, path, t, itemsOf(formOf(scheme, schedule.GetForm())))
		}
	}
}

func formOf(scheme *networkv1.Scheme, id string) *networkv1.ReportForm {
	form, _ := schemes.Find(scheme.GetReportForms(), id)
	return form
}

// checkColumns checks that a form has what a table shows of it.
func checkColumns(faults *fault.Fields, path string, t *networkv1.TableType, items []*networkv1.ReportItem) {
	known := Columns{}
	if item, ok := schemes.Find(items, t.GetSource().GetItem()); ok && item.GetTable() != nil {
		if item.GetTable().GetComputedBy() == ReportsBelow {
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
	for i, column := range t.GetColumns() {
		at := fmt.Sprintf("%s.columns[%d]", path, i)
		has, ok := ofReports[column.GetId()]
		if !ok {
			has, ok = known[column.GetId()]
		}
		switch {
		case !ok:
			faults.Add(at+".id", words.UnknownItem(column.GetId()))
		case has != kind(column):
			faults.Add(at, words.ItemType(has))
		}
	}
}
