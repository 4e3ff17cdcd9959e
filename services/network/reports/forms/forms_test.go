package forms_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports/forms"
)

type values = networktest.Values

var (
	words = &networkv1.ReportItem_Text{Text: &networkv1.TextType{MinLength: 2, MaxLength: 5}}
	day   = &networkv1.ReportItem_Date{Date: &networkv1.DateType{}}
	money = &networkv1.ReportItem_Number{
		Number: &networkv1.NumberType{Min: proto.Float64(-1.5), Max: proto.Float64(99), Decimals: 2},
	}
	area = &networkv1.ReportItem_Choice{Choice: &networkv1.ChoiceType{OptionsFrom: networkv1.TermList_TERM_LIST_SUBJECT_AREAS}}
	own  = &networkv1.ReportItem_Choice{Choice: &networkv1.ChoiceType{Options: []*networkv1.Term{{Id: "yes"}, {Id: "no"}}}}
)

// table has a required column of words and an optional one of numbers.
func table(computedBy string) *networkv1.ReportItem_Table {
	return &networkv1.ReportItem_Table{Table: &networkv1.TableType{ComputedBy: computedBy, Columns: []*networkv1.ReportColumn{
		{Id: "what", Required: computedBy == "", Weight: 1, Type: &networkv1.ReportColumn_Text{
			Text: &networkv1.TextType{MaxLength: 10},
		}},
		{Id: "count", Weight: 2, Type: &networkv1.ReportColumn_Number{Number: &networkv1.NumberType{}}},
	}}}
}

// scheme has a form of all types.
func scheme() *networkv1.Scheme {
	bounded := table("")
	bounded.Table.MinRows, bounded.Table.MaxRows = 1, 2
	return &networkv1.Scheme{
		SubjectAreas: []*networkv1.Term{{Id: "fees"}},
		ReportForms: []*networkv1.ReportForm{{Id: "f", Sections: []*networkv1.ReportSection{
			{Id: "a", Items: []*networkv1.ReportItem{
				{Id: "words", Weight: 1, Type: words, Need: networkv1.ReportItemNeed_REPORT_ITEM_NEED_UNLESS_ZERO},
				{Id: "money", Weight: 1, Type: money, Need: networkv1.ReportItemNeed_REPORT_ITEM_NEED_REQUIRED},
				{Id: "day", Type: day},
				{Id: "area", Type: area},
				{Id: "own", Type: own},
			}},
			{Id: "b", Items: []*networkv1.ReportItem{
				{Id: "rows", Weight: 1, Type: bounded}, {Id: "counted", Weight: 1, Type: table("network.x")},
			}},
		}}},
	}
}

func form() forms.Form { return forms.Of(scheme(), "f") }

// fieldsOf are the faults of an error as "path rule".
func fieldsOf(err error) []string {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return nil
	}
	lines := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		lines[i] = field.Path + " " + field.Key
	}
	return lines
}

func TestC10_FaultyValuesAreNamedByTheirPaths(t *testing.T) {
	t.Parallel()
	text, number, choice, rows := networktest.Text, networktest.Number, networktest.Choice, networktest.Table
	row := values{"what": text("一件")}
	for name, test := range map[string]struct {
		given values
		want  []string
	}{
		"all of it": {values{
			"words": text("走访"), "money": number(-1.25), "day": networktest.Date("2026-02-28"),
			"area": choice("fees"), "own": choice("no"), "rows": rows(row, row),
		}, nil},
		"nothing":            {values{"words": text(""), "money": {}, "area": choice(""), "rows": rows()}, nil},
		"unknown":            {values{"x": text("走访")}, []string{`values["x"] unknown_item`}},
		"computed":           {values{"counted": rows(row)}, []string{`values["counted"] computed_item`}},
		"words for a number": {values{"money": text("三")}, []string{`values["money"] item_type`}},
		"rows for words":     {values{"words": rows(row)}, []string{`values["words"] item_type`}},
		"words for rows":     {values{"rows": text("走访")}, []string{`values["rows"] item_type`}},
		"short and long":     {values{"words": text("短")}, []string{`values["words"].text string.min_len`}},
		"long":               {values{"words": text("走访三个村子")}, []string{`values["words"].text string.max_len`}},
		"too much": {values{"money": number(99.125)}, []string{
			`values["money"].number double.gte_lte`, `values["money"].number decimals`,
		}},
		"too little":  {values{"money": number(-2)}, []string{`values["money"].number double.gte_lte`}},
		"no such day": {values{"day": networktest.Date("2026-02-30")}, []string{`values["day"].date string.date`}},
		"no such option": {values{"own": choice("fees"), "area": choice("no")}, []string{
			`values["area"].choice unknown_term`, `values["own"].choice unknown_term`,
		}},
		"too many rows": {values{"rows": rows(row, row, row)}, []string{`values["rows"].table.rows repeated.max_items`}},
		"cells": {values{"rows": rows(values{"what": number(1), "x": text("一")}, values{"count": number(0.5)})}, []string{
			`values["rows"].table.rows[0].cells["what"] item_type`, `values["rows"].table.rows[0].cells["x"] unknown_item`,
			`values["rows"].table.rows[1].cells["count"].number decimals`,
		}},
		"a row of nothing": {values{"rows": rows(values{"what": text("")})}, []string{`values["rows"].table.rows[0] required`}},
		"a table in a table": {values{"rows": rows(values{"what": rows(row)})}, []string{
			`values["rows"].table.rows[0].cells["what"] item_type`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, fieldsOf(form().CheckValues(test.given)))
		})
	}
}

