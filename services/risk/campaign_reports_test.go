package risk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/risk/campaigns"
)

// hearsOfReports has risk hear of the reports of a half-year that were opened; the journal tells of an event once nothing older is
// under way.
func (b commerceBureau) hearsOfReports(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	const asked = 6
	require.Eventually(t, func() bool {
		b.RunJob(campaigns.ReportsJob)
		heard := 0
		err := pool.QueryRow(t.Context(), "SELECT count(*) FROM risk.reports_opened WHERE schedule = 'check_half_yearly'").Scan(&heard)
		return err == nil && heard == asked
	}, time.Minute, 50*time.Millisecond)
}

// A unit that came after a period is asked for one report fewer, and each of what both owe who became one counts.
func TestT21_AUnitOwesNoReportsOfBeforeItsTime(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	pool, err := pgxpool.New(t.Context(), b.Database)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	b.Clock.Advance(51 * day) // 2026-12-22, the windows of the quarter and of the half-year are open
	b.RunJob(reports.OpenReportsJob)
	b.hearsOfReports(t, pool)
	b.Clock.Advance(11 * day) // 2027-01-02
	_, err = networkv1.NewUnitServiceClient(b.As("leading_group_office", commerce)).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "commerce_law2", Unit: &networkv1.Unit{
			Title: "商务执法二大队", Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: typev1.Level_LEVEL_COUNTY,
			Parent: commerce, Sort: "affiliated",
		},
	})
	require.NoError(t, err)
	b.RunJob(reports.OpenReportsJob)
	b.RunJob(campaigns.ReportsJob)
	b.RunJob(campaigns.FollowJob)
	progress := func() []string { return b.office.progress(t, campaign, "assessment", false) }
	assert.Contains(t, progress(), "commerce_law2 quarterly 0-2 half_yearly 0-0 inspection_a 0-0 (1)", "it was not there in the quarter and the half-year")
	assert.Contains(t, progress(), "commerce_law quarterly 0-3 half_yearly 0-1 inspection_a 0-1 (3)")

	_, err = pool.Exec(t.Context(), `UPDATE risk.reports_opened SET sent = true
		WHERE unit_id IN ('commerce_markets', 'commerce_trade') AND schedule = 'check_quarterly'`)
	require.NoError(t, err)
	b.merge(t, trade, markets)
	b.RunJob(campaigns.FollowJob)
	assert.Contains(t, progress(), "commerce_markets quarterly 2-2 half_yearly 0-2 inspection_a 0-2 (3)", "the half-year of both")
}

// A report that a unit owed which has ended is missing at its successor, also where that need not send one of its own.
func TestT9_T21_ASuccessorMissesTheReportOfAUnitThatEnded(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	pool, err := pgxpool.New(t.Context(), b.Database)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	_, err = pool.Exec(t.Context(), `INSERT INTO risk.reports_opened (unit_id, schedule, period, first_day, last_day, exempted)
		VALUES ('commerce_markets', 'inspection_bc', '2026', '2026-01-01', '2026-12-31', true),
		       ('commerce_trade', 'inspection_bc', '2026', '2026-01-01', '2026-12-31', false)`)
	require.NoError(t, err)
	inspection := func() string {
		line := b.section.progress(t, campaign, "revision", false)[0]
		_, of, _ := strings.Cut(line, "inspection ")
		return strings.Fields(of)[0]
	}
	assert.Equal(t, "0-0", inspection(), "it has no risk point of these grades")
	b.merge(t, trade, markets)
	assert.Equal(t, "0-1", inspection())
	_, err = pool.Exec(t.Context(), `UPDATE risk.reports_opened SET sent = true WHERE unit_id = 'commerce_trade'`)
	require.NoError(t, err)
	assert.Equal(t, "1-0", inspection())
}

// The report of a unit and that of one that it acts for are two, whichever was sent, and however that one ended.
func TestT9_T21_NoReportStandsForThatOfAPredecessor(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	pool, err := pgxpool.New(t.Context(), b.Database)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	b.Clock.Advance(51 * day) // 2026-12-22, the windows of the quarter and of the half-year are open
	b.RunJob(reports.OpenReportsJob)
	b.hearsOfReports(t, pool)
	b.Clock.Advance(11 * day) // 2027-01-02
	sends := func(unit string, sent bool) {
		_, err := pool.Exec(t.Context(), `UPDATE risk.reports_opened SET sent = $1
			WHERE unit_id = $2 AND schedule IN ('check_quarterly', 'check_half_yearly')`, sent, unit)
		require.NoError(t, err)
	}
	progress := func() []string { return b.office.progress(t, campaign, "assessment", false) }
	sends("commerce_trade", true)
	b.merge(t, trade, markets)
	b.RunJob(campaigns.FollowJob)
	assert.Contains(t, progress(), "commerce_markets quarterly 1-3 half_yearly 1-1 inspection_a 0-2 (3)", "that of trade was sent, its own was not")
	sends("commerce_trade", false)
	sends("commerce_markets", true)
	assert.Contains(t, progress(), "commerce_markets quarterly 1-3 half_yearly 1-1 inspection_a 0-2 (3)", "and the other way round")
	disband(t, b.Suite, "leading_group_office", commerce, "units/commerce_market_centre")
	b.RunJob(campaigns.FollowJob)
	assert.Contains(t, progress(), "commerce quarterly 0-1 half_yearly 0-1 inspection_a 0-2 (3)", "it need send none itself")
	sends("commerce_market_centre", true)
	assert.Contains(t, progress(), "commerce quarterly 1-0 half_yearly 1-0 inspection_a 0-2 (1)")
}
