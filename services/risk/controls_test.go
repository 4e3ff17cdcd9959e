package risk_test

import (
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// marketSection is a section of T with risk points in force, and the office that reviews them.
type marketSection struct {
	*suitetest.Suite

	section, office office
	owner           string // position of the section
}

func newMarkets(t *testing.T) marketSection {
	t.Helper()
	s := suitetest.Of(t, "t", commerce)
	b := marketSection{Suite: s, section: as(s, "section", markets), office: as(s, "leading_group_office", commerce)}
	b.owner = b.section.post(t, markets, "股长", "section_head")
	return b
}

// inForce is a risk point in force, of a stage and with the same points for every factor.
func (b marketSection) inForce(t *testing.T, points int32, stage string) *riskv1.RiskPoint {
	t.Helper()
	asked := riskPoint(markets, points, points, points)
	asked.Category, asked.ControlStage = "decision", stage
	point := b.section.submit(t, b.section.point(t, asked))
	return b.office.approveTwice(t, point)
}

// against is a control of a risk point.
func (b marketSection) against(point *riskv1.RiskPoint, form string) *riskv1.Control {
	return &riskv1.Control{
		Unit: markets, RiskPoint: point.GetName(), Form: form, Measure: "全股签订保廉承诺书", OwnerPosition: b.owner, DueOn: "2026-11-20",
	}
}

func (o office) plan(t *testing.T, control *riskv1.Control) *riskv1.Control {
	t.Helper()
	answer, err := o.controls.CreateControl(t.Context(), &riskv1.CreateControlRequest{Control: control})
	require.NoError(t, err)
	return answer
}

func (o office) completeControl(t *testing.T, control *riskv1.Control) *riskv1.Control {
	t.Helper()
	answer, err := o.controls.CompleteControl(t.Context(), &riskv1.CompleteControlRequest{Name: control.GetName(), Result: "已签订"})
	require.NoError(t, err)
	return answer
}

func TestT8_AControlIsDoneAndCheckedBySomebodyElse(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	first := &riskv1.PositionHolder{Person: "甲", From: "2026-01-01"}
	require.NoError(t, b.section.holds(t, b.owner, "建库前已到任", first))
	control := b.section.plan(t, b.against(b.inForce(t, 1, "execution"), "pledge"))
	assert.Equal(t, "c execution 甲 2026-11-13", control.GetGrade()+" "+control.GetControlStage()+" "+
		control.GetOwner().GetPerson()+" "+control.GetRemindOn())

	confirm := &riskv1.ConfirmControlRequest{Name: control.GetName(), Reason: "抽查属实"}
	_, err := b.office.controls.ConfirmControl(t.Context(), confirm)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	b.Clock.Advance(7 * 24 * time.Hour)
	first.Until = "2026-11-07"
	require.NoError(t, b.office.holds(t, b.owner, "任免文件", first, &riskv1.PositionHolder{Person: "乙", From: "2026-11-08"}))
	control = b.section.completeControl(t, control)
	assert.Equal(t, "已签订 2026-11-09 乙 ", control.GetResult()+" "+control.GetDoneOn()+" "+control.GetDoneBy().GetPerson()+" "+
		control.GetRemindOn())
	assert.Equal(t, "甲", control.GetOwner().GetPerson(), "what was kept does not change")

	_, err = b.section.controls.ConfirmControl(t.Context(), confirm)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	back := &riskv1.ReturnControlRequest{Name: control.GetName(), Reason: "只签未做", DueOn: "2026-11-08"}
	_, err = b.office.controls.ReturnControl(t.Context(), back)
	suitetest.RequireFieldFaults(t, err, map[string]string{"due_on": "PAST_DAY"})
	back.DueOn = "2026-11-30"
	control, err = b.office.controls.ReturnControl(t.Context(), back)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-30  2026-11-23", control.GetDueOn()+" "+control.GetDoneOn()+" "+control.GetRemindOn())
	_, err = b.section.controls.CompleteControl(t.Context(), &riskv1.CompleteControlRequest{Name: control.GetName(), Result: "已 签订。"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	require.ErrorContains(t, err, "只签未做")
	_, err = b.section.controls.CompleteControl(t.Context(), &riskv1.CompleteControlRequest{
		Name: control.GetName(), Result: "已签订并逐条落实",
	})
	require.NoError(t, err)
	control, err = b.office.controls.ConfirmControl(t.Context(), confirm)
	require.NoError(t, err)
	assert.Equal(t, riskv1.ControlState_CONTROL_STATE_EFFECTIVE, control.GetState())
	require.Len(t, control.GetChecks(), 2)
	assert.Equal(t, text(&riskv1.ControlCheck{
		Reason: "只签未做", Unit: commerce, CheckedOn: "2026-11-09", Result: "已签订", DoneOn: "2026-11-09",
		DueOn: "2026-11-20", CheckTime: control.GetChecks()[0].GetCheckTime(),
	}), text(control.GetChecks()[0]))
	assert.True(t, control.GetChecks()[1].GetEffective())
	_, err = b.section.controls.CancelControl(t.Context(), &riskv1.CancelControlRequest{Name: control.GetName(), Reason: "不需要"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	const called = "防控措施“全股签订保廉承诺书（风险点：对条件不符的申请予以许可）”"
	assert.Equal(t, []string{called + "经检验效果不足，请于 2026-11-30 前重新落实：只签未做", called + "经检验有效。"},
		said(t, b.Suite, "section", markets, control.GetName(), 2))
	card, err := b.section.cards.ShowRiskCard(t.Context(), &riskv1.ShowRiskCardRequest{Name: b.owner})
	require.NoError(t, err)
	require.Len(t, card.GetControls(), 1)
	assert.Equal(t, text(control), text(card.GetControls()[0]))
	before, err := b.section.cards.ShowRiskCard(t.Context(), &riskv1.ShowRiskCardRequest{Name: b.owner, AsOf: "2026-11-01"})
	require.NoError(t, err)
	assert.Empty(t, before.GetControls())
}

func TestT8_FaultyControlsAreRefused(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	point := b.inForce(t, 1, "execution")
	draft := riskPoint(markets, 1, 1, 1)
	draft.Category = "decision"
	draft = b.section.point(t, draft)
	for name, tc := range map[string]struct {
		spoil func(*riskv1.Control)
		want  map[string]string
	}{
		"no form of the scheme, and a past day": {
			func(c *riskv1.Control) { c.Form, c.DueOn = "prayer", "2026-11-01" },
			map[string]string{"control.form": "UNKNOWN_TERM", "control.due_on": "PAST_DAY"},
		},
		"a form of graver risks": {
			func(c *riskv1.Control) { c.Form = "integrity_file" }, map[string]string{"control.form": "UNSUITED_FORM"},
		},
		"a form of another stage": {
			func(c *riskv1.Control) { c.Form = "detailed_standards" }, map[string]string{"control.form": "UNSUITED_FORM"},
		},
		"a risk point that is not in force": {
			func(c *riskv1.Control) { c.RiskPoint = draft.GetName() }, map[string]string{"control.risk_point": "POINT_NOT_IN_FORCE"},
		},
		"a risk point and an owner that are not there": {
			func(c *riskv1.Control) { c.RiskPoint, c.OwnerPosition = "riskPoints/x-none", "positions/x-none" },
			map[string]string{"control.risk_point": "NOT_FOUND", "control.owner_position": "NOT_FOUND"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := b.against(point, "pledge")
			tc.spoil(bad)
			_, err := b.section.controls.CreateControl(t.Context(), &riskv1.CreateControlRequest{Control: bad})
			suitetest.RequireFieldFaults(t, err, tc.want)
		})
	}
	control := b.section.plan(t, b.against(point, "pledge"))
	update := func(spoil func(*riskv1.Control)) error {
		changed := proto.CloneOf(control)
		spoil(changed)
		_, err := b.section.controls.UpdateControl(t.Context(), &riskv1.UpdateControlRequest{
			Control: changed, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"*"}},
		})
		return err
	}
	suitetest.RequireFieldFaults(t, update(func(c *riskv1.Control) { c.DueOn = "2026-11-21" }),
		map[string]string{"control.due_on": "PUT_OFF"})
	suitetest.RequireFieldFaults(t, update(func(c *riskv1.Control) { c.Form = "risk_hint" }),
		map[string]string{"control.form": "IMMUTABLE"})
	require.NoError(t, update(func(c *riskv1.Control) { c.DueOn, c.Measure = "2026-11-18", "逐人签订" }))
	_, err := as(b.Suite, "section", "units/commerce_office").controls.GetControl(t.Context(),
		&riskv1.GetControlRequest{Name: control.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = b.section.controls.ListControls(t.Context(), &riskv1.ListControlsRequest{Unit: markets, Forms: []string{"prayer"}})
	suitetest.RequireFieldFaults(t, err, map[string]string{"forms": "UNKNOWN_TERM"})
}

func TestT8_WhatARiskPointLacksIsListed(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	low, grave := b.inForce(t, 1, "execution"), b.inForce(t, 5, "")
	gaps := func(size int32, token string) ([]*riskv1.ControlGap, string) {
		t.Helper()
		answer, err := b.office.controls.ListControlGaps(t.Context(), &riskv1.ListControlGapsRequest{
			Unit: commerce, PageSize: size, PageToken: token,
		})
		require.NoError(t, err)
		return answer.GetGaps(), answer.GetNextPageToken()
	}
	regimes := []string{
		"exchange", "open_commitment", "post_responsibility", "first_asked", "time_limited", "appraisal", "integrity_file",
	}
	lowGap := &riskv1.ControlGap{
		RiskPoint: low.GetName(), Unit: markets, Grade: "c", MissingCount: 2, StageForms: []string{"openness", "division"},
	}
	graveGap := &riskv1.ControlGap{
		RiskPoint: grave.GetName(), Unit: markets, Grade: "a", MissingForms: regimes, MissingCount: 9,
	}
	found, _ := gaps(0, "")
	require.Len(t, found, 2)
	assert.Equal(t, text(lowGap)+text(graveGap), text(found[0])+text(found[1]))

	b.section.plan(t, b.against(low, "pledge"))
	dropped := b.section.plan(t, b.against(low, "risk_hint"))
	b.section.plan(t, b.against(low, "division"))
	b.section.plan(t, b.against(grave, "appraisal"))
	_, err := b.section.controls.CancelControl(t.Context(), &riskv1.CancelControlRequest{Name: dropped.GetName(), Reason: "并入承诺"})
	require.NoError(t, err)
	first, next := gaps(1, "")
	assert.Empty(t, first, "the first risk point has two forms, one of its stage")
	second, next := gaps(1, next)
	require.Len(t, second, 1)
	assert.EqualValues(t, 8, second[0].GetMissingCount())
	assert.NotContains(t, second[0].GetMissingForms(), "appraisal")
	assert.Empty(t, next)
}

func TestT8_ControlsAreRemindedOfAndCounted(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	civil, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	owner := civil.post(t, courtCivil, "庭长", "division_head")
	plan := func(due string) *riskv1.Control {
		point := group.approve(t, civil.propose(t, civil.point(t, courtPoint("process", "立案审查不严")), enter))
		return civil.plan(t, &riskv1.Control{
			Unit: courtCivil, RiskPoint: point.GetName(), Form: "measure", Measure: "双人审查立案材料", OwnerPosition: owner, DueOn: due,
		})
	}
	late, inTime, later := plan("2026-11-13"), plan("2026-11-13"), plan("2026-12-31")
	for _, day := range []int{8, 3, 1} {
		s.Clock.Advance(time.Duration(day) * 24 * time.Hour)
		if day == 3 {
			civil.completeControl(t, inTime)
		}
		s.RunJob("risk.remind_controls")
		s.RunJob("risk.remind_controls")
	}
	const called = "防控措施“双人审查立案材料（风险点：立案审查不严）”"
	due, overdue := called+"应于 2026-11-13 前落实。", called+"应于 2026-11-13 前落实，现已逾期。"
	assert.Equal(t, []string{due, overdue}, said(t, s, "division", courtCivil, late.GetName(), 2))
	assert.Equal(t, []string{"民事审判庭的" + overdue}, said(t, s, "discipline_group", court, late.GetName(), 1))
	assert.Empty(t, said(t, s, "division", courtCivil, inTime.GetName(), 0))
	assert.Equal(t, []string{"本次提醒：本单位有 2 项防控措施或者领导职责将到期，最早的应于 2026-11-13 前完成：" + called + "、" + called + "。"},
		said(t, s, "division", courtCivil, courtCivil, 1))

	listed, err := group.controls.ListControls(t.Context(), &riskv1.ListControlsRequest{Unit: court, Overdue: true})
	require.NoError(t, err)
	require.Len(t, listed.GetControls(), 1)
	assert.Equal(t, late.GetName(), listed.GetControls()[0].GetName())
	one, err := group.controls.ListControls(t.Context(), &riskv1.ListControlsRequest{
		Unit: court, RiskPoint: later.GetRiskPoint(), OwnerPosition: owner, Grades: []string{"middle"}, Forms: []string{"measure"},
		States: []riskv1.ControlState{riskv1.ControlState_CONTROL_STATE_PLANNED},
	})
	require.NoError(t, err)
	require.Len(t, one.GetControls(), 1)
	assert.Equal(t, later.GetName(), one.GetControls()[0].GetName())
	counts, err := group.controls.CountControls(t.Context(), &riskv1.CountControlsRequest{Unit: court})
	require.NoError(t, err)
	assert.Equal(t, text(&riskv1.CountControlsResponse{Counts: []*riskv1.ControlCount{
		{Unit: courtCivil, Grade: "middle", State: riskv1.ControlState_CONTROL_STATE_DONE, Count: 1},
		{Unit: courtCivil, Grade: "middle", State: riskv1.ControlState_CONTROL_STATE_PLANNED, Count: 2, OverdueCount: 1},
	}}), text(counts))
}

// withForms has the scheme of the C profile ask for controls.
func withForms(t *testing.T, s *suitetest.Suite) {
	t.Helper()
	admin := as(s, "administrator", suitetest.City)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.ControlForms = []*riskv1.ControlForm{
		{Id: "pledge", Title: &typev1.Text{Zh: "保廉承诺", En: "Pledge"}},
		{Id: "file", Title: &typev1.Text{Zh: "廉政档案", En: "File"}, EvidenceRequired: true},
	}
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme, Replace: true})
	require.NoError(t, err)
}

func TestT8_TheUnitOfTheOwnerDoesNotCheck(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	withForms(t, s)
	clerk, reviewer, city := as(s, "clerk", township), as(s, "reviewer", county), as(s, "administrator", suitetest.City)
	point := reviewer.approve(t, clerk.submit(t, clerk.point(t, riskPoint(township, 2, 2, 3))))
	plan := func(owner string) string {
		control := clerk.plan(t, &riskv1.Control{
			Unit: township, RiskPoint: point.GetName(), Form: "pledge", Measure: "签订承诺", OwnerPosition: owner, DueOn: "2026-11-20",
		})
		clerk.completeControl(t, control)
		return control.GetName()
	}
	above := plan(as(s, "clerk", county).post(t, county, "分管副县长", "deputy"))
	_, err := reviewer.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: above})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_CONTROL")
	_, err = reviewer.controls.ReturnControl(t.Context(), &riskv1.ReturnControlRequest{Name: above, Reason: "不足", DueOn: "2026-11-30"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_CONTROL")
	_, err = as(s, "reviewer", township).controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: above})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
	_, err = city.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: above})
	require.NoError(t, err)

	own := plan(point.GetOwnerPosition())
	_, err = as(s, "reviewer", township).controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: own})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_CONTROL")
	_, err = reviewer.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: own})
	require.NoError(t, err)

	counted, err := as(s, "handler", county).figures.ListFigures(t.Context(), &riskv1.ListFiguresRequest{
		Root: county, Units: []string{township, other}, Period: "2026-11", Measures: []string{"risk.controls_on_time"},
	})
	require.NoError(t, err)
	assert.Equal(t, text(&typev1.Figure{
		Unit: township, Measure: "risk.controls_on_time", Numerator: 2, Denominator: 2, Records: []string{above, own},
	}), text(counted.GetFigures()[0]))
	assert.Zero(t, counted.GetFigures()[1].GetDenominator())
}

