package findings

import (
	"context"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// problem is what a finding is about, whatever its class and period.
type problem struct{ unit, area string }

func problemOf(f *warningv1.Finding) problem {
	return problem{resource.ID(f.GetCount().GetUnit()), f.GetCount().GetSubjectArea()}
}

// recur says of each finding in how many of the last periods of its length its unit found something of the same problem, this one
// included, and whether the problem recurs (C13).
func recur(
	ctx context.Context, from db.DBTX, unit string, period calendar.Period, found []*warningv1.Finding, in *warningv1.Recurrence,
) error {
	if in == nil || len(found) == 0 {
		return nil
	}
	earliest, before := period, []string(nil)
	for range in.GetPeriods() - 1 {
		earliest = earliest.Previous()
		before = append(before, earliest.String())
	}
	rows, err := db.New(from).TimesFound(ctx, db.TimesFoundParams{
		UnitID: resource.ID(unit), FromKey: keyFrom(earliest.First()), BeforeKey: keyFrom(period.First()), Periods: before,
	})
	if err != nil {
		return err
	}
	times := make(map[problem]int32, len(rows))
	for _, row := range rows {
		times[problem{row.AboutID, row.SubjectArea}] = row.Times
	}
	for _, f := range found {
		f.Recurrences = times[problemOf(f)] + 1
		f.Recurring = f.GetRecurrences() >= in.GetFindings()
	}
	return nil
}

// Recurring is how many problems recur in what was found.
func Recurring(found []*warningv1.Finding) int {
	recurring := map[problem]bool{}
	for _, f := range found {
		if f.GetRecurring() {
			recurring[problemOf(f)] = true
		}
	}
	return len(recurring)
}
