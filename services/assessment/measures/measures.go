package measures

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// Of are the measures of a scheme, each once, in order and so grouped by service.
func Of(s *assessmentv1.Scheme) []string {
	measures := make([]string, len(s.GetIndicators()))
	for i, indicator := range s.GetIndicators() {
		measures[i] = indicator.GetMeasure()
	}
	slices.Sort(measures)
	return slices.Compact(measures)
}

// Unknown notes every indicator whose measure no service knows. Each service is asked for figures of the scheme's
// own unit, since the list of its measures is kept where they are counted and nowhere else.
func (s Sources) Unknown(ctx context.Context, scheme *assessmentv1.Scheme, period string) (fault.Fields, error) {
	refused := map[string]words.Sentence{}
	for _, measures := range byService(Of(scheme)) {
		if _, ok := s.find(measures[0]); !ok {
			for _, measure := range measures {
				known := strings.Join(s.services(), ".…, ") + ".…"
				refused[measure] = words.UnknownMeasure(measure, known)
			}
			continue
		}
		q := Query{Root: scheme.GetUnit(), Units: []string{scheme.GetUnit()}, Period: period, Measures: measures}
		if err := s.findUnknown(ctx, q, refused); err != nil {
			return nil, err
		}
	}
	var faults fault.Fields
	for i, indicator := range scheme.GetIndicators() {
		if says, ok := refused[indicator.GetMeasure()]; ok {
			faults.Add(fmt.Sprintf("scheme.indicators[%d].measure", i), says)
		}
	}
	return faults, nil
}

// findUnknown asks until the service takes what is left of the measures: it may name one faulty measure at a time.
func (s Sources) findUnknown(ctx context.Context, q Query, refused map[string]words.Sentence) error {
	for len(q.Measures) > 0 {
		_, err := s.figuresOfService(ctx, q)
		if err == nil {
			return nil
		}
		named := refusedMeasures(err, q.Measures)
		if len(named) == 0 {
			return err
		}
		maps.Copy(refused, named)
		q.Measures = slices.DeleteFunc(slices.Clone(q.Measures), func(m string) bool { _, ok := named[m]; return ok })
	}
	return nil
}

// refusedMeasures reads which measures a service refused, with its own words for why, which are in the caller's language.
func refusedMeasures(err error, measures []string) map[string]words.Sentence {
	if status.Code(err) != codes.InvalidArgument {
		return nil
	}
	named := map[string]words.Sentence{}
	for _, detail := range status.Convert(err).Details() {
		bad, ok := detail.(*errdetails.BadRequest)
		if !ok {
			continue
		}
		for _, violation := range bad.GetFieldViolations() {
			for i, measure := range measures {
				if violation.GetField() == fmt.Sprintf("measures[%d]", i) {
					named[measure] = words.Sentence{Key: violation.GetReason(), Fallback: violation.GetDescription()}
				}
			}
		}
	}
	return named
}
