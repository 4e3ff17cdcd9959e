package reports

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
)

// compute fills the data tables of a version from the tips of its period as they are now, with the outcomes of
// the scheme that holds for whoever speaks for it (C10).
func (s *Server) compute(ctx context.Context, c *lockedReport) error {
	subtree, version := c.row.UnitPath, c.version
	from, before, err := figures.ParseTimeRange(version.GetPeriod())
	if err != nil {
		return err
	}
	readers, err := tips.ReaderLineages(ctx, c.tx, clock.Today(s.store.Clock), version.GetUnit(), c.actingUnit.GetName())
	if err != nil {
		return err
	}
	in := tips.CountFilter{Subtree: subtree, From: from, Before: before, Readers: readers}
	if version.Tables, err = tips.Count(ctx, c.tx, in); err != nil {
		return err
	}
	rows, err := db.New(c.tx).CountOutcomes(ctx, db.CountOutcomesParams{
		Subtree: subtree, SpanFrom: from, SpanBefore: before, ReaderUnits: readers,
		ClosedState: int16(networkv1.TipState_TIP_STATE_CLOSED),
	})
	if err != nil {
		return err
	}
	scheme, err := s.directory.Scheme(ctx, c.actingUnit.GetName())
	if err != nil {
		return err
	}
	version.Handling = countHandling(version.GetTables(), rows, scheme.GetOutcomes())
	version.ComputeTime = timestamppb.New(c.tx.Now())
	return nil
}

// countHandling adds up how tips were handled. An outcome that the scheme no longer has is told after those that it has.
func countHandling(tables []*networkv1.TipCount, rows []db.CountOutcomesRow, outcomes []*networkv1.Outcome) *networkv1.ReportHandling {
	h := &networkv1.ReportHandling{}
	for _, t := range tables {
		h.Received += t.GetReceived()
		h.Handled += t.GetAccepted() + t.GetClosed()
	}
	totals := map[string]*networkv1.OutcomeCount{}
	total := func(outcome string) *networkv1.OutcomeCount {
		if totals[outcome] == nil {
			totals[outcome] = &networkv1.OutcomeCount{Outcome: outcome}
			h.Outcomes = append(h.Outcomes, totals[outcome])
		}
		return totals[outcome]
	}
	for _, o := range outcomes {
		total(o.GetId())
	}
	for _, r := range rows {
		total(r.Outcome).Closed += r.Closed
		total(r.Outcome).ClosedInPeriod += r.ClosedWithin
		h.ClosedInPeriod += r.ClosedWithin
		h.Rows = append(h.Rows, &networkv1.OutcomeCount{
			Unit: resource.Name(resource.Units, r.UnitID), SubjectArea: r.SubjectArea, Outcome: r.Outcome, Closed: r.Closed,
			ClosedInPeriod: r.ClosedWithin,
		})
	}
	return h
}
