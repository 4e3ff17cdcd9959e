// Package network is the service that everything else stands on: the tree of units, their officers, the tips they take in
// and the periodic reports they owe. Each folder holds one resource; contacts is the simplest to begin with.
package network

import (
	"io/fs"

	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/attachments"
	"github.com/qingfeng-suite/qingfeng/services/network/calendars"
	"github.com/qingfeng-suite/qingfeng/services/network/contacts"
	"github.com/qingfeng-suite/qingfeng/services/network/delivery"
	"github.com/qingfeng-suite/qingfeng/services/network/identity"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/inquiries"
	"github.com/qingfeng-suite/qingfeng/services/network/officerpoints"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/network/rollups"
	"github.com/qingfeng-suite/qingfeng/services/network/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
	"github.com/qingfeng-suite/qingfeng/services/network/training"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// Name of the service and of its schema.
const Name = "network"

// Spec is the network service.
func Spec() service.Spec {
	migrations, err := fs.Sub(store.Migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return service.Spec{Name: Name, Migrations: migrations, New: newService}
}

func newService(env service.Env) service.Service {
	tipServer := tips.New(env)
	return service.Group{
		units.New(env, tipServer.ConcealFromLeaders),
		schemes.New(env),
		calendars.New(env),
		officers.New(env),
		identity.New(env),
		contacts.New(env),
		training.New(env),
		officerpoints.New(env),
		tipServer,
		attachments.New(env),
		inquiries.New(env),
		reports.New(env),
		inbox.New(env),
		delivery.New(env),
		rollups.New(env),
		&figureServer{store: env.Store},
		&journalServer{Server: journal.New(env)},
	}
}
