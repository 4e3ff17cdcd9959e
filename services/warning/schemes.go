package warning

import (
	"context"
	"fmt"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// schemeServer serves SchemeService.
type schemeServer struct {
	warningv1.UnsafeSchemeServiceServer
	*genericServer
}

type genericServer = schemes.Server[
	*warningv1.Scheme, *warningv1.CreateSchemeRequest, *warningv1.GetEffectiveSchemeRequest,
	*warningv1.ListSchemesRequest, *warningv1.ListSchemesResponse,
]

// newSchemes makes the server, which has the last month of a new scheme's unit analysed.
func newSchemes(env service.Env) *schemeServer {
	return &schemeServer{genericServer: &genericServer{
		Store: env.Store, Directory: env.Directory,
		Check:  func(_ context.Context, s *warningv1.Scheme) error { return checkScheme(s) },
		Stored: func(ctx context.Context, tx *record.Tx) error { return env.Queue.Enqueue(ctx, tx, analyseMonthJob) },
	}}
}

// checkScheme checks what the proto's rules can't say.
func checkScheme(s *warningv1.Scheme) error {
	var faults fault.Fields
	schemes.CheckUnique(&faults, "scheme.warning_levels", s.GetWarningLevels())
	for i, warningLevel := range s.GetWarningLevels() {
		field := fmt.Sprintf("scheme.warning_levels[%d]", i)
		schemes.CheckUnique(&faults, field+".forms", warningLevel.GetForms())
		if err := checkCriterion(warningLevel.GetCriterion()); err != nil {
			faults.Add(field+".criterion", "criterion", "cause", err.Error())
		}
	}
	return faults.Err()
}
