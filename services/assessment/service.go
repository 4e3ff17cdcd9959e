// Package assessment scores units on what the other services measured: schemes say what counts and which grade a score
// has, a round fixes who takes part and freezes the result. Each folder holds one resource or what it takes: measures asks the
// other services, points is the arithmetic.
package assessment

import (
	"io/fs"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/measures"
	"github.com/qingfeng-suite/qingfeng/services/assessment/rounds"
	"github.com/qingfeng-suite/qingfeng/services/assessment/schemes"
	"github.com/qingfeng-suite/qingfeng/services/assessment/store"
	"github.com/qingfeng-suite/qingfeng/services/internal/follow"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/relay"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// Spec is the assessment service.
func Spec() service.Spec {
	migrations, err := fs.Sub(store.Migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return service.Spec{
		Name: "assessment", Migrations: migrations, DependsOn: []string{"network", "risk", "warning"}, New: newService,
	}
}

func newService(env service.Env) service.Service {
	network := env.Dial("network")
	env.Queue.Add(follow.Job(env.Store, follow.Remote(networkv1.NewTreeServiceClient(network))))
	env.Queue.Tick(relay.Job(env.Store, networkv1.NewInboxServiceClient(network), env.Log))
	sources := measures.New(env.Dial)
	return service.Group{schemes.New(env, sources), rounds.New(env, sources), &journalServer{Server: journal.New(env)}}
}
