package networktest

import (
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

// Values are what a report holds by item, or a row by column.
type Values = map[string]*networkv1.ReportValue

// Text is a value of words.
func Text(text string) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Text{Text: text}}
}

// Number is a value that counts or measures.
func Number(number float64) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Number{Number: number}}
}

// Date is a value that is a day.
func Date(date string) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Date{Date: date}}
}

// Choice is a value that is one of several options.
func Choice(id string) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Choice{Choice: id}}
}

// Table is a value of rows.
func Table(rows ...Values) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Table{Table: Rows(rows...)}}
}

// Rows is a table of these rows.
func Rows(rows ...Values) *networkv1.ReportTable {
	table := &networkv1.ReportTable{}
	for _, row := range rows {
		table.Rows = append(table.Rows, &networkv1.ReportRow{Cells: row})
	}
	return table
}

// Information is what a township writes in a monthly report of the C profile that lacks nothing, with one piece of information in
// a subject area (C10).
func Information(area string) Values {
	return Values{"handling": Text("两条已解决。"), "information": Table(Values{
		"subject_area": Choice(area), "channel": Choice("contact_card"), "matter": Text("办事拖延"), "unit": Text("沙塘社区"),
		"handling": Choice("solved"),
	})}
}

// Reworked writes a text otherwise, as a report that was sent back wants.
func Reworked(values Values, item string) Values {
	values[item] = Text("已按退回理由补正。")
	return values
}

// FourParts is what an agency writes in a report of the C profile that lacks nothing, with one problem in a subject area (C10).
func FourParts(area string) Values {
	return Values{"activities": Text("走访三个村。"), "handling": Text("两条已解决。"), "problems": Table(Values{
		"subject_area": Choice(area), "form": Text("办事拖延"), "extent": Text("三个村"), "degree": Text("一般"), "cause": Text("人手不足"),
		"remedy": Text("限时办结"),
	})}
}

// Sum adds up a column of a computed table of a report.
func Sum(report *networkv1.Report, item, column string) int64 {
	sum := 0.0
	for _, row := range report.GetTables()[item].GetRows() {
		sum += row.GetCells()[column].GetNumber()
	}
	return int64(sum)
}
