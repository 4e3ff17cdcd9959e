// Package risk is the register of public powers and of the points where they may go wrong: the inventory of powers (J1),
// the risk points found in it (J2), their grades (J3) and their review (J4). Each proto service has its file; content.go
// and grading.go hold what a risk point must be, review.go what is done to it.
package risk

import (
	"io/fs"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/follow"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/store"
)

// Kind is the risk service.
func Kind() service.Kind {
	migrations, err := fs.Sub(store.Migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return service.Kind{Name: "risk", Migrations: migrations, Needs: []string{"network"}, New: newService}
}

type risk struct {
	schemes    *schemes
	powerItems *powerItems
	riskPoints *riskPoints
	figures    *figureServer
}

func newService(env service.Env) service.Service {
	env.Queue.Add(follow.Job(env.Book, follow.Remote(networkv1.NewTreeServiceClient(env.Peer("network")))))
	return &risk{
		schemes:    &schemes{book: env.Book, directory: env.Directory},
		powerItems: &powerItems{book: env.Book},
		riskPoints: &riskPoints{book: env.Book},
		figures:    &figureServer{book: env.Book},
	}
}

// Register adds the service's RPCs to a server.
func (r *risk) Register(s grpc.ServiceRegistrar) {
	riskv1.RegisterSchemeServiceServer(s, r.schemes)
	riskv1.RegisterPowerItemServiceServer(s, r.powerItems)
	riskv1.RegisterRiskPointServiceServer(s, r.riskPoints)
	riskv1.RegisterFigureServiceServer(s, r.figures)
}
