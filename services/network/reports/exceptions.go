package reports

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// GrantReportException exempts a unit from a report, or gives it until a later day.
func (s *Server) GrantReportException(
	ctx context.Context, req *networkv1.GrantReportExceptionRequest,
) (*networkv1.ReportException, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.ReportException, error) {
		requested := req.GetException()
		if err := lockPeriod(ctx, tx, requested.GetSchedule(), requested.GetPeriod()); err != nil {
			return nil, err
		}
		d, err := s.findOwingUnit(ctx, tx, requested)
		if err != nil {
			return nil, err
		}
		e, title, err := s.checkException(ctx, tx, requested, d)
		if err != nil {
			return nil, err
		}
		e.Name = resource.Sharded(resource.ReportExceptions, d.region, resource.NewKey())
		e.GrantedBy, e.GrantTime, e.Etag = access.PrincipalOf(ctx).Unit, timestamppb.New(tx.Now()), document.Etag(1)
		body, err := addException(ctx, tx, d.path, e)
		if err != nil {
			return nil, err
		}
		if d.open {
			if err := setException(ctx, tx, d.report, e, body); err != nil {
				return nil, err
			}
		}
		says := words.InboxReportWaived(title, e.GetPeriod())
		if !e.GetWaived() {
			says = words.InboxReportExtended(title, e.GetPeriod(), e.GetExtendTo())
		}
		if err := notifyOfException(ctx, tx, d.actor, e, says); err != nil {
			return nil, err
		}
		return e, tx.Record(ctx, entriesOf(e, d.path, d.open)...)
	})
}

// notifyOfException tells the unit that acts for a report of an exception from it. One that is to come finds that on its first
// day; who stands for it today is told at once, unless it decides itself.
func notifyOfException(
	ctx context.Context, tx *record.Tx, actor *networkv1.Unit, e *networkv1.ReportException, says words.Sentence,
) error {
	message := inbox.Message{
		Recipient: inbox.RecipientOf(actor), Sentence: says, Resource: e.GetName(), For: resource.ID(e.GetUnit()),
	}
	messages := []inbox.Message{message}
	if actor.GetEffectiveFrom() > tx.Today().String() {
		stands, err := units.Successor(ctx, tx, access.Path(actor), tx.Today())
		if err != nil {
			return err
		}
		if message.Recipient = inbox.RecipientOf(stands); stands.GetName() != access.PrincipalOf(ctx).Unit {
			messages = append(messages, message)
		}
	}
	return inbox.Notify(ctx, tx, messages...)
}

// actorOf finds who acts for the report of a unit that has or had a path: the unit, even where it is to come, or its successor.
func actorOf(ctx context.Context, tx *record.Tx, unit, path string) (*networkv1.Unit, error) {
	coming, err := units.Coming(ctx, tx, unit, tx.Today())
	if fault.IsNotFound(err) {
		return units.Successor(ctx, tx, path, tx.Today())
	}
	return coming, err
}

// owingUnit is the unit that owes a report, the one that acts for it, and the report if it is open.
type owingUnit struct {
	region, path string
	actor        *networkv1.Unit
	report       db.Report
	open         bool
}

// findOwingUnit finds who owes the report of an exception, below the caller. An open report says where it is kept, also of a unit
// that has ended since; whoever is to owe one later is in today's tree or to come.
func (s *Server) findOwingUnit(ctx context.Context, tx *record.Tx, requested *networkv1.ReportException) (
	d owingUnit, err error,
) {
	d.report, d.open, err = lockIfOpened(ctx, tx, resource.ID(requested.GetUnit()), requested.GetSchedule(),
		requested.GetPeriod())
	if err != nil {
		return d, err
	}
	d.region, d.path = d.report.Region, d.report.UnitPath
	if !d.open {
		d.path = resource.ID(requested.GetUnit())
	}
	if d.actor, err = actorOf(ctx, tx, requested.GetUnit(), d.path); err != nil {
		return d, asUnknownUnit(err, requested)
	}
	if !d.open {
		d.region, d.path = d.actor.GetRegion(), access.Path(d.actor)
	}
	if err := access.Require(ctx, d.path, requested.GetUnit()); err != nil {
		return d, asUnknownUnit(err, requested)
	}
	if err := requireAbove(ctx, requested.GetUnit(), d.actor); err != nil {
		return d, err
	}
	return d, requireNotSubmitted(d.report)
}

// asUnknownUnit names the unit asked for where it is not found, whichever unit acts for it.
func asUnknownUnit(err error, requested *networkv1.ReportException) error {
	if fault.IsNotFound(err) {
		return fault.NotFound(requested.GetUnit()).OnField("exception.unit")
	}
	return err
}

// lockIfOpened locks the report of an obligation; it tells false where it has not been opened.
func lockIfOpened(ctx context.Context, tx *record.Tx, unit, schedule, period string) (db.Report, bool, error) {
	row, err := db.New(tx).LockReport(ctx, db.LockReportParams{UnitID: unit, ScheduleID: schedule, Period: period})
	if errors.Is(err, pgx.ErrNoRows) {
		return row, false, nil
	}
	return row, err == nil, err
}

// requireNotSubmitted refuses to change what is asked by a report that was sent.
func requireNotSubmitted(row db.Report) error {
	if row.SubmitOn.IsZero() {
		return nil
	}
	report, err := currentOf(row)
	if err != nil {
		return err
	}
	return fault.Precondition(words.ReportSubmitted(titleOf(report), report.GetPeriod()))
}

