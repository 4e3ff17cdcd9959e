package risk_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const day = 24 * time.Hour

// courthouse is the court of the profile J, with who works in its register.
type courthouse struct {
	*suitetest.Suite

	division, group, leaders office
}

func newCourthouse(t *testing.T) courthouse {
	t.Helper()
	s := suitetest.Of(t, "j", court)
	return courthouse{
		Suite: s, division: as(s, "division", courtCivil), group: as(s, "discipline_group", court),
		leaders: as(s, "court_leaders", court),
	}
}

// scored is a risk point of the civil division with so many points for each factor.
func scored(description string, points int32) *riskv1.RiskPoint {
	point := courtPoint("process", description)
	point.Points = map[string]int32{"size": points, "frequency": points, "harm": points, "cause": points}
	return point
}

// inForce enters a risk point of the civil division.
func (h courthouse) inForce(t *testing.T, point *riskv1.RiskPoint) *riskv1.RiskPoint {
	t.Helper()
	return h.group.approve(t, h.division.propose(t, h.division.point(t, point), enter))
}

// freeze makes a draft of a publication of the caller's unit.
func (o office) freeze(t *testing.T, kind, title, asOf string) *riskv1.Publication {
	t.Helper()
	made, err := o.publications.CreatePublication(t.Context(), &riskv1.CreatePublicationRequest{
		Publication: &riskv1.Publication{Unit: o.unit, Kind: kind, Title: title, AsOf: asOf},
	})
	require.NoError(t, err)
	return made
}

func (o office) publicise(t *testing.T, publication *riskv1.Publication, places ...string) *riskv1.Publication {
	t.Helper()
	public, err := o.publications.PublicisePublication(t.Context(), &riskv1.PublicisePublicationRequest{
		Name: publication.GetName(), Places: places, Etag: publication.GetEtag(),
	})
	require.NoError(t, err)
	return public
}

// entries is all that a publication says, read in pages of two.
func (o office) entries(t *testing.T, publication *riskv1.Publication) (all []*riskv1.PublicationEntry) {
	t.Helper()
	req := &riskv1.ListPublicationEntriesRequest{Name: publication.GetName(), PageSize: 2}
	for {
		page, err := o.publications.ListPublicationEntries(t.Context(), req)
		require.NoError(t, err)
		all = append(all, page.GetEntries()...)
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return all
		}
	}
}

// changes says what differs, an entry a line.
func (o office) changes(t *testing.T, req *riskv1.DiffPublicationRequest) (said []string) {
	t.Helper()
	answer, err := o.publications.DiffPublication(t.Context(), req)
	require.NoError(t, err)
	for _, c := range answer.GetChanges() {
		text := func(e *riskv1.PublicationEntry) string {
			if e == nil {
				return "–"
			}
			return fmt.Sprint(e.GetVersion(), e.GetPowerItem().GetTitle(), e.GetRiskPoint().GetGrade())
		}
		said = append(said, strings.TrimSpace(text(c.GetBefore())+" → "+text(c.GetAfter())+" "+strings.Join(c.GetFields(), ",")))
	}
	return said
}

