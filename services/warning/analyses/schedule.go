package analyses

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// PeriodJob is the job that analyses the periods that have ended, as it stands in the queue and in the journal.
const PeriodJob = "warning.analyse_periods"

// periodsEvery is how often the job looks for units to analyse: soon after midnight on the first of a month.
const periodsEvery = 10 * time.Minute

// Job is PeriodJob.
func (s *Server) Job() jobs.Job {
	return jobs.Job{Name: PeriodJob, Every: periodsEvery, Run: s.analysePeriods}
}

// analysePeriods analyses for each unit what the rules of its scheme ask for, once it is over; also where somebody analysed the
// period while it still ran.
func (s *Server) analysePeriods(ctx context.Context) error {
	byUnit, err := schemes.EffectiveByUnit[*warningv1.Scheme](ctx, s.store, clock.Today(s.store.Clock))
	faults := []error{err} // of one unit, which must not keep the others waiting
	for _, owner := range slices.Sorted(maps.Keys(byUnit)) {
		for _, rule := range byUnit[owner].GetAnalysisRules() {
			faults = append(faults, s.analyseByRule(ctx, byUnit, owner, rule))
		}
	}
	return errors.Join(faults...)
}

// analyseByRule analyses for the units that a rule of a unit's scheme is meant for, save those that have a nearer scheme.
func (s *Server) analyseByRule(
	ctx context.Context, byUnit map[string]*warningv1.Scheme, owner string, rule *warningv1.AnalysisRule,
) error {
	due := dueParams(rule, clock.Today(s.store.Clock))
	req := &networkv1.ListUnitsRequest{
		Unit: owner, Levels: rule.GetLevels(), Kinds: rule.GetUnitKinds(), Sorts: rule.GetUnitSorts(), PageSize: listSize,
	}
	var faults []error
	for {
		resp, err := s.units.ListUnits(ctx, req)
		if fault.IsNotFound(err) {
			return errors.Join(faults...) // the unit is no longer in the tree
		}
		if err != nil {
			return errors.Join(append(faults, err)...)
		}
		due.UnitIds = nil
		for _, unit := range resp.GetUnits() {
			if schemeOwner(byUnit, unit) == owner {
				due.UnitIds = append(due.UnitIds, resource.ID(unit.GetName()))
			}
		}
		faults = append(faults, s.analyseDue(ctx, due))
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			return errors.Join(faults...)
		}
	}
}

// schemeOwner is the unit whose scheme holds for a unit: the nearest that has one.
func schemeOwner(byUnit map[string]*warningv1.Scheme, unit *networkv1.Unit) string {
	for _, name := range slices.Backward(append(slices.Clone(unit.GetAncestors()), unit.GetName())) {
		if byUnit[name] != nil {
			return name
		}
	}
	return ""
}

// dueParams asks for the periods of a year back from the last one that has ended, as far as a rule's days for late entries have
// passed.
func dueParams(rule *warningv1.AnalysisRule, today calendar.Date) db.PeriodsToAnalyseParams {
	last := calendar.PeriodOf(calendarpb.Kind(rule.GetPeriodKind()), today).Previous()
	yearBefore := calendar.NewDate(last.First().Year()-1, last.First().Month(), 1)
	p := db.PeriodsToAnalyseParams{Newest: dueOn(last, rule).In(calendar.Shanghai)}
	for period := last; period.First().After(yearBefore); period = period.Previous() {
		if today.Before(dueOn(period, rule)) {
			continue
		}
		p.Periods = append(p.Periods, period.String())
		p.Overs = append(p.Overs, dueOn(period, rule).In(calendar.Shanghai))
		p.NextOvers = append(p.NextOvers, dueOn(period.Next(), rule).In(calendar.Shanghai))
	}
	return p
}

func (s *Server) analyseDue(ctx context.Context, due db.PeriodsToAnalyseParams) error {
	rows, err := db.New(s.store).PeriodsToAnalyse(ctx, due)
	faults := make([]error, 0, 1+len(rows))
	faults = append(faults, err)
	for _, row := range rows {
		period, err := calendar.ParsePeriod(row.Period)
		if err == nil {
			err = s.analyseOne(ctx, resource.Name(resource.Units, row.UnitID), period)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

func (s *Server) analyseOne(ctx context.Context, name string, period calendar.Period) error {
	unit, err := access.LookUp(ctx, s.directory, "unit", name)
	if fault.HasCode(err, codes.InvalidArgument) {
		return nil // no longer in the tree
	}
	if err != nil {
		return err
	}
	o, err := s.analyse(ctx, unit, period)
	if err != nil {
		return err
	}
	return record.System(ctx, s.store, PeriodJob, func(ctx context.Context, tx *record.Tx) error {
		return s.save(ctx, tx, unit, period, o)
	})
}