// checkException checks an exception against the report where it is open, whatever the scheme has become since, and against
// the schedule where it is not, and fills in from which day it extends. Its faults are told all at once. It also tells what the
// report is called.
func (s *Server) checkException(
	ctx context.Context, tx *record.Tx, requested *networkv1.ReportException, d owingUnit,
) (*networkv1.ReportException, words.Title, error) {
	var faults fault.Fields
	from, title, err := s.scheduledClose(ctx, tx, &faults, requested, d)
	if err != nil {
		return nil, title, err
	}
	e := &networkv1.ReportException{
		Unit:     requested.GetUnit(),
		Schedule: requested.GetSchedule(),
		Period:   requested.GetPeriod(),
		Waived:   requested.GetWaived(),
		Reason:   requested.GetReason(),
	}
	switch {
	case requested.GetWaived() == (requested.GetExtendTo() != ""):
		faults.Add("exception.extend_to", words.WaivedOrExtended())
	case !requested.GetWaived():
		s.extend(&faults, e, from, requested.GetExtendTo())
	}
	return e, title, faults.Err()
}

// scheduledClose is the last day of a report by its schedule, and what it is called.
func (s *Server) scheduledClose(
	ctx context.Context, tx *record.Tx, faults *fault.Fields, requested *networkv1.ReportException, d owingUnit,
) (calendar.Date, words.Title, error) {
	if d.open {
		report, err := currentOf(d.report)
		return d.report.ScheduledCloseOn, titleOf(report), err
	}
	o, err := s.obligationOf(ctx, tx, faults, "exception.", d.actor, requested.GetSchedule(), requested.GetPeriod())
	if err == nil && !o.period.IsZero() {
		faults.CheckPlanned("exception.period", o.openOn, clock.Today(s.store.Clock))
	}
	return o.closeOn, schemes.TitleOf(requested.GetSchedule(), o.schedule.GetTitle()), err
}

// extend gives an exception its days; from is zero where there is no telling, for another fault.
func (s *Server) extend(faults *fault.Fields, e *networkv1.ReportException, from calendar.Date, extendTo string) {
	to, err := calendar.ParseDate(extendTo)
	switch {
	case err != nil:
		faults.Add("exception.extend_to", words.StringDate())
	case to.Before(clock.Today(s.store.Clock)):
		faults.Add("exception.extend_to", words.PastDay(to.String()))
	case !from.IsZero() && !to.After(from):
		faults.Add("exception.extend_to", words.ExtendLater(from.String()))
	case !from.IsZero():
		e.ExtendTo, e.ExtendedFrom, e.DaysAdded = to.String(), from.String(), int32(from.DaysUntil(to))
	}
}

// addException stores an exception of a unit with this path, unless one is in force.
func addException(ctx context.Context, tx *record.Tx, path string, e *networkv1.ReportException) ([]byte, error) {
	body, err := document.Encode(e)
	if err != nil {
		return nil, err
	}
	region, key, err := resource.Split(e.GetName())
	if err != nil {
		return nil, err
	}
	added, err := db.New(tx).AddReportException(ctx, db.AddReportExceptionParams{
		Region: region, ExceptionKey: key, UnitID: resource.ID(e.GetUnit()), UnitPath: path,
		ScheduleID: e.GetSchedule(), Period: e.GetPeriod(), ExtendTo: extendedTo(e), Body: body,
	})
	if err != nil || added > 0 {
		return body, err
	}
	granted, err := db.New(tx).ReportExceptionInForce(ctx, db.ReportExceptionInForceParams{
		UnitID: resource.ID(e.GetUnit()), ScheduleID: e.GetSchedule(), Period: e.GetPeriod(),
	})
	if err != nil {
		return nil, err
	}
	return nil, fault.AlreadyExists(resource.Sharded(resource.ReportExceptions, granted.Region, granted.ExceptionKey))
}

// extendedTo is the day to which an exception extends; none for one that waives.
func extendedTo(e *networkv1.ReportException) calendar.Date {
	day, err := calendar.ParseDate(e.GetExtendTo())
	if err != nil {
		return calendar.Date{}
	}
	return day
}

// setException puts an exception onto a report that is open, or takes it off where e is nil.
func setException(ctx context.Context, tx *record.Tx, row db.Report, e *networkv1.ReportException, body []byte) error {
	closeOn := row.ScheduledCloseOn
	if to := extendedTo(e); !to.IsZero() {
		closeOn = to
	}
	return db.New(tx).SetReportException(ctx, db.SetReportExceptionParams{
		Region: row.Region, UnitID: row.UnitID, ScheduleID: row.ScheduleID, Period: row.Period,
		Exception: body, Exempted: e.GetWaived(), CloseOn: closeOn, Revision: row.Revision + 1,
	})
}

// entriesOf are the records that an exception changes: itself and, where it is open, the report.
func entriesOf(e *networkv1.ReportException, path string, open bool) []record.Entry {
	entries := []record.Entry{{Resource: e.GetName(), UnitPath: path}}
	if open {
		name := nameOf(resource.ID(e.GetUnit()), e.GetSchedule(), e.GetPeriod())
		entries = append(entries, record.Entry{Resource: name, UnitPath: path})
	}
	return entries
}
