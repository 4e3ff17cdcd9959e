package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	bureau      = "units/finance"         // of the city
	lowerBureau = "units/finance_huashan" // in the county, below the bureau on the system line
	audit       = "units/audit"
)

// desk is one role in one unit that has to do with referrals.
type desk struct {
	warningv1.ReferralServiceClient
}

func deskOf(s *suitetest.Suite, role, unit string) desk {
	return desk{warningv1.NewReferralServiceClient(s.As(role, unit))}
}

// withBureaus is a suite with three departments.
func withBureaus(t *testing.T) *suitetest.Suite {
	t.Helper()
	s := suitetest.New(t)
	units := networkv1.NewUnitServiceClient(s.As("handler", suitetest.City))
	for _, u := range []*networkv1.Unit{
		{Name: bureau, Title: "财政局", Level: typev1.Level_LEVEL_CITY, Parent: suitetest.City},
		{Name: audit, Title: "审计局", Level: typev1.Level_LEVEL_CITY, Parent: suitetest.City},
		{Name: lowerBureau, Title: "花山区财政局", Level: typev1.Level_LEVEL_COUNTY, Parent: county, SystemParent: bureau},
	} {
		id := u.GetName()[len("units/"):]
		u.Name, u.Kind = "", networkv1.UnitKind_UNIT_KIND_MONITORING_POINT
		_, err := units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: id, Unit: u})
		require.NoError(t, err)
	}
	s.Clock.Advance(6 * time.Second) // directories remember for five
	return s
}

func referral(unit, department string) *warningv1.Referral {
	return &warningv1.Referral{
		Unit: unit, Department: department, Kind: "exchange", Title: "集体资金", Problem: "多个村的集体资金收支反复被反映没有公开。",
		Proposal: "统一公开的格式，按季抽查。",
	}
}

func (d desk) draft(t *testing.T, r *warningv1.Referral) *warningv1.Referral {
	t.Helper()
	made, err := d.CreateReferral(t.Context(), &warningv1.CreateReferralRequest{Referral: r})
	require.NoError(t, err)
	return made
}

func (d desk) send(t *testing.T, name string) *warningv1.Referral {
	t.Helper()
	made, err := d.SendReferral(t.Context(), &warningv1.SendReferralRequest{Name: name})
	require.NoError(t, err)
	return made
}

func (d desk) get(t *testing.T, name string) *warningv1.Referral {
	t.Helper()
	read, err := d.GetReferral(t.Context(), &warningv1.GetReferralRequest{Name: name})
	require.NoError(t, err)
	return read
}

func (d desk) decline(t *testing.T, name string) *warningv1.Referral {
	t.Helper()
	made, err := d.DeclineReferral(t.Context(), &warningv1.DeclineReferralRequest{Name: name, Reason: "不属本局主管。"})
	require.NoError(t, err)
	return made
}

// measures are two measures, the last due on 11 December.
func measures(unit, department string) []*warningv1.JointMeasure {
	return []*warningv1.JointMeasure{
		{Unit: department, Text: "印发公开格式。", DueOn: "2026-12-11"}, {Unit: unit, Text: "抽查各村公开情况。", DueOn: "2026-11-20"},
	}
}

func (d desk) agree(t *testing.T, r *warningv1.Referral) *warningv1.Referral {
	t.Helper()
	made, err := d.AgreeReferral(t.Context(), &warningv1.AgreeReferralRequest{
		Name: r.GetName(), Measures: measures(r.GetUnit(), r.GetDepartment()),
	})
	require.NoError(t, err)
	return made
}

func (d desk) listed(t *testing.T, req *warningv1.ListReferralsRequest) (names []string) {
	t.Helper()
	list, err := d.ListReferrals(t.Context(), req)
	require.NoError(t, err)
	for _, r := range list.GetReferrals() {
		names = append(names, r.GetName())
	}
	return names
}

// warned is a warning that a unit has issued.
func warned(t *testing.T, s *suitetest.Suite, by, to string) string {
	t.Helper()
	req := notice("blue")
	req.Unit, req.SupervisingUnit = to, by
	return as(s, "handler", by).issue(t, req).GetName()
}

