package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestV2_StaffWhoAreAskedReadNoOpinionAndAnswerForNobody(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "v", school)
	office := panelAs(s, "discipline_office", school)
	first, second := invitedOfficer(t, s, school, "李四"), invitedOfficer(t, s, school, "王五")
	study := office.create(t, focusStudy("special_analysis"))
	byFirst, own := office.invite(t, study.GetName(), expertOf("", first)), office.invite(t, study.GetName(), expertOf("", second))
	outside := office.invite(t, study.GetName(), expertOf("赵六", ""))
	panelOf(byOfficer(s, first, "expert")).wholly(t, byFirst.GetName(), nil)
	staff := panelOf(byOfficer(s, second, "expert", "discipline_office"))
	for _, name := range []string{byFirst.GetName(), outside.GetName()} {
		_, err := staff.GetStudyInvitation(t.Context(), &warningv1.GetStudyInvitationRequest{Name: name})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}
	_, err := staff.AnswerInvitation(t.Context(), &warningv1.AnswerInvitationRequest{
		Name: outside.GetName(), Accepted: true, Reception: received(s),
	})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	office.accept(t, outside.GetName(), received(s))
	_, err = staff.DeclareConflict(t.Context(), &warningv1.DeclareConflictRequest{Name: outside.GetName(), Reception: received(s)})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	office.clear(t, outside.GetName(), received(s))
	_, err = staff.opine(t, outside.GetName(), received(s))
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	assert.Equal(t, own.GetName(), staff.invitation(t, own.GetName()).GetName())
	office.advise(t, outside.GetName(), received(s))
	_, err = office.conclude(t, study.GetName())
	require.NoError(t, err)
	assert.NotEmpty(t, staff.invitation(t, byFirst.GetName()).GetOpinion(), "once it has ended, as staff")
}

func TestV2_OfficersBeyondReachAreNotInvitedAndNothingIsToldOfThem(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "v", school)
	department := panelAs(s, "department", general)
	asked := focusStudy("special_analysis")
	asked.Unit, asked.SubjectUnits = general, []string{procurement}
	study := department.create(t, asked)
	above, own := invitedOfficer(t, s, school, "李四"), invitedOfficer(t, s, general, "王五")
	guess := &warningv1.StudyExpert{Name: "赵六", Unit: teaching, Office: "检察官", Field: "预防", Officer: above}
	_, err := department.InviteExpert(t.Context(), &warningv1.InviteExpertRequest{Name: study.GetName(), Expert: guess})
	suitetest.RequireFieldFaults(t, err, map[string]string{"expert.officer": "UNKNOWN_OFFICER"})
	assert.NotContains(t, err.Error(), "李四")
	guess.Officer = own
	_, err = panelAs(s, "discipline_office", school).InviteExpert(t.Context(),
		&warningv1.InviteExpertRequest{Name: study.GetName(), Expert: guess})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	assert.Equal(t, "王五", department.invite(t, study.GetName(), expertOf("", own)).GetExpert().GetName())
}

func TestV2_MessagesToExpertsNameNeitherThemNorWhatIsStudied(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "v", school)
	office := panelAs(s, "discipline_office", school)
	study := office.create(t, focusStudy("special_analysis"))
	own := office.invite(t, study.GetName(), expertOf("", invitedOfficer(t, s, school, "李四")))
	advanceTo(t, s, 2026, time.November, 6)
	s.RunJob("warning.remind_studies")
	toldAs(t, s, "expert", school, own.GetName(), 2)
	_, err := office.WithdrawStudy(t.Context(), &warningv1.WithdrawStudyRequest{Name: study.GetName(), Reason: "重复"})
	require.NoError(t, err)
	toldAs(t, s, "expert", school, own.GetName(), 3)
	listed, err := networkv1.NewInboxServiceClient(s.As("discipline_office", school)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: school})
	require.NoError(t, err)
	var told int
	for _, m := range listed.GetMessages() {
		if m.GetResource() == own.GetName() {
			told++
			assert.NotContains(t, m.GetTitle(), study.GetTitle(), m.GetKind())
			assert.NotContains(t, m.GetTitle(), "李四", m.GetKind())
		}
	}
	assert.Equal(t, 3, told)
}

func TestV2_ExpertsBelowAUnitStudiedOnTheSystemLineHaveAConflict(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	city := panelAs(s, "handler", suitetest.City)
	ofBureau := city.create(t, expertStudy(suitetest.City, bureau))
	_, err := city.InviteExpert(t.Context(), &warningv1.InviteExpertRequest{
		Name: ofBureau.GetName(), Expert: outsider("李四", lowerBureau),
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"expert.unit": "EXPERT_OF_SUBJECT"})

	stands := advisedBy(t, s, suitetest.City, []string{audit}, "", lowerBureau)
	late := city.invite(t, stands.GetName(), outsider("钱七", lowerBureau))
	city.accept(t, late.GetName(), received(s))
	city.clear(t, late.GetName(), received(s))
	_, err = networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).MoveUnit(t.Context(),
		&networkv1.MoveUnitRequest{Name: lowerBureau, SystemParent: audit, Reason: "划转"})
	require.NoError(t, err)
	followed(s)
	_, err = city.opine(t, late.GetName(), received(s))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "EXPERT_OF_SUBJECT")
	_, err = city.conclude(t, stands.GetName())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_FEW_OPINIONS")
}

func TestV2_TheFocusLiesWithTheUnitsStudiedOnEitherLine(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	const second, branch = "units/hospitals_second", "units/second_pharmacy"
	_, err := networkv1.NewUnitServiceClient(h.As("administrator", hospitalGroup)).CreateUnit(t.Context(),
		&networkv1.CreateUnitRequest{UnitId: branch[len("units/"):], Unit: &networkv1.Unit{
			Title: "药剂科", Level: typev1.Level_LEVEL_TOWNSHIP, Parent: second, SystemParent: pharmacy,
			Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT,
		}})
	require.NoError(t, err)
	followed(h.Suite)
	positions := riskv1.NewPositionServiceClient(h.As("ethics_committee", hospitalGroup))
	var names []string
	for _, unit := range []string{pharmacy, branch} {
		position, err := positions.CreatePosition(t.Context(),
			&riskv1.CreatePositionRequest{Position: &riskv1.Position{Unit: unit, Title: "药品采购主管", Rank: "chief", Tier: "supply"}})
		require.NoError(t, err)
		names = append(names, position.GetName())
	}
	auditor := panelAs(h.Suite, "group_auditor", hospitalGroup)
	study := focusStudy("outside_expert")
	study.Unit, study.SubjectUnits = hospitalGroup, []string{pharmacy}
	study.Focus = []*warningv1.StudyFocus{{Post: "主管", Position: names[0]}}
	made := auditor.create(t, study)
	elsewhere := &warningv1.Study{Name: made.GetName(), SubjectUnits: []string{second}}
	_, err = auditor.UpdateStudy(t.Context(), &warningv1.UpdateStudyRequest{Study: proto.CloneOf(elsewhere)})
	suitetest.RequireFieldFaults(t, err, map[string]string{"study.focus[0].position": "NOT_FOUND"})
	elsewhere.SubjectUnits = []string{second, firstHospital}
	_, err = auditor.UpdateStudy(t.Context(), &warningv1.UpdateStudyRequest{Study: elsewhere})
	require.NoError(t, err)

	study.Focus = []*warningv1.StudyFocus{{Post: "分院主管", Position: names[1]}}
	auditor.create(t, study) // of a unit below the one studied on the system line
}
