package warning_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	county   = "units/340503"
	township = "units/340503001"
	other    = "units/340503002"
	village  = "units/340503001001"
	stranger = "units/340504"
)

// office is one role in one unit with the APIs of these tests in hand.
type office struct {
	schemes  warningv1.SchemeServiceClient
	analyses warningv1.AnalysisServiceClient
	findings warningv1.FindingServiceClient
	warnings warningv1.WarningServiceClient
	figures  warningv1.FigureServiceClient
	tips     networkv1.TipServiceClient
}

func on(conn grpc.ClientConnInterface) office {
	return office{
		schemes: warningv1.NewSchemeServiceClient(conn), analyses: warningv1.NewAnalysisServiceClient(conn),
		findings: warningv1.NewFindingServiceClient(conn),
		warnings: warningv1.NewWarningServiceClient(conn), figures: warningv1.NewFigureServiceClient(conn),
		tips: networkv1.NewTipServiceClient(conn),
	}
}

func as(s *suitetest.Suite, role, unit string) office { return on(s.As(role, unit)) }

// both is one person who may issue and approve.
func both(s *suitetest.Suite, subject string) office {
	return on(s.AsPrincipal(access.Principal{Subject: subject, Unit: suitetest.City, Roles: []string{"handler", "reviewer"}}))
}

// tip sends tips about a unit, handled above it.
func (o office) tip(t *testing.T, unit, area string, n int) {
	t.Helper()
	for i := range n {
		_, err := o.tips.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: &networkv1.TipContent{
			Unit: unit, SubjectArea: area, Channel: "letter", Title: fmt.Sprintf("反映第%d件", i+1), Body: "集体资金收支没有公开",
		}})
		require.NoError(t, err)
	}
}

// run analyses a period for the whole city.
func (o office) run(t *testing.T, period string) *warningv1.Analysis {
	t.Helper()
	answer, err := o.analyses.RunAnalysis(t.Context(), &warningv1.RunAnalysisRequest{Unit: suitetest.City, Period: period})
	require.NoError(t, err)
	return answer
}

// found are the findings of an analysis.
func (o office) found(t *testing.T, a *warningv1.Analysis) []*warningv1.Finding {
	t.Helper()
	listed, err := o.findings.ListFindings(t.Context(), &warningv1.ListFindingsRequest{
		Unit: a.GetUnit(), Period: a.GetPeriod(), PageSize: 1000,
	})
	require.NoError(t, err)
	var own []*warningv1.Finding
	for _, f := range listed.GetFindings() {
		if f.GetUnit() == a.GetUnit() {
			own = append(own, f)
		}
	}
	return own
}

// notice asks for a warning to the township, supervised by its county.
func notice(warningLevel string) *warningv1.IssueWarningRequest {
	return &warningv1.IssueWarningRequest{
		Unit: township, WarningLevel: warningLevel, Title: "集体资金", Grounds: "本月多次反映集体资金收支没有公开", SupervisingUnit: county,
	}
}

func (o office) issue(t *testing.T, req *warningv1.IssueWarningRequest) *warningv1.Warning {
	t.Helper()
	answer, err := o.warnings.IssueWarning(t.Context(), req)
	require.NoError(t, err)
	return answer
}

func (o office) get(t *testing.T, name string) *warningv1.Warning {
	t.Helper()
	answer, err := o.warnings.GetWarning(t.Context(), &warningv1.GetWarningRequest{Name: name})
	require.NoError(t, err)
	return answer
}

func (o office) acknowledge(t *testing.T, name string) *warningv1.Warning {
	t.Helper()
	answer, err := o.warnings.AcknowledgeWarning(t.Context(), &warningv1.AcknowledgeWarningRequest{Name: name})
	require.NoError(t, err)
	return answer
}

func (o office) explain(t *testing.T, name string) *warningv1.Warning {
	t.Helper()
	answer, err := o.warnings.ExplainWarning(t.Context(), &warningv1.ExplainWarningRequest{Name: name, Explanation: "公开栏维修"})
	require.NoError(t, err)
	return answer
}