func TestC10_CompletenessFollowsFromTheForm(t *testing.T) {
	t.Parallel()
	text, number := networktest.Text, networktest.Number
	report := &networkv1.Report{
		Values: values{"words": text(" "), "rows": networktest.Table(values{"what": text("一件")}, values{"count": number(1)})},
	}
	_, err := form().Completeness(report)
	assert.Equal(
		t,
		[]string{`values["words"] required`, `values["money"] required`, `values["rows"].table.rows[1].cells["what"] required`},
		fieldsOf(err),
	)
	report.Values = values{"words": text("走访"), "money": number(0), "rows": networktest.Table(values{"what": text("一件")})}
	ratio, err := form().Completeness(report)
	require.NoError(t, err)
	assert.Equal(t, [2]int64{1 + 1 + 1 + 1, 10}, [2]int64{ratio.GetNumerator(), ratio.GetDenominator()},
		"no counts, and nothing computed")
	report.Tables = map[string]*networkv1.ReportTable{"counted": {}}
	ratio, err = form().Completeness(report)
	require.NoError(t, err)
	assert.EqualValues(t, 8, ratio.GetNumerator(), "a computed table is there without rows")
	_, err = form().Completeness(&networkv1.Report{Zero: true})
	assert.Equal(t, []string{`values["money"] required`}, fieldsOf(err), "a zero report is asked for less")
}

func TestC10_ZeroReportHasNothingToTell(t *testing.T) {
	t.Parallel()
	row := values{"what": networktest.Text("一件"), "count": networktest.Number(0)}
	report := &networkv1.Report{
		Tables: map[string]*networkv1.ReportTable{"counted": networktest.Rows(row, row)},
		Values: values{"money": networktest.Number(3)},
	}
	require.NoError(t, form().RequireZero(report))
	report.Values["rows"], report.Tables["counted"] = networktest.Table(row), networktest.Rows(row, values{
		"count": networktest.Number(1),
	})
	assert.Equal(t, []string{`values["rows"] not_zero`, `tables["counted"] not_zero`}, fieldsOf(form().RequireZero(report)))
}

