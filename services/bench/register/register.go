// Package register measures the register of risks over a tree like that of the country: its lists, the grade catalogue of a day,
// the progress of a campaign, and how long all self-inspections of a year take to be opened.
package register

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/bench/units"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
)

// Sizes of a run: risk points, and the units down to the townships that the country has.
const (
	Default      = 100_000
	Full         = 1_000_000
	shortUnits   = 20_000
	countryUnits = 80_207
)

// What may take how long, in milliseconds and in seconds.
const (
	listBar     = 20
	progressBar = 100
	openBar     = 60
)

//go:embed profile
var schemes embed.FS

// grades are those of the scheme.
var grades = []string{"a", "b", "c"}

// run is one measurement. country calls as an administrator of the root, and province as one of the first province.
type run struct {
	pool              *pgxpool.Pool
	country, province grpc.ClientConnInterface
	rows              []treeimport.Row
	clock             clock.Clock
	dice              *rand.Rand
}

// Result is what was measured.
type Result struct {
	// Filter, Catalogue, Sums and Missing are lists by category and grade, grade catalogues of units as of a day, sums of the
	// progress of a province, and units of it that miss something.
	Filter, Catalogue, Sums, Missing bench.Times
	// Progress is what the units of the province have done together.
	Progress *riskv1.StageProgress
}

const (
	asked      = 500 // lists and catalogues
	askedSlow  = 50  // sums
	firstUnits = 35  // the root and the provinces
)

// Measure fills the register of an instance that has units of rows and no scheme, and measures.
func Measure(
	ctx context.Context, country, province grpc.ClientConnInterface, pool *pgxpool.Pool, rows []treeimport.Row, points int,
) (result Result, err error) {
	r := &run{
		pool: pool, country: country, province: province, rows: rows, clock: clock.System{},
		dice: rand.New(rand.NewPCG(1, 2)), //nolint:gosec // the same questions in every run
	}
	if err := loadScheme(ctx, country, "risk"); err != nil {
		return result, err
	}
	if err := r.fill(ctx, points); err != nil {
		return result, err
	}
	list := riskv1.NewRiskPointServiceClient(country)
	if result.Filter, err = r.times(asked, func(int) error {
		_, err := list.ListRiskPoints(ctx, &riskv1.ListRiskPointsRequest{
			Unit: r.anyUnit(), Categories: []string{fmt.Sprintf("c%d", r.dice.IntN(4))}, Grades: grades[r.dice.IntN(3):][:1],
		})
		return err
	}); err != nil {
		return result, err
	}
	if result.Catalogue, err = r.times(asked, func(i int) error {
		_, err := list.ListRiskPoints(ctx, &riskv1.ListRiskPointsRequest{
			Unit: r.anyUnit(), AsOf: []string{"2025-06-30", "2026-06-30"}[i%2], PageSize: 100,
		})
		return err
	}); err != nil {
		return result, err
	}
	return result, r.campaign(ctx, &result)
}

// campaign starts a campaign of the first province and asks for its progress.
func (r *run) campaign(ctx context.Context, result *Result) error {
	campaigns, unit := riskv1.NewCampaignServiceClient(r.province), "units/"+r.rows[1].ID
	planned, err := campaigns.CreateCampaign(ctx, &riskv1.CreateCampaignRequest{Campaign: &riskv1.Campaign{
		Unit: unit, Kind: "search", Title: "度量", Year: int32(r.clock.Now().Year()),
	}})
	if err != nil {
		return err
	}
	if _, err := campaigns.StartCampaign(ctx, &riskv1.StartCampaignRequest{Name: planned.GetName()}); err != nil {
		return err
	}
	if _, err := r.pool.Exec(ctx, "VACUUM ANALYZE risk.campaign_units"); err != nil {
		return err
	}
	if result.Sums, err = r.times(askedSlow, func(int) error {
		summed, err := campaigns.CountCampaignProgress(ctx, &riskv1.CountCampaignProgressRequest{
			Campaign: planned.GetName(), Unit: unit,
		})
		if err == nil {
			result.Progress = summed.GetStages()[0]
		}
		return err
	}); err != nil {
		return err
	}
	result.Missing, err = r.times(askedSlow, func(int) error {
		_, err := campaigns.ListCampaignProgress(ctx, &riskv1.ListCampaignProgressRequest{
			Campaign: planned.GetName(), Unit: unit, Stage: "search", Missing: true,
		})
		return err
	})
	return err
}

