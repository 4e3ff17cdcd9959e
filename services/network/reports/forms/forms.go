// Package forms checks what report forms ask and what reports give (C10, H6, T9, T17, T23). It needs no database: a scheme says
// what a form asks, a report what it gives.
package forms

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// maxRows is how many rows a written table may have where its form doesn't say; the proto's rules have it too.
const maxRows = 500

// Form is a report form of a version of a scheme.
type Form struct {
	scheme *networkv1.Scheme
	items  []*networkv1.ReportItem // of all sections, in their order
}

// Of is the form of a scheme with an id; one without items where the scheme has none such.
func Of(scheme *networkv1.Scheme, id string) Form {
	form, _ := schemes.Find(scheme.GetReportForms(), id)
	return Form{scheme: scheme, items: itemsOf(form)}
}

func itemsOf(form *networkv1.ReportForm) []*networkv1.ReportItem {
	var items []*networkv1.ReportItem
	for _, section := range form.GetSections() {
		items = append(items, section.GetItems()...)
	}
	return items
}

// Computed are the items whose tables the suite computes.
func (f Form) Computed() []*networkv1.ReportItem {
	return slices.DeleteFunc(slices.Clone(f.items), func(item *networkv1.ReportItem) bool { return !isComputed(item) })
}

// Written tells whether a unit writes anything of the form itself.
func (f Form) Written() bool { return len(f.Computed()) < len(f.items) }

// ComputedBy are the items whose tables a computation fills.
func (f Form) ComputedBy(computation string) []*networkv1.ReportItem {
	return slices.DeleteFunc(f.Computed(), func(item *networkv1.ReportItem) bool {
		return item.GetTable().GetComputedBy() != computation
	})
}

// Show is what the table of an item shows of what was computed: the columns it names and, of a column of options, the rows whose
// option it has.
func (f Form) Show(item *networkv1.ReportItem, computed *networkv1.ReportTable) *networkv1.ReportTable {
	table := &networkv1.ReportTable{}
	for _, row := range computed.GetRows() {
		if cells, ok := f.shownCells(item.GetTable().GetColumns(), row.GetCells()); ok {
			table.Rows = append(table.Rows, &networkv1.ReportRow{Cells: cells})
		}
	}
	return table
}

func (f Form) shownCells(
	columns []*networkv1.ReportColumn, computed map[string]*networkv1.ReportValue,
) (map[string]*networkv1.ReportValue, bool) {
	shown := map[string]*networkv1.ReportValue{}
	for _, column := range columns {
		cell := computed[column.GetId()]
		if option := cell.GetChoice(); option != "" && column.GetChoice() != nil {
			if _, ok := schemes.Find(f.options(column.GetChoice()), option); !ok {
				return nil, false
			}
		}
		if cell != nil {
			shown[column.GetId()] = cell
		}
	}
	return shown, true
}

func isComputed(item *networkv1.ReportItem) bool { return item.GetTable().GetComputedBy() != "" }

// typed is an item or a column.
type typed interface {
	proto.Message
	GetText() *networkv1.TextType
	GetNumber() *networkv1.NumberType
	GetDate() *networkv1.DateType
	GetChoice() *networkv1.ChoiceType
}

// LooksAtAMoment tells whether what another service computes for a form, such as the risk points in force, is as of a day. What
// this one computes came over days.
func LooksAtAMoment(form *networkv1.ReportForm) bool {
	for _, section := range form.GetSections() {
		for _, item := range section.GetItems() {
			by := item.GetTable().GetComputedBy()
			if by != "" && !strings.HasPrefix(by, "network.") {
				return true
			}
		}
	}
	return false
}

// kind is the type of an item or a column, or of a value: "text", "number", "date", "choice" or "table"; empty where nothing is
// given.
func kind(m proto.Message) string {
	r := m.ProtoReflect()
	if field := r.WhichOneof(r.Descriptor().Oneofs().Get(0)); field != nil {
		return string(field.Name())
	}
	return ""
}

// given tells whether a value says anything: words that are seen, a number, a day, an option, a row.
func given(v *networkv1.ReportValue) bool {
	switch v.GetKind().(type) {
	case *networkv1.ReportValue_Text:
		return strings.ContainsFunc(v.GetText(),
			func(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) })
	case *networkv1.ReportValue_Number:
		return true
	case *networkv1.ReportValue_Table:
		return len(v.GetTable().GetRows()) > 0
	default:
		return v.GetDate()+v.GetChoice() != ""
	}
}

// at is the path of an entry of a map, written as protovalidate writes it.
func at(path, key string) string { return fmt.Sprintf("%s[%q]", path, key) }

// keys are those of a map in a fixed order.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
