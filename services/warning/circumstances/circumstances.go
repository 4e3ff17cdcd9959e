// Package circumstances asks what the risk register and the reports say of units, for criteria and findings (C12, T6).
package circumstances

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/circumstances"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/warning/criteria"
)

// batch is how many units are asked about at once, the most that is answered.
const batch = 500

// Source is the services that know.
type Source struct {
	register riskv1.CircumstancesServiceClient
	reports  networkv1.ReportServiceClient
}

// From is the source in an environment.
func From(env service.Env) Source {
	return Source{
		riskv1.NewCircumstancesServiceClient(env.Dial("risk")), networkv1.NewReportServiceClient(env.Dial("network")),
	}
}

// Asked is what was answered of the units that were asked about. Each is asked about once.
type Asked struct {
	source   Source
	register map[string]*typev1.Circumstances // nil where there is nothing
	reports  map[string]int64
}

// Begin has asked nothing yet.
func (s Source) Begin() *Asked {
	return &Asked{s, map[string]*typev1.Circumstances{}, map[string]int64{}}
}

// About asks about units what is needed and was not asked before. What was answered before it failed stays known.
func (a *Asked) About(ctx context.Context, units []string, needs criteria.Needs) error {
	if needs.Register {
		if err := eachBatch(units, a.register, func(names []string) error { return a.askRegister(ctx, names) }); err != nil {
			return err
		}
	}
	if needs.Reports {
		return eachBatch(units, a.reports, func(names []string) error { return a.askReports(ctx, names) })
	}
	return nil
}

// eachBatch asks about the units of which nothing is known.
func eachBatch[V any](units []string, known map[string]V, ask func([]string) error) error {
	var unknown []string
	for _, unit := range units {
		if _, ok := known[unit]; !ok {
			unknown = append(unknown, unit)
		}
	}
	for names := range slices.Chunk(unknown, batch) {
		if err := ask(names); err != nil {
			return err
		}
	}
	return nil
}

func (a *Asked) askRegister(ctx context.Context, names []string) error {
	answer, err := a.source.register.SumCircumstances(ctx, &riskv1.SumCircumstancesRequest{Units: names})
	if err != nil {
		return err
	}
	for _, name := range names {
		a.register[name] = nil
	}
	for _, c := range answer.GetCircumstances() {
		a.register[c.GetUnit()] = c
	}
	return nil
}

func (a *Asked) askReports(ctx context.Context, names []string) error {
	answer, err := a.source.reports.CountOverdueReports(ctx, &networkv1.CountOverdueReportsRequest{Units: names})
	if err != nil {
		return err
	}
	for _, name := range names {
		a.reports[name] = answer.GetCounts()[name]
	}
	return nil
}

// Knows tells whether it was answered of a unit what is needed.
func (a *Asked) Knows(unit string, needs criteria.Needs) bool {
	_, register := a.register[unit]
	_, reports := a.reports[unit]
	return (register || !needs.Register) && (reports || !needs.Reports)
}

// Of are the circumstances of a unit as far as they are known; nil where there is nothing.
func (a *Asked) Of(unit string) *typev1.Circumstances {
	of, late := a.register[unit], a.reports[unit]
	if late == 0 {
		return of
	}
	all := &typev1.Circumstances{Unit: unit}
	if of != nil {
		all = proto.CloneOf(of)
	}
	all.Overdue = append(all.Overdue, circumstances.Count(circumstances.Sorts, circumstances.Reports, late))
	return all
}
