package warning_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/canonical"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// press is one role in one unit that has to do with bulletins.
type press struct {
	warningv1.BulletinServiceClient
}

func pressOf(s *suitetest.Suite, role, unit string) press {
	return press{warningv1.NewBulletinServiceClient(s.As(role, unit))}
}

// another is another account of a role in a unit.
func another(s *suitetest.Suite, role, unit string) press {
	return press{warningv1.NewBulletinServiceClient(s.AsPrincipal(
		access.Principal{Subject: "accounts/another", Unit: unit, Roles: []string{role}}))}
}

func (p press) draft(t *testing.T, b *warningv1.Bulletin) *warningv1.Bulletin {
	t.Helper()
	made, err := p.CreateBulletin(t.Context(), &warningv1.CreateBulletinRequest{Bulletin: b})
	require.NoError(t, err)
	return made
}

func (p press) approve(t *testing.T, name string) *warningv1.Bulletin {
	t.Helper()
	made, err := p.ApproveBulletin(t.Context(), &warningv1.ApproveBulletinRequest{Name: name})
	require.NoError(t, err)
	return made
}

func (p press) issue(t *testing.T, name string) *warningv1.Bulletin {
	t.Helper()
	made, err := p.IssueBulletin(t.Context(), &warningv1.IssueBulletinRequest{Name: name})
	require.NoError(t, err)
	return made
}

// receipts are those below a unit.
func (p press) receipts(t *testing.T, req *warningv1.ListBulletinReceiptsRequest) []*warningv1.BulletinReceipt {
	t.Helper()
	list, err := p.ListBulletinReceipts(t.Context(), req)
	require.NoError(t, err)
	return list.GetBulletinReceipts()
}

func (p press) page(t *testing.T, name string) string {
	t.Helper()
	body, err := p.PrintBulletin(t.Context(), &warningv1.PrintBulletinRequest{Name: name})
	require.NoError(t, err)
	assert.Equal(t, "text/html; charset=utf-8", body.GetContentType())
	return string(body.GetData())
}

func text(section, text string) *warningv1.BulletinText {
	return &warningv1.BulletinText{Section: section, Text: text}
}

// section is a section of a bulletin, by its id.
func section(b *warningv1.Bulletin, id string) *warningv1.BulletinSection {
	for _, s := range b.GetSections() {
		if s.GetId() == id {
			return s
		}
	}
	return nil
}

