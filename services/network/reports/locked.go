package reports

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/reports/forms"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// lockedReport is a report read for an act, its row locked.
type lockedReport struct {
	tx  *record.Tx
	row db.Report
	// actingUnit is the unit that speaks for the report: its own or, where that has ended, the one that has its records.
	actingUnit *networkv1.Unit
	// scheme is the version that opened the report, form what it asks for.
	scheme *networkv1.Scheme
	form   forms.Form
	// version is the one that is acted on.
	version *networkv1.Report
	// current is the version submitted last, or the first while it is written.
	current *networkv1.Report
	// draft is the version written beside it; nil where none is.
	draft *networkv1.Report
	// toSave are the versions to store.
	toSave []*networkv1.Report
}

// written is the version that the unit writes.
func written(c *lockedReport) *networkv1.Report {
	if c.draft != nil {
		return c.draft
	}
	return c.current
}

// current is the version that stands.
func current(c *lockedReport) *networkv1.Report { return c.current }

// requireOwn lets the unit or its successor act.
func requireOwn(ctx context.Context, _ string, acting *networkv1.Unit) error {
	return access.RequireOwn(ctx, acting.GetName())
}

// requireAbove lets a unit above the one that acts for a report act, whose reach has been checked: nobody judges what they report
// themselves. Of units that ended below the topmost one alone that one judges, which has nobody above.
func requireAbove(ctx context.Context, owing string, acting *networkv1.Unit) error {
	last := len(acting.GetAncestors()) == 0 && owing != acting.GetName()
	if access.PrincipalOf(ctx).Unit == acting.GetName() && !last {
		return fault.Denied(words.OwnReport(words.Titled(acting)))
	}
	return nil
}

// act does something to one of the versions of a report, in the order of collection.Act, and answers with the version that is
// acted on in the end. Permit refuses whom the act is not for, given the unit that owes the report and the one that speaks for
// it. (DiscardDraft compares an etag of its own, that of the draft.)
func (s *Server) act(
	ctx context.Context, req record.ActRequest, act lifecycle.Act, pick func(*lockedReport) *networkv1.Report,
	permit func(context.Context, string, *networkv1.Unit) error, do func(context.Context, *lockedReport) error,
) (*networkv1.Report, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.Report, error) {
		c, err := s.lockReport(ctx, tx, req.GetName())
		if err != nil {
			return nil, err
		}
		c.version = pick(c)
		if err := c.checkEtag(req); err != nil {
			return nil, err
		}
		if err := permit(ctx, c.current.GetUnit(), c.actingUnit); err != nil {
			return nil, err
		}
		c.toSave = []*networkv1.Report{c.version}
		judged := Lifecycle.Judges(c.version.GetState().Number(), c.actOf(act))
		if err := s.step(ctx, c, c.actOf(act)); err != nil {
			return nil, err
		}
		if err := requireJudge(ctx, tx, c.current.GetName(), judged); err != nil {
			return nil, err
		}
		if err := do(ctx, c); err != nil {
			return nil, err
		}
		return c.version, c.save(ctx)
	})
}

// requireJudge refuses who sent what an act judges, or wrote any of it: whoever sends a report may have written none.
func requireJudge(ctx context.Context, tx *record.Tx, name string, judged []string) error {
	if len(judged) == 0 {
		return nil
	}
	if err := journal.RequireJudge(ctx, tx, name, judged); err != nil {
		return err
	}
	wrote := []string{networkv1.ReportService_WriteReport_FullMethodName, networkv1.ReportService_ConfirmReport_FullMethodName}
	return journal.RequireNotWriter(ctx, tx, name, time.Unix(0, 0), wrote, "")
}

// checkEtag compares the etag of a request with that of the version it acts on. Who gives that of the version that stands, while
// another is being written, is told which to give.
func (c *lockedReport) checkEtag(req record.ActRequest) error {
	switch {
	case req.GetEtag() == "" || req.GetEtag() == c.version.GetEtag():
		return nil
	case c.draft != nil && req.GetEtag() == c.current.GetEtag():
		return fault.New(codes.Aborted, words.DraftEtag(titleOf(c.current), c.current.GetPeriod()))
	default:
		return fault.EtagMismatch(req.GetName())
	}
}

// actOf is the act by the form: without computed tables there is nothing to confirm before a report is submitted.
func (c *lockedReport) actOf(act lifecycle.Act) lifecycle.Act {
	if act == "submit" && len(c.form.Computed()) == 0 {
		return "submit_written"
	}
	return act
}

