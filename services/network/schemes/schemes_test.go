package schemes_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func client(s *suitetest.Suite) networkv1.SchemeServiceClient {
	return networkv1.NewSchemeServiceClient(s.As("administrator", networktest.City))
}

// held is the scheme that holds for a unit on a date.
func held(t *testing.T, s *suitetest.Suite, unit, on string) *networkv1.Scheme {
	t.Helper()
	answer, err := client(s).GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: unit, AsOf: on})
	require.NoError(t, err)
	return answer
}

// of is a scheme of a unit's own, made from the city's.
func of(t *testing.T, s *suitetest.Suite, unit, id, from string) *networkv1.Scheme {
	t.Helper()
	own := proto.CloneOf(held(t, s, networktest.City, ""))
	own.Name, own.Unit, own.EffectiveFrom = "schemes/"+id, unit, from
	return own
}

func term(id, title string) *networkv1.Term {
	return &networkv1.Term{Id: id, Title: &typev1.Text{Zh: title}}
}

func TestH2_SchemeSetsSubjectAreas(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	own := of(t, s, networktest.County, "county", "2026-11-01")
	own.SubjectAreas = []*networkv1.Term{term("medical_ethics", "医德医风"), term("work_style", "工作作风")}
	_, err := client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: own})
	require.NoError(t, err)

	tip := networktest.ValidTip()
	tip.SubjectArea = "medical_ethics"
	networktest.SubmitTip(t, s, networktest.OtherTownship, tip)
	tip.SubjectArea = "collective_funds" // the city's, which holds elsewhere
	_, err = networkv1.NewTipServiceClient(s.As("informant", networktest.OtherTownship)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: tip})
	networktest.Refused(t, err, codes.InvalidArgument, "content.subject_area")
	tip.Unit = networktest.OtherTownship
	networktest.SubmitTip(t, s, networktest.Township, tip)
}

func TestH2_SchemeVersionIsEffectiveFromItsDate(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	next := of(t, s, networktest.City, "c", "2026-12-01")
	next.SubjectAreas = append(next.SubjectAreas, term("housing", "住房保障"))
	_, err := client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: next})
	require.NoError(t, err)
	before, after := held(t, s, networktest.Village, "2026-11-30"), held(t, s, networktest.Village, "2026-12-01")
	assert.Len(t, after.GetSubjectAreas(), len(before.GetSubjectAreas())+1)

	_, err = client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: next})
	suitetest.RequireRefused(t, err, codes.AlreadyExists, "SCHEME_VERSION_EXISTS")
	require.ErrorContains(t, err, "schemes/")
	assert.Equal(t, "2026-12-01", suitetest.Metadata(err)["date"])
	moved := of(t, s, networktest.County, "c", "2027-01-01")
	_, err = client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: moved})
	networktest.Refused(t, err, codes.InvalidArgument, "scheme.unit")
}

func TestH6_FaultyScheduleNamesEveryFault(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	bad := of(t, s, networktest.County, "county", "2026-11-31")
	bad.Schedules[0].Window = &typev1.Window{OpenMonth: 3, OpenDay: 16, CloseMonth: 3, CloseDay: 15}
	bad.SubjectAreas = append(bad.SubjectAreas, bad.GetSubjectAreas()[0])
	_, err := client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: bad})
	networktest.Refused(t, err, codes.InvalidArgument)
	assert.Contains(t, networktest.Fields(t, err), "scheme.schedules[0].window")
	for range 200 {
		bad.SubjectAreas = append(bad.SubjectAreas, bad.GetSubjectAreas()[0])
	}
	_, err = client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: bad})
	networktest.Refused(t, err, codes.InvalidArgument, "scheme.subject_areas")
	assert.Equal(t, "schemes/c", held(t, s, networktest.County, "").GetName(), "nothing half done")
}

