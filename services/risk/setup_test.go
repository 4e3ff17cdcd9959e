package risk_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	county     = "units/340503"
	township   = "units/340503001"
	other      = "units/340503002"
	village    = "units/340503001001"
	commerce   = "units/commerce"
	markets    = "units/commerce_markets"
	court      = "units/court"
	courtCivil = "units/court_civil"
)

// office is one role in one unit with the risk service's APIs in hand.
type office struct {
	unit      string
	schemes   riskv1.SchemeServiceClient
	positions riskv1.PositionServiceClient
	powers    riskv1.PowerItemServiceClient
	points    riskv1.RiskPointServiceClient
	second    *office // another account of the unit in the role
	redos     riskv1.RedoServiceClient
	problems  riskv1.CommonProblemServiceClient
	cards     riskv1.RiskCardServiceClient
	controls  riskv1.ControlServiceClient
	figures   riskv1.FigureServiceClient
	found     riskv1.DeficiencyServiceClient
	checks    riskv1.CheckServiceClient
	files     riskv1.AttachmentServiceClient

	publications riskv1.PublicationServiceClient
	pledges      riskv1.CommitmentServiceClient
	comments     riskv1.CommentServiceClient
	rotations    riskv1.RotationServiceClient
	campaigns    riskv1.CampaignServiceClient
	decisions    riskv1.DecisionServiceClient
	openness     riskv1.OpennessServiceClient
	cadres       riskv1.AppointmentServiceClient
	polls        riskv1.PollServiceClient
}

func as(s *suitetest.Suite, role, unit string) office {
	second := on(s.AsPrincipal(access.Principal{Subject: "accounts/second." + role, Unit: unit, Roles: []string{role}}), unit)
	o := on(s.As(role, unit), unit)
	o.second = &second
	return o
}

func on(conn grpc.ClientConnInterface, unit string) office {
	return office{
		unit: unit, schemes: riskv1.NewSchemeServiceClient(conn), positions: riskv1.NewPositionServiceClient(conn),
		powers: riskv1.NewPowerItemServiceClient(conn), points: riskv1.NewRiskPointServiceClient(conn),
		publications: riskv1.NewPublicationServiceClient(conn),
		comments:     riskv1.NewCommentServiceClient(conn),
		redos:        riskv1.NewRedoServiceClient(conn), problems: riskv1.NewCommonProblemServiceClient(conn),
		cards: riskv1.NewRiskCardServiceClient(conn), controls: riskv1.NewControlServiceClient(conn),
		figures: riskv1.NewFigureServiceClient(conn), found: riskv1.NewDeficiencyServiceClient(conn),
		checks:  riskv1.NewCheckServiceClient(conn),
		files:   riskv1.NewAttachmentServiceClient(conn),
		pledges: riskv1.NewCommitmentServiceClient(conn), rotations: riskv1.NewRotationServiceClient(conn),
		campaigns: riskv1.NewCampaignServiceClient(conn),
		decisions: riskv1.NewDecisionServiceClient(conn),
		openness:  riskv1.NewOpennessServiceClient(conn),
		cadres:    riskv1.NewAppointmentServiceClient(conn),
		polls:     riskv1.NewPollServiceClient(conn),
	}
}

// post is a position of a unit.
func (o office) post(t *testing.T, unit, title, rank string) string {
	t.Helper()
	answer, err := o.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{
		Position: &riskv1.Position{Unit: unit, Title: title, Rank: rank},
	})
	require.NoError(t, err)
	return answer.GetName()
}

// licensing is a power with a workflow of three steps, which two positions of the unit exercise.
func (o office) licensing(t *testing.T, unit string) *riskv1.PowerItem {
	t.Helper()
	window, decider := o.post(t, unit, "窗口受理岗", "staff"), o.post(t, unit, "审批岗", "staff")
	return &riskv1.PowerItem{
		Unit: unit, Kind: "power", Title: "临时占道许可", LegalBasis: "《城市道路管理条例》", Positions: []string{window, decider},
		Steps: []*riskv1.Step{
			{Id: "accept", Title: "受理", Position: window, Edges: []*riskv1.Edge{{Step: "decide"}}},
			{
				Id: "decide", Title: "审批", Position: decider, DecisionPoint: true,
				Edges: []*riskv1.Edge{{Step: "issue", Label: "准予"}, {Step: "accept", Label: "补正"}},
			},
			{Id: "issue", Title: "发证", Actor: "申请人", Limit: &typev1.DeadlineRule{Days: 5, Unit: typev1.DayUnit_DAY_UNIT_WORKING}},
		},
	}
}