func TestJ6_T4_GradesArePublicisedForAPeriod(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	var points []*riskv1.RiskPoint
	for i, description := range []string{"人情案", "超审限", "泄露合议内容"} {
		points = append(points, h.inForce(t, scored(description, int32(5-i))))
	}
	h.division.point(t, scored("草稿不公示", 5))
	publication := h.leaders.freeze(t, "risk_grades", "2026年廉洁风险点公示", "")
	assert.Equal(t, "2026-11-02", publication.GetAsOf())
	assert.EqualValues(t, 3, publication.GetEntryCount())
	_, err := h.division.publications.GetPublication(t.Context(), &riskv1.GetPublicationRequest{Name: publication.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND") // a draft is for its unit

	publication = h.leaders.publicise(t, publication, "website", "notice_board")
	assert.Equal(t, "2026-11-02", publication.GetPublicFrom())
	assert.Equal(t, "2026-11-09", publication.GetPublicUntil().GetDue(), "five working days")
	_, err = h.group.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: points[2].GetName(), Reason: "形势变化", Regrade: &riskv1.Regrade{Points: points[0].GetPoints()},
	})
	require.NoError(t, err)

	entries, lines := h.division.entries(t, publication), sha256.New()
	require.Len(t, entries, 3, "everybody reads what is public")
	for i, entry := range entries {
		shown := entry.GetRiskPoint()
		assert.Equal(t, points[i].GetDescription()+" "+points[i].GetGrade(), shown.GetDescription()+" "+shown.GetGrade())
		assert.Equal(t, courtCivil, shown.GetUnit())
		assert.Empty(t, shown.GetSearchMethods(), "the kind doesn't show it")
		assert.Nil(t, shown.GetStanding())
		fmt.Fprintf(lines, "%s %d %s\n", entry.GetEntry(), entry.GetVersion(), points[i].GetStanding().GetContentSha256())
	}
	assert.Equal(t, hex.EncodeToString(lines.Sum(nil)), publication.GetEntriesSha256(), "anybody can count it")

	endIt := &riskv1.EndPublicationRequest{Name: publication.GetName()}
	h.Clock.Advance(7 * day)
	_, err = h.leaders.publications.EndPublication(t.Context(), endIt)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STILL_PUBLIC")
	h.Clock.Advance(day)
	publication, err = h.leaders.publications.EndPublication(t.Context(), endIt)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-10", publication.GetEndedOn())
	assert.Equal(t, riskv1.PublicationState_PUBLICATION_STATE_ENDED, publication.GetState())
	assert.Len(t, h.division.entries(t, publication), 3)
	_, err = h.leaders.publications.WithdrawPublication(t.Context(), &riskv1.WithdrawPublicationRequest{
		Name: publication.GetName(), Reason: "有误",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = h.leaders.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
		Name: publication.GetName(), Filing: &riskv1.Filing{FiledWith: "city_office", FiledOn: "2026-11-10", ReceiptNumber: "1"},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"filing.filed_with": "UNKNOWN_TERM"}) // J files no grades
}

func TestJ6_UnitsHearOfWhatIsPublicOfTheirs(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	h.inForce(t, scored("人情案", 5))
	withdraw := func(publication *riskv1.Publication) {
		withdrawn, err := h.leaders.publications.WithdrawPublication(t.Context(), &riskv1.WithdrawPublicationRequest{
			Name: publication.GetName(), Reason: "等级有误",
		})
		require.NoError(t, err)
		assert.Equal(t, "等级有误 2026-11-02", withdrawn.GetWithdrawalReason()+" "+withdrawn.GetEndedOn())
	}
	withdraw(h.leaders.freeze(t, "risk_grades", "草稿", "")) // of which nobody heard
	publication := h.leaders.publicise(t, h.leaders.freeze(t, "risk_grades", "风险点公示", ""), "notice_board")
	withdraw(publication)
	_, err := h.division.publications.ListPublicationEntries(t.Context(), &riskv1.ListPublicationEntriesRequest{
		Name: publication.GetName(),
	})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")

	assert.Equal(t, []string{
		"区人民法院公示“风险点公示”，其中有本单位的内容，公示期自 2026-11-02 至 2026-11-09。", "区人民法院撤回了公示“风险点公示”：等级有误",
	}, said(t, h.Suite, "division", courtCivil, publication.GetName(), 2))
}

