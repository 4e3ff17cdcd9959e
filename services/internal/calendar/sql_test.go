package calendar_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

func TestDatesOfColumns(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	for _, want := range []calendar.Date{{}, calendar.FirstDay, calendar.NewDate(2026, time.February, 28)} {
		for _, format := range []int16{pgtype.TextFormatCode, pgtype.BinaryFormatCode} {
			stored, err := types.Encode(pgtype.DateOID, format, want, nil)
			require.NoError(t, err)
			assert.Equal(t, want.IsZero(), stored == nil, "no date is a null")
			got := calendar.LastDay
			require.NoError(t, types.Scan(pgtype.DateOID, format, stored, &got))
			assert.Equal(t, want, got)
		}
	}
	var d calendar.Date
	require.ErrorContains(t, d.ScanDate(pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}), "infinite")
}
