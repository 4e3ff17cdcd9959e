package reporttables

import (
	"context"
	"maps"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
)

// inspections are which grades units inspect by which schedules on a day.
type inspections struct {
	*filler

	day     calendar.Date
	schemes map[string]*riskv1.Scheme // by unit
}

// begin reads the schemes of a day, once for all events of it.
func (w *inspections) begin(ctx context.Context, day calendar.Date) (err error) {
	if w.schemes == nil || w.day != day {
		w.day = day
		w.schemes, err = grading.SchemesOn(ctx, w.store, day)
	}
	return err
}

// inspect tells whether a scheme has grades be inspected by a schedule; most schedules are about something else.
func (w *inspections) inspect(schedule string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(w.schemes)),
		func(s *riskv1.Scheme) bool { return len(gradesOf(s, schedule)) > 0 })
}

// inspected are the grades that a unit inspects by a schedule.
func (w *inspections) inspected(unit *networkv1.Unit, schedule string) []string {
	for _, id := range slices.Backward(access.PathIDs(unit)) {
		if scheme, ok := w.schemes[resource.Name(resource.Units, id)]; ok {
			return gradesOf(scheme, schedule)
		}
	}
	return nil
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
