package reports_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// manyReports are as many as a computed table has rows at most, of units of their own in the county, like one of the township.
const manyReports = `
INSERT INTO network.reports (region, unit_id, schedule_id, period, period_first, unit_path, unit_path_then, open_on, close_on,
                             scheduled_close_on, cover_to, state, submit_on, body)
SELECT region, 'many' || n, schedule_id, period, period_first, unit_path,
       (subpath(unit_path_then, 0, -1)::text || '.many' || n)::public.ltree, open_on, close_on, scheduled_close_on, cover_to, state,
       submit_on, body || jsonb_build_object('unit', 'units/many' || n)
FROM network.reports, generate_series(1, 5000) n WHERE unit_id = '340503001' AND schedule_id = 'monthly' AND period = '2026-11'`

// withYearlySums has counties sum up the monthly reports of a year: by subject area, and by unit besides.
func withYearlySums(scheme *networkv1.Scheme) {
	area := &networkv1.ReportColumn{Id: "subject_area", Title: &typev1.Text{Zh: "领域"}, Type: &networkv1.ReportColumn_Choice{
		Choice: &networkv1.ChoiceType{OptionsFrom: networkv1.TermList_TERM_LIST_SUBJECT_AREAS},
	}}
	unit := &networkv1.ReportColumn{Id: "unit", Title: &typev1.Text{Zh: "单位"}, Type: &networkv1.ReportColumn_Text{
		Text: &networkv1.TextType{MaxLength: 200},
	}}
	count := &networkv1.ReportColumn{Id: "count", Title: &typev1.Text{Zh: "条数"}, Type: &networkv1.ReportColumn_Number{
		Number: &networkv1.NumberType{},
	}}
	for id, columns := range map[string][]*networkv1.ReportColumn{"by_area": {area, count}, "by_unit": {unit, area, count}} {
		scheme.ReportForms = append(scheme.ReportForms, &networkv1.ReportForm{
			Id: id, Title: &typev1.Text{Zh: "汇总"}, Sections: []*networkv1.ReportSection{{
				Id: "sum", Title: &typev1.Text{Zh: "汇总"}, Items: []*networkv1.ReportItem{{
					Id: "sum", Title: &typev1.Text{Zh: "汇总"}, Need: networkv1.ReportItemNeed_REPORT_ITEM_NEED_REQUIRED,
					Type: &networkv1.ReportItem_Table{Table: &networkv1.TableType{
						ComputedBy: "network.reports_below", Columns: columns,
						Source: &networkv1.ReportSource{Schedules: []string{"monthly"}, Item: "information"},
					}},
				}},
			}},
		})
		scheme.Schedules = append(scheme.Schedules, &networkv1.Schedule{
			Id: id, Title: &typev1.Text{Zh: "年度汇总"}, Form: id, PeriodKind: typev1.PeriodKind_PERIOD_KIND_YEAR,
			Window:     &typev1.Window{OpenMonth: 11, OpenDay: 1, CloseMonth: 13, CloseDay: 20},
			UnitLevels: []typev1.Level{typev1.Level_LEVEL_COUNTY},
			UnitKinds:  []networkv1.UnitKind{networkv1.UnitKind_UNIT_KIND_REPORTING_POINT},
		})
	}
}

func TestT9_C10_SumTakesAnyNumberOfReportsAndATableOfRows(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.NewScheme(t, s, withYearlySums)
	s.RunJob(reports.OpenReportsJob)
	newClerk(t, s, networktest.Township).send(t, "2026-11")
	_, err := networktest.Database(t, s).Exec(t.Context(), manyReports)
	require.NoError(t, err)
	county := networkv1.NewReportServiceClient(s.As("clerk", networktest.County))
	computed, err := county.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: "reports/340503.by_area.2026"})
	require.NoError(t, err)
	assert.EqualExportedValues(t, networktest.Rows(networktest.Values{
		"subject_area": networktest.Choice("work_style"), "count": networktest.Number(5001),
	}), computed.GetTables()["sum"])
	_, err = county.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: "reports/340503.by_unit.2026"})
	assert.Equal(t, "TABLE_TOO_LARGE", suitetest.Reason(err), "with a row a unit it has 5,001")
}
