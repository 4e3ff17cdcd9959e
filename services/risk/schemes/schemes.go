// Package schemes keeps how a body searches and grades its risks, as versioned data (J2, J3, T3), and grades by it.
package schemes

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/grpc"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// Server serves SchemeService.
type Server struct {
	riskv1.UnsafeSchemeServiceServer
	*schemeServer
}

type schemeServer = scheme.Server[
	*riskv1.Scheme, *riskv1.CreateSchemeRequest, *riskv1.GetEffectiveSchemeRequest,
	*riskv1.ListSchemesRequest, *riskv1.ListSchemesResponse,
]

// New makes the server.
func New(env service.Env) *Server {
	check := func(_ context.Context, s *riskv1.Scheme) error { return checkScheme(s) }
	return &Server{schemeServer: &schemeServer{Store: env.Book, Directory: env.Directory, Check: check}}
}

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterSchemeServiceServer(r, s) }

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
