package warning_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestT7_H9_WarningGoesFromIssueToClose(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	checker := as(s, "reviewer", county)
	clerk.tip(t, village, "collective_funds", 3)
	analysis := city.run(t, "2026-11")

	req := notice("yellow")
	req.WarningLevelReason = "屡次反映"
	req.Finding, req.Position = city.found(t, analysis)[0].GetName(), "主任"
	w := city.issue(t, req)
	name := w.GetName()
	assert.Equal(t, req.GetFinding(), w.GetFinding())
	assert.Equal(t, "340503-2026-0001", w.GetNotice().GetNumber())
	assert.Contains(t, w.GetNotice().GetBody().GetZh(), "沙塘路街道（主任）：")
	assert.Contains(t, w.GetNotice().GetBody().GetZh(), "2026-11-04前签收本通知")
	assert.Contains(t, w.GetNotice().GetBody().GetZh(), "报花山区核查")
	assert.Contains(t, w.GetNotice().GetBody().GetEn(), "by 2026-11-04")
	assert.NotContains(t, w.GetNotice().GetBody().GetEn(), "{")
	assert.Equal(t, "acknowledge", w.GetAwaited().GetStep())
	assert.Equal(t, "2026-11-04", w.GetAwaited().GetDeadline().GetDue(), "two working days after Monday")
	assert.NotEmpty(t, w.GetAwaited().GetDeadline().GetArithmetic().GetZh())

	_, err := clerk.warnings.SubmitRectification(t.Context(), rectification(name))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST")
	require.ErrorContains(t, err, "签收")
	assert.Equal(t, "talk", clerk.acknowledge(t, name).GetAwaited().GetStep())
	assert.Equal(t, "talk", clerk.explain(t, name).GetAwaited().GetStep())
	city.talk(t, name)
	assert.Equal(t, "rectify", clerk.sign(t, name).GetAwaited().GetStep())
	assert.Equal(t, "check", clerk.rectify(t, name).GetAwaited().GetStep())
	assert.Equal(t, "rectify", checker.check(t, name, county, false).GetAwaited().GetStep(), "it comes again")
	_, err = city.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: "已办结"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST")
	last := stepOf(clerk.get(t, name), "rectify").GetRecords()[0].GetRectification()
	last.Measures += " 。"
	_, err = clerk.warnings.SubmitRectification(t.Context(), &warningv1.SubmitRectificationRequest{Name: name, Rectification: last})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	clerk.rectify(t, name)
	assert.Equal(t, warningv1.StepKind_STEP_KIND_CLOSE, checker.check(t, name, county, true).GetAwaited().GetKind())

	_, err = as(s, "administrator", township).warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: "已办结"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WARNING")
	end := city.close(t, name)
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_CLOSED, end.GetState())
	assert.Equal(t, []string{
		"issue", "acknowledge", "explain", "record_talk", "sign_talk", "rectify", "check_failed", "rectify", "check_passed", "close",
	}, acts(end))
	assert.Equal(t, []string{
		suitetest.City, township, township, suitetest.City, township, township, county, township, county, suitetest.City,
	}, actors(end), "the history says which unit acted")
	assert.Len(t, stepOf(end, "rectify").GetRecords(), 2)
	assert.Equal(t, "公开栏维修", stepOf(end, "explain").GetRecords()[0].GetExplanation())
	assert.False(t, stepOf(end, "check").GetRecords()[0].GetCheckResult().GetPassed(), "what was found is kept")
}

