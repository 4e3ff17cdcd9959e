package reports_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func (d *clerk) discard(t *testing.T, etag string) (*networkv1.Report, error) {
	t.Helper()
	answer, err := d.clerk.DiscardDraft(t.Context(), &networkv1.DiscardDraftRequest{Name: d.name("2026-11"), DraftEtag: etag})
	return answer, err
}

func (d *clerk) amend(t *testing.T) *networkv1.Report {
	t.Helper()
	amended, err := d.clerk.AmendReport(t.Context(), &networkv1.AmendReportRequest{Name: d.name("2026-11"), Reason: "补充一条"})
	require.NoError(t, err)
	return amended
}

func TestC10_DraftIsDiscarded(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	s.Clock.Advance(29 * 24 * time.Hour)
	_, err := d.discard(t, "")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	sent := d.send(t, "2026-11")
	_, err = d.discard(t, "")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_DRAFT")

	begun := d.amend(t)
	written, err := d.clerk.WriteReport(t.Context(), &networkv1.WriteReportRequest{
		Name: d.name("2026-11"), Values: networktest.Values{"handling": networktest.Text("改写。")},
	})
	require.NoError(t, err)
	_, err = d.discard(t, begun.GetEtag())
	networktest.Refused(t, err, codes.Aborted)
	stands, err := d.discard(t, written.GetEtag())
	require.NoError(t, err)
	assert.Equal(t, sent.GetValues()["handling"].GetText(), stands.GetValues()["handling"].GetText())
	assert.EqualValues(t, 1, stands.GetVersion())
	assert.Zero(t, stands.GetDraftVersion())
	assert.Equal(t, stands.String(), d.get(t, "2026-11", 0).String())
	_, err = d.clerk.GetReport(t.Context(), &networkv1.GetReportRequest{Name: d.name("2026-11"), Version: 2})
	networktest.Refused(t, err, codes.NotFound)

	d.accept(t)
	again := d.amend(t)
	assert.NotEqual(t, written.GetEtag(), again.GetEtag())
	assert.Equal(t, full()["handling"].GetText(), again.GetValues()["handling"].GetText(),
		"what was thrown away does not come back")
	_, err = d.discard(t, written.GetEtag())
	networktest.Refused(t, err, codes.Aborted)
	_, err = d.discard(t, "")
	require.NoError(t, err, "beside an accepted version too")
}

func TestC10_DraftOfAReturnedReportIsNotDiscarded(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	s.Clock.Advance(29 * 24 * time.Hour)
	d.send(t, "2026-11")
	d.amend(t)
	_, err := d.above.DiscardDraft(t.Context(), &networkv1.DiscardDraftRequest{Name: d.name("2026-11")})
	networktest.Refused(t, err, codes.PermissionDenied)
	_, err = networkv1.NewReportServiceClient(s.As("clerk", networktest.OtherTownship)).DiscardDraft(t.Context(),
		&networkv1.DiscardDraftRequest{Name: d.name("2026-11")})
	networktest.Refused(t, err, codes.NotFound)
	_, err = d.above.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{
		Name: d.name("2026-11"), Reason: "原因分析不足。", Etag: d.get(t, "2026-11", 0).GetEtag(),
	})
	require.NoError(t, err)
	_, err = d.discard(t, "")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DRAFT_WRONG_STATE")
	assert.EqualValues(t, 2, d.get(t, "2026-11", 0).GetDraftVersion())
}

// TestC10_RefusalsNameWhatCanBeDone reads refusals of reports, whose scheme has no body to file with, as their clerk.
func TestC10_RefusalsNameWhatCanBeDone(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	named := func(err error, reason, allowed, others string) {
		t.Helper()
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, reason)
		assert.Equal(t, allowed, suitetest.Metadata(err)["allowed"])
		assert.Equal(t, others, suitetest.Metadata(err)["others"])
	}
	opened(t, d.clerk, november)
	submit := func() error {
		_, err := d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
		return err
	}
	named(submit(), "WRONG_STATE", "write, compute", "–") // nothing is sent before the month is over
	d.end(t, "2026-11")
	named(submit(), "WRONG_STATE", "write, compute, submit_zero", "–")
	sent := d.send(t, "2026-11")
	write := &networkv1.WriteReportRequest{Name: november, Values: full()}
	_, err := d.clerk.WriteReport(t.Context(), write)
	named(err, "WRONG_STATE", "amend", "accept, return")
	d.amend(t)
	named(submit(), "DRAFT_WRONG_STATE", "write, compute, submit_zero", "–")
	_, err = d.above.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{Name: november, Reason: "原因分析不足。", Etag: sent.GetEtag()})
	require.NoError(t, err)
	err = submit()
	named(err, "DRAFT_WRONG_STATE", "write, compute, submit_zero", "–")
	assert.Equal(t, "REPORT_STATE_RETURNED", suitetest.Metadata(err)["stands"])
	assert.Equal(t, "REPORT_STATE_OPEN", suitetest.Metadata(err)["state"])
	assert.Equal(t, "2", suitetest.Metadata(err)["version"])
	_, err = d.clerk.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: november})
	require.NoError(t, err)
	_, err = d.above.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: november, Etag: d.get(t, "2026-11", 0).GetEtag()})
	named(err, "DRAFT_WRONG_STATE", "–", "write, compute, confirm, submit_zero")
}