// recurring is what the city finds about the township in October, after it found the same in September.
func recurring(t *testing.T, s *suitetest.Suite) *warningv1.Finding {
	t.Helper()
	city := as(s, "handler", suitetest.City)
	past(t, s, township, "collective_funds", october, 3, 0, 3, 4)
	past(t, s, other, "ethics", october, 3)
	for _, month := range []string{"2026-07", "2026-09"} {
		for _, f := range city.found(t, city.run(t, month)) {
			assert.EqualValues(t, 1, min(f.GetRecurrences(), 1))
		}
	}
	advanceTo(t, s, 2026, time.November, 6)
	s.RunJob(analysing)
	found := city.listed(t, &warningv1.ListFindingsRequest{Unit: suitetest.City, Period: "2026-10", Recurring: true})
	require.Len(t, found, 1, "the other township was found for the first time")
	return found[0]
}

func TestC13_ARecurringProblemIsProposedReferredAgreedAndClosed(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	found := recurring(t, s)
	assert.EqualValues(t, 2, found.GetRecurrences(), "July is no longer among the last three months")
	assert.Equal(t, township, found.GetCount().GetUnit())
	assert.Contains(t, toldAs(t, s, "handler", suitetest.City, "analyses/340500.2026-10", 1), "inbox.analysis_recurring")

	centre, clerk := deskOf(s, "handler", suitetest.City), deskOf(s, "clerk", bureau)
	asked := referral(suitetest.City, bureau)
	asked.Findings = []string{found.GetName()}
	r := centre.draft(t, asked)
	assert.Equal(t, "collective_funds", r.GetSubjectArea())
	assert.Equal(t, "财政局", r.GetDepartmentTitle())
	_, err := clerk.GetReferral(t.Context(), &warningv1.GetReferralRequest{Name: r.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	assert.Empty(t, clerk.listed(t, &warningv1.ListReferralsRequest{Unit: bureau, Received: true}))
	r, err = centre.UpdateReferral(t.Context(), &warningv1.UpdateReferralRequest{
		Referral:   &warningv1.Referral{Name: r.GetName(), Title: "集体资金公开", Etag: r.GetEtag()},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	})
	require.NoError(t, err)

	r = centre.send(t, r.GetName())
	assert.Equal(t, "2026-11-27", r.GetDueOn(), "fifteen working days")
	assert.Equal(t, []string{r.GetName()}, clerk.listed(t, &warningv1.ListReferralsRequest{Unit: bureau, Received: true}))
	assert.Equal(t, []string{r.GetName()}, centre.listed(t, &warningv1.ListReferralsRequest{
		Unit: suitetest.City, Finding: found.GetName(), Department: bureau,
		States: []warningv1.ReferralState{warningv1.ReferralState_REFERRAL_STATE_SENT},
	}))
	assert.Empty(t, centre.listed(t, &warningv1.ListReferralsRequest{Unit: suitetest.City, Department: audit}))
	assert.Equal(t, []string{"inbox.referral_sent"}, told(t, s, bureau, r.GetName(), 1))

	_, err = centre.AgreeReferral(t.Context(), &warningv1.AgreeReferralRequest{
		Name: r.GetName(), Measures: measures(suitetest.City, bureau),
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	r = clerk.agree(t, r)
	assert.Equal(t, "2026-12-11", r.GetDueOn(), "the last of the measures")
	_, err = centre.WithdrawReferral(t.Context(), &warningv1.WithdrawReferralRequest{Name: r.GetName(), Reason: "重复"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	filesOf(s.As("clerk", bureau)).attach(t, r.GetName())
	shown, err := filesOf(s.As("handler", suitetest.City)).ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: r.GetName()})
	require.NoError(t, err)
	assert.Len(t, shown.GetAttachments(), 1)
	r, err = centre.CloseReferral(t.Context(), &warningv1.CloseReferralRequest{Name: r.GetName(), Outcome: "solved", Note: "各村均已公开。"})
	require.NoError(t, err)
	assert.Equal(t, "已解决", r.GetOutcomeTitle().GetZh())
	assert.Empty(t, r.GetRemindOn())
	assert.Equal(t, []string{"inbox.referral_agreed"}, toldAs(t, s, "handler", suitetest.City, r.GetName(), 1))
	assert.Equal(t, []string{"inbox.referral_sent", "inbox.referral_closed"}, told(t, s, bureau, r.GetName(), 2))

	past(t, s, township, "collective_funds", october.AddDate(0, 0, -1), 9, 9, 9, 9)
	as(s, "handler", suitetest.City).run(t, "2026-10")
	_, err = as(s, "handler", suitetest.City).findings.GetFinding(t.Context(), &warningv1.GetFindingRequest{Name: found.GetName()})
	require.NoError(t, err, "what was referred stays, whatever is found")
}

func TestC13_ADeclinedReferralGoesElsewhereOrIsSentAgain(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	centre := deskOf(s, "handler", suitetest.City)
	asked := referral(suitetest.City, bureau)
	asked.Warning = warned(t, s, suitetest.City, township)
	first := centre.draft(t, asked)
	asked = referral(suitetest.City, audit)
	asked.Warning, asked.DeclinedReferral = first.GetWarning(), first.GetName()
	_, err := centre.CreateReferral(t.Context(), &warningv1.CreateReferralRequest{Referral: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"referral.declined_referral": "NOT_DECLINED"})
	centre.send(t, first.GetName())
	r := deskOf(s, "clerk", bureau).decline(t, first.GetName())
	assert.Equal(t, "不属本局主管。", r.GetDeclineReason())
	assert.Equal(t, []string{"inbox.referral_declined"}, toldAs(t, s, "handler", suitetest.City, r.GetName(), 1))
	_, err = deskOf(s, "clerk", bureau).AgreeReferral(t.Context(), &warningv1.AgreeReferralRequest{
		Name: r.GetName(), Measures: measures(suitetest.City, bureau),
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	elsewhere := centre.send(t, centre.draft(t, asked).GetName())
	assert.Equal(t, r.GetName(), elsewhere.GetDeclinedReferral())
	_, err = deskOf(s, "clerk", bureau).GetReferral(t.Context(), &warningv1.GetReferralRequest{Name: elsewhere.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	deskOf(s, "clerk", audit).agree(t, elsewhere)

	r, err = centre.UpdateReferral(t.Context(), &warningv1.UpdateReferralRequest{
		Referral: &warningv1.Referral{Name: r.GetName(), Proposal: "由财政局核对拨款。", Department: audit},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"referral.department": "IMMUTABLE"})
	require.Nil(t, r)
	again := centre.send(t, first.GetName())
	assert.Empty(t, again.GetDeclineReason())
	gone, err := centre.WithdrawReferral(t.Context(), &warningv1.WithdrawReferralRequest{Name: again.GetName(), Reason: "已由审计局办理。"})
	require.NoError(t, err)
	assert.Equal(t, "已由审计局办理。", gone.GetWithdrawReason())
	assert.Equal(t, []string{"inbox.referral_sent", "inbox.referral_sent", "inbox.referral_withdrawn"}, told(t, s, bureau, again.GetName(), 3))
}

// A township takes what it can't solve to the unit above, and an agency to the one above it on the system line; what lies beside is
// out of reach.
func TestC13_C15_ReferralsGoUpAndAlongTheLines(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	below := deskOf(s, "handler", township)
	cause := warned(t, s, township, village)
	for department, fits := range map[string]bool{county: true, suitetest.City: true, village: true, other: false, bureau: false} {
		r := referral(township, department)
		r.Warning = cause
		made, err := below.CreateReferral(t.Context(), &warningv1.CreateReferralRequest{Referral: r})
		if !fits {
			suitetest.RequireFieldFaults(t, err, map[string]string{"referral.department": "UNKNOWN_UNIT"})
			continue
		}
		require.NoError(t, err, department)
		below.send(t, made.GetName())
		assert.Equal(t, []string{made.GetName()}, below.listed(t, &warningv1.ListReferralsRequest{Unit: township, Department: department}))
	}
	mine := deskOf(s, "clerk", county).listed(t, &warningv1.ListReferralsRequest{Unit: county, Received: true})
	assert.Len(t, mine, 2, "to the county, and to what lies below it")

	upper := deskOf(s, "handler", bureau)
	r := referral(bureau, lowerBureau)
	r.Warning = "warnings/340500-none"
	_, err := upper.CreateReferral(t.Context(), &warningv1.CreateReferralRequest{Referral: r})
	suitetest.RequireFieldFaults(t, err, map[string]string{"referral.warning": "NOT_FOUND"})
	r = referral(lowerBureau, bureau)
	r.Warning = cause
	_, err = deskOf(s, "handler", lowerBureau).CreateReferral(t.Context(), &warningv1.CreateReferralRequest{Referral: r})
	suitetest.RequireFieldFaults(t, err, map[string]string{"referral.warning": "NOT_FOUND"}) // the department is on the line
}

func TestC13_AFaultyReferralIsRefusedWhole(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	city := as(s, "handler", suitetest.City)
	past(t, s, township, "collective_funds", october, 3)
	past(t, s, township, "ethics", october, 3)
	funds, ethics := city.found(t, city.run(t, "2026-10"))[0].GetName(), city.found(t, city.run(t, "2026-10"))[1].GetName()
	_, err := as(s, "handler", county).analyses.RunAnalysis(t.Context(), &warningv1.RunAnalysisRequest{Unit: county, Period: "2026-10"})
	require.NoError(t, err)
	ofCounty := as(s, "handler", county).listed(t, &warningv1.ListFindingsRequest{Unit: county})[0].GetName()
	gone := warned(t, s, suitetest.City, township)
	as(s, "reviewer", suitetest.City).withdraw(t, gone)
	centre := deskOf(s, "handler", suitetest.City)
	for name, c := range map[string]struct {
		spoil  func(*warningv1.Referral)
		faults map[string]string
	}{
		"nothing":      {func(r *warningv1.Referral) { r.Findings = nil }, map[string]string{"referral.findings": "REQUIRED"}},
		"own unit":     {func(r *warningv1.Referral) { r.Department = suitetest.City }, map[string]string{"referral.department": "OWN_REFERRAL"}},
		"no such unit": {func(r *warningv1.Referral) { r.Department = "units/none" }, map[string]string{"referral.department": "UNKNOWN_UNIT"}},
		"twice": {func(r *warningv1.Referral) { r.Findings = append(r.Findings, funds) }, map[string]string{
			"referral.findings[1]": "DUPLICATE",
		}},
		"areas": {func(r *warningv1.Referral) { r.Findings = append(r.Findings, ethics) }, map[string]string{
			"referral.findings[1]": "OTHER_AREA",
		}},
		"another unit's": {func(r *warningv1.Referral) { r.Findings = []string{ofCounty} }, map[string]string{
			"referral.findings[0]": "OTHER_UNIT",
		}},
		"withdrawn": {func(r *warningv1.Referral) { r.Warning = gone }, map[string]string{"referral.warning": "WARNING_NOT_STANDING"}},
		"unknown": {func(r *warningv1.Referral) { r.DeclinedReferral = "referrals/340500-none" }, map[string]string{
			"referral.declined_referral": "NOT_FOUND",
		}},
		"no text": {func(r *warningv1.Referral) { r.Problem = "" }, map[string]string{"referral.problem": "REQUIRED"}},
	} {
		r := referral(suitetest.City, bureau)
		r.Findings = []string{funds}
		c.spoil(r)
		_, err := centre.CreateReferral(t.Context(), &warningv1.CreateReferralRequest{Referral: r})
		require.Error(t, err, name)
		suitetest.RequireFieldFaults(t, err, c.faults)
	}
	_, err = centre.CreateReferral(t.Context(), &warningv1.CreateReferralRequest{Referral: referral(county, bureau)})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	assert.Empty(t, centre.listed(t, &warningv1.ListReferralsRequest{Unit: suitetest.City}), "nothing was stored")

	asked := referral(suitetest.City, bureau)
	asked.Findings = []string{funds}
	r := centre.send(t, centre.draft(t, asked).GetName())
	clerk := deskOf(s, "clerk", bureau)
	_, err = clerk.AgreeReferral(t.Context(), &warningv1.AgreeReferralRequest{Name: r.GetName(), Measures: []*warningv1.JointMeasure{
		{Unit: audit, Text: "核对。", DueOn: "2026-11-01"},
	}})
	suitetest.RequireFieldFaults(t, err, map[string]string{"measures[0].unit": "NO_SIDE", "measures[0].due_on": "PAST"})
	clerk.agree(t, r)
	_, err = centre.CloseReferral(t.Context(), &warningv1.CloseReferralRequest{Name: r.GetName(), Outcome: "vanished", Note: "无"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"outcome": "UNKNOWN_TERM"})
	_, err = centre.CloseReferral(t.Context(), &warningv1.CloseReferralRequest{Name: r.GetName(), Outcome: "eased", Note: "好转", Etag: r.GetEtag()})
	suitetest.RequireRefused(t, err, codes.Aborted, "ETAG_MISMATCH")
}

func TestC13_OnlyBothSidesAndThoseAboveSeeAReferral(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	asked := referral(suitetest.City, lowerBureau)
	asked.Warning = warned(t, s, suitetest.City, township)
	r := deskOf(s, "handler", suitetest.City).draft(t, asked)
	for _, d := range []desk{deskOf(s, "clerk", lowerBureau), deskOf(s, "handler", county)} {
		_, err := d.GetReferral(t.Context(), &warningv1.GetReferralRequest{Name: r.GetName()})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}
	deskOf(s, "handler", suitetest.City).send(t, r.GetName())
	deskOf(s, "clerk", lowerBureau).get(t, r.GetName())
	deskOf(s, "handler", county).get(t, r.GetName())
	deskOf(s, "clerk", bureau).get(t, r.GetName()) // above it on the system line
	for _, unit := range []string{audit, stranger, township} {
		_, err := deskOf(s, "clerk", unit).GetReferral(t.Context(), &warningv1.GetReferralRequest{Name: r.GetName()})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}
	_, err := deskOf(s, "informant", lowerBureau).GetReferral(t.Context(), &warningv1.GetReferralRequest{Name: r.GetName()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = deskOf(s, "clerk", bureau).DeclineReferral(t.Context(), &warningv1.DeclineReferralRequest{Name: r.GetName(), Reason: "不属主管。"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = deskOf(s, "handler", county).WithdrawReferral(t.Context(), &warningv1.WithdrawReferralRequest{Name: r.GetName(), Reason: "无"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
}

func TestC13_WhoIsLateIsRemindedAndThoseAboveHear(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	centre, clerk := deskOf(s, "handler", suitetest.City), deskOf(s, "clerk", lowerBureau)
	asked := referral(suitetest.City, lowerBureau)
	asked.Warning = warned(t, s, suitetest.City, township)
	r := centre.send(t, centre.draft(t, asked).GetName())
	assert.Equal(t, "2026-11-23", r.GetDueOn())
	for _, day := range []int{18, 23, 24} {
		advanceTo(t, s, 2026, time.November, day)
		s.RunJob("warning.remind_referrals")
		s.RunJob("warning.remind_referrals")
	}
	assert.Equal(t, []string{"inbox.referral_sent", "inbox.referral_due", "inbox.referral_due", "inbox.referral_overdue"},
		told(t, s, lowerBureau, r.GetName(), 4))
	assert.Equal(t, []string{"inbox.referral_unanswered"}, toldAs(t, s, "handler", county, r.GetName(), 1))
	assert.Equal(t, []string{"inbox.referral_unanswered"}, toldAs(t, s, "handler", suitetest.City, r.GetName(), 1))
	overdue := &warningv1.ListReferralsRequest{Unit: suitetest.City, Overdue: true}
	assert.Equal(t, []string{r.GetName()}, centre.listed(t, overdue))

	_, err := clerk.AgreeReferral(t.Context(), &warningv1.AgreeReferralRequest{Name: r.GetName(), Measures: []*warningv1.JointMeasure{
		{Unit: lowerBureau, Text: "印发公开格式。", DueOn: "2026-12-04"},
	}})
	require.NoError(t, err)
	assert.Empty(t, centre.listed(t, overdue))
	for _, day := range []int{1, 4, 7} { // Monday follows
		advanceTo(t, s, 2026, time.December, day)
		s.RunJob("warning.remind_referrals")
	}
	assert.Equal(t, []string{"inbox.referral_measures_due", "inbox.referral_measures_due", "inbox.referral_measures_over"},
		told(t, s, lowerBureau, r.GetName(), 7)[4:])
	assert.Equal(t, []string{"inbox.referral_agreed", "inbox.referral_measures_due", "inbox.referral_measures_due", "inbox.referral_to_close"},
		toldAs(t, s, "handler", suitetest.City, r.GetName(), 5)[1:])
	assert.Equal(t, []string{r.GetName()}, centre.listed(t, overdue))
}

// A department that ends is answered for by its successor; where that is the unit that refers, it judges nothing of its own.
func TestC13_TheSuccessorOfTheDepartmentAnswers(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	s.Clock.Advance(24 * time.Hour) // a unit does not end on its first day
	centre := deskOf(s, "handler", suitetest.City)
	cause := warned(t, s, suitetest.City, township)
	sent := func(department string) *warningv1.Referral {
		asked := referral(suitetest.City, department)
		asked.Warning = cause
		return centre.send(t, centre.draft(t, asked).GetName())
	}
	merged, open, done := sent(bureau), sent(lowerBureau), sent(audit)
	deskOf(s, "clerk", audit).agree(t, done)
	tree := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City))
	_, err := tree.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{Name: lowerBureau, ChildrenTo: county, Reason: "撤销"})
	require.NoError(t, err)
	_, err = tree.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: bureau}}, Into: audit, Reason: "机构改革",
	})
	require.NoError(t, err)
	s.RunJob("warning.follow_moves")
	deskOf(s, "clerk", audit).agree(t, merged)
	deskOf(s, "clerk", county).decline(t, open.GetName())
	assert.Len(t, deskOf(s, "clerk", audit).listed(t, &warningv1.ListReferralsRequest{Unit: audit, Received: true}), 2)

	unanswered := sent(audit)
	_, err = tree.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{Name: audit, ChildrenTo: suitetest.City, Reason: "撤销"})
	require.NoError(t, err)
	s.RunJob("warning.follow_moves")
	_, err = centre.WithdrawReferral(t.Context(), &warningv1.WithdrawReferralRequest{Name: open.GetName(), Reason: "另行办理。"})
	require.NoError(t, err)
	own := deskOf(s, "administrator", suitetest.City)
	_, err = own.DeclineReferral(t.Context(), &warningv1.DeclineReferralRequest{Name: unanswered.GetName(), Reason: "不属主管。"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_REFERRAL")
	for _, r := range []*warningv1.Referral{merged, done} {
		_, err := centre.CloseReferral(t.Context(), &warningv1.CloseReferralRequest{Name: r.GetName(), Outcome: "eased", Note: "有所好转。"})
		require.NoError(t, err, "above the root there is none, and another account agreed")
	}
}

func TestC13_ReferralsAreDataOfTheScheme(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", suitetest.City)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-02"
	kind := scheme.GetReferralKinds()[0]
	scheme.RecursIn.Findings, kind.Outcomes = 4, append(kind.GetOutcomes(), kind.GetOutcomes()[0])
	_, err = admin.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"scheme.recurs_in.findings": "MORE_THAN_PERIODS", "scheme.referral_kinds[0].outcomes[3].id": "DUPLICATE",
	})
	centre, asked := deskOf(s, "handler", suitetest.City), referral(suitetest.City, county)
	asked.Warning = warned(t, s, suitetest.City, township)
	drafted := centre.draft(t, asked)
	asked.Kind, asked.Regulation = "regulation_proposal", "村集体资金管理办法"
	proposed := centre.draft(t, asked)
	asked.Kind, asked.Regulation = "exchange", ""
	scheme.RecursIn.Findings, scheme.ReferralKinds = 2, scheme.GetReferralKinds()[1:]
	scheme.ReferralKinds[0].NamesRegulation = false
	scheme.EffectiveFrom = "2026-11-03"
	_, err = admin.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	s.Clock.Advance(24 * time.Hour)
	_, err = centre.CreateReferral(t.Context(), &warningv1.CreateReferralRequest{Referral: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"referral.kind": "UNKNOWN_TERM"})
	_, err = centre.SendReferral(t.Context(), &warningv1.SendReferralRequest{Name: drafted.GetName()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_REFERRAL_KIND")
	_, err = centre.SendReferral(t.Context(), &warningv1.SendReferralRequest{Name: proposed.GetName()})
	suitetest.RequireFieldFaults(t, err, map[string]string{"referral.regulation": "REGULATION_NOT_ASKED"})
}

// What is found shows a gap in a regulation: the department is asked to close it, and what came of it is named.
func TestC17_AGapInARegulationBecomesAProposalAndARegulation(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	centre, clerk := deskOf(s, "handler", suitetest.City), deskOf(s, "clerk", bureau)
	asked := referral(suitetest.City, bureau)
	asked.Kind, asked.Warning = "regulation_proposal", warned(t, s, suitetest.City, township)
	_, err := centre.CreateReferral(t.Context(), &warningv1.CreateReferralRequest{Referral: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"referral.regulation": "REQUIRED"})
	asked.Regulation = "村集体资金管理办法第八条"
	r := centre.send(t, centre.draft(t, asked).GetName())
	assert.Equal(t, "制度建议", r.GetKindTitle().GetZh())
	assert.Equal(t, "2026-11-30", r.GetDueOn(), "twenty working days")
	told(t, s, bureau, r.GetName(), 1)
	assert.Equal(t, []string{"马鞍山市提出制度建议“集体资金”，请于 2026-11-30 前答复。"}, titles(t, s, bureau, r.GetName()))
	clerk.agree(t, r)
	for field, req := range map[string]*warningv1.CloseReferralRequest{
		"REQUIRED":             {Outcome: "adopted", Note: "已经修订。"},
		"REGULATION_NOT_ASKED": {Outcome: "not_adopted", Note: "已有规定。", ResultingRegulation: "村集体资金管理办法"},
	} {
		req.Name = r.GetName()
		_, err := centre.CloseReferral(t.Context(), req)
		suitetest.RequireFieldFaults(t, err, map[string]string{"resulting_regulation": field})
	}
	r, err = centre.CloseReferral(t.Context(), &warningv1.CloseReferralRequest{
		Name: r.GetName(), Outcome: "adopted", Note: "已经修订。", ResultingRegulation: "村集体资金管理办法（2026 年修订），2027 年 1 月 1 日施行",
	})
	require.NoError(t, err)
	assert.Equal(t, "已建章立制", r.GetOutcomeTitle().GetZh())
	assert.Contains(t, r.GetResultingRegulation(), "2026 年修订")
	assert.Equal(t, []string{r.GetName()}, centre.listed(t, &warningv1.ListReferralsRequest{
		Unit: suitetest.City, Kinds: []string{"regulation_proposal"},
	}))
	assert.Empty(t, centre.listed(t, &warningv1.ListReferralsRequest{Unit: suitetest.City, Kinds: []string{"request", "exchange"}}))
}

func TestC17_ARequestIsSolvedByTheDepartment(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	centre, clerk := deskOf(s, "handler", suitetest.City), deskOf(s, "clerk", lowerBureau)
	asked := referral(suitetest.City, lowerBureau)
	asked.Kind, asked.Warning, asked.Regulation = "request", warned(t, s, suitetest.City, township), "村集体资金管理办法"
	_, err := centre.CreateReferral(t.Context(), &warningv1.CreateReferralRequest{Referral: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"referral.regulation": "REGULATION_NOT_ASKED"})
	asked.Regulation = ""
	r := clerk.agree(t, centre.send(t, centre.draft(t, asked).GetName()))
	_, err = centre.CloseReferral(t.Context(), &warningv1.CloseReferralRequest{Name: r.GetName(), Outcome: "eased", Note: "已经公开。"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"outcome": "UNKNOWN_TERM"})
	r, err = centre.CloseReferral(t.Context(), &warningv1.CloseReferralRequest{Name: r.GetName(), Outcome: "explained", Note: "已当面说明。"})
	require.NoError(t, err)
	assert.Equal(t, "已解释说明", r.GetOutcomeTitle().GetZh())
}