func TestC11_IssueIsChecked(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	clerk.tip(t, village, "collective_funds", 3)
	analysis := city.run(t, "2026-11")
	following := func(warningLevel string) *warningv1.IssueWarningRequest {
		req := notice(warningLevel)
		req.Finding = city.found(t, analysis)[0].GetName()
		return req
	}
	fails := func(req *warningv1.IssueWarningRequest) error {
		_, err := city.warnings.IssueWarning(t.Context(), req)
		return err
	}

	t.Run("another level than the finding's needs a reason", func(t *testing.T) {
		t.Parallel()
		req := following("yellow")
		suitetest.RequireRefused(t, fails(req), codes.FailedPrecondition, "WRONG_WARNING_LEVEL")
		req.WarningLevelReason = "屡次反映"
		assert.Equal(t, "屡次反映", city.issue(t, req).GetHistory()[0].GetNote())
	})
	t.Run("the finding is about the very unit", func(t *testing.T) {
		t.Parallel()
		req := following("blue")
		req.Unit = other
		suitetest.RequireFieldFaults(t, fails(req), map[string]string{"finding": "OTHER_UNIT"})
		req.Finding = "findings/340500-20261101"
		suitetest.RequireRefused(t, fails(req), codes.NotFound, "NOT_FOUND")
	})
	t.Run("levels and forms are the scheme's", func(t *testing.T) {
		t.Parallel()
		suitetest.RequireFieldFaults(t, fails(notice("purple")), map[string]string{"warning_level": "UNKNOWN_TERM"})
		req := notice("yellow")
		req.Form = "explain"
		suitetest.RequireFieldFaults(t, fails(req), map[string]string{"form": "UNKNOWN_TERM"})
		req.Form = "admonition_talk"
		assert.Equal(t, "诫勉谈话通知书", city.issue(t, req).GetNotice().GetTitle().GetZh())
	})
	t.Run("the office that supervises is not below the warned unit", func(t *testing.T) {
		t.Parallel()
		for _, unit := range []string{township, village} {
			req := notice("blue")
			req.SupervisingUnit = unit
			suitetest.RequireRefused(t, fails(req), codes.FailedPrecondition, "SUPERVISOR_BELOW")
		}
		req := notice("blue")
		req.SupervisingUnit = "units/999999"
		suitetest.RequireFieldFaults(t, fails(req), map[string]string{"supervising_unit": "UNKNOWN_UNIT"})
	})
	t.Run("nobody warns themselves or out of reach", func(t *testing.T) {
		t.Parallel()
		_, err := as(s, "handler", township).warnings.IssueWarning(t.Context(), notice("blue"))
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WARNING")
		_, err = as(s, "handler", stranger).warnings.IssueWarning(t.Context(), notice("blue"))
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = clerk.warnings.IssueWarning(t.Context(), notice("blue"))
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	})
	t.Run("a repeated request warns once", func(t *testing.T) {
		t.Parallel()
		req := notice("blue")
		req.RequestId = uuid.NewString()
		first, again := city.issue(t, req), city.issue(t, req)
		assert.Equal(t, first.GetName(), again.GetName())
	})
}

func TestT7_AFindingIsWarnedOfOnce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "handler", suitetest.City)
	as(s, "clerk", township).tip(t, village, "collective_funds", 3)
	analysis, req := city.run(t, "2026-11"), notice("blue")
	req.Finding = city.found(t, analysis)[0].GetName()
	first := city.issue(t, req)
	_, err := city.warnings.IssueWarning(t.Context(), req)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "FINDING_WARNED")
	assert.Equal(t, first.GetName(), suitetest.Metadata(err)["warning"])
	require.ErrorContains(t, err, first.GetTitle())
	req.AgainReason = "整改后仍有新的反映"
	again := city.issue(t, req)
	assert.Equal(t, first.GetName(), again.GetFirstWarning(), "a second one has a reason and names the first")
	assert.Equal(t, req.GetAgainReason(), again.GetAgainReason())
	as(s, "reviewer", suitetest.City).withdraw(t, again.GetName())
	req.AgainReason = ""
	req.Position = "主任"
	city.issue(t, req) // the person concerned is warned as well (H9)
	req.Position = ""
	as(s, "reviewer", suitetest.City).withdraw(t, first.GetName())
	city.issue(t, req)
}

func TestC11_HighWarningLevelsNeedAnApprover(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, reviewer := as(s, "handler", suitetest.City), as(s, "reviewer", suitetest.City)
	clerk, one := as(s, "clerk", township), both(s, "accounts/one")

	w := one.issue(t, notice("orange"))
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_PENDING, w.GetState())
	assert.Nil(t, w.GetNotice())
	assert.Nil(t, w.GetAwaited())
	_, err := clerk.warnings.GetWarning(t.Context(), &warningv1.GetWarningRequest{Name: w.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	warned := as(s, "administrator", township)
	for _, err := range append(warned.answers(t, w.GetName()), warned.rulings(t, w)...) {
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}
	list, err := clerk.warnings.ListWarnings(t.Context(), &warningv1.ListWarningsRequest{Unit: township})
	require.NoError(t, err)
	assert.Empty(t, list.GetWarnings(), "nothing has gone out")

	ask := func(o office, etag string) (*warningv1.Warning, error) {
		return o.warnings.ApproveWarning(t.Context(), &warningv1.ApproveWarningRequest{Name: w.GetName(), Etag: etag})
	}
	_, err = ask(one, w.GetEtag())
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "SELF_APPROVAL")
	_, err = ask(city, w.GetEtag())
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = ask(reviewer, "99")
	suitetest.RequireRefused(t, err, codes.Aborted, "ETAG_MISMATCH")
	s.Clock.Advance(24 * time.Hour)
	answer, err := ask(reviewer, w.GetEtag())
	require.NoError(t, err)
	assert.Equal(t, "2026-11-04", answer.GetAwaited().GetDeadline().GetDue(), "counted from the approval")
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_ISSUED, clerk.get(t, w.GetName()).GetState())
	for _, err := range warned.rulings(t, answer) {
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WARNING")
	}
	_, err = ask(reviewer, answer.GetEtag())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	named := suitetest.Metadata(err)["allowed"] + ", " + suitetest.Metadata(err)["others"]
	assert.Contains(t, named, "acknowledge")
	for _, absent := range []string{"rectify", "record_talk", "look_back", "decide_case", "resume"} {
		assert.NotContains(t, named, absent, "it is no step that is open")
	}
}

