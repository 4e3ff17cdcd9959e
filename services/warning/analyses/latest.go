package analyses

import (
	"context"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// lookBackPeriods is among how many of a unit's periods Latest looks: those that still run are few.
const lookBackPeriods = 12

// Latest reads the last analysis that a unit, given by its id, has made of a period after its end, with what came late as far as
// a scheme waits for that; nil where it has made none.
func Latest(ctx context.Context, tx db.DBTX, unit string, scheme *warningv1.Scheme) (*warningv1.Analysis, error) {
	rows, err := db.New(tx).NewestPeriods(ctx, db.NewestPeriodsParams{UnitID: unit, Most: lookBackPeriods})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		period, err := calendar.ParsePeriod(row.Period)
		if err != nil {
			return nil, err
		}
		if row.RunTime.Before(settledOn(scheme, period).In(calendar.Shanghai)) {
			continue
		}
		found, err := db.New(tx).GetAnalysis(ctx, db.GetAnalysisParams{UnitID: unit, Period: row.Period})
		if err != nil {
			return nil, err
		}
		return document.Decode[*warningv1.Analysis](found.Body)
	}
	return nil, nil //nolint:nilnil // none is no fault
}

// settledOn is the day from which all that any rule of a scheme waits for of a period is in.
func settledOn(scheme *warningv1.Scheme, period calendar.Period) calendar.Date {
	late := 0
	for _, r := range scheme.GetAnalysisRules() {
		if calendarpb.Kind(r.GetPeriodKind()) == period.Kind() {
			late = max(late, int(r.GetLateDays()))
		}
	}
	return period.Next().First().AddDays(late)
}

// CountOf is what an analysis counts of a unit in a subject area or, where that is empty, in all together: nothing where no tip
// came. False where something may be among the counts that were left out.
func CountOf(analysis *warningv1.Analysis, unit, area string) (*warningv1.AreaCount, bool) {
	sum := &warningv1.AreaCount{Unit: unit, SubjectArea: area, Months: make([]int64, windowMonths)}
	for _, c := range analysis.GetCounts() {
		if c.GetUnit() != unit {
			continue
		}
		if area != "" && c.GetSubjectArea() == area {
			return c, true
		}
		if area == "" {
			addCount(sum, c)
		}
	}
	return sum, analysis.GetCountsLeftOut() == 0
}