func (o office) power(t *testing.T, item *riskv1.PowerItem) *riskv1.PowerItem {
	t.Helper()
	answer, err := o.powers.CreatePowerItem(t.Context(), &riskv1.CreatePowerItemRequest{PowerItem: item})
	require.NoError(t, err)
	return answer
}

// riskPoint is a risk point with points for each factor of the C profile.
func riskPoint(unit string, frequency, importance, harm int32) *riskv1.RiskPoint {
	return &riskv1.RiskPoint{
		Unit: unit, Category: "duty", SearchMethods: []string{"self"}, Regime: "行政许可制度", Description: "对条件不符的申请予以许可",
		Points: map[string]int32{"frequency": frequency, "importance": importance, "harm": harm},
	}
}

func (o office) point(t *testing.T, point *riskv1.RiskPoint) *riskv1.RiskPoint {
	t.Helper()
	answer, err := o.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: point})
	require.NoError(t, err)
	return answer
}

func (o office) update(t *testing.T, point *riskv1.RiskPoint) *riskv1.RiskPoint {
	t.Helper()
	answer, err := o.points.UpdateRiskPoint(t.Context(), &riskv1.UpdateRiskPointRequest{
		RiskPoint: point, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"*"}},
	})
	require.NoError(t, err)
	return answer
}

// ranks are those that own risk points of a grade, in the profiles C and T.
var ranks = map[string]string{"a": "head", "b": "deputy", "c": "section_head"}

// submit hands a risk point in, owned by a position of the rank that its grade asks for.
func (o office) submit(t *testing.T, point *riskv1.RiskPoint) *riskv1.RiskPoint {
	t.Helper()
	if point.GetOwnerPosition() == "" {
		point.OwnerPosition = o.post(t, o.unit, "责任岗", ranks[point.GetGrade()])
		point = o.update(t, point)
	}
	return o.propose(t, point, riskv1.Proposal_PROPOSAL_ENTER)
}

func (o office) propose(t *testing.T, point *riskv1.RiskPoint, proposal riskv1.Proposal) *riskv1.RiskPoint {
	t.Helper()
	answer, err := o.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{
		Name: point.GetName(), Proposal: proposal, Reason: "形势变化", Etag: point.GetEtag(),
	})
	require.NoError(t, err)
	return answer
}

func (o office) sendBack(t *testing.T, point *riskv1.RiskPoint, reason string) *riskv1.RiskPoint {
	t.Helper()
	answer, err := o.points.ReturnRiskPoint(t.Context(), &riskv1.ReturnRiskPointRequest{Name: point.GetName(), Reason: reason})
	require.NoError(t, err)
	return answer
}

// pass approves a risk point as it was read.
func pass(read *riskv1.RiskPoint) *riskv1.ApproveRiskPointRequest {
	return &riskv1.ApproveRiskPointRequest{Name: read.GetName(), ContentSha256: read.GetStanding().GetContentSha256(), Reason: "同意"}
}

func (o office) approve(t *testing.T, point *riskv1.RiskPoint) *riskv1.RiskPoint {
	t.Helper()
	answer, err := o.points.ApproveRiskPoint(t.Context(), pass(point))
	require.NoError(t, err)
	return answer
}

// approveTwice passes two stages, by two persons in the role.
func (o office) approveTwice(t *testing.T, point *riskv1.RiskPoint) *riskv1.RiskPoint {
	t.Helper()
	return o.approveBySecond(t, o.approve(t, point))
}

func (o office) approveBySecond(t *testing.T, point *riskv1.RiskPoint) *riskv1.RiskPoint {
	t.Helper()
	return o.second.approve(t, point)
}

// attach adds a file to a record, and gives its name.
func (o office) attach(t *testing.T, owner string) string {
	t.Helper()
	data := []byte("%PDF-1.7\n整改情况\n")
	begun, err := o.files.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{
		Owner: owner, File: &typev1.AttachmentFile{FileName: "整改.pdf", MediaType: "application/pdf", Size: int64(len(data))},
	})
	require.NoError(t, err)
	_, err = o.files.UploadPart(t.Context(), &typev1.UploadPartRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(), Data: data,
	})
	require.NoError(t, err)
	_, err = o.files.CompleteAttachment(t.Context(), &typev1.CompleteAttachmentRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(),
	})
	require.NoError(t, err)
	return begun.GetName()
}
