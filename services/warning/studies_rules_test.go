package warning_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// expertStudy is a study by the C profile.
func expertStudy(unit string, subjects ...string) *warningv1.Study {
	study := focusStudy("expert_study")
	study.Unit, study.SubjectUnits = unit, subjects
	return study
}

// outsider is an expert without an account, of a unit of the tree or from outside.
func outsider(name, unit string) *warningv1.StudyExpert {
	expert := expertOf(name, "")
	expert.Unit = unit
	return expert
}

// advisedBy is a study on which experts of these units have advised, each without an account.
func advisedBy(t *testing.T, s *suitetest.Suite, unit string, subjects []string, experts ...string) *warningv1.Study {
	t.Helper()
	handler := panelAs(s, "handler", unit)
	study := handler.create(t, expertStudy(unit, subjects...))
	for i, of := range experts {
		made := handler.invite(t, study.GetName(), outsider([]string{"李四", "王五", "赵六"}[i], of))
		handler.wholly(t, made.GetName(), received(s))
	}
	return study
}

func TestV2_AnExpertOfAUnitStudiedHasAConflictByThat(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := panelAs(s, "handler", suitetest.City)
	study := city.create(t, expertStudy(suitetest.City, township))
	for _, unit := range []string{township, village} {
		_, err := city.InviteExpert(t.Context(), &warningv1.InviteExpertRequest{Name: study.GetName(), Expert: outsider("李四", unit)})
		suitetest.RequireFieldFaults(t, err, map[string]string{"expert.unit": "EXPERT_OF_SUBJECT"})
	}
	assert.Empty(t, city.study(t, study.GetName()).GetExperts())
	for _, unit := range []string{county, other, ""} {
		city.invite(t, study.GetName(), outsider("李四"+unit[len(unit)-min(len(unit), 3):], unit))
	}
	experts := city.study(t, study.GetName()).GetExperts()
	require.Len(t, experts, 3)
	for _, one := range experts {
		city.accept(t, one.GetName(), received(s))
		city.clear(t, one.GetName(), received(s))
	}
	city.advise(t, experts[0].GetName(), received(s))

	merge(t, s, other, township) // the second expert is of the unit studied since
	_, err := city.opine(t, experts[1].GetName(), received(s))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "EXPERT_OF_SUBJECT")
	_, err = city.conclude(t, study.GetName())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_FEW_OPINIONS")
	city.advise(t, experts[2].GetName(), received(s))
	_, err = city.conclude(t, study.GetName())
	require.NoError(t, err)

	stands := advisedBy(t, s, suitetest.City, []string{"units/340503003"}, "", "units/340503004")
	merge(t, s, "units/340503004", "units/340503003")
	_, err = city.conclude(t, stands.GetName())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_FEW_OPINIONS")
}

func TestV2_ASuccessorConcludesAndAUnitStudiedNever(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	ofTownship := advisedBy(t, s, township, []string{village}, "", county)
	merge(t, s, township, other)
	for _, unit := range []string{county, suitetest.City} {
		_, err := panelAs(s, "handler", unit).conclude(t, ofTownship.GetName())
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	}
	_, err := panelAs(s, "handler", other).conclude(t, ofTownship.GetName())
	require.NoError(t, err)

	// What is studied becomes part of the unit that studies: that finds the study no more, and the one above concludes.
	judged := advisedBy(t, s, other, []string{village}, "", county)
	merge(t, s, village, other)
	own := panelAs(s, "handler", other)
	_, err = own.conclude(t, judged.GetName())
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	assert.NotContains(t, own.listed(t, &warningv1.ListStudiesRequest{Unit: other}), judged.GetName())
	above := panelAs(s, "handler", county)
	assert.Contains(t, above.listed(t, &warningv1.ListStudiesRequest{Unit: county}), judged.GetName())
	_, err = panelAs(s, "handler", suitetest.City).conclude(t, judged.GetName())
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	before := len(toldAs(t, s, "clerk", other, judged.GetName(), 0))
	advanceTo(t, s, 2026, time.December, 1)
	s.RunJob("warning.remind_studies")
	assert.Contains(t, toldAs(t, s, "handler", county, judged.GetName(), 1), "inbox.study_overdue")
	assert.Len(t, toldAs(t, s, "clerk", other, judged.GetName(), 0), before, "the unit studied hears nothing of it")
	_, err = above.conclude(t, judged.GetName())
	require.NoError(t, err)
}

