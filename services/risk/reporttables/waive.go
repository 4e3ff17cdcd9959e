package reporttables

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
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
	id, rest, _ := strings.Cut(resource.ID(event.GetResource()), ".")
	schedule, _, _ := strings.Cut(rest, ".")
	if !w.inspect(schedule) {
		return nil
	}
	unit, err := access.UnitEver(ctx, w.directory, resource.Name(resource.Units, id))
	if err != nil {
		return err
	}
	grades := w.inspected(unit, schedule)
	day, err := shownOn(unit, w.day)
	if err != nil || len(grades) == 0 {
		return err
	}
	has, err := db.New(w.store).HasPointOfGrades(ctx, db.HasPointOfGradesParams{UnitID: id, Day: day, Grades: grades})
	if err != nil || has {
		return err
	}
	_, err = w.exceptions.WaiveReport(ctx, &networkv1.WaiveReportRequest{
		Name: event.GetResource(), Computation: gradeCatalogue, RequestId: requestID(event.GetPosition()),
	})
	switch status.Code(err) {
	case codes.AlreadyExists, codes.NotFound, codes.FailedPrecondition: // exempted or put off by a unit above, discarded, or sent
		return nil
	default:
		return err
	}
}