func TestC10_FaultyFormsAreNamedByTheirPaths(t *testing.T) {
	t.Parallel()
	known := func(name string) (forms.Columns, bool) {
		return map[string]forms.Columns{"network.x": {"what": "text", "count": "number"}}[name], strings.HasSuffix(name, ".x")
	}
	check := func(s *networkv1.Scheme) []string {
		var faults fault.Fields
		forms.Check(&faults, "f", s.GetReportForms(), known)
		return fieldsOf(faults.Err())
	}
	require.Empty(t, check(scheme()))
	bad := proto.CloneOf(scheme())
	f := bad.GetReportForms()[0]
	bad.ReportForms = append(bad.ReportForms, &networkv1.ReportForm{Id: "f"})
	items := f.GetSections()[0].GetItems()
	items[0].GetText().MinLength = 6
	items[1].GetNumber().Max = proto.Float64(-2)
	items[2].GetDate().InPeriod, items[2].GetDate().SincePeriod = true, true
	items[3].GetChoice().Options = []*networkv1.Term{{Id: "a"}, {Id: "a"}}
	items[4].GetChoice().Options = nil
	f.Sections[1].Id = "a"
	rows, counted := f.GetSections()[1].GetItems()[0], f.GetSections()[1].GetItems()[1]
	rows.Id, rows.GetTable().MinRows, rows.GetTable().Columns[1].Id = "words", 3, "what"
	counted.GetTable().MaxRows, counted.GetTable().Columns[0].Required = 3, true
	counted.GetTable().Columns[0].Type, counted.GetTable().Columns[1].Id = counted.GetTable().Columns[1].Type, "sum"
	unknown := proto.CloneOf(counted)
	unknown.Id, unknown.GetTable().ComputedBy, unknown.GetTable().MaxRows, unknown.GetTable().Columns[0].Required = "u",
		"network.y", 0, false
	elsewhere := proto.CloneOf(unknown)
	elsewhere.Id, elsewhere.GetTable().ComputedBy = "e", "risk.x"
	f.Sections[1].Items = append(f.Sections[1].Items, unknown, elsewhere)
	const first, second = "f[0].sections[0].items", "f[0].sections[1].items"
	assert.Equal(t, []string{
		"f[1].id duplicate", "f[0].sections[1].id duplicate",
		first + "[0].text.min_length bounds", first + "[1].number.min bounds",
		first + "[2].date.since_period contradiction",
		first + "[3].choice.options[1].id duplicate", first + "[3].choice choice_options", first + "[4].choice choice_options",
		second + "[0].id duplicate", second + "[0].table.columns[1].id duplicate", second + "[0].table.min_rows bounds",
		second + "[1].table.max_rows computed_rows", second + "[1].table.columns[0].required computed_rows",
		second + "[1].table.columns[0] item_type", second + "[1].table.columns[1].id unknown_term",
		second + "[2].table.computed_by unknown_computation",
	}, check(bad))
}

func TestT9_DaysOfAReportLieInItsPeriodOrAfter(t *testing.T) {
	t.Parallel()
	period, err := calendar.ParsePeriod("2026-H1")
	require.NoError(t, err)
	for _, c := range []struct {
		asked      *networkv1.DateType
		day, today string
		fits       bool
	}{
		{&networkv1.DateType{}, "1950-01-01", "2026-07-03", true},
		{&networkv1.DateType{InPeriod: true}, "2026-06-30", "2026-07-03", true},
		{&networkv1.DateType{InPeriod: true}, "2026-07-01", "2026-07-03", false},
		{&networkv1.DateType{SincePeriod: true, Past: true}, "2026-07-02", "2026-07-03", true},
		{&networkv1.DateType{SincePeriod: true, Past: true}, "2026-01-01", "2026-07-03", true},
		{&networkv1.DateType{SincePeriod: true, Past: true}, "2025-12-31", "2026-07-03", false},
		{&networkv1.DateType{SincePeriod: true, Past: true}, "2026-07-04", "2026-07-03", false},
	} {
		asked := proto.CloneOf(scheme())
		asked.GetReportForms()[0].GetSections()[0].GetItems()[2].Type = &networkv1.ReportItem_Date{Date: c.asked}
		today, err := calendar.ParseDate(c.today)
		require.NoError(t, err)
		err = forms.Of(asked, "f").CheckDays(values{"day": networktest.Date(c.day)}, period, today)
		assert.Equal(t, c.fits, err == nil, "%v %s", c.asked, c.day)
	}
}

