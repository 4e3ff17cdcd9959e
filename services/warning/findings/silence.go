package findings

import (
	"context"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// Before is what a unit found in earlier periods of the same length.
type Before struct{ lastDays map[place]calendar.Date }

// place is what was found, a class or a level of the ladder, with what it was found about.
type place struct{ class, level, unit, area string }

func placeOf(f *warningv1.Finding, level string) place {
	return place{f.GetFindingClass(), level, resource.ID(f.GetCount().GetUnit()), f.GetCount().GetSubjectArea()}
}

// longestPeriod is how many days a period has at most.
const longestPeriod = 366

// FoundBefore reads what a unit found in the periods of the same length before one that end no longer than some days before it
// does. What was made of a source silences nothing.
func FoundBefore(ctx context.Context, from db.DBTX, unit string, period calendar.Period, days int) (Before, error) {
	b := Before{map[place]calendar.Date{}}
	if days == 0 {
		return b, nil
	}
	rows, err := db.New(from).FoundBefore(ctx, db.FoundBeforeParams{
		UnitID: resource.ID(unit), FromKey: keyFrom(period.First().AddDays(-days - longestPeriod)),
		BeforeKey: keyFrom(period.First()),
	})
	if err != nil {
		return b, err
	}
	for _, row := range rows { // the latest last
		found, err := calendar.ParsePeriod(row.Period)
		if err != nil {
			return b, err
		}
		if found.Kind() == period.Kind() {
			b.lastDays[place{row.FindingClass, row.WarningLevel, row.AboutID, row.SubjectArea}] = found.Last()
		}
	}
	return b, nil
}

// Silent tells whether a finding is one too many: its class was found of the same unit and area, and its days of silence since
// then reach to the end of the period.
func (b Before) Silent(f *warningv1.Finding, period calendar.Period, days int) bool {
	return b.reaches(placeOf(f, ""), period, days)
}

// SilentOn tells the same of one on the ladder: a level at least as grave was found, and the days of silence of that level reach
// to the end of the period.
func (b Before) SilentOn(ladder []*warningv1.WarningLevel, f *warningv1.Finding, period calendar.Period) bool {
	asGrave := false
	for _, level := range ladder {
		asGrave = asGrave || level.GetId() == f.GetWarningLevel()
		if asGrave && b.reaches(placeOf(f, level.GetId()), period, int(level.GetSilenceDays())) {
			return true
		}
	}
	return false
}

func (b Before) reaches(p place, period calendar.Period, days int) bool {
	last, found := b.lastDays[p]
	return found && !period.Last().After(last.AddDays(days))
}