// talk is a request to record a talk that was held on the suite's first day.
func talk(name string) *warningv1.RecordTalkRequest {
	return &warningv1.RecordTalkRequest{Name: name, Talk: &warningv1.Talk{
		HeldOn: "2026-11-02", HeldBy: "分管负责人", HeldWith: "主任", Record: "要求限期公开收支，主任表示接受。",
	}}
}

// talk records a talk, which waits for the addressee's signature.
func (o office) talk(t *testing.T, name string) *warningv1.Warning {
	t.Helper()
	answer, err := o.warnings.RecordTalk(t.Context(), talk(name))
	require.NoError(t, err)
	return answer
}

// sign signs the record of a talk for the addressee.
func (o office) sign(t *testing.T, name string) *warningv1.Warning {
	t.Helper()
	answer, err := o.warnings.SignTalk(t.Context(), &warningv1.SignTalkRequest{Name: name, Etag: o.get(t, name).GetEtag()})
	require.NoError(t, err)
	return answer
}

// talkedTo is a yellow warning of the city to the township, from whom the rectification is awaited after the talk.
func talkedTo(t *testing.T, s *suitetest.Suite, req *warningv1.IssueWarningRequest) string {
	t.Helper()
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	name := city.issue(t, req).GetName()
	clerk.acknowledge(t, name)
	city.talk(t, name)
	clerk.sign(t, name)
	return name
}

// stepOf is a step of a warning, by its id.
func stepOf(w *warningv1.Warning, id string) *warningv1.WarningStep {
	for _, s := range w.GetSteps() {
		if s.GetId() == id {
			return s
		}
	}
	return nil
}

func (o office) rectify(t *testing.T, name string) *warningv1.Warning {
	t.Helper()
	req := rectification(name)
	req.Rectification.Measures += o.get(t, name).GetEtag() // other than before
	answer, err := o.warnings.SubmitRectification(t.Context(), req)
	require.NoError(t, err)
	return answer
}

func rectification(name string) *warningv1.SubmitRectificationRequest {
	return &warningv1.SubmitRectificationRequest{Name: name, Rectification: &warningv1.Rectification{
		Measures: "公开全部收支",
	}}
}

func (o office) check(t *testing.T, name, unit string, passed bool) *warningv1.Warning {
	t.Helper()
	answer, err := o.warnings.CheckRectification(t.Context(), &warningv1.CheckRectificationRequest{
		Name: name, CheckingUnit: unit, Passed: passed, Note: "已实地核查",
	})
	require.NoError(t, err)
	return answer
}

func (o office) close(t *testing.T, name string) *warningv1.Warning {
	t.Helper()
	answer, err := o.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: "已办结"})
	require.NoError(t, err)
	return answer
}

func (o office) withdraw(t *testing.T, name string) {
	t.Helper()
	_, err := o.warnings.WithdrawWarning(t.Context(), &warningv1.WithdrawWarningRequest{Name: name, Reason: "反映不实"})
	require.NoError(t, err)
}

func (o office) approve(t *testing.T, w *warningv1.Warning) *warningv1.Warning {
	t.Helper()
	answer, err := o.warnings.ApproveWarning(t.Context(), &warningv1.ApproveWarningRequest{Name: w.GetName(), Etag: w.GetEtag()})
	require.NoError(t, err)
	return answer
}

// acts is the history of a warning in a word each.
func acts(w *warningv1.Warning) []string {
	list := make([]string, len(w.GetHistory()))
	for i, e := range w.GetHistory() {
		list[i] = e.GetAct()
	}
	return list
}

// actors are the units that made a warning's history.
func actors(w *warningv1.Warning) []string {
	list := make([]string, len(w.GetHistory()))
	for i, e := range w.GetHistory() {
		list[i] = e.GetUnit()
	}
	return list
}