// anyUnit is a unit of any level: the few large subtrees are asked about as often as the many small ones.
func (r *run) anyUnit() string {
	return "units/" + r.rows[r.dice.IntN(min(len(r.rows), firstUnits<<r.dice.IntN(12)))].ID
}

// times asks a number of times.
func (r *run) times(n int, ask func(i int) error) (bench.Times, error) {
	all := make([]time.Duration, n)
	for i := range all {
		began := r.clock.Now()
		if err := ask(i); err != nil {
			return bench.Times{}, err
		}
		all[i] = r.clock.Now().Sub(began)
	}
	return bench.TimesOf(all), nil
}

// loadScheme loads the scheme of one service, by which the country is measured.
func loadScheme(ctx context.Context, conn grpc.ClientConnInterface, service string) error {
	text, err := fs.ReadFile(schemes, "profile/"+service+"/"+service+".yaml")
	if err != nil {
		return err
	}
	return bench.LoadScheme(ctx, conn, service+".yaml", text)
}

// Compare measures over the tree of the country.
func Compare(ctx context.Context, i *bench.Instance) ([]bench.Figure, error) {
	points, rows := Default, units.Generate(shortUnits)
	if i.Full {
		points, rows = Full, units.Generate(countryUnits)
	}
	conn, err := i.Connect()
	if err != nil {
		return nil, err
	}
	country, err := i.As(conn, bench.Admin("units/"+rows[0].ID))
	if err != nil {
		return nil, err
	}
	province, err := i.As(conn, bench.Admin("units/"+rows[1].ID))
	if err != nil {
		return nil, err
	}
	if _, err := treeimport.Create(ctx, country, rows, "2023-06-30", nil); err != nil {
		return nil, err
	}
	result, err := Measure(ctx, country, province, i.Pool, rows, points)
	if err != nil {
		return nil, err
	}
	reports, took, err := open(ctx, country, i.Pool, rows)
	if err != nil {
		return nil, err
	}
	of := fmt.Sprintf("%d risk points in %d units", points, len(rows))
	bar := func(ms float64) bench.Bar { return bench.Bar{AtMost: ms} }
	return []bench.Figure{
		line("Risk points of a subtree by category and grade, "+of+": p99 in ms", result.Filter, bar(listBar)),
		line("Grade catalogue of a subtree as of a day, "+of+": p99 in ms", result.Catalogue, bar(listBar)),
		line(fmt.Sprintf("Progress of a campaign of a province, %d units by %d measures, %s: p99 in ms",
			result.Progress.GetUnitCount(), len(result.Progress.GetMeasures()), of), result.Sums, bar(progressBar)),
		line("Its units that miss something, the first 50, "+of+": p99 in ms", result.Missing, bar(progressBar)),
		{
			What:  fmt.Sprintf("Opening of the %d self-inspections of %d units: seconds", reports, len(rows)),
			Suite: took.Round(10 * time.Millisecond).String(), Beside: "–", Value: took.Seconds(), Bar: bar(openBar),
			Note: "From the scheme to the last report; by the job of the suite",
		},
	}, nil
}

func line(what string, times bench.Times, bar bench.Bar) bench.Figure {
	return bench.Figure{What: what, Suite: times.String(), Beside: "–", Value: bench.Milliseconds(times.P99), Bar: bar}
}

// openWithin is how long is waited for the reports.
const openWithin = 10 * time.Minute

// open has the suite open the self-inspections of all counties and townships, and waits for the last.
func open(
	ctx context.Context, country grpc.ClientConnInterface, pool *pgxpool.Pool, rows []treeimport.Row,
) (reports int, took time.Duration, err error) {
	below := slices.DeleteFunc(slices.Clone(rows), func(r treeimport.Row) bool { return len(strings.TrimRight(r.Code, "0")) < 5 })
	want, began := 2*len(below), clock.System{}.Now()
	if err := loadScheme(ctx, country, "network"); err != nil {
		return 0, 0, err
	}
	err = clock.PollUntil(ctx, openWithin, 100*time.Millisecond, func(ctx context.Context) (bool, error) {
		err := pool.QueryRow(ctx, "SELECT count(*) FROM network.reports").Scan(&reports)
		return reports >= want, err
	})
	return reports, clock.System{}.Now().Sub(began), err
}
