// Package risk is the register of public powers and of the points where they may go wrong: the inventory of powers (J1) with
// their legal review (T12), the risk points found in it (J2), their grades (J3), their review (J4), what is made public of all
// this (J6, T4, T22) and of other affairs (T19), what anybody says of it (T20), the yearly commitments about it (T5), controls
// and duties of leaders (T8, T18), who is due to leave a position (T10) and how somebody comes into one (T15), joint decisions
// (T11), checks and what they find to be corrected (T16), and the campaigns in which all of this is done in stages (J5, T21).
// Each folder holds one resource; positions is the simplest to begin with.
package risk

import (
	"io/fs"

	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/appointments"
	"github.com/qingfeng-suite/qingfeng/services/risk/campaigns"
	"github.com/qingfeng-suite/qingfeng/services/risk/checks"
	"github.com/qingfeng-suite/qingfeng/services/risk/circumstances"
	"github.com/qingfeng-suite/qingfeng/services/risk/comments"
	"github.com/qingfeng-suite/qingfeng/services/risk/commitments"
	"github.com/qingfeng-suite/qingfeng/services/risk/controls"
	"github.com/qingfeng-suite/qingfeng/services/risk/decisions"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/risk/openness"
	"github.com/qingfeng-suite/qingfeng/services/risk/polls"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers"
	"github.com/qingfeng-suite/qingfeng/services/risk/problems"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/redos"
	"github.com/qingfeng-suite/qingfeng/services/risk/reporttables"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskcards"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/rotations"
	"github.com/qingfeng-suite/qingfeng/services/risk/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/store"
)

// Spec is the risk service.
func Spec() service.Spec {
	migrations, err := fs.Sub(store.Migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return service.Spec{Name: "risk", Migrations: migrations, DependsOn: []string{"network"}, New: newService}
}

func newService(env service.Env) service.Service {
	riskControls, opennessItems := controls.New(env), openness.New(env)
	hanging := riskpoints.Controls{Retired: riskControls.Retire, Given: riskControls.GoAlong}
	riskPoints := riskpoints.New(env, hanging, comments.Following(env), redos.Left(env))
	powerItems := powers.New(env, riskPoints)
	toCorrect, riskCampaigns := deficiencies.New(env), campaigns.New(env)
	unitChecks, cadres := checks.New(env, toCorrect), appointments.New(env, toCorrect)
	jointDecisions := decisions.New(env, toCorrect, cadres.Decided, cadres.Fallen)
	env.Queue.Add(reporttables.New(env)...)
	return service.Group{
		schemes.New(env),
		positions.New(env),
		powerItems,
		riskPoints,
		redos.New(env, riskPoints),
		publications.New(env, opennessItems.Reopen),
		opennessItems,
		comments.New(env, riskPoints),
		problems.New(env),
		riskcards.New(env),
		commitments.New(env),
		riskControls,
		toCorrect,
		unitChecks,
		rotations.New(env),
		riskCampaigns,
		jointDecisions,
		cadres,
		polls.New(env, cadres.About, cadres.Failed),
		&attachmentServer{Server: attachments.New(env, attachments.ByCollection{
			resource.PowerItems:    powerItems.Owners(),
			resource.RiskPoints:    riskPoints.Owners(),
			resource.Controls:      riskControls.Owners(),
			resource.Deficiencies:  toCorrect.Owners(),
			resource.Campaigns:     riskCampaigns.Owners(),
			resource.Checks:        unitChecks.Owners(),
			resource.Decisions:     jointDecisions.Owners(),
			resource.Appointments:  cadres.Owners(),
			resource.OpennessItems: opennessItems.Owners(),
		})},
		&figureServer{store: env.Store},
		circumstances.New(env),
		&journalServer{Server: journal.New(env)},
	}
}
