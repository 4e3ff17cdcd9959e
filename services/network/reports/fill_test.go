package reports_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// withRiskPoints has the monthly report hold a table that the risk service computes.
func withRiskPoints(scheme *networkv1.Scheme) {
	last := scheme.GetReportForms()[0].GetSections()[2]
	last.Items = append(last.Items, &networkv1.ReportItem{
		Id: "risk_points", Title: &typev1.Text{Zh: "风险点"}, Need: networkv1.ReportItemNeed_REPORT_ITEM_NEED_REQUIRED,
		Type: &networkv1.ReportItem_Table{Table: &networkv1.TableType{
			ComputedBy: "risk.points_by_grade",
			Columns: []*networkv1.ReportColumn{
				{Id: "grade", Title: &typev1.Text{Zh: "等级"}, Type: &networkv1.ReportColumn_Text{
					Text: &networkv1.TextType{MaxLength: 10},
				}},
				{Id: "count", Title: &typev1.Text{Zh: "个数"}, Type: &networkv1.ReportColumn_Number{
					Number: &networkv1.NumberType{},
				}},
			},
		}},
	})
}

func TestC10_ATableIsFilledByTheServiceThatComputesIt(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.NewScheme(t, s, withRiskPoints)
	s.Clock.Advance(29 * day) // 1 December
	s.RunJob("network.open_reports")
	d := newClerk(t, s, networktest.Township)
	name := d.name("2026-12")
	risk, warning := service(s, "risk"), service(s, "warning")
	req := &networkv1.FillReportTableRequest{Name: name, Computation: "risk.points_by_grade", Table: networktest.Rows(networktest.Values{
		"grade": networktest.Text("A"), "count": networktest.Number(2), "unit": networktest.Text("no column of the form"),
	})}
	d.end(t, "2026-12")
	_, err := d.clerk.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: full()})
	require.NoError(t, err)
	computed, err := d.clerk.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name})
	require.NoError(t, err)
	confirm := &networkv1.ConfirmReportRequest{Name: name, Etag: computed.GetEtag()}
	_, err = d.clerk.ConfirmReport(t.Context(), confirm)
	networktest.Refused(t, err, codes.FailedPrecondition, `tables["risk_points"]`)

	_, err = d.clerk.FillReportTable(t.Context(), req)
	assert.Equal(t, "SERVICES_ONLY", suitetest.Reason(err))
	_, err = warning.FillReportTable(t.Context(), req)
	networktest.Refused(t, err, codes.InvalidArgument, "computation")
	_, err = risk.FillReportTable(t.Context(), &networkv1.FillReportTableRequest{
		Name: name, Computation: "network.tips", Table: req.GetTable(),
	})
	networktest.Refused(t, err, codes.InvalidArgument, "computation")
	_, err = risk.FillReportTable(t.Context(), &networkv1.FillReportTableRequest{
		Name: name, Computation: req.GetComputation(),
		Table: networktest.Rows(networktest.Values{"grade": networktest.Number(1), "count": networktest.Text("2")}),
	})
	networktest.Refused(t, err, codes.InvalidArgument, `table.rows[0].cells["grade"]`, `table.rows[0].cells["count"]`)
	filled, err := risk.FillReportTable(t.Context(), req)
	require.NoError(t, err)
	confirm.Etag = filled.GetEtag()
	_, err = d.clerk.ConfirmReport(t.Context(), confirm)
	require.NoError(t, err)
	filled, err = risk.FillReportTable(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_COMPUTED, filled.GetState(), "what was confirmed was another report")
	assert.NotEmpty(t, filled.GetTables()["outcomes"].GetRows(), "what is computed here stays")
	confirm.Etag = filled.GetEtag()
	_, err = d.clerk.ConfirmReport(t.Context(), confirm)
	require.NoError(t, err)
	sent, err := d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name})
	require.NoError(t, err)
	assert.EqualValues(t, 2, networktest.Sum(sent, "risk_points", "count"))
	_, err = risk.FillReportTable(t.Context(), req)
	networktest.Refused(t, err, codes.FailedPrecondition)
}

// service asks for reports in the name of another service.
func service(s *suitetest.Suite, name string) networkv1.ReportServiceClient {
	return networkv1.NewReportServiceClient(s.AsPrincipal(access.Principal{Subject: "services/" + name, Service: name}))
}
