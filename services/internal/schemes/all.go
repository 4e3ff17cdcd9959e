package schemes

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
)

// Stored is a version with the day, in Asia/Shanghai, on which it was stored.
type Stored[S Scheme] struct {
	Scheme S
	On     calendar.Date
}

// All reads every version of every scheme, by name and date, for the jobs that follow them. There are few.
func All[S Scheme](ctx context.Context, tx db.DBTX) ([]Stored[S], error) {
	rows, err := db.New(tx).ListAllSchemes(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Stored[S], 0, len(rows))
	for _, row := range rows {
		s, err := document.Decode[S](row.Body)
		if document.IsDamaged(ctx, err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, Stored[S]{Scheme: s, On: calendar.DateOf(row.StoreTime, calendar.Shanghai)})
	}
	return all, nil
}

// EffectiveByUnit reads, by the unit that has it, every scheme that holds on a day. There are few.
func EffectiveByUnit[S Scheme](ctx context.Context, tx db.DBTX, on calendar.Date) (map[string]S, error) {
	bodies, err := db.New(tx).EffectiveSchemes(ctx, on)
	if err != nil {
		return nil, err
	}
	found, err := document.DecodeAll(ctx, bodies, document.Decode[S])
	byUnit := make(map[string]S, len(found))
	for _, s := range found {
		byUnit[s.GetUnit()] = s
	}
	return byUnit, err
}

// NextFrom is the first day on which a later version of the same scheme holds; false where there is none. The versions are
// those of All.
func NextFrom[S Scheme](all []Stored[S], s S) (calendar.Date, bool) {
	for _, v := range all { // by date, so that the first later one is the next
		if v.Scheme.GetName() == s.GetName() && v.Scheme.GetEffectiveFrom() > s.GetEffectiveFrom() {
			from, err := calendar.ParseDate(v.Scheme.GetEffectiveFrom())
			return from, err == nil
		}
	}
	return calendar.Date{}, false
}
