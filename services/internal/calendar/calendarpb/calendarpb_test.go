package calendarpb_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
)

func TestEveryPeriodKindIsKnown(t *testing.T) {
	t.Parallel()
	seen := map[calendar.PeriodKind]bool{}
	for number, name := range typev1.PeriodKind_name {
		kind := calendarpb.Kind(typev1.PeriodKind(number))
		assert.Equal(t, number == 0, kind == 0, name)
		assert.False(t, seen[kind], name)
		seen[kind] = true
	}
	assert.Zero(t, calendarpb.Kind(99))
}

func TestAWindowKeepsItsFields(t *testing.T) {
	t.Parallel()
	assert.Equal(t, calendar.Window{OpenMonth: 3, OpenDay: 10, CloseMonth: 4, CloseDay: 15},
		calendarpb.Window(&typev1.Window{OpenMonth: 3, OpenDay: 10, CloseMonth: 4, CloseDay: 15}))
	assert.Zero(t, calendarpb.Window(nil))
}

func TestADeadlineIsCountedAsItsRuleSays(t *testing.T) {
	t.Parallel()
	working, natural := typev1.DayUnit_DAY_UNIT_WORKING, typev1.DayUnit_DAY_UNIT_CALENDAR
	tests := map[string]struct {
		start, due  string
		rule        *typev1.DeadlineRule
		provisional bool
	}{
		"working days":  {"2026-09-28", "2026-10-10", &typev1.DeadlineRule{Days: 5, Unit: working}, false},
		"calendar days": {"2026-09-28", "2026-10-03", &typev1.DeadlineRule{Days: 5, Unit: natural}, false},
		"rolled": {
			"2026-09-28", "2026-10-08", &typev1.DeadlineRule{Days: 5, Unit: natural, RollToWorkday: true},
			false,
		},
		"first day counted": {
			"2026-11-23", "2026-11-27", &typev1.DeadlineRule{Days: 5, Unit: working, CountFirstDay: true},
			false,
		},
		"beyond the data": {"2026-12-30", "2027-01-06", &typev1.DeadlineRule{Days: 5, Unit: working}, true},
		"months": {
			"2026-11-30", "2027-02-28", &typev1.DeadlineRule{Days: 3, Unit: typev1.DayUnit_DAY_UNIT_MONTH},
			false,
		},
		"months, first day": {
			"2026-08-15", "2026-11-14",
			&typev1.DeadlineRule{Days: 3, Unit: typev1.DayUnit_DAY_UNIT_MONTH, CountFirstDay: true}, false,
		},
		"no days from today": {"2026-11-23", "2026-11-23", &typev1.DeadlineRule{Unit: working}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start, err := calendar.ParseDate(test.start)
			require.NoError(t, err)
			got, err := calendarpb.Due(calendar.BuiltIn(), start, test.rule)
			require.NoError(t, err)
			assert.Equal(t, test.due, got.GetDue())
			assert.Equal(t, test.provisional, got.GetProvisional())
			assert.Contains(t, got.GetArithmetic().GetZh(), test.due)
			assert.Contains(t, got.GetArithmetic().GetEn(), test.due)
		})
	}
	_, err := calendarpb.Due(calendar.BuiltIn(), calendar.Date{}, &typev1.DeadlineRule{Days: -1})
	require.Error(t, err)
}
