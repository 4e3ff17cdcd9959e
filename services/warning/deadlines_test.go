package warning_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestT7_OverdueWarningIsEscalated(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "handler", suitetest.City)
	w := city.issue(t, notice("blue"))
	paper := openStore(t, s)

	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, w.GetEtag(), city.get(t, w.GetName()).GetEtag(), "nothing is overdue yet")
	for i, warningLevel := range []string{"yellow", "orange", "red", "red"} {
		s.Clock.Advance(9 * 24 * time.Hour)
		s.RunJob("warning.escalate_overdue")
		assert.Len(t, city.get(t, w.GetName()).GetHistory(), i+2)
		assert.Equal(t, warningLevel, city.get(t, w.GetName()).GetWarningLevel())
	}
	s.RunJob("warning.escalate_overdue")
	end := city.get(t, w.GetName())
	assert.Equal(t, []string{"issue", "escalate_overdue", "escalate_overdue", "escalate_overdue", "overdue"}, acts(end))
	assert.Equal(t, []string{suitetest.City, "", "", "", ""}, actors(end), "the suite raised it by itself")
	assert.Equal(t, "2026-11-05", end.GetHistory()[1].GetNote())
	assert.Equal(t, "acknowledge", end.GetHistory()[1].GetStep())
	assert.Equal(t, "340503-2026-0004", end.GetNotice().GetNumber())
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_ISSUED, end.GetState())

	var raised int
	require.NoError(t, paper.QueryRow(t.Context(),
		"SELECT count(*) FROM journal WHERE event = 'warning.escalate_overdue' AND resource = $1", w.GetName()).Scan(&raised))
	assert.Equal(t, 4, raised)
}

// builtIn is the calendar that comes with the program.
func builtIn(context.Context) (*calendar.Calendar, error) { return calendar.BuiltIn(), nil }

// openStore opens the warning service's tables beside the running suite.
func openStore(t *testing.T, s *suitetest.Suite) *record.Store {
	t.Helper()
	tables, err := database.Open(t.Context(), s.Database, "warning")
	require.NoError(t, err)
	t.Cleanup(tables.Close)
	return &record.Store{DB: tables, Clock: s.Clock}
}

func TestT24_RectificationOnTimeIsMeasured(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	inTime, late := talkedTo(t, s, notice("yellow")), talkedTo(t, s, notice("yellow"))
	as(s, "reviewer", suitetest.City).withdraw(t, talkedTo(t, s, notice("yellow")))
	clerk.rectify(t, inTime)
	city.issue(t, notice("blue")) // asks for no rectification, and so counts nowhere
	figure := func(period string) []int64 {
		t.Helper()
		answer, err := city.figures.ListFigures(t.Context(), &warningv1.ListFiguresRequest{
			Root: suitetest.City, Units: []string{township}, Period: period, Measures: []string{"warning.rectified_on_time"},
		})
		require.NoError(t, err)
		f := answer.GetFigures()[0]
		if f.GetDenominator() > 0 {
			assert.Equal(t, inTime, f.GetRecords()[0])
		}
		return []int64{f.GetNumerator(), f.GetDenominator()}
	}

	assert.Equal(t, []int64{1, 1}, figure("2026-11"), "the other may still be rectified in time")
	s.Clock.Advance(25 * 24 * time.Hour)
	assert.Equal(t, []int64{1, 2}, figure("2026-Q4"))
	clerk.rectify(t, late)
	assert.Equal(t, []int64{1, 2}, figure("2026-11"), "late stays late")
	assert.Equal(t, []int64{0, 0}, figure("2026-12"))
}

func TestT24_FiguresNameAtMostAThousandRecords(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const overdue = 1001
	_, err := openStore(t, s).Exec(t.Context(), `
		INSERT INTO warnings (region, key, unit_path, create_time, supervising_path, office_title, issuer,
		                      issuer_path, body)
		SELECT '340503', to_char(n, 'FM0000'), '340500.340503.340503001', now(), '340500.340503', '', '', '340500', jsonb_build_object(
		       'unit', 'units/340503001', 'warningLevel', 'blue', 'state', 'WARNING_STATE_ISSUED', 'dueOn', '2026-10-15',
		       'rectifiedOn', CASE WHEN n <= 600 THEN '2026-10-14' END)
		FROM generate_series(1, $1::int) n`, overdue)
	require.NoError(t, err)
	answer, err := as(s, "handler", suitetest.City).figures.ListFigures(t.Context(), &warningv1.ListFiguresRequest{
		Root: county, Units: []string{other, township}, Period: "2026-10", Measures: []string{"warning.rectified_on_time"},
	})
	require.NoError(t, err)
	none, figure := answer.GetFigures()[0], answer.GetFigures()[1]
	assert.Zero(t, none.GetDenominator(), "of other units nothing")
	assert.EqualValues(t, 600, figure.GetNumerator())
	assert.EqualValues(t, overdue, figure.GetDenominator())
	require.Len(t, figure.GetRecords(), figures.MaxRecords)
	assert.Equal(t, "warnings/340503-0001", figure.GetRecords()[0])
	assert.Equal(t, "warnings/340503-1000", figure.GetRecords()[figures.MaxRecords-1])
}
