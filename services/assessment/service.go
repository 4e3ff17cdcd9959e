// Package assessment scores units on what the other services measured: schemes say what counts and which grade a score
// has, a round fixes who takes part and freezes the result. Each file holds one resource; points.go holds the arithmetic.
package assessment

import (
	"io/fs"

	"google.golang.org/grpc"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/store"
	"github.com/qingfeng-suite/qingfeng/services/internal/follow"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// Name of the service and of its schema.
const Name = "assessment"

// Spec is the assessment service.
func Spec() service.Spec {
	migrations, err := fs.Sub(store.Migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return service.Spec{
		Name: Name, Migrations: migrations, DependsOn: []string{"network", "risk", "warning"}, New: newService,
	}
}

type assessment struct {
	schemeServer *schemeServer
	rounds       *rounds
	journal      *journalServer
}

func newService(env service.Env) service.Service {
	env.Queue.Add(follow.Job(env.Store, follow.Remote(networkv1.NewTreeServiceClient(env.Dial("network")))))
	measured := newSources(env.Dial)
	return &assessment{
		schemeServer: newSchemes(env, measured),
		journal:      &journalServer{Server: journal.New(env.Store)},
		rounds:       &rounds{store: env.Store, units: networkv1.NewUnitServiceClient(env.Dial("network")), sources: measured},
	}
}

// Register adds the service's RPCs to a server.
func (a *assessment) Register(r grpc.ServiceRegistrar) {
	assessmentv1.RegisterSchemeServiceServer(r, a.schemeServer)
	assessmentv1.RegisterRoundServiceServer(r, a.rounds)
	a.journal.Register(r)
}
