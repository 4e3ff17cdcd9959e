package reports_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/network"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// country is a tree of 31 provinces, 341 cities, 2,852 counties and 39,928 townships.
const country = `
INSERT INTO units (unit_id, valid_from, title, title_form, kind, level, division_code, parent_id, system_parent_id, region, path, responsible_office, first_responsible)
SELECT 't' || t, date '2020-01-01', 't', 't', 'UNIT_KIND_REPORTING_POINT', 4, '', 'c' || t / 14, '', 'c' || t / 14,
       ('cn.p' || t / 1288 || '.y' || t / 117 || '.c' || t / 14 || '.t' || t)::ltree, '', ''
FROM generate_series(0, 39927) t
UNION ALL SELECT 'cn', '2020-01-01', 'cn', 'cn', 'UNIT_KIND_CENTER', 1, '', '', '', 'cn', 'cn', '', ''`

// aYear is what they owed in 2026: most was sent in time.
const aYear = `
INSERT INTO reports (region, unit_id, schedule_id, period, period_first, unit_path, unit_path_then, open_on, close_on, scheduled_close_on,
                     cover_to, state, submit_on, content_met, content_of, exempted, body)
SELECT u.region, u.unit_id, 'monthly', to_char(m, 'YYYY-MM'), m, u.path, u.path, m, m + 35, m + 35,
       (m + interval '1 month')::date - 1,
       CASE WHEN n % 20 = 0 THEN 'REPORT_STATE_OPEN' ELSE 'REPORT_STATE_SUBMITTED' END,
        CASE WHEN n % 20 > 0 THEN (m + 30 + (n % 7)::int)::date END, 8, 9, n % 97 = 0,
       jsonb_build_object('schedule', 'monthly', 'period', to_char(m, 'YYYY-MM'), 'parts', jsonb_build_object('activities', repeat('走访', 100)))
FROM (SELECT u.*, m::date AS m, row_number() OVER () AS n FROM units u,
      generate_series('2026-01-01'::date, '2026-12-01', interval '1 month') m WHERE u.level = 4) u`

func nation(b *testing.B) *pgxpool.Pool {
	b.Helper()
	url := pgtest.URL(b, "reports bench", func(ctx context.Context, url string) error {
		store, err := database.Open(ctx, url, network.Name)
		if err != nil {
			return err
		}
		defer store.Close()
		return store.Migrate(ctx, network.Spec().Migrations)
	})
	store, err := database.Open(b.Context(), url, network.Name)
	require.NoError(b, err)
	b.Cleanup(store.Close)
	for _, statement := range []string{country, aYear, "VACUUM ANALYZE units", "VACUUM ANALYZE reports"} {
		_, err := store.Exec(b.Context(), statement)
		require.NoError(b, err)
	}
	return store.Pool
}

// BenchmarkSummary counts what 39,928 townships owed: 479,136 reports in the whole country and year.
func BenchmarkSummary(b *testing.B) {
	pool := nation(b)
	for _, c := range []struct {
		name, top string
		months    int
	}{
		{"country_year", "cn", 12}, {"country_month", "cn", 1}, {"province_year", "cn.p7", 12}, {
			"county_year", "cn.p7.y80.c669",
			12,
		},
	} {
		b.Run(c.name, func(b *testing.B) {
			var firsts []calendar.Date
			for i := range c.months {
				firsts = append(firsts, calendar.NewDate(2026, time.Month(1+i), 1))
			}
			for b.Loop() {
				rows, err := db.New(pool).SummarizeReports(b.Context(), db.SummarizeReportsParams{
					Tops: []string{c.top}, Asked: c.top[strings.LastIndexByte(c.top, '.')+1:], ScheduleID: "monthly", Firsts: firsts,
					Today: calendar.NewDate(2027, time.April, 1), Accepted: "REPORT_STATE_ACCEPTED",
				})
				require.NoError(b, err)
				require.NotEmpty(b, rows)
			}
		})
	}
}

// BenchmarkOpen opens one month for the whole country.
func BenchmarkOpen(b *testing.B) {
	pool := nation(b)
	month := calendar.PeriodOf(calendar.Month, calendar.NewDate(2027, time.January, 1))
	for b.Loop() {
		require.Len(b, open(b, pool, month), 39928)
		month = month.Next()
	}
}

// BenchmarkLookAgain looks who has come since, when nobody has.
func BenchmarkLookAgain(b *testing.B) {
	pool := nation(b)
	for b.Loop() {
		require.Empty(b, open(b, pool, calendar.PeriodOf(calendar.Month, calendar.NewDate(2026, time.December, 1))))
	}
}

func open(b *testing.B, pool *pgxpool.Pool, month calendar.Period) []db.OpenReportsRow {
	b.Helper()
	opened, err := db.New(pool).OpenReports(b.Context(), db.OpenReportsParams{
		ScheduleID: "monthly", Period: month.String(), PeriodFirst: month.First(), OpenOn: month.First(),
		CloseOn: month.First().AddDays(35), Today: month.First(), State: "REPORT_STATE_OPEN", CoverTo: month.Last(),
		Body: []byte(`{"schedule":"monthly"}`), Top: "cn", Levels: []int16{4}, Kinds: []string{},
		OtherUnits: []string{}, OtherFrom: []calendar.Date{}, FirstDay: month.First(), LastDay: month.Last(),
		PeriodBefore: month.Previous().String(), LeftFrom: month.Previous().First(), LeftBefore: month.First(),
	})
	require.NoError(b, err)
	return opened
}
