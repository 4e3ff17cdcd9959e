package e2e

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
	"github.com/qingfeng-suite/qingfeng/services/tour"
)

// TestMainJob does the main job in both shapes over both transports and checks what it made through the other transport.
func TestMainJob(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*testing.T) shape{
		"one process": oneProcessShape, "separate processes": manyProcessesShape,
	} {
		for _, transport := range []string{"gRPC", "HTTP"} {
			t.Run(name+" over "+transport, func(t *testing.T) {
				t.Parallel()
				direct, gateway := run(t).callers(t)
				use, other := direct, gateway
				if transport == "HTTP" {
					use, other = gateway, direct
				}
				job := &tour.Tour{
					GRPC: use, HTTP: use, Profiles: suitetest.Profiles(), Instance: t.Name(), Clock: clock.System{},
					Out: t.Output(),
				}
				made, err := job.Run(t.Context())
				require.NoError(t, err)
				check(t, made, other(access.Principal{
					Subject: "accounts/admin", Unit: tour.City, Roles: []string{access.Administrator},
				}))
			})
		}
	}
}

func oneProcessShape(t *testing.T) shape {
	t.Helper()
	s, _ := oneProcess(t, dataFolder(t))
	return s
}

func manyProcessesShape(t *testing.T) shape {
	t.Helper()
	return processes(t, dataFolder(t))
}

// check reads what the main job made.
func check(t *testing.T, made *tour.Summary, conn grpc.ClientConnInterface) {
	t.Helper()
	ctx := t.Context()
	t.Run("C1_the_tree_is_whole", func(t *testing.T) {
		count, token := 0, ""
		for {
			page, err := networkv1.NewUnitServiceClient(conn).ListUnits(ctx, &networkv1.ListUnitsRequest{
				Unit: tour.City, PageSize: 100, PageToken: token,
			})
			require.NoError(t, err)
			count += len(page.GetUnits())
			if token = page.GetNextPageToken(); token == "" {
				break
			}
		}
		assert.Equal(t, 633, count)
	})
	t.Run("C3_officers_serve_where_they_were_appointed", func(t *testing.T) {
		listed, err := networkv1.NewOfficerServiceClient(conn).ListOfficers(ctx,
			&networkv1.ListOfficersRequest{Unit: tour.Township})
		require.NoError(t, err)
		assert.Len(t, listed.GetOfficers(), 4)
	})
	t.Run("C8_H8_every_tip_arrived_once_and_the_returned_one_came_again", func(t *testing.T) { checkTips(t, made, conn) })
	t.Run("C10_the_report_has_the_tables_of_the_system_and_the_one_before_it_went_up", func(t *testing.T) {
		client := networkv1.NewReportServiceClient(conn)
		before, err := client.GetReport(ctx, &networkv1.GetReportRequest{Name: made.ZeroReport})
		require.NoError(t, err)
		assert.Equal(t, networkv1.ReportState_REPORT_STATE_SUBMITTED, before.GetState())
		assert.False(t, before.GetLate())
		answer, err := client.GetReport(ctx, &networkv1.GetReportRequest{Name: made.Report})
		require.NoError(t, err)
		assert.Equal(t, networkv1.ReportState_REPORT_STATE_CONFIRMED, answer.GetState())
		assert.EqualValues(t, 6, networktest.Sum(answer, "tips_by_area", "received"))
	})
	t.Run("J1_T12_the_power_is_in_force_after_its_review", func(t *testing.T) {
		power, err := riskv1.NewPowerItemServiceClient(conn).GetPowerItem(ctx, &riskv1.GetPowerItemRequest{Name: made.PowerItem})
		require.NoError(t, err)
		assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, power.GetState())
		assert.Len(t, power.GetSteps(), 3)
	})
	t.Run("J1_J3_J4_the_risk_point_is_graded_and_reviewed", func(t *testing.T) {
		answer, err := riskv1.NewRiskPointServiceClient(conn).GetRiskPoint(ctx, &riskv1.GetRiskPointRequest{Name: made.RiskPoint})
		require.NoError(t, err)
		point := answer
		assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, point.GetState())
		assert.Equal(t, "a", point.GetGrade())
		assert.EqualValues(t, 1, point.GetReturnCount())
		assert.Equal(t, "演示：镇长", point.GetOwner().GetTitle())
		assert.Equal(t, made.PowerItem, point.GetPowerItem())
	})
	t.Run("C12_the_month_is_counted", func(t *testing.T) {
		answer, err := warningv1.NewAnalysisServiceClient(conn).GetAnalysis(ctx,
			&warningv1.GetAnalysisRequest{Name: made.Analysis})
		require.NoError(t, err)
		assert.EqualValues(t, 6, answer.GetTips())
	})
	t.Run("C11_T7_C12b_the_warning_was_followed_to_its_end", func(t *testing.T) { checkWarning(t, made, conn) })
	t.Run("T24_T26_the_score_is_traced_to_its_records", func(t *testing.T) { checkScore(t, made, conn) })
}

