// Package service is the skeleton that the four services share: what each is given and what each must be able to do.
package service

import (
	"io/fs"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/follow"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/sealing"
)

// Env is what a service is given.
type Env struct {
	// Store is the service's schema, and the clock.
	Store *record.Store
	// Directory knows units and roles.
	Directory access.Directory
	// Calendar knows the working days, those of imported years included.
	Calendar calendar.Source
	// Dial connects to a service below this one, in this service's name.
	Dial func(name string) grpc.ClientConnInterface
	// Queue runs the work that must survive a crash. A service adds its jobs when it is made.
	Queue *jobs.Queue
	// Followers are what a service does besides as its records follow the tree; network's follow in other ways.
	Followers *follow.Followers
	// Sealer encrypts who sent a tip. Only network has one.
	Sealer *sealing.Sealer
	// Leads encrypts what case leads say. Only warning has one.
	Leads *sealing.Sealer
	// Courier carries messages out of the instance. Only network has one.
	Courier *courier.Courier
	// MessageRetentionDays is how many days messages that were read or delivered are kept; 0: for ever.
	MessageRetentionDays int
	// Uploads bound what attachments may take.
	Uploads UploadLimits
	// Metrics takes what a service counts.
	Metrics prometheus.Registerer
	Log     *zap.Logger
}

// UploadLimits say how many bytes of attachments a service stores, unfinished uploads at their declared size; 0: no limit.
type UploadLimits struct {
	// Sender is for one caller. Of those who are protected, about whom nothing is stored, it is for the holder of one receipt,
	// and for what one caller offers in a day by all of them.
	Sender int64
	// Unit is for all records of one unit, and Instance for all.
	Unit, Instance int64
	// Free is how much must stay free on the disk of the database, where FreeSpace knows.
	Free      int64
	FreeSpace func() (int64, error)
}

// Service is one running service.
type Service interface {
	// Register adds its RPCs to a server.
	Register(grpc.ServiceRegistrar)
}

// Group is a service made of its resources, each of which serves its own RPCs.
type Group []Service

// Register adds the RPCs of all of them to a server.
func (g Group) Register(r grpc.ServiceRegistrar) {
	for _, resource := range g {
		resource.Register(r)
	}
}

// Spec is a service that can be run.
type Spec struct {
	// Name is also the name of its schema.
	Name string
	// Migrations are its goose files.
	Migrations fs.FS
	// DependsOn are the services it calls.
	DependsOn []string
	New       func(Env) Service
}