func TestT9_T23_FaultySourcesOfSumsAreNamedByTheirPaths(t *testing.T) {
	t.Parallel()
	check := func(s *networkv1.Scheme) []string {
		var faults fault.Fields
		forms.CheckSources(&faults, "f", s)
		return fieldsOf(faults.Err())
	}
	sums := func(source *networkv1.ReportSource, columns ...string) *networkv1.ReportItem {
		t := &networkv1.TableType{ComputedBy: forms.ReportsBelow, Source: source}
		for _, id := range columns {
			t.Columns = append(t.Columns, &networkv1.ReportColumn{Id: id, Type: &networkv1.ReportColumn_Text{Text: &networkv1.TextType{}}})
		}
		return &networkv1.ReportItem{Id: "sum", Type: &networkv1.ReportItem_Table{Table: t}}
	}
	of := func(item string, schedules ...string) *networkv1.ReportSource {
		return &networkv1.ReportSource{Schedules: schedules, Item: item}
	}
	with := func(item *networkv1.ReportItem) *networkv1.Scheme {
		s := scheme()
		s.Schedules = []*networkv1.Schedule{{Id: "monthly", Form: "f"}}
		s.ReportForms = append(s.ReportForms, &networkv1.ReportForm{
			Id: "sum", Sections: []*networkv1.ReportSection{{Items: []*networkv1.ReportItem{item}}},
		})
		return s
	}
	const at = "f[1].sections[0].items[0].table"
	assert.Empty(t, check(with(sums(of("rows", "monthly"), "unit", "what"))))
	assert.Empty(t, check(with(sums(of("", "monthly"), "unit", "words"))))
	assert.Equal(t, []string{at + ".source required"}, check(with(sums(nil, "unit"))))
	assert.Equal(t, []string{at + ".source.schedules[0] unknown_term"}, check(with(sums(of("", "weekly"), "unit"))))
	assert.Equal(t, []string{at + ".source.item unknown_item"}, check(with(sums(of("words", "monthly"), "unit"))))
	assert.Equal(t, []string{at + ".columns[0].id unknown_item", at + ".columns[1] item_type", at + ".columns[2] item_type"},
		check(with(sums(of("rows", "monthly"), "words", "count", "count"))))
	again := with(sums(of("rows", "monthly"), "unit", "what"))
	again.Schedules = append(again.Schedules, &networkv1.Schedule{Id: "yearly", Form: "sum"})
	again.ReportForms = append(again.ReportForms, &networkv1.ReportForm{
		Id: "again", Sections: []*networkv1.ReportSection{{Items: []*networkv1.ReportItem{sums(of("sum", "yearly"), "unit", "what")}}},
	})
	assert.Equal(t, []string{"f[2].sections[0].items[0].table.source.item sum_of_sums"}, check(again), "parts would count twice")
	owed := func(source *networkv1.ReportSource, columns ...string) *networkv1.Scheme {
		item := sums(source, columns...)
		item.GetTable().ComputedBy = forms.ReportsOwed
		return with(item)
	}
	assert.Empty(t, check(owed(of("", "monthly"), "unit", "unit_title", "period")))
	assert.Equal(t, []string{at + ".source.item contradiction", at + ".columns[0].id unknown_item", at + ".columns[1] item_type"},
		check(owed(of("rows", "monthly"), "what", "status")))
	other := sums(of("", "monthly"), "unit")
	other.GetTable().ComputedBy = "network.tips"
	assert.Equal(t, []string{at + ".source contradiction"}, check(with(other)))
}

// kinds are a value of each type that fits the form.
func kinds() map[string]*rapid.Generator[*networkv1.ReportValue] {
	row := rapid.Custom(func(t *rapid.T) values {
		return values{
			"what":  networktest.Text(rapid.StringMatching(`[a-z]{1,10}`).Draw(t, "what")),
			"count": networktest.Number(float64(rapid.IntRange(-9, 9).Draw(t, "count"))),
		}
	})
	return map[string]*rapid.Generator[*networkv1.ReportValue]{
		"words": rapid.Map(rapid.StringMatching(`[走访村]{2,5}`), networktest.Text),
		"money": rapid.Map(rapid.IntRange(-150, 9900),
			func(cents int) *networkv1.ReportValue { return networktest.Number(float64(cents) / 100) }),
		"day": rapid.Map(rapid.IntRange(1, 28),
			func(d int) *networkv1.ReportValue { return networktest.Date(fmt.Sprintf("2026-02-%02d", d)) }),
		"own": rapid.Map(rapid.SampledFrom([]string{"yes", "no"}), networktest.Choice),
		"rows": rapid.Map(rapid.SliceOfN(row, 1, 2),
			func(rows []values) *networkv1.ReportValue { return networktest.Table(rows...) }),
	}
}

// Whatever fits is taken, and what is of another type than its item is refused under its name, and nothing else.
func TestC10_AnyValueFitsItsOwnTypeOnly(t *testing.T) {
	t.Parallel()
	all := kinds()
	ids := slices.Sorted(maps.Keys(all))
	rapid.Check(t, func(t *rapid.T) {
		given, wrong := values{}, []string(nil)
		for _, id := range rapid.SliceOfDistinct(rapid.SampledFrom(ids), rapid.ID[string]).Draw(t, "items") {
			other := rapid.SampledFrom(ids).Draw(t, "type for "+id)
			given[id] = all[other].Draw(t, "value")
			if other != id {
				wrong = append(wrong, fmt.Sprintf("values[%q] item_type", id))
			}
		}
		slices.Sort(wrong)
		require.Equal(t, wrong, fieldsOf(form().CheckValues(given)))
		report := &networkv1.Report{Values: given}
		if ratio, err := form().Completeness(report); err == nil {
			require.LessOrEqual(t, ratio.GetNumerator(), ratio.GetDenominator())
			require.Contains(t, given, "words")
			require.Contains(t, given, "money")
		}
	})
}