// Experts advise, declare and are invited while the unit concludes: whatever comes first, a conclusion rests on what it says.
func TestV2_ExpertsAndTheUnitActAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := panelAs(s, "handler", suitetest.City)
	study := city.create(t, expertStudy(suitetest.City, township))
	made := make(chan *warningv1.StudyInvitation, 4)
	atOnce(4, func(int) {
		if one, err := city.InviteExpert(t.Context(), &warningv1.InviteExpertRequest{
			Name: study.GetName(), Expert: outsider("李四", ""),
		}); err == nil {
			made <- one
		}
	})
	close(made)
	require.Len(t, made, 1, "the same expert is invited once")
	names := []string{(<-made).GetName()}
	for _, name := range []string{"王五", "赵六", "钱七"} {
		names = append(names, city.invite(t, study.GetName(), outsider(name, "")).GetName())
	}
	for _, name := range names {
		city.accept(t, name, received(s))
		city.clear(t, name, received(s))
	}
	for _, name := range names[:2] {
		city.advise(t, name, received(s))
	}
	errs := make([]error, 6)
	atOnce(6, func(i int) {
		switch {
		case i < 2: // who advised finds a conflict
			_, errs[i] = city.DeclareConflict(t.Context(), &warningv1.DeclareConflictRequest{
				Name: names[i], HasConflict: true, Conflict: "同学", Reception: received(s),
			})
		case i < 4:
			_, errs[i] = city.opine(t, names[i], received(s))
		default:
			_, errs[i] = city.conclude(t, study.GetName())
		}
	})
	read := city.study(t, study.GetName())
	var counted int32
	for _, one := range read.GetExperts() {
		if one.GetOpinion() != "" && one.GetConflict() == "" {
			counted++
		}
	}
	if read.GetState() == warningv1.StudyState_STUDY_STATE_CONCLUDED {
		assert.GreaterOrEqual(t, counted, read.GetOpinionCount())
		assert.GreaterOrEqual(t, read.GetOpinionCount(), int32(2))
		assert.NotEqual(t, errs[4] == nil, errs[5] == nil, "it is concluded once")
		return
	}
	for _, err := range errs[4:] {
		assert.Equal(t, "TOO_FEW_OPINIONS", suitetest.Reason(err))
	}
}

// atOnce runs something several times at once.
func atOnce(n int, run func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { run(i) })
	}
	all.Wait()
}

func TestV2_AStudyRestsOnFindingsWarningsAndTheRegister(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := panelAs(s, "handler", suitetest.City)
	found := recurring(t, s)
	study := expertStudy(suitetest.City, township)
	study.Focus, study.Findings, study.Warning = nil, []string{found.GetName()}, warned(t, s, suitetest.City, township)
	made := city.create(t, study)
	assert.Equal(t, []string{made.GetName()}, city.listed(t, &warningv1.ListStudiesRequest{Unit: suitetest.City, Finding: found.GetName()}))
	study.Unit, study.Warning = county, ""
	_, err := panelAs(s, "handler", county).CreateStudy(t.Context(), &warningv1.CreateStudyRequest{Study: study})
	suitetest.RequireFieldFaults(t, err, map[string]string{"study.findings[0]": "NOT_FOUND"})
	filesOf(s.As("handler", suitetest.City)).attach(t, made.GetName())
	shown, err := filesOf(s.As("handler", suitetest.City)).ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: made.GetName()})
	require.NoError(t, err)
	assert.Len(t, shown.GetAttachments(), 1)
}

// The hospitals have an expert from outside look at a post of the register.
func TestV2_AnOutsideExpertLooksAtAPostOfTheRegister(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	position, err := riskv1.NewPositionServiceClient(h.As("ethics_committee", hospitalGroup)).CreatePosition(t.Context(),
		&riskv1.CreatePositionRequest{Position: &riskv1.Position{Unit: pharmacy, Title: "药品采购主管", Rank: "chief", Tier: "supply"}})
	require.NoError(t, err)
	auditor := panelAs(h.Suite, "group_auditor", hospitalGroup)
	study := focusStudy("outside_expert")
	study.Unit, study.SubjectUnits = hospitalGroup, []string{firstHospital}
	study.Focus[0].Position = position.GetName()
	made := auditor.create(t, study)
	elsewhere := proto.CloneOf(study)
	elsewhere.SubjectUnits = []string{"units/hospitals_second"}
	_, err = auditor.CreateStudy(t.Context(), &warningv1.CreateStudyRequest{Study: elsewhere})
	suitetest.RequireFieldFaults(t, err, map[string]string{"study.focus[0].position": "NOT_FOUND"})
	asked := auditor.invite(t, made.GetName(), outsider("李四", ""))
	assert.Equal(t, "2026-11-09", asked.GetDueOn(), "seven days")
	_, err = auditor.conclude(t, made.GetName())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_FEW_OPINIONS")
	auditor.wholly(t, asked.GetName(), received(h.Suite))
	concluded, err := auditor.conclude(t, made.GetName())
	require.NoError(t, err, "one opinion is enough")
	assert.EqualValues(t, 1, concluded.GetOpinionCount())
}

func TestV2_KindsOfStudiesAreCheckedWhenStored(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	schemes := warningv1.NewSchemeServiceClient(s.As(access.Administrator, suitetest.City))
	scheme, err := schemes.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-03"
	kind := scheme.GetStudyKinds()[0]
	twin := proto.CloneOf(kind)
	twin.Reminders[0].RepeatEveryDays = 3
	scheme.StudyKinds = append(scheme.StudyKinds, twin)
	_, err = schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"scheme.study_kinds[1].id": "DUPLICATE", "scheme.study_kinds[1].reminders[0].repeat_every_days": "REMINDER_REPEAT",
	})
	twin.Id, twin.Reminders[0].RepeatEveryDays, twin.LeastExperts = "other", 0, 0
	_, err = schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	suitetest.RequireFieldFaults(t, err, map[string]string{"scheme.study_kinds[1].least_experts": "REQUIRED"})
	study := panelAs(s, "handler", suitetest.City).create(t, expertStudy(suitetest.City, township))
	scheme.StudyKinds = nil
	_, err = schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	s.Clock.Advance(48 * time.Hour)
	_, err = panelAs(s, "handler", suitetest.City).InviteExpert(t.Context(), &warningv1.InviteExpertRequest{
		Name: study.GetName(), Expert: outsider("李四", ""),
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_STUDY_KIND")
}
