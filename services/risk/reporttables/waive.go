package reporttables

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// opened is the event that schedules opened reports, as the journal names it. What a unit above opened by itself stays owed.
const opened = "network.open_reports"

// waive exempts the unit of a report that opened from it, if it inspects grades of which the unit has no risk point in force,
// or had none on its last day.
func (w *inspections) waive(ctx context.Context, event *typev1.JournalEvent) error {
	if err := w.begin(ctx, calendar.DateOf(event.GetActTime().AsTime(), calendar.Shanghai)); err != nil {
		return err
	}
	id, schedule := unitOf(event.GetResource()), scheduleOf(event.GetResource())
	if !w.inspect(schedule) {
		return nil
	}
	unit, err := access.UnitEver(ctx, w.directory, resource.Name(resource.Units, id))
	if err != nil {
		return err
	}
	grades := w.inspected(unit, schedule)
	if len(grades) == 0 {
		return nil
	}
	queries := db.New(w.store)
	if err := w.noteWaived(ctx, id, event.GetResource()); err != nil { // before it looks, so that it hears of what comes since
		return err
	}
	has, err := w.has(ctx, unit, event.GetResource(), grades)
	if err != nil {
		return err
	}
	if has {
		return queries.ForgetWaivedReport(ctx, event.GetResource())
	}
	_, err = w.exceptions.WaiveReport(ctx, &networkv1.WaiveReportRequest{
		Name: event.GetResource(), Computation: gradeCatalogue, RequestId: requestID(event.GetPosition()),
	})
	switch status.Code(err) {
	case codes.AlreadyExists, codes.NotFound, codes.FailedPrecondition: // exempted or put off by a unit above, discarded, or sent
		return queries.ForgetWaivedReport(ctx, event.GetResource())
	default:
		return err
	}
}

// has tells whether a report shows a risk point of some grades, as of the day of the schemes.
func (w *inspections) has(ctx context.Context, unit *networkv1.Unit, report string, grades []string) (bool, error) {
	s, err := w.shownBy(ctx, unit, report, w.day)
	if err != nil {
		return false, err
	}
	return db.New(w.store).HasPointOfGrades(ctx, db.HasPointOfGradesParams{
		UnitID: resource.ID(unit.GetName()), Day: s.day, Grades: append([]string{}, grades...),
		ToldUnits: s.toldUnits, ToldDays: s.toldDays,
	})
}

func (f *filler) noteWaived(ctx context.Context, unit, report string) error {
	last, err := lastDayOf(report)
	if err != nil {
		return err
	}
	return db.New(f.store).NoteWaivedReport(ctx, db.NoteWaivedReportParams{Report: report, UnitID: unit, LastDay: last})
}

// reinstate has a unit owe the inspections after all from which it was exempted, and whose grades it has by now. One that has
// ended stays exempted: who acts for it inspects what it had.
func (w *inspections) reinstate(ctx context.Context, unit *networkv1.Unit, cause string) error {
	queries, today := db.New(w.store), clock.Today(w.store.Clock)
	waived, err := queries.WaivedReports(ctx, resource.ID(unit.GetName()))
	if err != nil || len(waived) == 0 || hasEnded(unit, today) {
		return err
	}
	if err := w.begin(ctx, today); err != nil {
		return err
	}
	for _, report := range waived {
		has, err := w.has(ctx, unit, report, w.inspected(unit, scheduleOf(report)))
		if err != nil {
			return err
		}
		if !has {
			continue
		}
		_, err = w.exceptions.ReinstateReport(ctx, &networkv1.ReinstateReportRequest{
			Name: report, Computation: gradeCatalogue, RequestId: requestID(cause + report),
		})
		switch status.Code(err) {
		case codes.OK, codes.NotFound, codes.FailedPrecondition: // or a unit above decided about it, or its window is over
		default:
			return err
		}
		if err := queries.ForgetWaivedReport(ctx, report); err != nil {
			return err
		}
	}
	return nil
}
