// Package assessment scores units on what the other services measured: schemes say what counts and which grade a score
// has, a round fixes who takes part and freezes the result. Each folder holds one resource or what it takes: measures asks the
// other services, points is the arithmetic.
package assessment

import (
	"io/fs"

	"github.com/qingfeng-suite/qingfeng/services/assessment/measures"
	"github.com/qingfeng-suite/qingfeng/services/assessment/rounds"
	"github.com/qingfeng-suite/qingfeng/services/assessment/schemes"
	"github.com/qingfeng-suite/qingfeng/services/assessment/store"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
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
	sources := measures.New(env.Dial)
	return service.Group{schemes.New(env, sources), rounds.New(env, sources), &journalServer{Server: journal.New(env)}}
}
