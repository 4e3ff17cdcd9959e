// Package warning is the service that finds in the tips of a period what stands out, warns units about it and follows each
// warning to its end. Each file holds one resource or one of its rules; schemes.go is the simplest to begin with, and
// warning_lifecycle.go shows how a warning lives.
package warning

import (
	"io/fs"
	"time"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/follow"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/warning/store"
)

// Spec is the warning service.
func Spec() service.Spec {
	migrations, err := fs.Sub(store.Migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return service.Spec{Name: "warning", Migrations: migrations, DependsOn: []string{"network"}, New: newService}
}

type warning struct {
	schemeServer *schemeServer
	analyses     *analyses
	warnings     *warnings
	figures      *figureServer
	journal      *journalServer
}

// The service's work of its own, as it stands in the queue and in the journal.
const (
	analyseMonthJob    = "warning.analyse_month"
	escalateOverdueJob = "warning.escalate_overdue"
)

// How often that work looks for what is due. Both change something once a day at most, but soon after midnight.
const (
	analyseEvery  = 10 * time.Minute
	escalateEvery = time.Minute
)

func newService(env service.Env) service.Service {
	book, directory, network := env.Store, env.Directory, env.Dial("network")
	analyses := &analyses{
		store: book, directory: directory,
		tips: networkv1.NewTipServiceClient(network), units: networkv1.NewUnitServiceClient(network),
	}
	warnings := &warnings{store: book, directory: directory, calendar: env.Calendar}
	env.Queue.Add(
		jobs.Job{Name: analyseMonthJob, Every: analyseEvery, Run: analyses.AnalyseMonth},
		jobs.Job{Name: escalateOverdueJob, Every: escalateEvery, Run: warnings.EscalateOverdue},
		follow.Job(book, follow.Remote(networkv1.NewTreeServiceClient(network))),
	)
	return &warning{
		schemeServer: newSchemes(env),
		analyses:     analyses,
		warnings:     warnings,
		figures:      &figureServer{store: book},
		journal:      &journalServer{Server: journal.New(book)},
	}
}

// Register adds the service's RPCs to a server.
func (w *warning) Register(r grpc.ServiceRegistrar) {
	warningv1.RegisterSchemeServiceServer(r, w.schemeServer)
	warningv1.RegisterAnalysisServiceServer(r, w.analyses)
	warningv1.RegisterWarningServiceServer(r, w.warnings)
	warningv1.RegisterFigureServiceServer(r, w.figures)
	w.journal.Register(r)
}
