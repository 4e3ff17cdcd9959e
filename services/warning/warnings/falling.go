package warnings

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/analyses"
	"github.com/qingfeng-suite/qingfeng/services/warning/circumstances"
	"github.com/qingfeng-suite/qingfeng/services/warning/criteria"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
)

// fallJob is the job that has warnings fall, as it stands in the queue and in the journal.
const fallJob = "warning.fall"

// mayFall finds the warnings after a finding of which nothing is owed and whose issuing unit, or the one that acts for it, has
// analysed a period since their notice.
const mayFall = `awaited_kind = ? AND finding <> '' AND objection_on IS NULL AND EXISTS (
	SELECT FROM analyses a WHERE a.unit_id = subpath(acting_path(issuer_path), -1)::text
	AND a.period_first >= ((warnings.body #>> '{notice,issueTime}')::timestamptz AT TIME ZONE 'Asia/Shanghai')::date)`

// FallJob is fallJob.
func (s *Server) FallJob() jobs.Job {
	return jobs.Job{Name: fallJob, Every: time.Hour, Run: s.fall}
}

// beforeFall is what is asked before any warning is locked: the circumstances of the units whose warnings may fall by a criterion
// that names them, and for which unit tips about each count. Where nobody can say, a warning stays as it is until the next time.
type beforeFall struct {
	asked  *circumstances.Asked
	places map[fallingUnit]string
}

// fallingUnit is a unit whose warning may fall by the analyses of its issuer, by a version of a scheme.
type fallingUnit struct{ unit, issuer, version string }

// fall lowers the warnings by one level whose criterion for that is met by the last analysis of the unit that issued them, and
// none that follows a deficiency before that is settled, of which tips say nothing. Nobody has to approve it: the scheme says
// so.
func (s *Server) fall(ctx context.Context) error {
	versions, latest := map[string]*warningv1.Scheme{}, map[string]*warningv1.Analysis{}
	before := beforeFall{s.circumstances.Begin(), map[fallingUnit]string{}}
	faults := []error{s.askForFall(ctx, versions, before)}
	err := s.warnings.Sweep(ctx, fallJob, mayFall, toClose.String(), func(ctx context.Context, c *change) error {
		w, err := s.open(ctx, c, versions)
		if err != nil {
			return err
		}
		if unsettled, err := findings.Unsettled(ctx, c.Tx, c.Record.GetFinding()); err != nil || unsettled {
			return cmp.Or(err, collection.ErrAsItIs)
		}
		unit, version := access.LastPathID(c.Beside[actingIssuer]), c.Record.GetSchemeVersion()
		if _, known := latest[unit+version]; !known {
			if latest[unit+version], err = analyses.Latest(ctx, c, unit, w.scheme); err != nil {
				return err
			}
		}
		note, err := w.fallsBy(latest[unit+version], resource.Name(resource.Units, unit), before)
		if err != nil {
			faults = append(faults, err) // which is no reason to change anything
		}
		if note == "" {
			return collection.ErrAsItIs
		}
		if err := w.fall(note); err != nil {
			return err
		}
		return w.notify(ctx, c)
	})
	return errors.Join(append(faults, err)...)
}

// askForFall asks what is to be known before the fall.
func (s *Server) askForFall(ctx context.Context, versions map[string]*warningv1.Scheme, before beforeFall) error {
	const falling = `SELECT DISTINCT unit_id, subpath(acting_path(issuer_path), -1)::text, body ->> 'schemeVersion', warning_level
		FROM warnings WHERE `
	rows, err := s.warnings.Store.Query(ctx, falling+strings.Replace(mayFall, "?", "$1", 1), toClose.String())
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ UnitID, Issuer, Version, Level string }])
	if err != nil {
		return err
	}
	var faults []error
	units := map[criteria.Needs][]string{}
	for _, row := range found {
		scheme, err := schemeOf(ctx, s.warnings.Store, row.Version, versions)
		if err != nil {
			return err
		}
		level, _ := schemes.Find(scheme.GetWarningLevels(), row.Level)
		if level.GetFall() == nil {
			continue
		}
		criterion, err := criteria.Fall(level)
		if err != nil {
			return err
		}
		unit, issuer := resource.Name(resource.Units, row.UnitID), resource.Name(resource.Units, row.Issuer)
		units[criterion.Needs] = append(units[criterion.Needs], unit)
		place, err := analyses.Place(ctx, s.directory, issuer, unit, scheme)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		before.places[fallingUnit{unit, issuer, row.Version}] = place
	}
	for needs, names := range units {
		faults = append(faults, before.asked.About(ctx, names, needs))
	}
	return errors.Join(faults...)
}

// fallsBy is why an analysis has the warning fall; empty where it does not.
func (w *warningCase) fallsBy(analysis *warningv1.Analysis, issuer string, before beforeFall) (string, error) {
	level, i := w.level()
	if i == 0 || level.GetFall() == nil || analysis == nil {
		return "", nil
	}
	period, err := calendar.ParsePeriod(analysis.GetPeriod())
	noticed := calendar.DateOf(w.GetNotice().GetIssueTime().AsTime(), calendar.Shanghai)
	if err != nil || period.First().Before(noticed) {
		return "", err
	}
	place, placed := before.places[fallingUnit{w.GetUnit(), issuer, w.GetSchemeVersion()}]
	count, known := analyses.CountOf(analysis, place, w.GetSubjectArea())
	if !known || !placed {
		return "", nil
	}
	criterion, err := criteria.Fall(level)
	if err != nil || !before.asked.Knows(w.GetUnit(), criterion.Needs) {
		return "", err
	}
	if met, err := criterion.Met(count, nil, before.asked.Of(w.GetUnit())); err != nil || !met {
		return "", err
	}
	return analysis.GetName() + ": " + level.GetFall().GetCriterion(), nil
}

// fall lowers the warning by one level.
func (w *warningCase) fall(note string) error {
	level, i := w.level()
	if _, err := Lifecycle.Next(w.GetState(), fall); err != nil {
		return err
	}
	w.addHistory(fall, note)
	return w.moveTo(w.scheme.GetWarningLevels()[i-1], level.GetFall().GetForm())
}
