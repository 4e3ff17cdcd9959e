// Package warning is the service that finds in the tips of a period what stands out, takes up what the risk register finds
// wrong, warns units about both and follows each warning to its end. Each folder holds one resource; schemes is the simplest to
// begin with, and warnings/lifecycle.go shows how a warning lives.
package warning

import (
	"io/fs"

	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/warning/analyses"
	"github.com/qingfeng-suite/qingfeng/services/warning/bulletins"
	"github.com/qingfeng-suite/qingfeng/services/warning/caseleads"
	"github.com/qingfeng-suite/qingfeng/services/warning/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
	"github.com/qingfeng-suite/qingfeng/services/warning/referrals"
	"github.com/qingfeng-suite/qingfeng/services/warning/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/store"
	"github.com/qingfeng-suite/qingfeng/services/warning/studies"
	"github.com/qingfeng-suite/qingfeng/services/warning/warnings"
)

// Name is the name of the service and of its schema.
const Name = "warning"

// Spec is the warning service.
func Spec() service.Spec {
	migrations, err := fs.Sub(store.Migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return service.Spec{Name: Name, Migrations: migrations, DependsOn: []string{"network", "risk"}, New: newService}
}

func newService(env service.Env) service.Service {
	analyses, warnings, bulletins, referrals := analyses.New(env), warnings.New(env), bulletins.New(env), referrals.New(env)
	findings, leads, studies := findings.New(env), caseleads.New(env), studies.New(env)
	env.Queue.Add(analyses.Job(), warnings.Job(), warnings.FallJob(), bulletins.Job(), referrals.Job(), findings.Job(),
		deficiencies.Job(env), leads.Job(), studies.Job())
	return service.Group{
		schemes.New(env),
		analyses,
		findings,
		warnings,
		bulletins,
		referrals,
		leads,
		studies,
		&attachmentServer{Server: attachments.New(env, attachments.ByCollection{
			resource.Warnings: warnings.Owners(), resource.Referrals: referrals.Owners(), resource.Findings: findings.Owners(),
			resource.CaseLeads: leads.Owners(), resource.Studies: studies.Owners(),
		})},
		&figureServer{store: env.Store},
		&journalServer{Server: journal.New(env)},
	}
}
