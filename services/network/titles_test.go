package network_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// TestC2_C3_C8_C10_H4_RefusalsCallUnitsByTheirTitles reads what people of the profile are told: what an office reads has titles, and
// the names of the units stand in the metadata.
func TestC2_C3_C8_C10_H4_RefusalsCallUnitsByTheirTitles(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	clerk := func(unit string) networkv1.OfficerServiceClient {
		return networkv1.NewOfficerServiceClient(s.As("clerk", unit))
	}
	inbox := networkv1.NewInboxServiceClient(s.As("clerk", networktest.County))
	tree := networkv1.NewTreeServiceClient(s.As("handler", networktest.City))
	tip := networktest.NewestTip(t, s)
	tips := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	office := func(title string) *networkv1.Unit {
		return &networkv1.Unit{
			Parent: networktest.County, Title: title, Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT,
			Level: typev1.Level_LEVEL_TOWNSHIP,
		}
	}
	const reporter = networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER
	for _, tc := range []struct {
		reason string
		call   func() error
		says   string
	}{
		{"OWN_UNIT_ONLY", func() error {
			_, err := inbox.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: networktest.Township})
			return err
		}, "此项只能由沙塘路街道本单位办理。"},
		{"OWN_UNIT_ONLY", func() error {
			officer := networktest.Officer(networktest.Township, networktest.Village, networkv1.OfficerType_OFFICER_TYPE_REGULAR)
			_, err := clerk(networktest.County).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
			return err
		}, "此项只能由沙塘路街道本单位办理。"},
		{"WRONG_TIER", func() error {
			officer := networktest.Officer(networktest.Township, networktest.Township, reporter)
			_, err := clerk(networktest.Township).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
			return err
		}, "沙塘路街道无权为沙塘路街道聘任这类信息员；按方案可由以下单位聘任：马鞍山市。"},
		{"TOO_MANY_IN_OFFICE", func() error {
			officer := networktest.Officer(networktest.City, networktest.County, reporter)
			_, err := clerk(networktest.City).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
			require.NoError(t, err)
			_, err = clerk(networktest.City).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
			return err
		}, "花山区同期在任的这类信息员不得超过 1 名。"},
		{"NOT_DELEGATED", func() error {
			_, err := networkv1.NewUnitServiceClient(s.As("clerk", networktest.Township)).CreateUnit(t.Context(),
				&networkv1.CreateUnitRequest{UnitId: "office", Unit: &networkv1.Unit{
					Parent: networktest.Township, Title: "经管站", Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT,
					Level: typev1.Level_LEVEL_TOWNSHIP,
				}})
			return err
		}, "方案没有授权沙塘路街道设立经管站这类单位；按方案可由以下单位办理：马鞍山市。"},
		{"ROOT_FIXED", func() error {
			_, err := tree.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
				Name: networktest.City, Parent: networktest.County, Reason: "划转",
			})
			return err
		}, "最上级单位马鞍山市不能划转、合并、拆分或撤销。"},
		{"SAME_PLACE", func() error {
			_, err := tree.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
				Name: networktest.Township, Parent: networktest.County, Reason: "划转",
			})
			return err
		}, "已在花山区之下。"},
		{"ORPHANED_UNITS", func() error {
			_, err := tree.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
				Name: networktest.Township, Reason: "分设", Parts: []*networkv1.SplitPart{
					{UnitId: "east", Unit: office("东街道")}, {UnitId: "west", Unit: office("西街道")},
				},
			})
			return err
		}, "沙塘路街道的下列下级单位尚未确定划转去向：沙塘社区居委会、卜树集社区居委会、花山社区居委会、人民社区居委会。"},
		{"NOT_ABOVE", func() error {
			_, err := networkv1.NewTipServiceClient(s.As("informant", networktest.Village)).SubmitTip(t.Context(),
				&networkv1.SubmitTipRequest{Content: networktest.ValidTip(), Recipient: networktest.OtherTownship})
			return err
		}, "必须是沙塘社区居委会或其上级单位。"},
		{"HANDLES_ALREADY", func() error {
			_, err := tips.ReferTip(t.Context(), &networkv1.ReferTipRequest{Name: tip, ToUnit: networktest.Township, Reason: "转办"})
			return err
		}, "已由沙塘路街道办理。"},
		{"HAS_UNIT_ABOVE", func() error {
			_, err := networkv1.NewTipServiceClient(s.As("handler", networktest.City)).ReportTipOnward(t.Context(), &networkv1.ReportTipOnwardRequest{
				Name: tip, Report: &networkv1.OnwardReport{
					Recipient: "省纪委", SentOn: "2026-11-02", Channel: "letter", SentBy: "专报员",
				},
			})
			return err
		}, "沙塘路街道有上级单位，请转办至上级。"},
		{"NOT_BELOW", func() error {
			_, err := networkv1.NewInquiryServiceClient(s.As("clerk", networktest.Township)).OpenInquiry(t.Context(),
				&networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
					Unit: networktest.Township, Point: networktest.County, Kind: "survey", Title: "调研", Questions: []string{"问"},
					SubjectUnits: []string{networktest.Village}, DueOn: "2026-11-30",
				}})
			return err
		}, "必须在沙塘路街道的管辖范围内。"},
		{"OWN_REPORT", func() error {
			const name = "reports/340503001.monthly.2026-11"
			reports := networkv1.NewReportServiceClient(s.As("reviewer", networktest.Township))
			report, err := reports.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
			require.NoError(t, err)
			_, err = reports.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: name, Etag: report.GetEtag()})
			return err
		}, "沙塘路街道的报告由其上级单位处理，本单位不能自行处理。"},
		{"NO_UNITS", func() error {
			_, err := assessmentv1.NewRoundServiceClient(s.As("reviewer", networktest.Village)).CreateRound(t.Context(),
				&assessmentv1.CreateRoundRequest{
					Unit: networktest.Village, Title: "考核", Period: "2026-Q3", UnitLevels: []typev1.Level{typev1.Level_LEVEL_VILLAGE},
				})
			return err
		}, "沙塘社区居委会之下没有所选层级的单位。"},
	} {
		err := tc.call()
		said, reasons, named := refusal(t, err)
		assert.Contains(t, reasons, tc.reason, "%v", err)
		assert.Contains(t, said, tc.says, tc.reason)
		for _, prefix := range []string{"units/", "officers/", "reports/"} {
			assert.NotContains(t, said, prefix, tc.reason)
		}
		if status.Code(err) != codes.InvalidArgument {
			assert.Contains(t, named, "units/", tc.reason)
		}
	}
}

