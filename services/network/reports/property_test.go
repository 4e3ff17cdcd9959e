package reports_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// model is what a report should be after some acts: the states of the version that stands and of its draft, if any, and the
// versions that were replaced, as they stood.
type model struct {
	standing, draft networkv1.ReportState
	zero            bool
	rewritten       bool // whether the draft holds other words than the version that stands
	past            []*networkv1.Report
}

// expect tells what an act leads to by the life cycle; false where it is to be refused.
func (m model) expect(act string) (model, bool) {
	state := &m.standing
	drafting := m.draft != networkv1.ReportState_REPORT_STATE_UNSPECIFIED
	switch act {
	case "accept", "return", "amend", "discard_draft":
	default:
		if drafting {
			state = &m.draft
		}
	}
	if act == "submit_zero" && m.zero && !drafting || act == "amend" && drafting {
		return m, act == "submit_zero"
	}
	if act == "submit" && !m.zero && !drafting &&
		(m.standing == networkv1.ReportState_REPORT_STATE_SUBMITTED ||
			m.standing == networkv1.ReportState_REPORT_STATE_ACCEPTED) {
		return m, true
	}
	if act == "discard_draft" && !drafting {
		return m, false
	}
	if act == "submit" && m.standing == networkv1.ReportState_REPORT_STATE_RETURNED && !m.rewritten && !m.zero {
		return m, false
	}
	next, err := reports.Lifecycle.Next(*state, lifecycle.Act(act))
	if err != nil {
		return m, false
	}
	*state = next
	switch {
	case (act == "amend" || act == "return") && !drafting:
		m.draft, m.rewritten = reports.Lifecycle.Start, false
	case act == "write":
		m.rewritten = true
	case act == "discard_draft":
		m.draft = networkv1.ReportState_REPORT_STATE_UNSPECIFIED
	case act == "submit" || act == "submit_zero":
		if drafting {
			m.standing, m.draft = m.draft, networkv1.ReportState_REPORT_STATE_UNSPECIFIED
		}
		m.zero = act == "submit_zero"
	}
	return m, true
}

// do does an act through the API, with the etags it needs.
func (d *clerk) do(ctx context.Context, name, act string, stands, written *networkv1.Report) error {
	var err error
	switch act {
	case "write":
		_, err = d.clerk.WriteReport(ctx, &networkv1.WriteReportRequest{Name: name, Values: networktest.Values{
			"handling": networktest.Text("办结 " + written.GetEtag()), // other words each time
		}})
	case "compute":
		_, err = d.clerk.ComputeReport(ctx, &networkv1.ComputeReportRequest{Name: name})
	case "confirm":
		_, err = d.clerk.ConfirmReport(ctx, &networkv1.ConfirmReportRequest{Name: name, Etag: written.GetEtag()})
	case "submit":
		_, err = d.clerk.SubmitReport(ctx, &networkv1.SubmitReportRequest{Name: name})
	case "submit_zero":
		_, err = d.clerk.SubmitZeroReport(ctx, &networkv1.SubmitZeroReportRequest{Name: name})
	case "amend":
		_, err = d.clerk.AmendReport(ctx, &networkv1.AmendReportRequest{Name: name, Reason: "更正"})
	case "discard_draft":
		_, err = d.clerk.DiscardDraft(ctx, &networkv1.DiscardDraftRequest{Name: name, DraftEtag: written.GetEtag()})
	case "accept":
		county := networkv1.NewReportServiceClient(d.s.As("handler", networktest.County))
		_, err = county.AcceptReport(ctx, &networkv1.AcceptReportRequest{Name: name, Etag: stands.GetEtag()})
	case "return":
		_, err = d.above.ReturnReport(ctx, &networkv1.ReturnReportRequest{Name: name, Reason: "不足", Etag: stands.GetEtag()})
	}
	return err
}

// TestC10_RandomActsFollowTheReportLifeCycle acts at random on reports opened by hand and holds them against the model.
func TestC10_RandomActsFollowTheReportLifeCycle(t *testing.T) {
	t.Parallel()
	d := newClerk(t, withEarlierScheme(t, suitetest.New(t)), networktest.Township)
	ctx, month := t.Context(), 12*2024
	acts := []string{"write", "compute", "confirm", "submit", "submit_zero", "amend", "discard_draft", "accept", "return"}
	rapid.Check(t, func(rt *rapid.T) {
		month--
		period := fmt.Sprintf("%04d-%02d", month/12, month%12+1)
		made, err := d.above.OpenReport(ctx, &networkv1.OpenReportRequest{
			Unit: networktest.Township, Schedule: "monthly", Period: period, CloseOn: "2026-11-30", Reason: "补报",
		})
		require.NoError(rt, err)
		m, name := model{standing: made.GetState()}, made.GetName()
		require.NoError(rt, d.do(ctx, name, "write", nil, nil))
		for _, act := range rapid.SliceOfN(rapid.SampledFrom(acts), 1, 16).Draw(rt, "acts") {
			stands := read(ctx, rt, d, name, 0)
			written := stands
			if stands.GetDraftVersion() > 0 {
				written = read(ctx, rt, d, name, stands.GetDraftVersion())
			}
			next, allowed := m.expect(act)
			if err := d.do(ctx, name, act, stands, written); allowed {
				require.NoError(rt, err, act)
			} else {
				require.Equal(rt, codes.FailedPrecondition, codeOf(err), "%s: %v", act, err)
			}
			now := read(ctx, rt, d, name, 0)
			if now.GetVersion() > stands.GetVersion() {
				next.past = append(next.past, stands)
			}
			m = next
			check(ctx, rt, d, m, now)
		}
	})
}

func read(ctx context.Context, t *rapid.T, d *clerk, name string, version int32) *networkv1.Report {
	answer, err := d.above.GetReport(ctx, &networkv1.GetReportRequest{Name: name, Version: version})
	require.NoError(t, err)
	return answer
}

// check holds a report against the model: what was sent once is still what it was.
func check(ctx context.Context, t *rapid.T, d *clerk, m model, now *networkv1.Report) {
	require.Equal(t, m.standing, now.GetState())
	require.Equal(t, m.zero, now.GetZero())
	require.EqualValues(t, len(m.past)+1, now.GetVersion())
	if m.draft == networkv1.ReportState_REPORT_STATE_UNSPECIFIED {
		require.Zero(t, now.GetDraftVersion())
	} else {
		require.Equal(t, m.draft, read(ctx, t, d, now.GetName(), now.GetVersion()+1).GetState())
	}
	for i, stood := range m.past {
		kept := read(ctx, t, d, now.GetName(), int32(i+1))
		kept.Etag, kept.DraftVersion, kept.DraftEtag = stood.GetEtag(), stood.GetDraftVersion(), stood.GetDraftEtag()
		require.True(t, proto.Equal(stood, kept), "version %d has changed", i+1)
	}
}
