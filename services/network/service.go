// Package network is the service that everything else stands on: the tree of units, their officers, the tips they take in
// and the periodic reports they owe. Each file holds one resource; schemes.go is the simplest to begin with.
package network

import (
	"io/fs"
	"time"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store"
)

// Name of the service and of its schema.
const Name = "network"

// Kind is the network service.
func Kind() service.Kind {
	migrations, err := fs.Sub(store.Migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return service.Kind{Name: Name, Migrations: migrations, New: newService}
}

type network struct {
	units    *units
	schemes  *schemes
	officers *officers
	tips     *tips
	reports  *reports
	figures  *figureServer
}

// openEvery is how often the schedules are looked at; a new scheme is looked at at once.
const openEvery = 10 * time.Minute

func newService(env service.Env) service.Service {
	book, directory := env.Book, env.Directory
	reports := &reports{book: book, directory: directory}
	env.Queue.Add(jobs.Job{Name: openReports, Every: openEvery, Run: reports.Open})
	return &network{
		units:    &units{book: book},
		schemes:  &schemes{book: book, directory: directory, queue: env.Queue},
		officers: &officers{book: book, directory: directory},
		tips:     &tips{book: book, directory: directory, sealer: env.Sealer},
		reports:  reports,
		figures:  &figureServer{book: book},
	}
}

// Register adds the service's RPCs to a server.
func (n *network) Register(r grpc.ServiceRegistrar) {
	networkv1.RegisterUnitServiceServer(r, n.units)
	networkv1.RegisterSchemeServiceServer(r, n.schemes)
	networkv1.RegisterOfficerServiceServer(r, n.officers)
	networkv1.RegisterTipServiceServer(r, n.tips)
	networkv1.RegisterReportServiceServer(r, n.reports)
	networkv1.RegisterFigureServiceServer(r, n.figures)
}

// Directory answers from the service's own tables.
func Directory(book *record.Book) access.Directory { return directory{book: book} }
