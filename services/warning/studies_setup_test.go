package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	general     = "units/school_logistics"
	procurement = "units/post_procurement"
	teaching    = "units/school_teaching"
)

// panel is whoever has to do with studies.
type panel struct {
	warningv1.StudyServiceClient
}

func panelOf(conn grpc.ClientConnInterface) panel {
	return panel{warningv1.NewStudyServiceClient(conn)}
}

func panelAs(s *suitetest.Suite, role, unit string) panel { return panelOf(s.As(role, unit)) }

// byOfficer is a connection of an officer with some roles.
func byOfficer(s *suitetest.Suite, officer string, roles ...string) grpc.ClientConnInterface {
	return s.AsPrincipal(access.Principal{Subject: "accounts/" + officer[len("officers/"):], Officer: officer, Roles: roles})
}

// invitedOfficer is a person whom the school has specially invited to serve a unit.
func invitedOfficer(t *testing.T, s *suitetest.Suite, unit, name string) string {
	t.Helper()
	officer := networktest.Officer(school, unit, networkv1.OfficerType_OFFICER_TYPE_SPECIAL_INVITED)
	officer.Title, officer.Group, officer.Selection = name, "expert", networktest.Selected("knows_post")
	made, err := networkv1.NewOfficerServiceClient(s.As("discipline_office", school)).AppointOfficer(t.Context(),
		&networkv1.AppointOfficerRequest{Officer: officer})
	require.NoError(t, err)
	return made.GetName()
}

// expertOf is the expert who answers by an officer's account; without one they have none.
func expertOf(name, officer string) *warningv1.StudyExpert {
	if officer != "" {
		name = ""
	}
	return &warningv1.StudyExpert{Name: name, Office: "市检察院检察官", Field: "职务犯罪预防", Officer: officer}
}

// focusStudy is a study of the school about its general affairs.
func focusStudy(kind string) *warningv1.Study {
	return &warningv1.Study{
		Unit: school, Kind: kind, Title: "物资采购", Brief: "食堂物资由一人询价、一人验收，三家报价格式相同。",
		Questions:    []string{"三家报价是否同源？", "哪个环节最易失守？"},
		SubjectUnits: []string{general}, Focus: []*warningv1.StudyFocus{{Post: "物资采购岗", Step: "询价"}},
	}
}

func (p panel) create(t *testing.T, study *warningv1.Study) *warningv1.Study {
	t.Helper()
	made, err := p.CreateStudy(t.Context(), &warningv1.CreateStudyRequest{Study: study})
	require.NoError(t, err)
	return made
}

func (p panel) invite(t *testing.T, study string, expert *warningv1.StudyExpert) *warningv1.StudyInvitation {
	t.Helper()
	made, err := p.InviteExpert(t.Context(), &warningv1.InviteExpertRequest{Name: study, Expert: expert})
	require.NoError(t, err)
	return made
}

func (p panel) study(t *testing.T, name string) *warningv1.Study {
	t.Helper()
	read, err := p.GetStudy(t.Context(), &warningv1.GetStudyRequest{Name: name})
	require.NoError(t, err)
	return read
}

func (p panel) invitation(t *testing.T, name string) *warningv1.StudyInvitation {
	t.Helper()
	read, err := p.GetStudyInvitation(t.Context(), &warningv1.GetStudyInvitationRequest{Name: name})
	require.NoError(t, err)
	return read
}

func (p panel) listed(t *testing.T, req *warningv1.ListStudiesRequest) (names []string) {
	t.Helper()
	list, err := p.ListStudies(t.Context(), req)
	require.NoError(t, err)
	for _, one := range list.GetStudies() {
		require.Empty(t, one.GetExperts())
		names = append(names, one.GetName())
	}
	return names
}

func (p panel) accept(t *testing.T, name string, r *warningv1.StudyReception) *warningv1.StudyInvitation {
	t.Helper()
	made, err := p.AnswerInvitation(t.Context(), &warningv1.AnswerInvitationRequest{Name: name, Accepted: true, Reception: r})
	require.NoError(t, err)
	return made
}

func (p panel) clear(t *testing.T, name string, r *warningv1.StudyReception) *warningv1.StudyInvitation {
	t.Helper()
	made, err := p.DeclareConflict(t.Context(), &warningv1.DeclareConflictRequest{Name: name, Reception: r})
	require.NoError(t, err)
	return made
}

func (p panel) advise(t *testing.T, name string, r *warningv1.StudyReception) *warningv1.StudyInvitation {
	t.Helper()
	made, err := p.opine(t, name, r)
	require.NoError(t, err)
	return made
}

func (p panel) opine(t *testing.T, name string, r *warningv1.StudyReception) (*warningv1.StudyInvitation, error) {
	t.Helper()
	return p.RecordOpinion(t.Context(), &warningv1.RecordOpinionRequest{Name: name, Opinion: "询价与验收应由不同的人办理。", Reception: r})
}

// wholly has an expert accept, declare to have no conflict and advise.
func (p panel) wholly(t *testing.T, name string, r *warningv1.StudyReception) {
	t.Helper()
	p.accept(t, name, r)
	p.clear(t, name, r)
	p.advise(t, name, r)
}

func (p panel) conclude(t *testing.T, name string) (*warningv1.Study, error) {
	t.Helper()
	return p.ConcludeStudy(t.Context(), &warningv1.ConcludeStudyRequest{
		Name: name, Conclusion: "询价环节存在隐患。", Recommendations: []string{"询价、验收分设两人。"},
	})
}

// received is that the discipline office received something today.
func received(s *suitetest.Suite) *warningv1.StudyReception {
	return &warningv1.StudyReception{ReceivedBy: "纪检室值班员", ReceivedOn: s.Clock.Now().In(time.FixedZone("", 8*3600)).Format(time.DateOnly)}
}
