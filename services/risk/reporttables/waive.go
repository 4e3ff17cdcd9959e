package reporttables

import (
	"context"
	"maps"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// opened is the event that schedules opened reports, as the journal names it. What a unit above opened by itself stays owed.
const opened = "network.open_reports"

// waiving exempts units from reports that opened on a day.
type waiving struct {
	*filler

	day     calendar.Date
	schemes map[string]*riskv1.Scheme // by unit
}

// waive exempts the unit of a report that opened from it, if it inspects grades of which the unit has no risk point in force.
func (w *waiving) waive(ctx context.Context, event *typev1.JournalEvent) error {
	if err := w.begin(ctx, calendar.DateOf(event.GetActTime().AsTime(), calendar.Shanghai)); err != nil {
		return err
	}
	unit, rest, _ := strings.Cut(resource.ID(event.GetResource()), ".")
	schedule, _, _ := strings.Cut(rest, ".")
	grades, err := w.inspected(ctx, resource.Name(resource.Units, unit), schedule)
	if err != nil || len(grades) == 0 {
		return err
	}
	has, err := db.New(w.store).HasPointOfGrades(ctx, db.HasPointOfGradesParams{UnitID: unit, Day: w.day, Grades: grades})
	if err != nil || has {
		return err
	}
	_, err = w.exceptions.WaiveReport(ctx, &networkv1.WaiveReportRequest{
		Name: event.GetResource(), Computation: gradeCatalogue, RequestId: requestID(event),
	})
	switch status.Code(err) {
	case codes.AlreadyExists, codes.NotFound, codes.FailedPrecondition: // exempted or put off by a unit above, discarded, or sent
		return nil
	default:
		return err
	}
}

// begin reads the schemes of a day, once for all events of it.
func (w *waiving) begin(ctx context.Context, day calendar.Date) (err error) {
	if w.schemes == nil || w.day != day {
		w.day = day
		w.schemes, err = schemes.EffectiveByUnit[*riskv1.Scheme](ctx, w.store, day)
	}
	return err
}

// inspected are the grades that a unit inspects by a schedule.
func (w *waiving) inspected(ctx context.Context, unit, schedule string) ([]string, error) {
	inspects := func(s *riskv1.Scheme) bool { return len(gradesOf(s, schedule)) > 0 }
	if !slices.ContainsFunc(slices.Collect(maps.Values(w.schemes)), inspects) {
		return nil, nil // most schedules are about something else
	}
	found, err := w.directory.Unit(ctx, unit)
	if fault.IsNotFound(err) {
		return nil, nil // it has ended
	}
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Backward(access.PathIDs(found)) {
		if scheme, ok := w.schemes[resource.Name(resource.Units, id)]; ok {
			return gradesOf(scheme, schedule), nil
		}
	}
	return nil, nil
}

// gradesOf are the grades of a scheme whose risk points are inspected by a schedule.
func gradesOf(scheme *riskv1.Scheme, schedule string) (grades []string) {
	for _, grade := range scheme.GetGrades() {
		if slices.Contains(grade.GetInspectionSchedules(), schedule) {
			grades = append(grades, grade.GetId())
		}
	}
	return grades
}