// The catalogue of powers of the bureau shows what has changed between two publications, and until any day.
func TestT12_CatalogueOfPowersShowsWhatChanged(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	leading := as(b.Suite, "leading_group_office", commerce)
	enterPower := func(title string) *riskv1.PowerItem {
		asked := b.from.licensing(t, markets)
		asked.Kind, asked.Title = "approval", title
		return b.legal.approvePower(t, b.from.submitPower(t, b.from.power(t, asked), enter))
	}
	changed, ended := enterPower("市场许可"), enterPower("经营备案")
	redrawn := enterPower("占道许可")
	first := leading.freeze(t, "power_catalogue", "权力事项目录（一）", "")
	charts := leading.freeze(t, "flow_charts", "权力运行流程图", "")

	b.Clock.Advance(day)
	b.legal.approvePower(t, b.from.submitPower(t, b.from.retitlePower(t, changed, "市场准入许可"), enter))
	b.legal.approvePower(t, b.from.submitPower(t, ended, end))
	enterPower("商务执法")
	redrawn.Steps[2].Title = "送达"
	redrawn, err := b.from.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{PowerItem: redrawn, UpdateMask: all})
	require.NoError(t, err)
	b.legal.approvePower(t, b.from.submitPower(t, redrawn, enter))
	second := leading.publicise(t, leading.freeze(t, "power_catalogue", "权力事项目录（二）", ""), "society")
	assert.Nil(t, second.GetPublicUntil(), "it stays public")
	before := leading.freeze(t, "power_catalogue", "权力事项目录（一，补）", "2026-11-02")

	want := []string{"1市场许可 → 2市场准入许可 title", "1经营备案 → –", "– → 1商务执法"}
	since := func(p *riskv1.Publication, after any) *riskv1.DiffPublicationRequest {
		req := &riskv1.DiffPublicationRequest{Name: p.GetName()}
		switch after := after.(type) {
		case *riskv1.Publication:
			req.After = &riskv1.DiffPublicationRequest_AfterPublication{AfterPublication: after.GetName()}
		case string:
			req.After = &riskv1.DiffPublicationRequest_AfterDay{AfterDay: after}
		}
		return req
	}
	assert.ElementsMatch(t, want, leading.changes(t, since(first, second)))
	assert.ElementsMatch(t, want, leading.changes(t, since(first, "2026-11-03")))
	assert.Empty(t, leading.changes(t, since(first, "2026-11-02")))
	assert.Empty(t, leading.changes(t, since(first, before)))
	assert.Equal(t, first.GetEntriesSha256(), before.GetEntriesSha256())
	assert.ElementsMatch(t, []string{"1市场许可 → 2市场准入许可 title", "1经营备案 → –", "– → 1商务执法", "1占道许可 → 2占道许可 steps"},
		leading.changes(t, since(charts, "2026-11-03")), "a flow chart shows the steps")

	entry := leading.entries(t, second)[0]
	assert.Equal(t, []string{"窗口受理岗", "审批岗"}, entry.GetPositionTitles())
	assert.Empty(t, entry.GetPowerItem().GetSteps())

	for _, c := range []struct {
		after any
		want  map[string]string
	}{
		{charts, map[string]string{"after_publication": "NOT_COMPARABLE"}},
		{&riskv1.Publication{Name: "publications/x-1"}, map[string]string{"after_publication": "NOT_FOUND"}},
		{"2026-11-04", map[string]string{"after_day": "FUTURE"}},
		{nil, map[string]string{"after_publication": "ONE_REQUIRED"}},
	} {
		_, err := leading.publications.DiffPublication(t.Context(), since(first, c.after))
		suitetest.RequireFieldFaults(t, err, c.want)
	}
	_, err = b.from.publications.DiffPublication(t.Context(), since(second, first))
	suitetest.RequireFieldFaults(t, err, map[string]string{"after_publication": "NOT_FOUND"}) // a draft of another unit
}