func TestC6_EveryTypeOfOfficerHasAMandatoryCriterion(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	store := func(edit func(*networkv1.SelectionCriterion)) error {
		own := of(t, s, networktest.City, "c", "2026-12-01")
		for _, criterion := range own.GetSelectionCriteria() {
			edit(criterion)
		}
		_, err := client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: own})
		return err
	}
	const field = "scheme.selection_criteria"
	networktest.Refused(t, store(func(c *networkv1.SelectionCriterion) { c.Mandatory = false }), codes.InvalidArgument,
		field, field, field, field)
	networktest.Refused(t, store(func(c *networkv1.SelectionCriterion) {
		c.OfficerTypes = []networkv1.OfficerType{networkv1.OfficerType_OFFICER_TYPE_REGULAR}
	}), codes.InvalidArgument, field, field, field)
}

func TestSchemeWithAnUnknownPermissionIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	faulty := of(t, s, networktest.City, "c", "2026-12-01")
	faulty.Roles[1].Permissions = []string{"network.tips.*", "network.tipz.submit", "network.tip*"}
	_, err := client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: faulty})
	networktest.Refused(t, err, codes.InvalidArgument, "scheme.roles[1].permissions[1]", "scheme.roles[1].permissions[2]")
}

func TestSchemeIsReplacedUntilARecordHasUsedIt(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	own := of(t, s, networktest.County, "county", "2026-11-01")
	store := func(replace bool, areas ...*networkv1.Term) error {
		own.SubjectAreas = areas
		_, err := client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: own, Replace: replace})
		return err
	}
	require.NoError(t, store(false, term("medical_ethic", "医德")))
	networktest.Refused(t, store(false, term("medical_ethics", "医德")), codes.AlreadyExists)
	s.Clock.Advance(time.Minute)
	require.NoError(t, store(true, term("medical_ethics", "医德")))
	assert.Equal(t, "medical_ethics", held(t, s, networktest.Township, "").GetSubjectAreas()[0].GetId())

	s.Clock.Advance(time.Minute)
	tip := networktest.ValidTip()
	tip.SubjectArea = "medical_ethics"
	networktest.SubmitTip(t, s, networktest.OtherTownship, tip)
	err := store(true, term("work_style", "作风"))
	networktest.Refused(t, err, codes.FailedPrecondition, "scheme.effective_from")
	assert.Equal(t, "SCHEME_IN_USE", suitetest.Reason(err))

	own.EffectiveFrom = "2027-01-01"
	require.NoError(t, store(false, term("work_style", "作风")))
	require.NoError(t, store(true, term("work_styles", "作风")), "what is not in force yet has no record")
}

func TestNobodyGrantsWhatTheyHaveNot(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	own := of(t, s, networktest.County, "county", "2026-11-01")
	own.Roles = append(own.Roles, &networkv1.Role{
		Id: "keeper", Title: &typev1.Text{Zh: "方案管理员"},
		Permissions: []string{"network.configure", "network.directory.*", "network.tips.read"},
	})
	_, err := client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: own})
	require.NoError(t, err)
	s.Clock.Advance(time.Minute) // the directory has the roles of the last seconds
	keeper := networkv1.NewSchemeServiceClient(s.As("keeper", networktest.County))
	own.EffectiveFrom = "2026-12-01"
	last := own.GetRoles()[len(own.GetRoles())-1]
	last.Permissions = append(last.Permissions, "network.directory.read", "network.tips.*", "*")
	_, err = keeper.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: own})
	field := fmt.Sprintf("scheme.roles[%d].permissions", len(own.GetRoles())-1)
	networktest.Refused(t, err, codes.InvalidArgument, field+"[4]", field+"[5]")
	last.Permissions = last.GetPermissions()[:4]
	_, err = keeper.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: own})
	require.NoError(t, err, "what a role had before it keeps")
}

func TestVersionWithOpenReportsKeepsItsForms(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	own := of(t, s, networktest.County, "county", "2026-12-01")
	_, err := client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: own})
	require.NoError(t, err)
	s.Clock.Advance(30 * 24 * time.Hour)
	s.RunJob(reports.OpenReportsJob)
	own.SubjectAreas = own.GetSubjectAreas()[:1]
	_, err = client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: own, Replace: true})
	require.NoError(t, err)
	own.ReportForms[0].Sections[0].Title.Zh = "另一题目"
	_, err = client(s).CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: own, Replace: true})
	networktest.Refused(t, err, codes.FailedPrecondition, "scheme.effective_from")
}