func TestH3_TheQuarterlyBulletinTellsThePointsOfTheQuarter(t *testing.T) {
	t.Parallel()
	const health, huashan, people = "units/health", "units/health_huashan", "units/hospital_people"
	s := suitetest.Of(t, "h", health)
	centre, leader := pressOf(s, "duty_reporter", health), pressOf(s, "leader", health)
	tips := networkv1.NewTipServiceClient(s.As("duty_reporter", health))
	for area, n := range map[string]int{"medical_ethics": 4, "work_style": 2} {
		for range n {
			_, err := tips.RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
				Unit: health, ReceivedOn: "2026-11-02", ReceivedBy: "值班室", Content: &networkv1.TipContent{
					Unit: people, SubjectArea: area, Channel: "letter", Title: "收费", Body: "两处窗口没有公示收费标准。",
				},
			})
			require.NoError(t, err)
		}
	}
	as(s, "duty_reporter", health).issue(t, to(people, health, "warning", ""))
	asked := &warningv1.Bulletin{
		Unit: health, Kind: "quarterly", Period: "2026-Q4", Title: "第四季度预警通报", Texts: []*warningv1.BulletinText{text("measures", "一是公示收费。\n二是<b>回访</b>。")},
		Addressees: []*warningv1.BulletinAddressee{{Unit: people, Recipients: "药剂科主任"}},
		UnitGroups: []*warningv1.UnitGroup{{UnitSorts: []string{"lower_bureau"}}, {UnitSorts: []string{"lower_bureau", "affiliated"}}},
	}
	_, err := centre.CreateBulletin(t.Context(), &warningv1.CreateBulletinRequest{Bulletin: asked})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_ANALYSIS")
	s.Clock.Advance(60 * 24 * time.Hour) // the new year
	s.RunJob(analysing)
	b := centre.draft(t, asked)
	areas := section(b, "areas")
	require.Len(t, areas.GetRows(), 1, "two tips are too few to be told")
	assert.EqualValues(t, 4, areas.GetRows()[0].GetCount())
	require.Len(t, section(b, "findings").GetRows(), 1)
	assert.Equal(t, "市人民医院", section(b, "findings").GetRows()[0].GetUnitTitle())
	assert.EqualValues(t, 1, section(b, "warnings").GetRows()[0].GetCount())
	assert.EqualValues(t, 1, section(b, "rectifications").GetRows()[0].GetOverdue())

	point := pressOf(s, "reporter", huashan)
	_, err = point.GetBulletin(t.Context(), &warningv1.GetBulletinRequest{Name: b.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = centre.IssueBulletin(t.Context(), &warningv1.IssueBulletinRequest{Name: b.GetName()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = centre.ApproveBulletin(t.Context(), &warningv1.ApproveBulletinRequest{Name: b.GetName()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WORK")
	leader.approve(t, b.GetName())
	b = centre.issue(t, b.GetName())
	assert.Equal(t, "health-quarterly-2027-0001", b.GetNumber())
	sum, err := canonical.SHA256(&warningv1.Bulletin{
		Unit: b.GetUnit(), Kind: b.GetKind(), Period: b.GetPeriod(), Title: b.GetTitle(), Number: b.GetNumber(), Sections: b.GetSections(),
	})
	require.NoError(t, err)
	assert.Equal(t, sum, b.GetContentSha256(), "anybody can count it")

	read, err := point.GetBulletin(t.Context(), &warningv1.GetBulletinRequest{Name: b.GetName()})
	require.NoError(t, err, "it was sent to the point")
	assert.True(t, proto.Equal(b, read))
	all := centre.receipts(t, &warningv1.ListBulletinReceiptsRequest{Unit: health, Bulletin: b.GetName()})
	assert.Len(t, all, int(b.GetReceiptCount()))
	hospital := centre.receipts(t, &warningv1.ListBulletinReceiptsRequest{Unit: people})
	assert.Len(t, hospital, 2, "once for the post, and once for the hospital, which is in a group twice")
	html := point.page(t, b.GetName())
	for _, part := range []string{b.GetNumber(), b.GetContentSha256(), "市人民医院", "&lt;b&gt;回访", "<p>一是公示收费。</p>"} {
		assert.Contains(t, html, part)
	}
	assert.NotContains(t, html, "<b>")
	assert.Contains(t, toldAs(t, s, "reporter", huashan, point.receipts(t, &warningv1.ListBulletinReceiptsRequest{Unit: huashan})[0].GetName(), 1),
		"inbox.bulletin_issued")
}

func TestC14_C15_ACircularAsksWhatWasDoneAndTellsWhoIsLate(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	centre, reviewer, clerk := pressOf(s, "handler", suitetest.City), pressOf(s, "reviewer", suitetest.City), pressOf(s, "clerk", township)
	in := talkedTo(t, s, notice("yellow"))
	as(s, "clerk", township).rectify(t, in)
	as(s, "reviewer", suitetest.City).withdraw(t, talkedTo(t, s, notice("yellow")))
	s.Clock.Advance(24 * time.Hour)
	b := centre.draft(t, &warningv1.Bulletin{
		Unit: suitetest.City, Kind: "rectification_circular", Period: "2026-11", Title: "整改情况通报",
		Texts:      []*warningv1.BulletinText{text("overview", "总体较好。"), text("demands", "限期公开。")},
		Addressees: []*warningv1.BulletinAddressee{{Unit: township}, {Unit: other}},
	})
	require.Len(t, section(b, "rectifications").GetRows(), 1)
	row := section(b, "rectifications").GetRows()[0]
	assert.EqualValues(t, 1, row.GetCount(), "what was withdrawn counts nowhere")
	assert.EqualValues(t, 1, row.GetDone())
	assert.EqualValues(t, 1, section(b, "warnings").GetRows()[0].GetCount(), "nor in the warnings")

	reviewer.approve(t, b.GetName())
	b, err := centre.UpdateBulletin(t.Context(), &warningv1.UpdateBulletinRequest{
		Bulletin:   &warningv1.Bulletin{Name: b.GetName(), Title: "整改情况通报（修改）", Etag: b.GetEtag()},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	})
	suitetest.RequireRefused(t, err, codes.Aborted, "ETAG_MISMATCH")
	require.Nil(t, b)
	list, err := centre.ListBulletins(t.Context(), &warningv1.ListBulletinsRequest{Unit: suitetest.City, Kinds: []string{"rectification_circular"}})
	require.NoError(t, err)
	b = list.GetBulletins()[0]
	assert.Empty(t, b.GetSections(), "the list is short")
	b, err = centre.UpdateBulletin(t.Context(), &warningv1.UpdateBulletinRequest{
		Bulletin:   &warningv1.Bulletin{Name: b.GetName(), Title: "整改情况通报（修改）"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	})
	require.NoError(t, err)
	assert.Equal(t, "review", b.GetApprovalStage(), "what was changed is approved anew")
	assert.Equal(t, "总体较好。", section(b, "overview").GetText())
	_, err = centre.UpdateBulletin(t.Context(), &warningv1.UpdateBulletinRequest{
		Bulletin:   &warningv1.Bulletin{Name: b.GetName(), Title: "整改情况通报"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	})
	require.NoError(t, err)
	reviewer.approve(t, b.GetName())
	b = centre.issue(t, b.GetName())
	_, err = centre.WithdrawBulletin(t.Context(), &warningv1.WithdrawBulletinRequest{Name: b.GetName(), Reason: "有误"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	mine := clerk.receipts(t, &warningv1.ListBulletinReceiptsRequest{Unit: township})[0]
	assert.Equal(t, "2026-11-17", mine.GetDueOn(), "ten working days")
	_, err = clerk.FollowUpBulletin(t.Context(), &warningv1.FollowUpBulletinRequest{Name: mine.GetName(), FollowUp: "已公开。"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = centre.AcknowledgeBulletin(t.Context(), &warningv1.AcknowledgeBulletinRequest{Name: mine.GetName()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	got, err := clerk.GetBulletinReceipt(t.Context(), &warningv1.GetBulletinReceiptRequest{Name: mine.GetName()})
	require.NoError(t, err)
	assert.Equal(t, mine.String(), got.String(), "a message leads to it")
	got, err = clerk.AcknowledgeBulletin(t.Context(), &warningv1.AcknowledgeBulletinRequest{Name: mine.GetName()})
	require.NoError(t, err)
	assert.Equal(t, warningv1.BulletinReceiptState_BULLETIN_RECEIPT_STATE_ACKNOWLEDGED, got.GetState())
	got, err = clerk.FollowUpBulletin(t.Context(), &warningv1.FollowUpBulletinRequest{Name: mine.GetName(), FollowUp: "已公开。"})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-03", got.GetAnsweredOn())
	assert.Contains(t, toldAs(t, s, "handler", suitetest.City, mine.GetName(), 1), "inbox.bulletin_followed_up")
	assert.Equal(t, []string{"inbox.bulletin_pending", "inbox.bulletin_pending"},
		toldAs(t, s, "reviewer", suitetest.City, b.GetName(), 2), "not at each change of what waits")

	late := pressOf(s, "clerk", other).receipts(t, &warningv1.ListBulletinReceiptsRequest{Unit: other})[0].GetName()
	for _, day := range []int{12, 17, 18} { // three working days before, on the last day and after it
		advanceTo(t, s, 2026, time.November, day)
		s.RunJob("warning.remind_bulletins")
		s.RunJob("warning.remind_bulletins")
	}
	assert.Equal(t, []string{"inbox.bulletin_issued", "inbox.bulletin_due", "inbox.bulletin_due", "inbox.bulletin_overdue"},
		told(t, s, other, late, 4))
	assert.Equal(t, []string{"inbox.bulletin_overdue_below"}, toldAs(t, s, "handler", county, late, 1))
	overdue := centre.receipts(t, &warningv1.ListBulletinReceiptsRequest{Unit: suitetest.City, Overdue: true})
	require.Len(t, overdue, 1)
	assert.Equal(t, late, overdue[0].GetName())
	figures, err := as(s, "handler", suitetest.City).figures.ListFigures(t.Context(), &warningv1.ListFiguresRequest{
		Root: suitetest.City, Units: []string{township, other}, Period: "2026-11", Measures: []string{"warning.bulletins_answered_on_time"},
	})
	require.NoError(t, err)
	for i, want := range []int64{1, 0} {
		assert.EqualValues(t, 1, figures.GetFigures()[i].GetDenominator())
		assert.Equal(t, want, figures.GetFigures()[i].GetNumerator())
	}
}

// A city's bulletin goes to each of its collection points.
func TestH3_ABulletinGoesToAllVillages(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const villages = 600
	units := networkv1.NewUnitServiceClient(s.As("handler", suitetest.City))
	for i := range villages {
		_, err := units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: fmt.Sprintf("340503999%03d", i), Unit: &networkv1.Unit{
			Title: fmt.Sprintf("第%d村", i+1), Parent: county, Level: typev1.Level_LEVEL_VILLAGE,
			Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT,
		}})
		require.NoError(t, err)
	}
	s.Clock.Advance(6 * time.Second) // directories remember for five
	office := pressOf(s, "handler", suitetest.City)
	b := office.draft(t, &warningv1.Bulletin{
		Unit: suitetest.City, Kind: "rectification_circular", Period: "2026-11", Title: "整改情况通报",
		Texts:      []*warningv1.BulletinText{text("overview", "总体较好。"), text("demands", "限期公开。")},
		UnitGroups: []*warningv1.UnitGroup{{Levels: []typev1.Level{typev1.Level_LEVEL_VILLAGE}}},
	})
	pressOf(s, "reviewer", suitetest.City).approve(t, b.GetName())
	b = office.issue(t, b.GetName())
	assert.Greater(t, int(b.GetReceiptCount()), villages)
	assert.Len(t, pressOf(s, "clerk", "units/340503999599").receipts(t, &warningv1.ListBulletinReceiptsRequest{
		Unit: "units/340503999599",
	}), 1)
}

func TestV3_AdviceGoesToChosenPostsAndGroups(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "v", school)
	office := pressOf(s, "discipline_office", school)
	b := office.draft(t, &warningv1.Bulletin{
		Unit: school, Kind: "advice", Period: "2026-11", Title: "采购环节防范建议",
		Texts:      []*warningv1.BulletinText{text("risks", "比价记录不全。"), text("advice", "逐笔留存比价记录。")},
		Addressees: []*warningv1.BulletinAddressee{{Unit: "units/school_finance", Recipients: "经费报账人员"}},
		UnitGroups: []*warningv1.UnitGroup{{UnitSorts: []string{"post"}}},
	})
	another(s, "discipline_office", school).approve(t, b.GetName())
	b = office.issue(t, b.GetName())
	holder := pressOf(s, "post_holder", "units/post_procurement")
	mine := holder.receipts(t, &warningv1.ListBulletinReceiptsRequest{Unit: "units/post_procurement"})
	require.Len(t, mine, 1)
	_, err := holder.AcknowledgeBulletin(t.Context(), &warningv1.AcknowledgeBulletinRequest{Name: mine[0].GetName()})
	require.NoError(t, err)
	_, err = holder.FollowUpBulletin(t.Context(), &warningv1.FollowUpBulletinRequest{Name: mine[0].GetName(), FollowUp: "已留存。"})
	require.NoError(t, err)
	assert.Contains(t, holder.page(t, b.GetName()), "逐笔留存比价记录。")
	finance := office.receipts(t, &warningv1.ListBulletinReceiptsRequest{Unit: "units/school_finance"})
	var recipients []string
	for _, r := range finance {
		recipients = append(recipients, r.GetRecipients())
	}
	assert.Contains(t, recipients, "经费报账人员")
}

func TestH3_V3_ABulletinIsChecked(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	centre := pressOf(s, "handler", suitetest.City)
	good := func() *warningv1.Bulletin {
		return &warningv1.Bulletin{
			Unit: suitetest.City, Kind: "rectification_circular", Period: "2026-11", Title: "通报",
			Texts: []*warningv1.BulletinText{text("overview", "总体较好。"), text("demands", "限期公开。")},
		}
	}
	for field, c := range map[string]struct {
		reason string
		change func(*warningv1.Bulletin)
	}{
		"bulletin.kind":                         {"UNKNOWN_TERM", func(b *warningv1.Bulletin) { b.Kind = "none" }},
		"bulletin.period":                       {"FUTURE", func(b *warningv1.Bulletin) { b.Period = "2026-12" }},
		"bulletin.texts":                        {"TEXT_MISSING", func(b *warningv1.Bulletin) { b.Texts = b.Texts[:1] }},
		"bulletin.texts[2].section":             {"DUPLICATE", func(b *warningv1.Bulletin) { b.Texts = append(b.Texts, b.GetTexts()[0]) }},
		"bulletin.unit_groups[0].unit_sorts[0]": {"UNKNOWN_TERM", func(b *warningv1.Bulletin) { b.UnitGroups = []*warningv1.UnitGroup{{UnitSorts: []string{"none"}}} }},
		"bulletin.addressees[0].unit":           {"ISSUES_ITSELF", func(b *warningv1.Bulletin) { b.Addressees = []*warningv1.BulletinAddressee{{Unit: suitetest.City}} }},
		"bulletin.addressees[1]": {"SAME_ADDRESSEE", func(b *warningv1.Bulletin) {
			b.Addressees = []*warningv1.BulletinAddressee{{Unit: county}, {Unit: county}}
		}},
	} {
		b := good()
		c.change(b)
		_, err := centre.CreateBulletin(t.Context(), &warningv1.CreateBulletinRequest{Bulletin: b})
		suitetest.RequireFieldFaults(t, err, map[string]string{field: c.reason})
	}
	b := good()
	b.Unit = county
	_, err := centre.CreateBulletin(t.Context(), &warningv1.CreateBulletinRequest{Bulletin: b})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	made := centre.draft(t, good())
	pressOf(s, "reviewer", suitetest.City).approve(t, made.GetName())
	_, err = centre.IssueBulletin(t.Context(), &warningv1.IssueBulletinRequest{Name: made.GetName()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_ADDRESSEE")
	gone, err := centre.WithdrawBulletin(t.Context(), &warningv1.WithdrawBulletinRequest{Name: made.GetName(), Reason: "重复"})
	require.NoError(t, err)
	assert.Equal(t, "重复", gone.GetWithdrawReason())
}

func TestT15_CasesOfWrongAppointmentsAreToldToTheSections(t *testing.T) {
	t.Parallel()
	const bureau, markets = "units/commerce", "units/commerce_markets"
	s := suitetest.Of(t, "t", bureau)
	b := pressOf(s, "leading_group_office", bureau).draft(t, &warningv1.Bulletin{
		Unit: bureau, Kind: "appointment_cases", Period: "2026-Q4", Title: "选人用人典型案例通报",
		Texts:      []*warningv1.BulletinText{text("case", "未经民主推荐即提名人选。"), text("prevention", "提名前公布岗位和条件。")},
		UnitGroups: []*warningv1.UnitGroup{{UnitKinds: []networkv1.UnitKind{networkv1.UnitKind_UNIT_KIND_MONITORING_POINT}}},
	})
	colleague := another(s, "leading_group_office", bureau)
	colleague.approve(t, b.GetName())
	colleague.issue(t, b.GetName())
	section := pressOf(s, "section", markets)
	receipts := section.receipts(t, &warningv1.ListBulletinReceiptsRequest{Unit: markets})
	require.Len(t, receipts, 1)
	assert.Contains(t, section.page(t, b.GetName()), "未经民主推荐即提名人选")
	_, err := section.AcknowledgeBulletin(t.Context(), &warningv1.AcknowledgeBulletinRequest{Name: receipts[0].GetName()})
	require.NoError(t, err)
}
