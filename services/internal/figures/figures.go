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

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// maxRecords is how many records a figure names; the counts go on beyond.
const maxRecords = 1000

// Hit is one record that was measured.
type Hit struct {
	Unit   string // name of the unit it counts for
	Record string // name of the record
	Met    bool
}

// Question is what a measure is asked: about units, given as ids, that lie in the subtree of Root.
type Question struct {
	Root   string // tree path
	Units  []string
	Period calendar.Period
}

// Measure finds the records of a measure. The hits of a unit stand in the order they are to be named in.
type Measure func(ctx context.Context, q Question) ([]Hit, error)

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
		return nil, fault.Invalid("period", "string.period")
	}
	q := Question{Root: access.Path(access.Target(ctx)), Period: period}
	for _, unit := range req.GetUnits() {
		_, id, _ := strings.Cut(unit, "/")
		q.Units = append(q.Units, id)
	}
	found := map[[2]string]*typev1.Figure{}
	for i, name := range req.GetMeasures() {
		measure, ok := measures[name]
		if !ok {
			known := strings.Join(slices.Sorted(maps.Keys(measures)), ", ")
			return nil, fault.Invalid(fmt.Sprintf("measures[%d]", i), "unknown_measure", "measure", name, "known", known)
		}
		hits, err := measure(ctx, q)
		if err != nil {
			return nil, err
		}
		count(found, name, hits)
	}
	return inOrder(req, found), nil
}

func count(found map[[2]string]*typev1.Figure, measure string, hits []Hit) {
	for _, hit := range hits {
		figure := found[[2]string{hit.Unit, measure}]
		if figure == nil {
			figure = &typev1.Figure{Unit: hit.Unit, Measure: measure}
			found[[2]string{hit.Unit, measure}] = figure
		}
		figure.Denominator++
		if hit.Met {
			figure.Numerator++
		}
		if len(figure.GetRecords()) < maxRecords {
			figure.Records = append(figure.Records, hit.Record)
		}
	}
}

func inOrder(req Request, found map[[2]string]*typev1.Figure) []*typev1.Figure {
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

// Span is the time from the first instant of a period in Asia/Shanghai up to the first instant after it.
func Span(p calendar.Period) (from, before time.Time) {
	return p.First().In(calendar.Shanghai), p.Next().First().In(calendar.Shanghai)
}