func TestC11_WarningLevelChangesWithAReason(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, one, two := as(s, "handler", suitetest.City), both(s, "accounts/one"), both(s, "accounts/two")
	mine := one.issue(t, notice("blue")).GetName()
	move := func(o office, warningLevel string) (*warningv1.Warning, error) {
		return o.warnings.ChangeWarningLevel(t.Context(), &warningv1.ChangeWarningLevelRequest{
			Name: mine, WarningLevel: warningLevel, Reason: "性质严重",
		})
	}

	_, err := move(city, "orange")
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "APPROVER_ROLE")
	_, err = move(one, "orange")
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "SELF_APPROVAL")
	_, err = move(one, "blue")
	suitetest.RequireFieldFaults(t, err, map[string]string{"warning_level": "SAME_WARNING_LEVEL"})
	up, err := move(two, "orange")
	require.NoError(t, err)
	assert.Equal(t, "integrity_warning", up.GetForm())
	assert.Equal(t, "340503-2026-0002", up.GetNotice().GetNumber())
	_, err = move(city, "yellow")
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "APPROVER_ROLE") // what a second person has passed, a second one lowers
	_, err = move(two, "yellow")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST") // something is owed
	as(s, "clerk", township).acknowledge(t, mine)
	as(s, "clerk", township).evidence(t, s, mine)
	as(s, "reviewer", county).check(t, mine, county, true)
	down, err := move(two, "yellow")
	require.NoError(t, err)
	assert.Equal(t, "lowered", down.GetForm(), "it asks for a receipt alone")
	last := down.GetHistory()[len(down.GetHistory())-1]
	assert.Equal(t, "change_warning_level", last.GetAct())
	assert.Equal(t, "yellow", last.GetWarningLevel())
	assert.Equal(t, "性质严重", last.GetNote())
}

func TestC12b_OnlyTheSupervisingUnitChecks(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	req := notice("yellow")
	req.SupervisingUnit = stranger // another district: no ancestor of the township
	name := talkedTo(t, s, req)
	as(s, "clerk", township).rectify(t, name)
	try := func(o office, unit string) error {
		_, err := o.warnings.CheckRectification(t.Context(), &warningv1.CheckRectificationRequest{
			Name: name, CheckingUnit: unit, Passed: true, Note: "x",
		})
		return err
	}

	suitetest.RequireRefused(t, try(as(s, "administrator", township), stranger), codes.PermissionDenied, "NOT_SUPERVISOR")
	suitetest.RequireRefused(t, try(as(s, "reviewer", county), stranger), codes.PermissionDenied, "NOT_SUPERVISOR")
	suitetest.RequireRefused(t, try(as(s, "reviewer", suitetest.City), county), codes.PermissionDenied, "NOT_SUPERVISOR")
	suitetest.RequireRefused(t, try(as(s, "reviewer", "units/340506"), stranger), codes.NotFound, "NOT_FOUND")

	checker := as(s, "reviewer", stranger)
	assert.Equal(t, name, checker.get(t, name).GetName())
	list, err := checker.warnings.ListWarnings(t.Context(), &warningv1.ListWarningsRequest{Unit: stranger, Supervised: true})
	require.NoError(t, err)
	require.Len(t, list.GetWarnings(), 1)
	_, err = as(s, "clerk", stranger).warnings.AcknowledgeWarning(t.Context(), &warningv1.AcknowledgeWarningRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	assert.Equal(t, warningv1.StepKind_STEP_KIND_CLOSE, checker.check(t, name, stranger, true).GetAwaited().GetKind())
}

func TestC11_NoticeNumbersHaveNoGaps(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "handler", suitetest.City)
	const notices = 12
	numbers := make([]string, notices)
	var group sync.WaitGroup
	for i := range notices {
		group.Go(func() {
			bad := notice("blue")
			bad.Form = "unknown"
			_, refusal := city.warnings.IssueWarning(t.Context(), bad)
			answer, err := city.warnings.IssueWarning(t.Context(), notice("blue"))
			if assert.Equal(t, codes.InvalidArgument, status.Code(refusal)) && assert.NoError(t, err) {
				numbers[i] = answer.GetNotice().GetNumber()
			}
		})
	}
	group.Wait()
	want := make([]string, notices)
	for i := range notices {
		want[i] = fmt.Sprintf("340503-2026-%04d", i+1)
	}
	assert.ElementsMatch(t, want, numbers)
}

