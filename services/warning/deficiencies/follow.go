// Package deficiencies makes findings of what the risk register finds wrong, by rules of the scheme, so that a warning may
// follow: what is grave, what deviates from a decision, what is not corrected in time (T11, T13, T14, T16, T17). It hears of it
// from the journal of the risk service. While that is away nothing is made; it is made up afterwards.
package deficiencies

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/feed"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// FollowJob is the job that follows deficiencies.
const FollowJob = "warning.follow_deficiencies"

// most is how many deficiencies are looked at together.
const most = 500

type follower struct {
	store        *record.Store
	directory    access.Directory
	calendar     calendar.Source
	deficiencies riskv1.DeficiencyServiceClient
}

// Job is FollowJob: it reads what the journal has got, and looks again at what may be overdue since. One job does both, so that
// what is read later is stored later.
func Job(env service.Env) jobs.Job {
	risk := env.Dial("risk")
	f := &follower{env.Store, env.Directory, env.Calendar, riskv1.NewDeficiencyServiceClient(risk)}
	job := feed.Job(env.Store, FollowJob, riskv1.NewJournalServiceClient(risk).WatchJournal, f.handle)
	readOn := job.Run
	job.Run = func(ctx context.Context) error { return errors.Join(readOn(ctx), f.lookAgain(ctx)) }
	return job
}

// handle takes up the deficiencies that something was done about. One that can't be taken up is looked at again and holds up
// nothing that comes after it.
func (f *follower) handle(ctx context.Context, events []*typev1.JournalEvent) error {
	var names []string
	for _, event := range events {
		if strings.HasPrefix(event.GetResource(), resource.Deficiencies+"/") {
			names = append(names, event.GetResource())
		}
	}
	slices.Sort(names)
	_, err := f.takeAll(ctx, slices.Compact(names)) // what failed lookAgain tells of
	return err
}

// lookAgain takes up the deficiencies that a rule may find overdue today, and those that could not be taken up.
func (f *follower) lookAgain(ctx context.Context) error {
	var faults []error
	for after := ""; ; {
		names, err := db.New(f.store).DeficienciesToLookAt(ctx, db.DeficienciesToLookAtParams{
			Day: clock.Today(f.store.Clock), After: after, Most: most,
		})
		if err != nil || len(names) == 0 {
			return errors.Join(append(faults, err)...)
		}
		failed, err := f.takeAll(ctx, names)
		if faults = append(faults, failed, err); err != nil {
			return errors.Join(faults...)
		}
		after = names[len(names)-1]
	}
}

// takeAll reads deficiencies, and makes of each what the scheme asks for. Those that failed it notes to be looked at again.
func (f *follower) takeAll(ctx context.Context, names []string) (failed, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	found, err := f.deficiencies.BatchGetDeficiencies(ctx, &riskv1.BatchGetDeficienciesRequest{Names: names})
	if err != nil {
		return nil, fmt.Errorf("read deficiencies: %w", err)
	}
	days, err := f.calendar(ctx)
	if err != nil {
		return nil, err
	}
	gone, again := slices.Clone(names), db.WatchDeficienciesParams{}
	for _, d := range found.GetDeficiencies() {
		gone = slices.DeleteFunc(gone, func(name string) bool { return name == d.GetName() })
		if err := f.take(ctx, d, days); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", d.GetName(), err))
			again.Names, again.Days = append(again.Names, d.GetName()), append(again.Days, clock.Today(f.store.Clock))
		}
	}
	queries := db.New(f.store)
	if err := queries.UnwatchDeficiencies(ctx, gone); err != nil || failed == nil {
		return failed, err
	}
	return failed, queries.WatchDeficiencies(ctx, again)
}

// take makes a finding of a deficiency where a rule fits it, or has the one that was made of it say how far it has come; and
// notes when it may become overdue. The directory is asked before the transaction begins.
func (f *follower) take(ctx context.Context, d *riskv1.Deficiency, days *calendar.Calendar) error {
	p, err := f.involvedIn(ctx, d)
	if fault.IsNotFound(err) {
		return db.New(f.store).UnwatchDeficiencies(ctx, []string{d.GetName()}) // its units are not in the tree any more
	}
	if err != nil {
		return err
	}
	today, scheme := clock.Today(f.store.Clock), &warningv1.Scheme{}
	if err := schemes.Effective(ctx, f.store, access.PathIDs(p.finder), today, scheme); err != nil && !fault.IsNotFound(err) {
		return err
	}
	m, err := match(d, scheme, days, today)
	if err != nil {
		return err
	}
	var finding *warningv1.Finding
	if m.rule != nil && d.GetState() != withdrawn { // what is put right by the time that it is heard of was wrong all the same
		if finding, err = f.finding(ctx, d, p, m, scheme); err != nil {
			return err
		}
	}
	return record.System(ctx, f.store, FollowJob, func(ctx context.Context, tx *record.Tx) error {
		if err := tx.Lock(ctx, d.GetName()); err != nil {
			return err
		}
		name, err := findings.OfSource(ctx, tx, d.GetName())
		switch {
		case err != nil:
			return err
		case name != "":
			err = findings.NoteSource(ctx, tx, name, sourceOf(d, m), m.level, scheme, days)
		case finding != nil:
			err = findings.Make(ctx, tx, p.at(m.rule), finding, calendar.PeriodOf(calendar.Month, m.since), scheme, days)
		}
		if err != nil {
			return err
		}
		return watch(ctx, tx, d.GetName(), m.lookOn)
	})
}

// watch has a deficiency be looked at again on a day; not at all where there is none.
func watch(ctx context.Context, tx *record.Tx, name string, on calendar.Date) error {
	if on.IsZero() {
		return db.New(tx).UnwatchDeficiencies(ctx, []string{name})
	}
	return db.New(tx).WatchDeficiencies(ctx, db.WatchDeficienciesParams{Names: []string{name}, Days: []calendar.Date{on}})
}

// finding is what is made of a deficiency by a rule.
func (f *follower) finding(
	ctx context.Context, d *riskv1.Deficiency, p *involved, m matched, scheme *warningv1.Scheme,
) (*warningv1.Finding, error) {
	network, err := f.directory.Scheme(ctx, p.finder.GetName())
	if err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	area, _ := schemes.Find(network.GetSubjectAreas(), m.rule.GetSubjectArea())
	level, _ := schemes.Find(scheme.GetWarningLevels(), m.rule.GetWarningLevel())
	return &warningv1.Finding{
		Count:      &warningv1.AreaCount{Unit: p.about.GetName(), SubjectArea: m.rule.GetSubjectArea()},
		AboutTitle: p.about.GetTitle(), SubjectAreaTitle: area.GetTitle(),
		WarningLevel: level.GetId(), WarningLevelTitle: level.GetTitle(), Source: sourceOf(d, m),
	}, nil
}

// sourceOf is a deficiency as a finding tells of it: without what it says, which is for who reads the register.
func sourceOf(d *riskv1.Deficiency, m matched) *warningv1.FindingSource {
	return &warningv1.FindingSource{
		Record: d.GetName(), Rule: m.rule.GetId(), Kind: d.GetKind(), KindTitle: d.GetKindTitle(), Grave: d.GetGrave(),
		FoundIn: d.GetSource(), FoundBy: d.GetFoundBy(), State: m.state, DueOn: d.GetDueOn(),
	}
}
