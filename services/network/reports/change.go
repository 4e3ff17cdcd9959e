package reports

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// request is a request that changes one report.
type request interface {
	record.Request
	GetName() string
	GetEtag() string
}

// change is a report being changed.
type change struct {
	row db.Report
	// actor is the unit that speaks for the report: its own or, where that has ended, the one that has its records.
	actor string
	// standing is the version that stands: the one submitted last, or the first while it is written.
	standing *networkv1.Report
	// draft is the version written beside it; nil where none is.
	draft *networkv1.Report
	// kept are the versions to store.
	kept []*networkv1.Report
}

// written is the version that the unit writes.
func (c *change) written() *networkv1.Report {
	if c.draft != nil {
		return c.draft
	}
	return c.standing
}

// act is what is done to one version of a report, in the transaction of the change.
type act[Resp proto.Message] func(ctx context.Context, tx *record.Tx, c *change, version *networkv1.Report) (Resp, error)

// actOnWritten does what a unit asks of the version it writes.
func actOnWritten[Resp proto.Message](ctx context.Context, s *Server, req request, name string, do act[Resp]) (Resp, error) {
	return perform(ctx, s, req, name, (*change).written, own, do)
}

// actOnOwn does what a unit asks of its version that stands.
func actOnOwn[Resp proto.Message](ctx context.Context, s *Server, req request, name string, do act[Resp]) (Resp, error) {
	return perform(ctx, s, req, name, func(c *change) *networkv1.Report { return c.standing }, own, do)
}

// actFromAbove does what a unit above asks of the version that stands.
func actFromAbove[Resp proto.Message](ctx context.Context, s *Server, req request, name string, do act[Resp]) (Resp, error) {
	return perform(ctx, s, req, name, func(c *change) *networkv1.Report { return c.standing }, above, do)
}

// own lets the unit itself act, or its heir.
func own(ctx context.Context, unit string) error { return access.Own(ctx, unit) }

// above lets a unit above act, whose reach has been checked: nobody judges what they report themselves.
func above(ctx context.Context, unit string) error {
	if access.From(ctx).Unit == unit {
		return fault.Denied("OWN_REPORT", "unit", unit)
	}
	return nil
}

// perform does an act to a version: locked, within reach, by whom it is for, as last read, and allowed by its state.
func perform[Resp proto.Message](
	ctx context.Context, s *Server, req request, name string,
	pick func(*change) *networkv1.Report, permit func(context.Context, string) error, do act[Resp],
) (Resp, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (Resp, error) {
		var none Resp
		c, err := s.lock(ctx, tx, req.GetName())
		if err != nil {
			return none, err
		}
		version := pick(c)
		if err := permit(ctx, c.actor); err != nil {
			return none, err
		}
		if req.GetEtag() != "" && req.GetEtag() != version.GetEtag() {
			return none, fault.Changed(req.GetName())
		}
		if version.State, err = Lifecycle.Next(version.GetState(), name); err != nil {
			return none, err
		}
		c.kept = []*networkv1.Report{version}
		answer, err := do(ctx, tx, c, version)
		if err != nil {
			return none, err
		}
		return answer, c.store(ctx, tx)
	})
}

// lock reads a report for a change, within the caller's reach.
func (s *Server) lock(ctx context.Context, tx *record.Tx, name string) (*change, error) {
	key, err := keyOf(name)
	if err != nil {
		return nil, err
	}
	row, err := db.New(tx).LockReport(ctx, db.LockReportParams(key))
	if err := document.Admit(ctx, err, row.UnitPath, name); err != nil {
		return nil, err
	}
	heir, err := units.Heir(ctx, tx, row.UnitPath, clock.Today(s.book.Clock))
	if err != nil {
		return nil, err
	}
	c := &change{row: row, actor: heir.GetName()}
	if c.standing, err = standing(row); err != nil {
		return nil, err
	}
	if row.Draft != nil {
		c.draft, err = drafted(row)
	}
	return c, err
}

// open begins the next version beside the one that stands, with what is written in it; its tables are computed anew.
func (c *change) open() {
	next := proto.CloneOf(c.standing)
	next.Version++
	next.State, next.Etag, next.AmendReason = Lifecycle.Start, "", ""
	next.Tables, next.Handling, next.ComputeTime, next.ConfirmTime = nil, nil, nil, nil
	next.SubmitTime, next.AcceptTime, next.AcceptedBy = nil, nil, ""
	next.Zero, next.Completeness = false, nil
	c.draft = next
}

// promote puts the draft into the place of the version that stands, which is kept as it was.
func (c *change) promote(ctx context.Context, tx *record.Tx) error {
	if c.draft == nil {
		return nil
	}
	c.standing, c.draft = c.draft, nil
	return db.New(tx).ArchiveReport(ctx, db.ArchiveReportParams{
		Region: c.row.Region, UnitID: c.row.UnitID, ScheduleID: c.row.ScheduleID, Period: c.row.Period,
	})
}

// store writes the versions that were changed, each under a new etag, and records the change.
func (c *change) store(ctx context.Context, tx *record.Tx) error {
	revision := max(c.row.Revision, c.row.DraftRevision)
	draftVersion := c.draft.GetVersion()
	for _, version := range c.kept {
		revision++
		version.Etag, version.DraftVersion = document.Etag(revision), draftVersion
		body, err := document.Encode(version)
		if err != nil {
			return err
		}
		if version == c.draft {
			c.row.Draft, c.row.DraftRevision = body, revision
		} else {
			c.row.Body, c.row.Revision = body, revision
		}
	}
	if c.draft == nil {
		c.row.Draft, c.row.DraftRevision = nil, 0
	}
	r := c.standing
	if err := db.New(tx).SaveReport(ctx, db.SaveReportParams{
		Region: c.row.Region, UnitID: c.row.UnitID, ScheduleID: c.row.ScheduleID, Period: c.row.Period,
		State: int16(r.GetState()), SubmitOn: c.row.SubmitOn, Version: r.GetVersion(), Zero: r.GetZero(), Returns: int16(len(r.GetReturns())),
		ContentMet: int32(r.GetCompleteness().GetNumerator()), ContentOf: int32(r.GetCompleteness().GetDenominator()),
		Revision: c.row.Revision, Body: c.row.Body, DraftRevision: c.row.DraftRevision, Draft: c.row.Draft,
	}); err != nil {
		return err
	}
	return tx.Record(ctx, record.Entry{Resource: r.GetName(), UnitPath: c.row.UnitPath})
}

// lastReturn is the last time the report was sent back, if its unit has not come again since.
func (c *change) lastReturn(version *networkv1.Report) *networkv1.ReportReturn {
	if len(version.GetReturns()) == 0 || c.standing.GetState() != reportReturned {
		return nil
	}
	return version.GetReturns()[len(version.GetReturns())-1]
}

// keep has a version stored that is not the one acted on.
func (c *change) keep(version *networkv1.Report) {
	if !slices.Contains(c.kept, version) {
		c.kept = append(c.kept, version)
	}
}