func TestT8_X7_EvidenceBelongsToAControl(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	withForms(t, s)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	point := reviewer.approve(t, clerk.submit(t, clerk.point(t, riskPoint(township, 2, 2, 3))))
	control := clerk.plan(t, &riskv1.Control{
		Unit: township, RiskPoint: point.GetName(), Form: "file", Measure: "建立廉政档案", OwnerPosition: point.GetOwnerPosition(),
		DueOn: "2026-11-20",
	})
	done := &riskv1.CompleteControlRequest{Name: control.GetName(), Result: "已建档"}
	_, err := clerk.controls.CompleteControl(t.Context(), done)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "EVIDENCE_MISSING")

	files, data := riskv1.NewAttachmentServiceClient(s.As("clerk", township)), []byte("档案目录。\n")
	begin := &typev1.CreateAttachmentRequest{
		Owner: control.GetName(), File: &typev1.AttachmentFile{FileName: "目录.txt", MediaType: "text/plain", Size: int64(len(data))},
	}
	begun, err := files.CreateAttachment(t.Context(), begin)
	require.NoError(t, err)
	_, err = files.UploadPart(t.Context(), &typev1.UploadPartRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(), Data: data,
	})
	require.NoError(t, err)
	_, err = files.CompleteAttachment(t.Context(), &typev1.CompleteAttachmentRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(),
	})
	require.NoError(t, err)
	_, err = clerk.controls.CompleteControl(t.Context(), done)
	require.NoError(t, err)
	_, err = files.CreateAttachment(t.Context(), begin)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	for _, owner := range []string{"positions/" + control.GetName()[len("controls/"):], "controls/340503001-none"} {
		_, err = files.ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: owner})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		s.URL+"/risk/v1/attachments?owner="+url.QueryEscape(control.GetName()), nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+s.Token(access.Principal{
		Subject: "accounts/reviewer", Unit: county, Roles: []string{"reviewer"},
	}))
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { assert.NoError(t, answer.Body.Close()) }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	listed := &typev1.ListAttachmentsResponse{}
	require.NoError(t, protojson.Unmarshal(body, listed), "%s", body)
	require.Len(t, listed.GetAttachments(), 1)
	assert.Equal(t, "目录.txt", listed.GetAttachments()[0].GetFileName())
}

func TestT8_AFormThatIsNotForTheGradeIsToldFromOneThatThereIsNot(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	asked := b.against(b.inForce(t, 1, "execution"), "exchange")
	_, err := b.section.controls.CreateControl(t.Context(), &riskv1.CreateControlRequest{Control: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"control.form": "UNSUITED_FORM"})
	require.NotContains(t, suitetest.FieldViolations(t, err)[0].GetDescription(), "方案中没有")
	asked.Form = "prayer"
	_, err = b.section.controls.CreateControl(t.Context(), &riskv1.CreateControlRequest{Control: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"control.form": "UNKNOWN_TERM"})
}