func TestT22_SummaryTableIsFiledUpward(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, leading := as(s, "section", markets), as(s, "leading_group_office", commerce)
	asked := riskPoint(markets, 5, 5, 5)
	asked.Category, asked.Position = "decision", section.post(t, markets, "审批岗", "staff")
	head := leading.post(t, commerce, "局长", "head")
	asked.OwnerPosition = head
	point := section.propose(t, section.point(t, asked), enter)
	leading.approveTwice(t, point)

	table := leading.publicise(t, leading.freeze(t, "summary_table", "廉政风险点汇总表", ""), "within")
	entry := leading.entries(t, table)[0]
	assert.Equal(t, "a 局长", entry.GetRiskPoint().GetGrade()+" "+entry.GetRiskPoint().GetOwner().GetTitle())
	assert.Equal(t, []string{"审批岗"}, entry.GetPositionTitles())
	file := func(body, on string) (*riskv1.Publication, error) {
		return leading.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
			Name: table.GetName(), Filing: &riskv1.Filing{FiledWith: body, FiledOn: on, ReceiptNumber: "市三位一体办〔2026〕7号"},
		})
	}
	_, err := file("city_office", "2026-11-02")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	s.Clock.Advance(8 * day)
	ended, err := leading.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: table.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-24 2026-11-19", ended.GetFileBy()+" "+ended.GetFileRemindOn())
	assert.Equal(t, []string{table.GetName()}, leading.unfiled(t))
	_, err = file("province", "2026-11-09")
	suitetest.RequireFieldFaults(t, err, map[string]string{"filing.filed_with": "UNKNOWN_TERM", "filing.filed_on": "NOT_BEFORE"})
	_, err = file("city_office", "2026-11-11")
	suitetest.RequireFieldFaults(t, err, map[string]string{"filing.filed_on": "FUTURE"})
	filed, err := file("city_office", "2026-11-10")
	require.NoError(t, err)
	require.Len(t, filed.GetFilings(), 1)
	assert.Equal(t, "市三位一体办〔2026〕7号", filed.GetFilings()[0].GetReceiptNumber())
	assert.Equal(t, "2026-11-10 ", filed.GetFiledOn()+" "+filed.GetFileRemindOn())
	assert.Empty(t, leading.unfiled(t))
	_, err = file("city_office", "2026-11-10")
	suitetest.RequireFieldFaults(t, err, map[string]string{"filing.filed_with": "FILED_BEFORE"})

	late := leading.publicise(t, leading.freeze(t, "summary_table", "补充的廉政风险点汇总表", ""), "within")
	s.Clock.Advance(8 * day)
	_, err = leading.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: late.GetName()})
	require.NoError(t, err)
	s.Clock.Advance(15 * day)
	s.RunJob("risk.remind_publication_filings")
	assert.Equal(t, []string{"“补充的廉政风险点汇总表”应于 2026-12-02 前上报备案，现已逾期。"},
		said(t, s, "leading_group_office", commerce, late.GetName(), 1))
	assert.Equal(t, []string{late.GetName()}, leading.unfiled(t))
	counts, _ := figuresOf(t, s, commerce, "2026", "publications_filed")
	assert.Equal(t, [2]int64{1, 2}, counts["publications_filed"])
}

// unfiled are the publications of the caller's subtree that are still to be filed.
func (o office) unfiled(t *testing.T) (names []string) {
	t.Helper()
	listed, err := o.publications.ListPublications(t.Context(), &riskv1.ListPublicationsRequest{Unit: o.unit, Unfiled: true})
	require.NoError(t, err)
	for _, made := range listed.GetPublications() {
		names = append(names, made.GetName())
	}
	return names
}

