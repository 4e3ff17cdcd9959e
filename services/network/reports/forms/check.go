package forms

import (
	"fmt"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Columns are the types of what a computation computes, by column. None are named where another service computes it, which
// follows whatever columns the form has.
type Columns map[string]string

// Check notes what is wrong with the forms of a scheme that the proto's rules can't say. known tells whether there is a
// computation, and its columns.
func Check(faults *fault.Fields, field string, all []*networkv1.ReportForm, known func(computation string) (Columns, bool)) {
	schemes.CheckUnique(faults, field, all)
	for i, form := range all {
		path := fmt.Sprintf("%s[%d].sections", field, i)
		schemes.CheckUnique(faults, path, form.GetSections())
		c := checker{faults: faults, known: known, seen: map[string]bool{}}
		for j, section := range form.GetSections() {
			for k, item := range section.GetItems() {
				at := fmt.Sprintf("%s[%d].items[%d]", path, j, k)
				c.checkItem(at, item)
				c.checkEntriesOf(at+".table", item.GetTable(), itemsOf(form))
			}
		}
	}
}

// checker checks one form.
type checker struct {
	faults *fault.Fields
	known  func(computation string) (Columns, bool)
	seen   map[string]bool // ids of items
}

func (c checker) checkItem(path string, item *networkv1.ReportItem) {
	if c.seen[item.GetId()] {
		c.faults.Add(path+".id", words.Duplicate(item.GetId()))
	}
	c.seen[item.GetId()] = true
	c.checkType(path, item)
	if t := item.GetTable(); t != nil {
		c.checkTable(path+".table", t)
	}
}

// checkType checks the bounds of words, numbers and days and what may be chosen.
func (c checker) checkType(path string, asked typed) {
	switch kind(asked) {
	case "text":
		if t := asked.GetText(); t.GetMinLength() > t.GetMaxLength() {
			c.faults.Add(path+".text.min_length", words.Bounds())
		}
	case "number":
		if least, most := bounds(asked.GetNumber()); least > most {
			c.faults.Add(path+".number.min", words.Bounds())
		}
	case "date":
		if asked.GetDate().GetInPeriod() && asked.GetDate().GetSincePeriod() {
			c.faults.Add(path+".date.since_period", words.Contradiction())
		}
	case "choice":
		choice := asked.GetChoice()
		schemes.CheckUnique(c.faults, path+".choice.options", choice.GetOptions())
		if (len(choice.GetOptions()) > 0) == (choice.GetOptionsFrom() != networkv1.TermList_TERM_LIST_UNSPECIFIED) {
			c.faults.Add(path+".choice", words.ChoiceOptions())
		}
	}
}

func (c checker) checkTable(path string, t *networkv1.TableType) {
	schemes.CheckUnique(c.faults, path+".columns", t.GetColumns())
	if t.GetMaxRows() > 0 && t.GetMinRows() > t.GetMaxRows() {
		c.faults.Add(path+".min_rows", words.Bounds())
	}
	for i, column := range t.GetColumns() {
		c.checkType(fmt.Sprintf("%s.columns[%d]", path, i), column)
	}
	if t.GetComputedBy() != "" {
		c.checkComputed(path, t)
	}
}

// checkComputed checks that somebody computes a table, with these columns. Nobody can be asked for what is computed.
func (c checker) checkComputed(path string, t *networkv1.TableType) {
	computed, ok := c.known(t.GetComputedBy())
	if !ok {
		c.faults.Add(path+".computed_by", words.UnknownComputation(t.GetComputedBy()))
	}
	if t.GetMinRows() > 0 || t.GetMaxRows() > 0 {
		c.faults.Add(path+".max_rows", words.ComputedRows())
	}
	for i, column := range t.GetColumns() {
		at := fmt.Sprintf("%s.columns[%d]", path, i)
		if column.GetRequired() {
			c.faults.Add(at+".required", words.ComputedRows())
		}
		if len(computed) == 0 {
			continue
		}
		switch computes, ok := computed[column.GetId()]; {
		case !ok:
			c.faults.Add(at+".id", words.UnknownTerm(column.GetId(), words.Known(keys(computed)...)))
		case computes != kind(column):
			c.faults.Add(at, words.ItemType(computes))
		}
	}
}