// lockReport locks a report within the caller's reach.
func (s *Server) lockReport(ctx context.Context, tx *record.Tx, name string) (*lockedReport, error) {
	key, err := keyOf(name)
	if err != nil {
		return nil, err
	}
	row, err := db.New(tx).LockReport(ctx, db.LockReportParams(key))
	if err := document.Authorize(ctx, err, row.UnitPath, name); err != nil {
		return nil, err
	}
	successor, err := units.Successor(ctx, tx, row.UnitPath, clock.Today(s.store.Clock))
	if err != nil {
		return nil, err
	}
	c := &lockedReport{tx: tx, row: row, actingUnit: successor}
	if c.current, err = currentOf(row); err != nil {
		return nil, err
	}
	if row.Draft != nil {
		if c.draft, err = draftOf(row); err != nil {
			return nil, err
		}
	}
	c.scheme = &networkv1.Scheme{}
	err = schemes.ByVersion(ctx, tx, c.current.GetSchemeVersion(), c.scheme)
	c.form = forms.Of(c.scheme, c.current.GetForm())
	return c, err
}

// startDraft begins the next version beside the one that stands, with what is written in it; its tables are computed anew.
func (c *lockedReport) startDraft() {
	next := proto.CloneOf(c.current)
	next.Version++
	next.State, next.Etag, next.AmendReason = Lifecycle.Start, "", ""
	next.Tables, next.ComputeTime, next.ConfirmTime = nil, nil, nil
	next.SubmitTime, next.AcceptTime, next.AcceptedBy = nil, nil, ""
	next.Zero, next.Completeness = false, nil
	next.Filings, next.FilingDue, next.FiledOn = nil, nil, ""
	c.draft = next
}

// promote puts the draft into the place of the version that stands, which is kept as it was.
func (c *lockedReport) promote(ctx context.Context) error {
	if c.draft == nil {
		return nil
	}
	c.current, c.draft = c.draft, nil
	return db.New(c.tx).ArchiveReport(ctx, db.ArchiveReportParams{
		Region: c.row.Region, UnitID: c.row.UnitID, ScheduleID: c.row.ScheduleID, Period: c.row.Period,
	})
}

// save stores the versions that were changed, each under a new etag, and records the change.
func (c *lockedReport) save(ctx context.Context) error {
	revision := max(c.row.Revision, c.row.DraftRevision)
	draftVersion := c.draft.GetVersion()
	for _, version := range c.toSave {
		version.DraftVersion, version.DraftEtag = draftVersion, ""
		stored := c.row.Body
		if version == c.draft {
			stored = c.row.Draft
		}
		body, err := document.Rewrite(stored, version, revision)
		if err != nil {
			return err
		}
		revision++
		if version == c.draft {
			c.row.Draft, c.row.DraftRevision = body, revision
		} else {
			c.row.Body, c.row.Revision = body, revision
		}
	}
	if c.draft == nil {
		c.row.Draft, c.row.DraftRevision = nil, 0
	}
	c.version.DraftEtag = draftEtag(c.row)
	r := c.current
	if err := db.New(c.tx).SaveReport(ctx, db.SaveReportParams{
		Region: c.row.Region, UnitID: c.row.UnitID, ScheduleID: c.row.ScheduleID, Period: c.row.Period,
		State: r.GetState().String(), SubmitOn: c.row.SubmitOn, CoverFrom: c.row.CoverFrom, CoverTo: c.row.CoverTo,
		Version: r.GetVersion(), Zero: r.GetZero(), Returns: int16(len(r.GetReturns())),
		ContentMet: int32(r.GetCompleteness().GetNumerator()), ContentOf: int32(r.GetCompleteness().GetDenominator()),
		Revision: c.row.Revision, Body: c.row.Body, DraftRevision: c.row.DraftRevision, Draft: c.row.Draft,
	}); err != nil {
		return err
	}
	return c.tx.Record(ctx, record.Entry{Resource: r.GetName(), UnitPath: c.row.UnitPath})
}

// lastReturn is the last time the report was sent back, if its unit has not come again since.
func (c *lockedReport) lastReturn() *networkv1.ReportReturn {
	returns := c.version.GetReturns()
	if len(returns) == 0 || c.current.GetState() != reportReturned {
		return nil
	}
	return returns[len(returns)-1]
}
