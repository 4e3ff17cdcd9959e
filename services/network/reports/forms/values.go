package forms

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// CheckValues checks what a unit writes. What is missing is no fault yet: a unit may write its report bit by bit.
func (f Form) CheckValues(values map[string]*networkv1.ReportValue) error {
	var faults fault.Fields
	for _, id := range keys(values) {
		path, value := at("values", id), values[id]
		item, ok := schemes.Find(f.items, id)
		switch {
		case !ok:
			faults.Add(path, words.UnknownItem(id))
		case isComputed(item):
			faults.Add(path, words.ComputedItem(id))
		case item.GetTable() != nil && value.GetTable() != nil:
			f.checkTable(&faults, path+".table", item.GetTable(), value.GetTable())
		default:
			f.checkValue(&faults, path, item, value)
		}
	}
	return faults.Err()
}

// CheckTable checks the rows of a computed table at a field of a request.
func (f Form) CheckTable(field string, item *networkv1.ReportItem, table *networkv1.ReportTable) error {
	var faults fault.Fields
	f.checkTable(&faults, field, item.GetTable(), table)
	return faults.Err()
}

func (f Form) checkTable(faults *fault.Fields, path string, t *networkv1.TableType, table *networkv1.ReportTable) {
	rows := len(table.GetRows())
	most := maxRows
	if t.GetMaxRows() > 0 {
		most = int(t.GetMaxRows())
	}
	switch least := int(t.GetMinRows()); {
	case rows > most:
		faults.Add(path+".rows", words.RepeatedMaxItems(strconv.Itoa(most)))
	case rows > 0 && rows < least:
		faults.Add(path+".rows", words.RepeatedMinItems(strconv.Itoa(least)))
	}
	for i, row := range table.GetRows() {
		f.checkRow(faults, fmt.Sprintf("%s.rows[%d]", path, i), t, row)
	}
}

func (f Form) checkRow(faults *fault.Fields, path string, t *networkv1.TableType, row *networkv1.ReportRow) {
	empty := true
	for _, id := range keys(row.GetCells()) {
		cell := row.GetCells()[id]
		empty = empty && !given(cell)
		if column, ok := schemes.Find(t.GetColumns(), id); ok {
			f.checkValue(faults, at(path+".cells", id), column, cell)
		} else {
			faults.Add(at(path+".cells", id), words.UnknownItem(id))
		}
	}
	if empty {
		faults.Add(path, words.Required())
	}
}

// checkValue checks what is given for an item or a column, if anything is; of tables, only that none is given for another type.
func (f Form) checkValue(faults *fault.Fields, path string, asked typed, v *networkv1.ReportValue) {
	switch {
	case kind(v) == "":
		return
	case kind(v) != kind(asked):
		faults.Add(path, words.ItemType(kind(asked)))
		return
	case !given(v):
		return
	}
	path += "." + kind(v)
	switch kind(v) {
	case "text":
		checkText(faults, path, asked.GetText(), v.GetText())
	case "number":
		checkNumber(faults, path, asked.GetNumber(), v.GetNumber())
	case "date":
		faults.ParseDay(path, v.GetDate())
	case "choice":
		schemes.CheckKnown(faults, path, v.GetChoice(), f.options(asked.GetChoice()))
	}
}

func checkText(faults *fault.Fields, path string, t *networkv1.TextType, text string) {
	switch n := utf8.RuneCountInString(text); {
	case n < int(t.GetMinLength()):
		faults.Add(path, words.StringMinLen(strconv.Itoa(int(t.GetMinLength()))))
	case n > int(t.GetMaxLength()):
		faults.Add(path, words.StringMaxLen(strconv.Itoa(int(t.GetMaxLength()))))
	}
}

func checkNumber(faults *fault.Fields, path string, t *networkv1.NumberType, number float64) {
	if least, most := bounds(t); number < least || number > most {
		faults.Add(path, words.DoubleGteLte(decimal(least), decimal(most)))
	}
	if _, digits, _ := strings.Cut(decimal(number), "."); len(digits) > int(t.GetDecimals()) {
		faults.Add(path, words.Decimals(strconv.Itoa(int(t.GetDecimals()))))
	}
}

// largest is the greatest number that a report holds; the proto's rules have it too.
const largest = 1e12

// bounds are the least and the greatest value that a number may have.
func bounds(t *networkv1.NumberType) (least, most float64) {
	least, most = -largest, largest
	if t.Min != nil {
		least = t.GetMin()
	}
	if t.Max != nil {
		most = t.GetMax()
	}
	return least, most
}

// decimal writes a number with as many digits as it has.
func decimal(number float64) string { return strconv.FormatFloat(number, 'f', -1, 64) }

// options are what may be chosen.
func (f Form) options(c *networkv1.ChoiceType) []schemes.Term {
	switch c.GetOptionsFrom() {
	case networkv1.TermList_TERM_LIST_SUBJECT_AREAS:
		return terms(f.scheme.GetSubjectAreas())
	case networkv1.TermList_TERM_LIST_OUTCOMES:
		return terms(f.scheme.GetOutcomes())
	case networkv1.TermList_TERM_LIST_CHANNELS:
		return terms(f.scheme.GetChannels())
	case networkv1.TermList_TERM_LIST_OTHER_ROLES:
		return terms(f.scheme.GetOtherRoles())
	default:
		return terms(c.GetOptions())
	}
}

func terms[E schemes.Term](entries []E) []schemes.Term {
	list := make([]schemes.Term, len(entries))
	for i, e := range entries {
		list[i] = e
	}
	return list
}
