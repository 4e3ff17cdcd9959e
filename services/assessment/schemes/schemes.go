// Package schemes keeps what counts in an assessment and which grade a score has, as versioned data (T24, T26).
package schemes

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/measures"
	"github.com/qingfeng-suite/qingfeng/services/assessment/scoring"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// Server serves SchemeService.
type Server struct {
	assessmentv1.UnsafeSchemeServiceServer
	*genericServer
}

type genericServer = schemes.Server[
	*assessmentv1.Scheme, *assessmentv1.CreateSchemeRequest, *assessmentv1.GetEffectiveSchemeRequest,
	*assessmentv1.ListSchemesRequest, *assessmentv1.ListSchemesResponse,
]

// New makes the server. A scheme may count what the sources measure.
func New(env service.Env, sources measures.Sources) *Server {
	return &Server{genericServer: &genericServer{
		Store: env.Store, Directory: env.Directory,
		Check: func(ctx context.Context, s *assessmentv1.Scheme) error {
			// Any period will do: only the measures are in question.
			period := calendar.PeriodOf(calendar.Year, clock.Today(env.Store.Clock))
			unknown, err := sources.Unknown(ctx, s, period.String())
			if err != nil {
				return err
			}
			return append(checkScheme(s), unknown...).Err()
		},
	}}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { assessmentv1.RegisterSchemeServiceServer(r, s) }

// checkScheme checks what the proto's rules can't say, save what only the other services know.
func checkScheme(s *assessmentv1.Scheme) fault.Fields {
	var faults fault.Fields
	schemes.CheckUnique(&faults, "scheme.indicators", s.GetIndicators())
	schemes.CheckUnique(&faults, "scheme.grades", s.GetGrades())
	for i, indicator := range s.GetIndicators() {
		scoring.CheckIndicator(&faults, fmt.Sprintf("scheme.indicators[%d]", i), indicator)
	}
	scoring.CheckGrades(&faults, "scheme.grades", s.GetGrades())
	return faults
}