// The table has what is done about each risk point, as it was when the table was made (seed 4).
func TestT22_T8_SummaryTableHoldsTheControlsOfEachPoint(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	first, second := b.inForce(t, 1, "execution"), b.inForce(t, 2, "execution")
	bare := b.office.freeze(t, "grade_catalogue", "权力廉政风险等级目录", "")
	pledge := b.section.plan(t, b.against(first, "pledge"))
	dropped := b.section.plan(t, b.against(first, "pledge"))
	cancel := &riskv1.CancelControlRequest{Name: dropped.GetName(), Reason: "重复"}
	_, err := b.section.controls.CancelControl(t.Context(), cancel)
	require.NoError(t, err)

	table := b.office.freeze(t, "summary_table", "廉政风险点汇总表", "")
	assert.EqualValues(t, 1, table.GetUncontrolledCount())
	assert.Equal(t, []string{second.GetName()}, table.GetUncontrolledEntries(), "which has no control")
	assert.Zero(t, bare.GetUncontrolledCount(), "it shows none")
	entries, lines := b.office.entries(t, table), sha256.New()
	require.Len(t, entries, 2)
	for _, entry := range entries {
		fmt.Fprintf(lines, "%s %d %s\n", entry.GetEntry(), entry.GetVersion(), entry.GetContentSha256())
		for _, control := range entry.GetControls() {
			fmt.Fprintf(lines, "%s %s %s %x %x\n", control.GetControl(), control.GetForm(), control.GetDueOn(),
				sha256.Sum256([]byte(control.GetMeasure())), sha256.Sum256([]byte(control.GetOwnerTitle())))
		}
	}
	assert.Equal(t, hex.EncodeToString(lines.Sum(nil)), table.GetEntriesSha256(), "anybody can count it")
	require.Len(t, entries[0].GetControls(), 1, "what was given up is no control")
	assert.Equal(t, text(&riskv1.PublishedControl{
		Control: pledge.GetName(), Form: "pledge", Measure: "全股签订保廉承诺书", OwnerTitle: "股长", DueOn: "2026-11-20",
	}), text(entries[0].GetControls()[0]), "with who answers and by when")
	assert.Empty(t, entries[1].GetControls())
	assert.Empty(t, b.office.entries(t, bare)[0].GetControls(), "a grade catalogue shows none")

	b.section.plan(t, b.against(second, "pledge"))
	publicise := &riskv1.PublicisePublicationRequest{Name: table.GetName(), Places: []string{"within"}}
	_, err = b.office.publications.PublicisePublication(t.Context(), publicise)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DRAFT_OUTDATED")
	assert.Empty(t, b.office.entries(t, table)[1].GetControls(), "what was frozen stays")
	today := riskv1.DiffPublicationRequest_AfterDay{AfterDay: "2026-11-02"}
	assert.Equal(t, []string{"1c → 1c controls"},
		b.office.changes(t, &riskv1.DiffPublicationRequest{Name: table.GetName(), After: &today}))
	assert.Empty(t, b.office.changes(t, &riskv1.DiffPublicationRequest{Name: bare.GetName(), After: &today}))
	again := b.office.publicise(t, b.office.freeze(t, "summary_table", "廉政风险点汇总表", ""), "within")
	assert.Len(t, b.office.entries(t, again)[1].GetControls(), 1)
	b.office.publicise(t, bare, "within")
}

