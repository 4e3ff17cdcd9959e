package rollups

import (
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// maxMonths is how long a span may be; the proto says so too.
const maxMonths = 120

// monthOf is the month of a day, as periods are written.
func monthOf(day calendar.Date) string { return calendar.PeriodOf(calendar.Month, day).String() }

// periodRange is a request for whole months.
type periodRange interface {
	GetFromPeriod() string
	GetToPeriod() string
}

// monthsOf lists the first days of the months from the beginning of one period to the end of another.
func monthsOf(req periodRange) ([]calendar.Date, error) {
	var faults fault.Fields
	from, err := calendar.ParsePeriod(req.GetFromPeriod())
	if err != nil {
		faults.Add("from_period", words.StringPeriod())
	}
	to := from
	if req.GetToPeriod() != "" {
		if to, err = calendar.ParsePeriod(req.GetToPeriod()); err != nil {
			faults.Add("to_period", words.StringPeriod())
		}
	}
	if len(faults) > 0 {
		return nil, faults.Err()
	}
	var months []calendar.Date
	month := calendar.PeriodOf(calendar.Month, from.First())
	for ; month.First().Before(to.Next().First()) && len(months) <= maxMonths; month = month.Next() {
		months = append(months, month.First())
	}
	switch {
	case len(months) == 0:
		faults.Add("to_period", words.PeriodOrder(from.String()))
	case len(months) > maxMonths:
		faults.Add("to_period", words.MonthsSpan(from.String()))
	}
	return months, faults.Err()
}

// timeRangeOf is the time that months cover: from the first instant of the first, in Asia/Shanghai, up to the end of the last.
func timeRangeOf(months []calendar.Date) (from, before time.Time) {
	first := months[0]
	last := calendar.PeriodOf(calendar.Month, months[len(months)-1])
	return first.In(calendar.Shanghai), last.Next().First().In(calendar.Shanghai)
}