func TestC11_WarningsAreListed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "handler", suitetest.City)
	first, second := city.issue(t, notice("blue")), city.issue(t, notice("yellow"))
	elsewhere := notice("blue")
	elsewhere.Unit = other
	city.issue(t, elsewhere)
	as(s, "reviewer", suitetest.City).withdraw(t, first.GetName())
	names := func(req *warningv1.ListWarningsRequest) []string {
		t.Helper()
		list, err := city.warnings.ListWarnings(t.Context(), req)
		require.NoError(t, err)
		found := make([]string, len(list.GetWarnings()))
		for i, w := range list.GetWarnings() {
			found[i] = w.GetName()
		}
		if list.GetNextPageToken() != "" {
			req.PageToken = list.GetNextPageToken()
		}
		return found
	}

	assert.Equal(t, []string{second.GetName(), first.GetName()}, names(&warningv1.ListWarningsRequest{Unit: township}))
	assert.Len(t, names(&warningv1.ListWarningsRequest{Unit: suitetest.City}), 3)
	paged := &warningv1.ListWarningsRequest{Unit: township, PageSize: 1}
	assert.Equal(t, []string{second.GetName()}, names(paged))
	assert.Equal(t, []string{first.GetName()}, names(paged))
	assert.Equal(t, []string{second.GetName()}, names(&warningv1.ListWarningsRequest{
		Unit: township, WarningLevels: []string{"yellow"},
	}))
	assert.Equal(t, []string{first.GetName()}, names(&warningv1.ListWarningsRequest{
		Unit: township, States: []warningv1.WarningState{warningv1.WarningState_WARNING_STATE_WITHDRAWN},
	}))
	assert.Len(t, names(&warningv1.ListWarningsRequest{Unit: suitetest.City, Period: "2026-Q4"}), 3)
	assert.Empty(t, names(&warningv1.ListWarningsRequest{Unit: suitetest.City, Period: "2026-10"}))
	overdue := &warningv1.ListWarningsRequest{Unit: suitetest.City, Overdue: true}
	assert.Empty(t, names(overdue))
	s.Clock.Advance(2*24*time.Hour + time.Hour) // two working days for the yellow one, three for the blue
	assert.Empty(t, names(overdue), "the last day is not over")
	receipts := &warningv1.ListWarningsRequest{
		Unit: township, AwaitedKinds: []warningv1.StepKind{warningv1.StepKind_STEP_KIND_ACKNOWLEDGE},
	}
	assert.Equal(t, []string{second.GetName()}, names(receipts), "of a withdrawn one nothing is awaited")
	as(s, "clerk", township).acknowledge(t, second.GetName())
	assert.Empty(t, names(receipts))
	talks := []warningv1.StepKind{warningv1.StepKind_STEP_KIND_TALK, warningv1.StepKind_STEP_KIND_CLOSE}
	assert.Equal(t, []string{second.GetName()}, names(&warningv1.ListWarningsRequest{Unit: suitetest.City, AwaitedKinds: talks}))
	s.Clock.Advance(24 * time.Hour)
	assert.Empty(t, names(overdue), "what is awaited next is not due")
	s.Clock.Advance(60 * 24 * time.Hour)
	assert.Contains(t, names(overdue), second.GetName())
	assert.NotContains(t, names(overdue), first.GetName(), "of a withdrawn one nothing is awaited")
}

func TestX3_NotesOfCheckAndClosingAreTheReasonsInTheJournal(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	name := talkedTo(t, s, notice("yellow"))
	clerk.rectify(t, name)
	checked := as(s, "reviewer", county).check(t, name, county, true)
	_, err := city.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: " 整改到位，予以解除。\u200f"})
	require.NoError(t, err)
	list, err := warningv1.NewJournalServiceClient(s.As("reviewer", suitetest.City)).ListJournal(t.Context(),
		&typev1.ListJournalRequest{Unit: suitetest.City, Resource: name, PageSize: 2})
	require.NoError(t, err)
	history := checked.GetHistory()
	assert.Equal(t, "整改到位，予以解除。", list.GetEntries()[0].GetReason())
	assert.Equal(t, history[len(history)-1].GetNote(), list.GetEntries()[1].GetReason())
	assert.NotEmpty(t, list.GetEntries()[1].GetReason())
}
