package reports

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// MayReplace refuses other schedules or report forms in the place of a version under which reports have been opened: they have
// their windows and items from it.
func MayReplace(ctx context.Context, tx *record.Tx, stored, next *networkv1.Scheme) error {
	what := func(s *networkv1.Scheme) *networkv1.Scheme {
		return &networkv1.Scheme{Schedules: s.GetSchedules(), ReportForms: s.GetReportForms()}
	}
	if proto.Equal(what(stored), what(next)) {
		return nil
	}
	opened, err := db.New(tx).VersionHasReports(ctx, schemes.Version(next))
	if err == nil && opened {
		return fault.Precondition(words.SchemeInUse(schemes.Version(next))).OnField("scheme.effective_from")
	}
	return err
}
