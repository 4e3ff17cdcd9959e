// Package warnings measures warnings and what leads to them over a tree like that of the country: lists of warnings, the sweep of
// what is overdue, the analysis of a month, and detection over the series of all units.
package warnings

import (
	"context"
	"embed"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
)

// What may take how long, in milliseconds and in seconds.
const (
	listBar    = 20
	sweepBar   = 5
	analyseBar = 30
	detectBar  = 60
)

// late is how many warnings fall overdue at once, asked how many lists are asked for.
const (
	late  = 1000
	asked = 500
)

var (
	//go:embed warnings.sql
	made string
	//go:embed series.sql
	series string
	//go:embed profile
	profile embed.FS
)

// Run is one measurement over an instance that has units of rows, and no scheme.
type Run struct {
	Pool *pgxpool.Pool
	// Country calls as an administrator of the root.
	Country grpc.ClientConnInterface
	Rows    []treeimport.Row
	Clock   clock.Clock
}

// Load loads the schemes and has one warning issued, after which the others are made.
func (r *Run) Load(ctx context.Context) error {
	for _, file := range []string{"network.yaml", "warning.yaml"} {
		text, err := profile.ReadFile("profile/" + file)
		if err != nil {
			return err
		}
		if err := bench.LoadScheme(ctx, r.Country, file, text); err != nil {
			return err
		}
	}
	return r.issue(ctx)
}

// issue issues a warning to the first township.
func (r *Run) issue(ctx context.Context) error {
	townships := r.townships()
	_, err := warningv1.NewWarningServiceClient(r.Country).IssueWarning(ctx, &warningv1.IssueWarningRequest{
		Unit: "units/" + townships[0].ID, WarningLevel: "blue", Title: "办事拖延", Grounds: strings.Repeat("多次前往窗口办理，无人受理。", 10),
		SupervisingUnit: "units/" + townships[0].Parent,
	})
	return err
}

func (r *Run) townships() (list []treeimport.Row) {
	for _, row := range r.Rows {
		if len(row.Code) == 9 {
			list = append(list, row)
		}
	}
	return list
}

// Analyse fills five years of series in and has the last month analysed for the country.
func (r *Run) Analyse(ctx context.Context) (analysis *warningv1.Analysis, cells int64, took time.Duration, err error) {
	last := calendar.PeriodOf(calendar.Month, clock.Today(r.Clock)).Previous()
	filled, err := r.Pool.Exec(ctx, series, months, last.First().String())
	if err != nil {
		return nil, 0, 0, err
	}
	if _, err := r.Pool.Exec(ctx, "VACUUM ANALYZE network.tip_series"); err != nil {
		return nil, 0, 0, err
	}
	began := r.Clock.Now()
	analysis, err = warningv1.NewAnalysisServiceClient(r.Country).RunAnalysis(ctx, &warningv1.RunAnalysisRequest{
		Unit: "units/" + r.Rows[0].ID, Period: last.String(),
	})
	return analysis, filled.RowsAffected(), r.Clock.Now().Sub(began), err
}

// Fill makes so many warnings.
func (r *Run) Fill(ctx context.Context, warnings int) error {
	return bench.Fill(ctx, r.Pool, "warning", []string{"warnings", "warning_addressees"},
		strings.ReplaceAll(made, ":warnings", strconv.Itoa(warnings)))
}

// List lists the warnings to units so many times: own is of townships, below of subtrees of all levels.
func (r *Run) List(ctx context.Context, n int) (own, below bench.Times, err error) {
	dice, townships := rand.New(rand.NewPCG(1, 2)), r.townships() //nolint:gosec // the same questions in every run
	if own, err = r.times(ctx, n, func() string { return townships[dice.IntN(len(townships))].ID }); err != nil {
		return own, below, err
	}
	below, err = r.times(ctx, n, func() string { return r.Rows[dice.IntN(min(len(r.Rows), 35<<dice.IntN(12)))].ID })
	return own, below, err
}

func (r *Run) times(ctx context.Context, n int, unit func() string) (bench.Times, error) {
	client, all := warningv1.NewWarningServiceClient(r.Country), make([]time.Duration, n)
	for i := range all {
		began := r.Clock.Now()
		_, err := client.ListWarnings(ctx, &warningv1.ListWarningsRequest{Unit: "units/" + unit()})
		if err != nil && status.Code(err) != codes.Unavailable { // what takes too long is refused, and has taken as long
			return bench.Times{}, err
		}
		all[i] = r.Clock.Now().Sub(began)
	}
	return bench.TimesOf(all), nil
}

// BeLate has so many warnings be overdue since yesterday.
func (r *Run) BeLate(ctx context.Context, n int64) error {
	yesterday := clock.Today(r.Clock).AddDays(-1).String()
	changed, err := r.Pool.Exec(ctx, `
		UPDATE warning.warnings
		SET body = regexp_replace(body::text, '("overdueAfter": )"[-0-9]+"', '\1"' || $1 || '"', 'g')::jsonb
		WHERE key IN (SELECT key FROM warning.warnings WHERE overdue_after IS NOT NULL ORDER BY key LIMIT $2)`, yesterday, n)
	if err == nil && changed.RowsAffected() != n {
		err = fmt.Errorf("%d of %d warnings are late", changed.RowsAffected(), n)
	}
	return err
}

// sweepWithin is how long is waited for the job, which runs every minute.
const sweepWithin = 5 * time.Minute

// sweep waits for the job that sweeps up what is overdue, and tells how long it ran.
func (r *Run) sweep(ctx context.Context) (took time.Duration, err error) {
	var began time.Time
	if err := r.Pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&began); err != nil {
		return 0, err
	}
	if err := r.BeLate(ctx, late); err != nil {
		return 0, err
	}
	err = clock.PollUntil(ctx, sweepWithin, 100*time.Millisecond, func(ctx context.Context) (bool, error) {
		var left, ran int64
		err := r.Pool.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM warning.warnings WHERE overdue_after < $1::date),
			       coalesce((SELECT extract(epoch FROM finalized_at - attempted_at) * 1000 FROM warning.river_job
			                 WHERE args ->> 'name' = 'warning.escalate_overdue' AND state = 'completed' AND finalized_at > $2
			                 ORDER BY finalized_at - attempted_at DESC LIMIT 1), 0)::bigint`,
			clock.Today(r.Clock).String(), began).Scan(&left, &ran)
		took = time.Duration(ran) * time.Millisecond
		return left == 0 && ran > 0, err
	})
	return took, err
}
