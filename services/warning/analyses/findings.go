package analyses

import (
	"cmp"
	"context"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/circumstances"
	"github.com/qingfeng-suite/qingfeng/services/warning/criteria"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
)

// analyse adds up the series of a period's tips that are handled in a unit's subtree or are about what lies below it on the
// system line, and holds the counts against its ladder (C12, C15). Its time is that before reading: what comes in meanwhile may
// be left out.
func (s *Server) analyse(ctx context.Context, unit *networkv1.Unit, period calendar.Period) (*outcome, error) {
	scheme, start := &warningv1.Scheme{}, s.store.Clock.Now()
	if err := schemes.Effective(ctx, s.store, access.PathIDs(unit), clock.Today(s.store.Clock), scheme); err != nil {
		return nil, err
	}
	places, err := s.placesBelow(ctx, unit, scheme.GetFindingLevels())
	if err != nil {
		return nil, err
	}
	classes := classesDue(scheme, unit, period, clock.Today(s.store.Clock))
	sums, err := s.readSeries(ctx, unit.GetName(), period, places, most(classes, (*warningv1.FindingClass).GetMonths))
	if err != nil {
		return nil, err
	}
	mayBeFound := func(other string) bool {
		// What stands out about a unit itself it solves or passes up; nobody is above the topmost unit.
		return places.levelled[other] && (other != unit.GetName() || len(unit.GetAncestors()) > 0)
	}
	found, tests, err := s.findClasses(ctx, unit, period, classes, sums, places, mayBeFound)
	if err != nil {
		return nil, err
	}
	sums.trim()
	roles, err := s.readRoles(ctx, unit.GetName(), period, places)
	if err != nil {
		return nil, err
	}
	analysis := &warningv1.Analysis{
		Name: Name(unit, period), Unit: unit.GetName(), Period: period.String(), SchemeVersion: schemes.Version(scheme),
		Counts: sums.list(), Months: sums.months, Channels: termSums(sums.channels), SourceRoles: roles, Tips: sums.tips,
		LeastTold: cmp.Or(scheme.GetLeastTold(), defaultLeastTold), RunTime: timestamppb.New(start), Classes: tests,
	}
	ladder, err := criteria.Compile(scheme)
	if err != nil {
		return nil, err
	}
	asked := s.circumstances.Begin()
	onLadder, err := s.onLadder(ctx, &climb{
		scheme: scheme, ladder: ladder, analysis: analysis, period: period, found: foundHere(scheme, found),
		units: places.findable(mayBeFound),
	}, asked)
	if err != nil {
		return nil, err
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	o := &outcome{analysis, append(found, onLadder...), scheme, days}
	truncate(o)
	if err := lookBehind(ctx, o, asked); err != nil {
		return nil, err
	}
	return o, s.complete(ctx, o, scheme, places)
}

// lookBehind has each finding keep the circumstances of its unit (C12). They decide nothing: where nobody can say, the analysis
// says so.
func lookBehind(ctx context.Context, o *outcome, asked *circumstances.Asked) error {
	counts := make([]*warningv1.AreaCount, len(o.findings))
	for i, f := range o.findings {
		counts[i] = f.GetCount()
	}
	err := asked.About(ctx, unitsOf(counts), criteria.Needs{Register: true, Reports: true})
	code := status.Code(err)
	o.analysis.CircumstancesMissing = code == codes.Unavailable || code == codes.DeadlineExceeded
	if err != nil && !o.analysis.GetCircumstancesMissing() {
		return err
	}
	for _, f := range o.findings {
		f.Circumstances = asked.Of(f.GetCount().GetUnit())
	}
	return nil
}

// outcome is an analysis, what it found, and by which scheme and working days that is handled.
type outcome struct {
	analysis *warningv1.Analysis
	findings []*warningv1.Finding
	scheme   *warningv1.Scheme
	days     *calendar.Calendar
}

// findClasses tests classes of findings, and leaves out what was found in the days of silence before (X4).
func (s *Server) findClasses(
	ctx context.Context, unit *networkv1.Unit, period calendar.Period, classes []*warningv1.FindingClass, sums *sums, p *places,
	mayBeFound func(unit string) bool,
) (found []*warningv1.Finding, tests []*warningv1.ClassSum, err error) {
	if len(classes) == 0 {
		return nil, nil, nil
	}
	silence := most(classes, (*warningv1.FindingClass).GetSilenceDays)
	before, err := findings.FoundBefore(ctx, s.store, unit.GetName(), period, silence)
	if err != nil {
		return nil, nil, err
	}
	for _, class := range classes {
		all, test, err := detect(class, sums, p, mayBeFound)
		if err != nil {
			return nil, nil, err
		}
		fresh := slices.DeleteFunc(slices.Clone(all), func(f *warningv1.Finding) bool {
			return before.Silent(f, period, int(class.GetSilenceDays()))
		})
		test.Found, test.Silent = int32(len(fresh)), int32(len(all)-len(fresh))
		found, tests = append(found, fresh...), append(tests, test)
	}
	return found, tests, nil
}

// complete has each finding say who found it, when, by which scheme and of whom, so that it stands by itself.
func (s *Server) complete(ctx context.Context, o *outcome, scheme *warningv1.Scheme, p *places) error {
	network, err := s.directory.Scheme(ctx, o.analysis.GetUnit())
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	for _, f := range o.findings {
		area, _ := schemes.Find(network.GetSubjectAreas(), f.GetCount().GetSubjectArea())
		level, _ := schemes.Find(scheme.GetWarningLevels(), f.GetWarningLevel())
		f.Unit, f.Period, f.RunTime = o.analysis.GetUnit(), o.analysis.GetPeriod(), o.analysis.GetRunTime()
		f.SchemeVersion, f.LeastTold = o.analysis.GetSchemeVersion(), o.analysis.GetLeastTold()
		f.AboutTitle, f.SubjectAreaTitle = p.titles[f.GetCount().GetUnit()], area.GetTitle()
		f.WarningLevelTitle = level.GetTitle()
	}
	return nil
}
