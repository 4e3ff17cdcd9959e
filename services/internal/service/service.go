// Package service is the skeleton that the four services share: what each is given and what each must be able to do.
package service

import (
	"context"
	"io/fs"

	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/sealing"
)

// Env is what a service is given.
type Env struct {
	// Book is the service's schema, and the clock.
	Book *record.Book
	// Directory knows units and roles.
	Directory access.Directory
	// Peer connects to a service below this one, in this service's name.
	Peer func(name string) grpc.ClientConnInterface
	// Sealer encrypts who sent a tip.
	Sealer *sealing.Sealer
	Log    *zap.Logger
}

// Service is one running service.
type Service interface {
	// Register adds its RPCs to a server.
	Register(grpc.ServiceRegistrar)
	// Start begins its background work, which ends with Stop.
	Start(context.Context) error
	// Stop ends its background work, waiting for what has begun until ctx ends.
	Stop(context.Context) error
}

// Kind is a service that can be run.
type Kind struct {
	// Name is also the name of its schema.
	Name string
	// Migrations are its goose files.
	Migrations fs.FS
	// Needs are the services it calls.
	Needs []string
	New   func(Env) (Service, error)
}
