package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestV2_APanelIsInvitedDeclaresConflictsAdvisesAndTheSchoolConcludes(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "v", school)
	office := panelAs(s, "discipline_office", school)
	first, second := invitedOfficer(t, s, school, "李四"), invitedOfficer(t, s, school, "王五")
	inquiry, err := networkv1.NewInquiryServiceClient(s.As("discipline_office", school)).OpenInquiry(t.Context(),
		&networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
			Unit: school, Point: teaching, Kind: "special_analysis", SubjectUnits: []string{general}, Title: "采购比价",
			Questions: []string{"近三年由谁比价？"}, DueOn: "2026-11-30",
		}})
	require.NoError(t, err)

	study := office.create(t, focusStudy("special_analysis"))
	assert.Equal(t, "重点信息专项分析", study.GetKindTitle().GetZh())
	changed := focusStudy("special_analysis")
	changed.Unit, changed.Kind, changed.Name = "", "", study.GetName()
	changed.Questions = []string{"三家报价是否同源？"}
	study, err = office.UpdateStudy(t.Context(), &warningv1.UpdateStudyRequest{Study: changed})
	require.NoError(t, err)
	assert.Len(t, study.GetQuestions(), 1)
	_, err = office.conclude(t, study.GetName())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	byFirst := office.invite(t, study.GetName(), expertOf("", first))
	assert.Equal(t, []string{"李四", school}, []string{byFirst.GetExpert().GetName(), byFirst.GetExpert().GetUnit()})
	assert.Equal(t, "2026-11-05", byFirst.GetDueOn(), "three working days")
	bySecond := office.invite(t, study.GetName(), expertOf("", second))
	outside := office.invite(t, study.GetName(), expertOf("赵六", ""))
	refuses := office.invite(t, study.GetName(), expertOf("钱七", ""))
	study = office.study(t, study.GetName())
	assert.Equal(t, []string{"2026-11-02", "2026-11-30"}, []string{study.GetOpenedOn(), study.GetDueOn()})
	assert.Contains(t, toldAs(t, s, "expert", school, byFirst.GetName(), 1), "inbox.expert_invited")
	_, err = office.UpdateStudy(t.Context(), &warningv1.UpdateStudyRequest{Study: &warningv1.Study{Name: study.GetName(), Brief: "另一个"}})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STUDY_ASKED")
	study, err = office.UpdateStudy(t.Context(), &warningv1.UpdateStudyRequest{
		Study: &warningv1.Study{Name: study.GetName(), Inquiries: []string{inquiry.GetName()}},
	})
	require.NoError(t, err, "facts are asked for while experts look")

	one, two, paper := panelOf(byOfficer(s, first, "expert")), panelOf(byOfficer(s, second, "expert")), received(s)
	_, err = one.opine(t, byFirst.GetName(), nil)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	assert.Equal(t, "2026-11-16", one.accept(t, byFirst.GetName(), nil).GetDueOn(), "ten working days")
	_, err = one.opine(t, byFirst.GetName(), nil)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	one.clear(t, byFirst.GetName(), nil)
	_, err = office.conclude(t, study.GetName())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_FEW_OPINIONS")
	one.advise(t, byFirst.GetName(), nil)
	two.accept(t, bySecond.GetName(), nil)
	left, err := two.DeclareConflict(t.Context(), &warningv1.DeclareConflictRequest{
		Name: bySecond.GetName(), HasConflict: true, Conflict: "配偶在报价的一家公司任职。",
	})
	require.NoError(t, err)
	assert.Equal(t, warningv1.StudyInvitationState_STUDY_INVITATION_STATE_CONFLICTED, left.GetState())
	assert.Empty(t, left.GetRemindOn())
	_, err = two.opine(t, bySecond.GetName(), nil)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = office.AnswerInvitation(t.Context(), &warningv1.AnswerInvitationRequest{
		Name: refuses.GetName(), Reason: "出差。", Reception: paper,
	})
	require.NoError(t, err)
	_, err = office.conclude(t, study.GetName())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_FEW_OPINIONS")
	assert.Contains(t, err.Error(), "1")
	office.wholly(t, outside.GetName(), paper)

	study, err = office.conclude(t, study.GetName())
	require.NoError(t, err)
	assert.EqualValues(t, 2, study.GetOpinionCount())
	assert.Empty(t, study.GetRemindOn())
	study = office.study(t, study.GetName())
	states := make([]string, 0, 4)
	for _, e := range study.GetExperts() {
		states = append(states, e.GetState().String()[len("STUDY_INVITATION_STATE_"):])
	}
	assert.Equal(t, []string{"HEARD", "CONFLICTED", "HEARD", "DECLINED"}, states, "all stay on record")
	assert.Equal(t, "配偶在报价的一家公司任职。", study.GetExperts()[1].GetConflict())
	assert.Equal(t, "纪检室值班员", study.GetExperts()[2].GetOpinionReception().GetReceivedBy())
	assert.Equal(t, []string{inquiry.GetName()}, study.GetInquiries())
	assert.Equal(t, []string{"inbox.study_accepted", "inbox.study_advised", "inbox.study_accepted", "inbox.study_conflict"},
		toldAs(t, s, "discipline_office", school, study.GetName(), 4))
	assert.Equal(t, []string{"inbox.expert_invited", "inbox.expert_study_concluded"},
		toldAs(t, s, "expert", school, byFirst.GetName(), 2))
	_, err = one.DeclareConflict(t.Context(), &warningv1.DeclareConflictRequest{Name: byFirst.GetName(), HasConflict: true, Conflict: "同学"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = office.WithdrawStudy(t.Context(), &warningv1.WithdrawStudyRequest{Name: study.GetName(), Reason: "重复"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestV2_AnExpertReachesTheirOwnInvitationAlone(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "v", school)
	office := panelAs(s, "discipline_office", school)
	first, second := invitedOfficer(t, s, school, "李四"), invitedOfficer(t, s, school, "王五")
	study := office.create(t, focusStudy("special_analysis"))
	byFirst, bySecond := office.invite(t, study.GetName(), expertOf("", first)), office.invite(t, study.GetName(), expertOf("", second))
	outside := office.invite(t, study.GetName(), expertOf("赵六", ""))
	one, two := panelOf(byOfficer(s, first, "expert")), panelOf(byOfficer(s, second, "expert"))

	_, err := one.GetStudy(t.Context(), &warningv1.GetStudyRequest{Name: study.GetName()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	for _, name := range []string{bySecond.GetName(), outside.GetName()} {
		_, err = one.GetStudyInvitation(t.Context(), &warningv1.GetStudyInvitationRequest{Name: name})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = one.AnswerInvitation(t.Context(), &warningv1.AnswerInvitationRequest{Name: name, Accepted: true})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}
	_, err = office.AnswerInvitation(t.Context(), &warningv1.AnswerInvitationRequest{
		Name: byFirst.GetName(), Accepted: true, Reception: received(s),
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "EXPERT_ANSWERS")
	list, err := one.ListStudyInvitations(t.Context(), &warningv1.ListStudyInvitationsRequest{})
	require.NoError(t, err)
	require.Len(t, list.GetStudyInvitations(), 1)
	mine := list.GetStudyInvitations()[0]
	assert.Equal(t, []string{byFirst.GetName(), study.GetBrief()}, []string{mine.GetName(), mine.GetBrief()})
	assert.Equal(t, study.GetQuestions(), mine.GetQuestions())
	none, err := office.ListStudyInvitations(t.Context(), &warningv1.ListStudyInvitationsRequest{})
	require.NoError(t, err)
	assert.Empty(t, none.GetStudyInvitations(), "the office is invited to nothing")

	one.wholly(t, byFirst.GetName(), nil)
	staff := panelOf(byOfficer(s, second, "expert", "discipline_office"))
	shown := staff.study(t, study.GetName()).GetExperts()
	require.Len(t, shown, 1, "who is asked reads no other opinion, whatever else they are")
	assert.Equal(t, bySecond.GetName(), shown[0].GetName())
	staff.wholly(t, bySecond.GetName(), nil)
	_, err = staff.conclude(t, study.GetName())
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_STUDY")
	_, err = office.conclude(t, study.GetName())
	require.NoError(t, err)
	assert.Len(t, staff.study(t, study.GetName()).GetExperts(), 3)
	assert.Equal(t, "询价环节存在隐患。", two.invitation(t, bySecond.GetName()).GetConclusion())
	assert.Empty(t, office.invitation(t, outside.GetName()).GetConclusion(), "who gave no opinion is told none")

	for role, unit := range map[string]string{"department": general, "post_holder": procurement} {
		assert.Empty(t, panelAs(s, role, unit).listed(t, &warningv1.ListStudiesRequest{Unit: unit}))
		_, err = panelAs(s, role, unit).GetStudy(t.Context(), &warningv1.GetStudyRequest{Name: study.GetName()})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}
	_, err = panelAs(s, "department", general).GetStudyInvitation(t.Context(),
		&warningv1.GetStudyInvitationRequest{Name: outside.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = panelAs(s, "informant", school).ListStudyInvitations(t.Context(), &warningv1.ListStudyInvitationsRequest{})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
}

func TestV2_AFaultyStudyIsRefusedWhole(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "v", school)
	office := panelAs(s, "discipline_office", school)
	for name, c := range map[string]struct {
		spoil  func(*warningv1.Study)
		faults map[string]string
	}{
		"kind":     {func(r *warningv1.Study) { r.Kind = "rumours" }, map[string]string{"study.kind": "UNKNOWN_TERM"}},
		"nothing":  {func(r *warningv1.Study) { r.Focus = nil }, map[string]string{"study.focus": "REQUIRED"}},
		"own unit": {func(r *warningv1.Study) { r.SubjectUnits = []string{school} }, map[string]string{"study.subject_units[0]": "OWN_STUDY"}},
		"no unit":  {func(r *warningv1.Study) { r.SubjectUnits = nil }, map[string]string{"study.subject_units": "REPEATED_MIN_ITEMS"}},
		"units": {func(r *warningv1.Study) { r.SubjectUnits = []string{general, general, "units/none"} }, map[string]string{
			"study.subject_units[1]": "DUPLICATE", "study.subject_units[2]": "UNKNOWN_UNIT",
		}},
		"finding": {func(r *warningv1.Study) { r.Findings = []string{"findings/1-none"} }, map[string]string{"study.findings[0]": "NOT_FOUND"}},
		"warning": {func(r *warningv1.Study) { r.Warning = "warnings/1-none" }, map[string]string{"study.warning": "NOT_FOUND"}},
		"inquiry": {func(r *warningv1.Study) { r.Inquiries = []string{"inquiries/1-none"} }, map[string]string{"study.inquiries[0]": "NOT_FOUND"}},
		"register": {func(r *warningv1.Study) {
			r.Focus[0].Position, r.Focus[0].RiskPoint = "positions/1-none", "riskPoints/1-none"
		}, map[string]string{"study.focus[0].position": "NOT_FOUND", "study.focus[0].risk_point": "NOT_FOUND"}},
		"twice": {func(r *warningv1.Study) { r.Focus = append(r.Focus, r.GetFocus()[0]) }, map[string]string{"study.focus[1]": "DUPLICATE"}},
		"brief": {func(r *warningv1.Study) { r.Brief = "" }, map[string]string{"study.brief": "REQUIRED"}},
	} {
		asked := focusStudy("special_analysis")
		c.spoil(asked)
		_, err := office.CreateStudy(t.Context(), &warningv1.CreateStudyRequest{Study: asked})
		require.Error(t, err, name)
		suitetest.RequireFieldFaults(t, err, c.faults)
	}
	asked := focusStudy("special_analysis")
	asked.Unit = general
	_, err := office.CreateStudy(t.Context(), &warningv1.CreateStudyRequest{Study: asked})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	assert.Empty(t, office.listed(t, &warningv1.ListStudiesRequest{Unit: school}), "nothing was stored")

	study := office.create(t, focusStudy("special_analysis"))
	other, own := invitedOfficer(t, s, school, "李四"), invitedOfficer(t, s, general, "孙八")
	for name, c := range map[string]struct {
		expert *warningv1.StudyExpert
		faults map[string]string
	}{
		"nobody":  {expertOf("", ""), map[string]string{"expert.name": "REQUIRED"}},
		"officer": {expertOf("", "officers/1-none"), map[string]string{"expert.officer": "UNKNOWN_OFFICER"}},
		"name": {&warningv1.StudyExpert{Name: "王五", Office: "检察官", Field: "预防", Officer: other}, map[string]string{
			"expert.name": "NAME_OF_OFFICER",
		}},
		"subject": {expertOf("", own), map[string]string{"expert.unit": "EXPERT_OF_SUBJECT"}},
		"unit": {&warningv1.StudyExpert{Name: "王五", Office: "检察官", Field: "预防", Unit: "units/none"}, map[string]string{
			"expert.unit": "UNKNOWN_UNIT",
		}},
		"field": {&warningv1.StudyExpert{Name: "王五", Office: "检察官"}, map[string]string{"expert.field": "REQUIRED"}},
	} {
		_, err := office.InviteExpert(t.Context(), &warningv1.InviteExpertRequest{Name: study.GetName(), Expert: c.expert})
		require.Error(t, err, name)
		suitetest.RequireFieldFaults(t, err, c.faults)
	}
	read := office.study(t, study.GetName())
	assert.Equal(t, warningv1.StudyState_STUDY_STATE_DRAFTED, read.GetState(), "nobody was invited")
	assert.Empty(t, read.GetExperts())
}

func TestV2_AFaultyAnswerIsRefusedWhole(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "v", school)
	office := panelAs(s, "discipline_office", school)
	officer := invitedOfficer(t, s, school, "李四")
	study := office.create(t, focusStudy("special_analysis"))
	own := office.invite(t, study.GetName(), expertOf("", officer))
	outside := office.invite(t, study.GetName(), expertOf("赵六", ""))
	for field, expert := range map[string]*warningv1.StudyExpert{
		"expert.officer": expertOf("", officer), "expert.name": expertOf("赵六", ""),
	} {
		_, err := office.InviteExpert(t.Context(), &warningv1.InviteExpertRequest{Name: study.GetName(), Expert: expert})
		suitetest.RequireFieldFaults(t, err, map[string]string{field: "DUPLICATE"})
	}
	expert, paper := panelOf(byOfficer(s, officer, "expert")), received(s)
	answer := func(p panel, req *warningv1.AnswerInvitationRequest, faults map[string]string) {
		t.Helper()
		_, err := p.AnswerInvitation(t.Context(), req)
		suitetest.RequireFieldFaults(t, err, faults)
	}
	answer(expert, &warningv1.AnswerInvitationRequest{Name: own.GetName()}, map[string]string{"reason": "REQUIRED"})
	answer(expert, &warningv1.AnswerInvitationRequest{Name: own.GetName(), Accepted: true, Reason: "好", Reception: paper},
		map[string]string{"reason": "DECLINED_ONLY", "reception": "NO_RECEPTION"})
	answer(office, &warningv1.AnswerInvitationRequest{Name: outside.GetName(), Accepted: true}, map[string]string{"reception": "REQUIRED"})
	for day, rule := range map[string]string{"2026-11-03": "FUTURE", "2026-11-01": "BEFORE_INVITATION"} {
		answer(office, &warningv1.AnswerInvitationRequest{
			Name: outside.GetName(), Accepted: true, Reception: &warningv1.StudyReception{ReceivedBy: "值班员", ReceivedOn: day},
		}, map[string]string{"reception.received_on": rule})
	}
	expert.accept(t, own.GetName(), nil)
	for _, req := range []*warningv1.DeclareConflictRequest{{HasConflict: true}, {Conflict: "同学"}} {
		req.Name = own.GetName()
		_, err := expert.DeclareConflict(t.Context(), req)
		suitetest.RequireFieldFaults(t, err, map[string]string{
			"conflict": map[bool]string{true: "REQUIRED", false: "CONFLICT_ONLY"}[req.GetHasConflict()],
		})
	}
	expert.clear(t, own.GetName(), nil)
	_, err := expert.RecordOpinion(t.Context(), &warningv1.RecordOpinionRequest{Name: own.GetName()})
	suitetest.RequireFieldFaults(t, err, map[string]string{"opinion": "REQUIRED"})
	_, err = expert.RecordOpinion(t.Context(), &warningv1.RecordOpinionRequest{Name: own.GetName(), Opinion: "分设两人。", Etag: own.GetEtag()})
	assert.Equal(t, codes.Aborted, status.Code(err))
	assert.Equal(t, warningv1.StudyInvitationState_STUDY_INVITATION_STATE_CLEARED, expert.invitation(t, own.GetName()).GetState())
	assert.Equal(t, warningv1.StudyInvitationState_STUDY_INVITATION_STATE_INVITED, office.invitation(t, outside.GetName()).GetState())
}

func TestV2_LateExpertsAndLateConclusionsAreReminded(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "v", school)
	department := panelAs(s, "department", general)
	officer := invitedOfficer(t, s, general, "李四")
	asked := focusStudy("special_analysis")
	asked.Unit, asked.SubjectUnits = general, []string{procurement}
	study := department.create(t, asked)
	own := department.invite(t, study.GetName(), expertOf("", officer))
	outside := department.invite(t, study.GetName(), expertOf("赵六", ""))
	remind := func(day int) {
		advanceTo(t, s, 2026, time.November, day)
		s.RunJob("warning.remind_studies")
	}
	remind(4) // one working day before the answer is due
	assert.Equal(t, []string{"inbox.expert_invited", "inbox.expert_answer_due"}, toldAs(t, s, "expert", general, own.GetName(), 2))
	assert.Equal(t, []string{"inbox.study_expert_due"}, toldAs(t, s, "department", general, study.GetName(), 1),
		"who has no account is asked by the unit")
	remind(6)
	assert.Equal(t, "inbox.expert_answer_overdue", last(toldAs(t, s, "expert", general, own.GetName(), 3)))
	assert.Equal(t, []string{"inbox.study_expert_due", "inbox.study_expert_late", "inbox.study_expert_late"},
		toldAs(t, s, "department", general, study.GetName(), 3), "of both experts")
	expert := panelOf(byOfficer(s, officer, "expert"))
	assert.Equal(t, "2026-11-20", expert.accept(t, own.GetName(), nil).GetDueOn())
	expert.clear(t, own.GetName(), nil)
	remind(19)
	assert.Equal(t, "inbox.expert_opinion_due", last(toldAs(t, s, "expert", general, own.GetName(), 4)))
	remind(23)
	assert.Equal(t, "inbox.expert_opinion_overdue", last(toldAs(t, s, "expert", general, own.GetName(), 5)))
	expert.advise(t, own.GetName(), nil)
	assert.Empty(t, department.invitation(t, own.GetName()).GetRemindOn())
	remind(30) // the last day of the study
	assert.Empty(t, department.listed(t, &warningv1.ListStudiesRequest{Unit: general, Overdue: true}))
	advanceTo(t, s, 2026, time.December, 1)
	s.RunJob("warning.remind_studies")
	assert.Contains(t, toldAs(t, s, "department", general, study.GetName(), 8), "inbox.study_overdue")
	assert.Equal(t, []string{"inbox.study_overdue_below"}, toldAs(t, s, "discipline_office", school, study.GetName(), 1))
	assert.Equal(t, []string{study.GetName()}, department.listed(t, &warningv1.ListStudiesRequest{Unit: general, Overdue: true}))

	_, err := department.WithdrawStudy(t.Context(), &warningv1.WithdrawStudyRequest{Name: study.GetName(), Reason: "并入学校的研判。"})
	require.NoError(t, err)
	before := len(toldAs(t, s, "department", general, study.GetName(), 9))
	s.Clock.Advance(30 * 24 * time.Hour)
	s.RunJob("warning.remind_studies")
	assert.Len(t, toldAs(t, s, "department", general, study.GetName(), before), before, "nobody is reminded of what was given up")
	assert.Equal(t, warningv1.StudyInvitationState_STUDY_INVITATION_STATE_RELEASED, department.invitation(t, outside.GetName()).GetState())
	assert.Equal(t, warningv1.StudyInvitationState_STUDY_INVITATION_STATE_HEARD, department.invitation(t, own.GetName()).GetState())
}

func last(list []string) string { return list[len(list)-1] }

func TestV2_StudiesAreListedByWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "v", school)
	office := panelAs(s, "discipline_office", school)
	first := office.create(t, focusStudy("special_analysis")).GetName()
	asked := focusStudy("focus_study")
	asked.SubjectUnits = []string{teaching}
	second := office.create(t, asked).GetName()
	asked.Unit, asked.SubjectUnits = general, []string{procurement}
	third := panelAs(s, "department", general).create(t, asked).GetName()
	office.invite(t, second, expertOf("赵六", ""))
	page := &warningv1.ListStudiesRequest{Unit: school, PageSize: 2}
	var all []string
	for {
		list, err := office.ListStudies(t.Context(), page)
		require.NoError(t, err)
		for _, one := range list.GetStudies() {
			all = append(all, one.GetName())
		}
		if page.PageToken = list.GetNextPageToken(); page.GetPageToken() == "" {
			break
		}
	}
	assert.Equal(t, []string{third, second, first}, all)
	for _, c := range []struct {
		req  *warningv1.ListStudiesRequest
		want []string
	}{
		{&warningv1.ListStudiesRequest{Kinds: []string{"focus_study"}}, []string{third, second}},
		{&warningv1.ListStudiesRequest{SubjectUnit: general}, []string{first}},
		{&warningv1.ListStudiesRequest{States: []warningv1.StudyState{warningv1.StudyState_STUDY_STATE_OPEN}}, []string{second}},
		{&warningv1.ListStudiesRequest{Finding: "findings/1-none"}, nil},
		{&warningv1.ListStudiesRequest{Inquiry: "inquiries/1-none"}, nil},
	} {
		c.req.Unit = school
		assert.Equal(t, c.want, office.listed(t, c.req), c.req)
	}
}