// refusal is all that a refusal says, for which reasons, and the metadata of it.
func refusal(t *testing.T, err error) (said string, reasons []string, names string) {
	t.Helper()
	require.Error(t, err)
	texts := []string{status.Convert(err).Message()}
	names = strings.Join(slices.Collect(maps.Values(suitetest.Metadata(err))), "\n")
	for _, detail := range status.Convert(err).Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			reasons = append(reasons, d.GetReason())
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				reasons, texts = append(reasons, v.GetReason()), append(texts, v.GetDescription())
			}
		}
	}
	return strings.Join(texts, "\n"), reasons, names
}

func TestTitlesAreOneLineInEveryService(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := s.As(access.Administrator, networktest.City)
	for _, test := range []struct {
		field string
		err   func(title string) error
	}{
		{"unit.title", func(title string) error {
			_, err := networkv1.NewUnitServiceClient(admin).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
				UnitId: "a1", Unit: &networkv1.Unit{
					Title: title, Parent: networktest.Township, Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT,
					Level: typev1.Level_LEVEL_VILLAGE,
				},
			})
			return err
		}},
		{"title", func(title string) error {
			_, err := assessmentv1.NewRoundServiceClient(admin).CreateRound(t.Context(), &assessmentv1.CreateRoundRequest{
				Unit: networktest.City, Title: title,
			})
			return err
		}},
		{"power_item.title", func(title string) error {
			_, err := riskv1.NewPowerItemServiceClient(admin).CreatePowerItem(t.Context(), &riskv1.CreatePowerItemRequest{
				PowerItem: &riskv1.PowerItem{Unit: networktest.Township, Title: title},
			})
			return err
		}},
		{"title", func(title string) error {
			_, err := warningv1.NewWarningServiceClient(admin).IssueWarning(t.Context(), &warningv1.IssueWarningRequest{
				Unit: networktest.Township, Title: title,
			})
			return err
		}},
	} {
		says := func(title string) string {
			for _, violation := range suitetest.FieldViolations(t, test.err(title)) {
				if violation.GetField() == test.field {
					return violation.GetDescription()
				}
			}
			return ""
		}
		assert.Equal(t, "应为一行，不得换行，不得有制表符。", says("第一行\n第二行"), test.field)
		assert.Equal(t, "应为一行，不得换行，不得有制表符。", says("第一列\t第二列"), test.field)
		assert.Equal(t, "含有不能接受的字符 U+E123，请删去。", says("甲\ue123"), test.field)
	}
}
