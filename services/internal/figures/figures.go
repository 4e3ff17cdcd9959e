// Package figures answers for live figures of units, each traceable to the records it was counted from (T24). A service
// says what it can measure; the counting and the tracing are here.
package figures

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Count is what was measured of one unit.
type Count struct {
	Unit string // name of the unit
	// Met and All count the records that meet the measure, and all that could have.
	Met, All int64
	// Records are the names of the first of all, at most Named, in order; the counts go on beyond.
	Records []string
}

// MaxRecords is how many records a figure names.
const MaxRecords = 1000

// CountOf is a tally as a query gives it, of a unit's and records' identifiers.
func CountOf(unit string, met, all int64, collection string, ids []string) Count {
	t := Count{Unit: resource.Name(resource.Units, unit), Met: met, All: all}
	for _, id := range ids {
		t.Records = append(t.Records, resource.Name(collection, id))
	}
	return t
}

// row is a row of a query of a measure.
type row struct {
	UnitID  string
	Total   int64
	Met     int64
	Records []string
}

// Counts are the tallies of such rows.
func Counts[Row ~struct {
	UnitID  string
	Total   int64
	Met     int64
	Records []string
}](rows []Row, collection string) []Count {
	counts := make([]Count, len(rows))
	for i, r := range rows {
		r := row(r)
		counts[i] = CountOf(r.UnitID, r.Met, r.Total, collection, r.Records)
	}
	return counts
}

// Query is what a measure is asked: about units, given as ids, that lie in the subtree of Root.
type Query struct {
	Root   string // tree path
	Units  []string
	Period calendar.Period
}

// Measure takes the tally of every unit that has anything to measure.
type Measure func(ctx context.Context, q Query) ([]Count, error)

// Request is a request for figures, the same in every service.
type Request interface {
	GetUnits() []string
	GetPeriod() string
	GetMeasures() []string
}

// List answers a request, whose root has been resolved as the call's target.
func List(ctx context.Context, req Request, measures map[string]Measure) ([]*typev1.Figure, error) {
	period, err := calendar.ParsePeriod(req.GetPeriod())
	if err != nil {
		return nil, fault.Invalid("period", words.StringPeriod())
	}
	q := Query{Root: access.Path(access.Target(ctx)), Period: period}
	for _, unit := range req.GetUnits() {
		q.Units = append(q.Units, resource.ID(unit))
	}
	found := map[[2]string]*typev1.Figure{}
	for i, name := range req.GetMeasures() {
		measure, ok := measures[name]
		if !ok {
			known := strings.Join(slices.Sorted(maps.Keys(measures)), ", ")
			return nil, fault.Invalid(fmt.Sprintf("measures[%d]", i), words.UnknownMeasure(name, known))
		}
		tallies, err := measure(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, t := range tallies {
			found[[2]string{t.Unit, name}] = &typev1.Figure{
				Unit: t.Unit, Measure: name, Numerator: t.Met, Denominator: t.All, Records: t.Records,
			}
		}
	}
	return inRequestOrder(req, found), nil
}

func inRequestOrder(req Request, found map[[2]string]*typev1.Figure) []*typev1.Figure {
	list := make([]*typev1.Figure, 0, len(req.GetUnits())*len(req.GetMeasures()))
	for _, unit := range req.GetUnits() {
		for _, measure := range req.GetMeasures() {
			figure := found[[2]string{unit, measure}]
			if figure == nil {
				figure = &typev1.Figure{Unit: unit, Measure: measure}
			}
			list = append(list, figure)
		}
	}
	return list
}

// TimeRange is the time from the first instant of a period in Asia/Shanghai up to the first instant after it.
func TimeRange(p calendar.Period) (from, before time.Time) {
	return p.First().In(calendar.Shanghai), p.Next().First().In(calendar.Shanghai)
}

// ParseTimeRange is the time that the period of a request covers; all of time where it is empty.
func ParseTimeRange(text string) (from, before time.Time, err error) {
	if text == "" {
		return calendar.FirstDay.In(time.UTC), calendar.LastDay.In(time.UTC), nil
	}
	period, err := calendar.ParsePeriod(text)
	if err != nil {
		return from, before, fault.Invalid("period", words.StringPeriod())
	}
	from, before = TimeRange(period)
	return from, before, nil
}
