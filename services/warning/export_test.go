package warning

import (
	"context"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// Servers are the service's own, for tests that hold the book and the way to the network service.
func Servers(book *record.Store, network grpc.ClientConnInterface) (warningv1.WarningServiceServer, warningv1.AnalysisServiceServer) {
	units := networkv1.NewUnitServiceClient(network)
	directory := access.Remote(units, networkv1.NewSchemeServiceClient(network))
	return &warnings{store: book, directory: directory, calendar: builtIn},
		&analyses{store: book, directory: directory, tips: networkv1.NewTipServiceClient(network), units: units}
}

// RaiseOverdue runs the job once, for tests that can't wait for its minute.
func RaiseOverdue(ctx context.Context, book *record.Store) error {
	return (&warnings{store: book, calendar: builtIn}).EscalateOverdue(ctx)
}

// builtIn is the calendar that comes with the program.
func builtIn(context.Context) (*calendar.Calendar, error) { return calendar.BuiltIn(), nil }