func TestJ6_WhatCannotBePublicised(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	create := func(o office, unit, kind, asOf string) error {
		_, err := o.publications.CreatePublication(t.Context(), &riskv1.CreatePublicationRequest{
			Publication: &riskv1.Publication{Unit: unit, Kind: kind, Title: "公示", AsOf: asOf},
		})
		return err
	}
	suitetest.RequireRefused(t, create(h.leaders, court, "risk_grades", ""), codes.FailedPrecondition, "NOTHING_TO_PUBLISH")
	h.inForce(t, scored("人情案", 5))
	suitetest.RequireRefused(t, create(h.leaders, court, "risk_grades", "2026-11-01"), codes.FailedPrecondition, "NOTHING_TO_PUBLISH")
	suitetest.RequireRefused(t, create(h.leaders, court, "flow_charts", ""), codes.FailedPrecondition, "NOTHING_TO_PUBLISH")
	suitetest.RequireFieldFaults(t, create(h.leaders, court, "posters", "2026-11-03"),
		map[string]string{"publication.kind": "UNKNOWN_TERM", "publication.as_of": "FUTURE"})
	suitetest.RequireRefused(t, create(h.leaders, courtCivil, "risk_grades", ""), codes.PermissionDenied, "OWN_UNIT_ONLY")
	suitetest.RequireRefused(t, create(h.division, courtCivil, "risk_grades", ""), codes.PermissionDenied, "PERMISSION_DENIED")
	suitetest.RequireRefused(t, create(h.leaders, "units/x", "risk_grades", ""), codes.NotFound, "NOT_FOUND")

	draft := h.leaders.freeze(t, "risk_grades", "公示", "")
	publicise := func(o office, etag string, places ...string) error {
		_, err := o.publications.PublicisePublication(t.Context(), &riskv1.PublicisePublicationRequest{
			Name: draft.GetName(), Places: places, Etag: etag,
		})
		return err
	}
	suitetest.RequireFieldFaults(t, publicise(h.leaders, "", "website", "radio", "website"),
		map[string]string{"places[1]": "UNKNOWN_TERM", "places[2]": "DUPLICATE"})
	suitetest.RequireFieldFaults(t, publicise(h.leaders, ""), map[string]string{"places": "REPEATED_MIN_ITEMS"})
	suitetest.RequireRefused(t, publicise(h.leaders, "7", "website"), codes.Aborted, "ETAG_MISMATCH")
	suitetest.RequireRefused(t, publicise(as(h.Suite, "court_leaders", courtCivil), "", "website"), codes.NotFound, "NOT_FOUND")
	_, err := h.leaders.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: draft.GetName()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	require.NoError(t, publicise(h.leaders, draft.GetEtag(), "website"))
	suitetest.RequireRefused(t, publicise(as(h.Suite, "court_leaders", courtCivil), "", "website"),
		codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = h.leaders.publications.WithdrawPublication(t.Context(), &riskv1.WithdrawPublicationRequest{Name: draft.GetName()})
	suitetest.RequireFieldFaults(t, err, map[string]string{"reason": "REQUIRED"})
	_, err = h.leaders.publications.ListPublications(t.Context(), &riskv1.ListPublicationsRequest{
		Unit: court, Kinds: []string{"posters"},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"kinds": "UNKNOWN_TERM"})
}

// A division finds what the court above it has made public, over HTTP as a website asks for it.
func TestJ6_X7_WhatUnitsAboveHavePublicisedIsFound(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	h.inForce(t, scored("人情案", 5))
	public := h.leaders.publicise(t, h.leaders.freeze(t, "risk_grades", "公示", ""), "website")
	draft := h.leaders.freeze(t, "risk_grades", "草稿", "")
	token := h.Token(access.Principal{Subject: "accounts/division", Unit: courtCivil, Roles: []string{"division"}})
	get := func(path string) []byte {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/risk/v1/"+path, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer func() { assert.NoError(t, answer.Body.Close()) }()
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.StatusCode, "%s", body)
		return body
	}
	listed := &riskv1.ListPublicationsResponse{}
	require.NoError(t, protojson.Unmarshal(get("publications?unit="+courtCivil+"&above=true"), listed))
	require.Len(t, listed.GetPublications(), 1)
	assert.Equal(t, public.GetName(), listed.GetPublications()[0].GetName())
	entries := &riskv1.ListPublicationEntriesResponse{}
	require.NoError(t, protojson.Unmarshal(get(public.GetName()+"/entries"), entries))
	assert.Equal(t, "人情案", entries.GetEntries()[0].GetRiskPoint().GetDescription())
	now := &riskv1.DiffPublicationRequest{
		Name: public.GetName(), After: &riskv1.DiffPublicationRequest_AfterDay{AfterDay: "2026-11-01"},
	}
	_, err := h.division.publications.DiffPublication(t.Context(), now)
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND") // what is in force was not made public
	diff, err := h.group.publications.DiffPublication(t.Context(), now)
	require.NoError(t, err)
	require.Len(t, diff.GetChanges(), 1)
	assert.Nil(t, diff.GetChanges()[0].GetAfter())

	own, err := h.division.publications.ListPublications(t.Context(), &riskv1.ListPublicationsRequest{Unit: courtCivil})
	require.NoError(t, err)
	assert.Empty(t, own.GetPublications())
	all, err := h.group.publications.ListPublications(t.Context(), &riskv1.ListPublicationsRequest{
		Unit: court, Kinds: []string{"risk_grades"}, States: []riskv1.PublicationState{riskv1.PublicationState_PUBLICATION_STATE_DRAFT},
	})
	require.NoError(t, err)
	require.Len(t, all.GetPublications(), 1)
	assert.Equal(t, draft.GetName(), all.GetPublications()[0].GetName())
}