func checkTips(t *testing.T, made *tour.Summary, conn grpc.ClientConnInterface) {
	t.Helper()
	client, ctx := networkv1.NewTipServiceClient(conn), t.Context()
	counted, err := client.CountTips(ctx, &networkv1.CountTipsRequest{Unit: tour.City, Period: made.Period})
	require.NoError(t, err)
	assert.EqualValues(t, 6, received(counted.GetCounts()), "a repeated request must not count twice")
	first, err := client.GetTip(ctx, &networkv1.GetTipRequest{Name: made.Tips[0]})
	require.NoError(t, err)
	assert.Len(t, first.GetReturns(), 1)
	assert.Equal(t, networkv1.TipState_TIP_STATE_CLOSED, first.GetState())
	assert.Equal(t, tour.Township, first.GetHandlingUnit(), "a village's own tip goes to the township")
	followed, err := client.FollowTip(ctx, &networkv1.FollowTipRequest{Receipt: made.Receipts[0]})
	require.NoError(t, err)
	assert.Equal(t, "solved", followed.GetOutcome())
}

func checkWarning(t *testing.T, made *tour.Summary, conn grpc.ClientConnInterface) {
	t.Helper()
	answer, err := warningv1.NewWarningServiceClient(conn).GetWarning(t.Context(),
		&warningv1.GetWarningRequest{Name: made.Warning})
	require.NoError(t, err)
	w := answer
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_CLOSED, w.GetState())
	assert.Equal(t, "yellow", w.GetWarningLevel(), "six tips meet the second warning_level of the C ladder")
	assert.NotEmpty(t, w.GetNotice().GetBody().GetZh())
	assert.NotEmpty(t, w.GetDueOn())
	for _, step := range w.GetSteps() {
		if step.GetKind() == warningv1.StepKind_STEP_KIND_RECTIFY {
			assert.NotEmpty(t, step.GetRecords()[0].GetRectification().GetAttachments())
		}
	}
	var acts []string
	for _, event := range w.GetHistory() {
		acts = append(acts, event.GetAct())
	}
	assert.Equal(t, []string{
		"issue", "acknowledge", "explain", "record_talk", "sign_talk", "rectify", "check_passed", "close",
	}, acts)
}

func checkScore(t *testing.T, made *tour.Summary, conn grpc.ClientConnInterface) {
	t.Helper()
	answer, err := assessmentv1.NewRoundServiceClient(conn).GetScore(t.Context(), &assessmentv1.GetScoreRequest{
		Round: made.Round, Unit: tour.Township,
	})
	require.NoError(t, err)
	total, traced := 0.0, 0
	for _, item := range answer.GetItems() {
		total += item.GetPoints()
		for _, record := range item.GetFigure().GetRecords() {
			require.NoError(t, read(t.Context(), conn, record), "%s of %s", record, item.GetIndicator())
			traced++
		}
	}
	assert.InDelta(t, answer.GetTotal(), total, 0.001)
	assert.Equal(t, made.Traced, traced)
	assert.Equal(t, made.Grade, answer.GetGrade())
}

// read reads any record by its name.
func read(ctx context.Context, conn grpc.ClientConnInterface, name string) (err error) {
	switch filepath.Dir(name) {
	case "tips":
		_, err = networkv1.NewTipServiceClient(conn).GetTip(ctx, &networkv1.GetTipRequest{Name: name})
	case "reports":
		_, err = networkv1.NewReportServiceClient(conn).GetReport(ctx, &networkv1.GetReportRequest{Name: name})
	case "riskPoints":
		_, err = riskv1.NewRiskPointServiceClient(conn).GetRiskPoint(ctx, &riskv1.GetRiskPointRequest{Name: name})
	case "warnings":
		_, err = warningv1.NewWarningServiceClient(conn).GetWarning(ctx, &warningv1.GetWarningRequest{Name: name})
	default:
		err = status.Errorf(codes.Unknown, "no reader for %s", name)
	}
	return err
}

func received(counts []*networkv1.TipCount) (sum int64) {
	for _, c := range counts {
		sum += c.GetReceived()
	}
	return sum
}
