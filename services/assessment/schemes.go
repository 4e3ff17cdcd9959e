package assessment

import (
	"context"
	"fmt"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// schemeServer serves SchemeService.
type schemeServer struct {
	assessmentv1.UnsafeSchemeServiceServer
	*genericServer
}

type genericServer = schemes.Server[
	*assessmentv1.Scheme, *assessmentv1.CreateSchemeRequest, *assessmentv1.GetEffectiveSchemeRequest,
	*assessmentv1.ListSchemesRequest, *assessmentv1.ListSchemesResponse,
]

func newSchemes(env service.Env, from sources) *schemeServer {
	return &schemeServer{genericServer: &genericServer{
		Store: env.Store, Directory: env.Directory,
		Check: func(ctx context.Context, s *assessmentv1.Scheme) error {
			return checkMeasures(ctx, s, from, clock.Today(env.Store.Clock))
		},
	}}
}

// checkMeasures is checkScheme, and also wants measures that the other services know.
func checkMeasures(ctx context.Context, s *assessmentv1.Scheme, from sources, today calendar.Date) error {
	faults := checkScheme(s)
	period := calendar.PeriodOf(calendar.Year, today) // any will do: only the measures are in question
	unknown, err := unknownMeasures(ctx, from, s, period.String())
	if err != nil {
		return err
	}
	return append(faults, unknown...).Err()
}

// checkScheme checks what the proto's rules can't say, save what only the other services know.
func checkScheme(s *assessmentv1.Scheme) fault.Fields {
	var faults fault.Fields
	schemes.CheckUnique(&faults, "scheme.indicators", s.GetIndicators())
	schemes.CheckUnique(&faults, "scheme.grades", s.GetGrades())
	for i, indicator := range s.GetIndicators() {
		checkIndicator(&faults, fmt.Sprintf("scheme.indicators[%d]", i), indicator)
	}
	if !isDescending(s.GetGrades()) {
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

// isDescending tells whether each grade begins below the one before it, and the last at 0.
func isDescending(grades []*assessmentv1.Grade) bool {
	for i := 1; i < len(grades); i++ {
		if grades[i].GetMinScore() >= grades[i-1].GetMinScore() {
			return false
		}
	}
	return len(grades) > 0 && grades[len(grades)-1].GetMinScore() == 0
}