// What was drawn up is made public as it is in force, or is drawn up again.
func TestJ6_T4_ADraftWhoseEntriesHaveChangedIsDrawnUpAgain(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point := h.inForce(t, scored("人情案", 2))
	h.Clock.Advance(day)
	drawnUp := h.leaders.freeze(t, "risk_grades", "风险点公示", "")
	h.Clock.Advance(day)
	_, err := h.group.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: point.GetName(), Reason: "形势变化", Regrade: &riskv1.Regrade{Points: scored("", 5).GetPoints()},
	})
	require.NoError(t, err)
	publicise := &riskv1.PublicisePublicationRequest{Name: drawnUp.GetName(), Places: []string{"website"}}
	_, err = h.leaders.publications.PublicisePublication(t.Context(), publicise)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DRAFT_OUTDATED")
	require.ErrorContains(t, err, "人情案")
	past := h.leaders.freeze(t, "risk_grades", "前一日的风险点", "2026-11-03")
	assert.Equal(t, "low", h.leaders.entries(t, past)[0].GetRiskPoint().GetGrade(), "what was in force then is there to be compared")
	publicise.Name = past.GetName()
	_, err = h.leaders.publications.PublicisePublication(t.Context(), publicise)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DRAFT_OUTDATED")
	again := h.leaders.publicise(t, h.leaders.freeze(t, "risk_grades", "风险点公示", ""), "website")
	assert.Equal(t, "high", h.leaders.entries(t, again)[0].GetRiskPoint().GetGrade())

	lacking := h.leaders.freeze(t, "risk_grades", "少一个风险点", "")
	h.inForce(t, scored("超审限", 5))
	publicise.Name = lacking.GetName()
	_, err = h.leaders.publications.PublicisePublication(t.Context(), publicise)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DRAFT_OUTDATED")
	require.ErrorContains(t, err, "超审限")
}

// A draft of a past day that is still in force as it was becomes public as of today.
func TestJ6_WhatIsPublicIsAsOfTheDayItBecameSo(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	h.inForce(t, scored("人情案", 2))
	h.Clock.Advance(2 * day)
	public := h.leaders.publicise(t, h.leaders.freeze(t, "risk_grades", "风险点公示", "2026-11-03"), "website")
	assert.Equal(t, "2026-11-04 2026-11-04", public.GetAsOf()+" "+public.GetPublicFrom())
}

// Who makes something public waits for a regrade of it that is under way, and then makes public no other than what is in force.
func TestJ6_T4_NothingIsRegradedWhileItBecomesPublic(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point := h.inForce(t, scored("人情案", 2))
	draft := h.leaders.freeze(t, "risk_grades", "风险点公示", "")
	waiting, release := holdJournal(t, h.Suite)
	var both sync.WaitGroup
	both.Go(func() {
		_, err := h.group.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
			Name: point.GetName(), Reason: "形势变化", Regrade: &riskv1.Regrade{Points: scored("", 5).GetPoints()},
		})
		assert.NoError(t, err)
	})
	waiting(1)
	var publicised error
	both.Go(func() {
		_, publicised = h.leaders.publications.PublicisePublication(t.Context(), &riskv1.PublicisePublicationRequest{
			Name: draft.GetName(), Places: []string{"website"},
		})
	})
	waiting(2)
	release()
	both.Wait()
	suitetest.RequireRefused(t, publicised, codes.FailedPrecondition, "DRAFT_OUTDATED")
}

// holdJournal keeps changes from being recorded, and so from ending, until they are released; waiting waits for so many of them.
func holdJournal(t *testing.T, s *suitetest.Suite) (waiting func(int), release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "BEGIN; LOCK TABLE risk.journal IN SHARE MODE")
	require.NoError(t, err)
	return func(n int) {
			assert.Eventually(t, func() bool {
				var found int
				err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE NOT granted
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&found)
				return err == nil && found == n
			}, 10*time.Second, 5*time.Millisecond)
		}, func() {
			assert.NoError(t, conn.Close(t.Context()))
		}
}
