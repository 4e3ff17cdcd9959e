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
		Store: env.Book, Directory: env.Directory,
		Check:  func(_ context.Context, s *warningv1.Scheme) error { return checkScheme(s) },
		Stored: func(ctx context.Context, tx *record.Tx) error { return env.Queue.Ask(ctx, tx, analyseMonth) },
	}}
}

// checkScheme checks what the proto's rules can't say.
func checkScheme(s *warningv1.Scheme) error {
	var faults fault.Fields
	schemes.Unique(&faults, "scheme.rungs", s.GetRungs())
	for i, rung := range s.GetRungs() {
		field := fmt.Sprintf("scheme.rungs[%d]", i)
		schemes.Unique(&faults, field+".forms", rung.GetForms())
		if err := checkCriterion(rung.GetCriterion()); err != nil {
			faults.Add(field+".criterion", "criterion", "cause", err.Error())
		}
	}
	return faults.Err()
}
