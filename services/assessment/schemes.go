package assessment

import (
	"context"
	"fmt"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
)

type schemes struct {
	assessmentv1.UnsafeSchemeServiceServer

	book      *record.Book
	directory access.Directory
	sources   sources
}

// CreateScheme stores a scheme whose measures the other services know.
func (s *schemes) CreateScheme(
	ctx context.Context, req *assessmentv1.CreateSchemeRequest,
) (*assessmentv1.Scheme, error) {
	faults := checkScheme(req.GetScheme())
	period := calendar.PeriodOf(calendar.Year, clock.Today(s.book.Clock)) // any will do: only the measures are in question
	unknown, err := unknownMeasures(ctx, s.sources, req.GetScheme(), period.String())
	if err != nil {
		return nil, err
	}
	if err := append(faults, unknown...).Err(); err != nil {
		return nil, err
	}
	return scheme.Create(ctx, s.book, req, req.GetScheme(), req.GetScheme(), nil)
}

// GetEffectiveScheme finds the scheme that holds for a unit on a date.
func (s *schemes) GetEffectiveScheme(
	ctx context.Context, req *assessmentv1.GetEffectiveSchemeRequest,
) (*assessmentv1.Scheme, error) {
	found := &assessmentv1.Scheme{}
	if err := scheme.Answer(ctx, s.book, s.directory, req, found); err != nil {
		return nil, err
	}
	return found, nil
}

// ListSchemes lists all versions.
func (s *schemes) ListSchemes(ctx context.Context, req *assessmentv1.ListSchemesRequest) (*assessmentv1.ListSchemesResponse, error) {
	list, next, err := scheme.List[*assessmentv1.Scheme](ctx, s.book, req)
	if err != nil {
		return nil, err
	}
	return &assessmentv1.ListSchemesResponse{Schemes: list, NextPageToken: next}, nil
}

// checkScheme checks what the proto's rules can't say, save what only the other services know.
func checkScheme(s *assessmentv1.Scheme) fault.Fields {
	var faults fault.Fields
	scheme.Unique(&faults, "scheme.indicators", s.GetIndicators())
	scheme.Unique(&faults, "scheme.grades", s.GetGrades())
	for i, indicator := range s.GetIndicators() {
		checkIndicator(&faults, fmt.Sprintf("scheme.indicators[%d]", i), indicator)
	}
	if !fall(s.GetGrades()) {
		faults.Add("scheme.grades", "grades_order")
	}
	return faults
}

func checkIndicator(faults *fault.Fields, field string, indicator *assessmentv1.Indicator) {
	if !twoDecimals(indicator.GetPoints()) {
		faults.Add(field+".points", "two_decimals") // or the rounded points could exceed the full ones
	}
	if indicator.GetFullAt() <= indicator.GetZeroAt() {
		faults.Add(field+".full_at", "full_above_zero")
	}
}

// fall tells whether each grade begins below the one before it, and the last at 0.
func fall(grades []*assessmentv1.Grade) bool {
	for i := 1; i < len(grades); i++ {
		if grades[i].GetMinScore() >= grades[i-1].GetMinScore() {
			return false
		}
	}
	return len(grades) > 0 && grades[len(grades)-1].GetMinScore() == 0
}
