package risk

import (
	"context"
	"fmt"
	"strconv"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
)

type schemes struct {
	riskv1.UnsafeSchemeServiceServer

	book      *record.Book
	directory access.Directory
}

// CreateScheme stores a scheme.
func (s *schemes) CreateScheme(ctx context.Context, req *riskv1.CreateSchemeRequest) (*riskv1.Scheme, error) {
	if err := checkScheme(req.GetScheme()); err != nil {
		return nil, err
	}
	return scheme.Create(ctx, s.book, req, req.GetScheme(), req.GetScheme(), nil)
}

// GetEffectiveScheme finds the scheme that holds for a unit on a date.
func (s *schemes) GetEffectiveScheme(
	ctx context.Context, req *riskv1.GetEffectiveSchemeRequest,
) (*riskv1.Scheme, error) {
	found := &riskv1.Scheme{}
	if err := scheme.Answer(ctx, s.book, s.directory, req, found); err != nil {
		return nil, err
	}
	return found, nil
}

// ListSchemes lists all versions.
func (s *schemes) ListSchemes(ctx context.Context, req *riskv1.ListSchemesRequest) (*riskv1.ListSchemesResponse, error) {
	list, next, err := scheme.List[*riskv1.Scheme](ctx, s.book, req)
	if err != nil {
		return nil, err
	}
	return &riskv1.ListSchemesResponse{Schemes: list, NextPageToken: next}, nil
}

// checkScheme checks what the proto's rules can't say.
func checkScheme(s *riskv1.Scheme) error {
	var faults fault.Fields
	scheme.Unique(&faults, "scheme.categories", s.GetCategories())
	scheme.Unique(&faults, "scheme.search_methods", s.GetSearchMethods())
	scheme.Unique(&faults, "scheme.factors", s.GetFactors())
	scheme.Unique(&faults, "scheme.grades", s.GetGrades())
	for i, factor := range s.GetFactors() {
		if factor.GetWeight() == 0 {
			faults.Add(fmt.Sprintf("scheme.factors[%d].weight", i), "weight_zero")
		}
	}
	checkGrades(&faults, s)
	return faults.Err()
}

// checkGrades wants the bands to fall to 0, so that every score has a grade, and the gravest to be one that points can reach.
func checkGrades(faults *fault.Fields, s *riskv1.Scheme) {
	grades := s.GetGrades()
	for i, grade := range grades {
		falls := i == 0 || grade.GetMinScore() < grades[i-1].GetMinScore()
		ends := i < len(grades)-1 || grade.GetMinScore() == 0
		if !falls || !ends {
			faults.Add(fmt.Sprintf("scheme.grades[%d].min_score", i), "grades_order")
		}
	}
	if highest := highestScore(s); len(grades) > 0 && grades[0].GetMinScore() > highest {
		faults.Add("scheme.grades[0].min_score", "grade_unreachable", "highest", strconv.FormatFloat(highest, 'f', -1, 64))
	}
}
