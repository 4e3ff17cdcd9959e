package calendars

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

func nameOf(y *networkv1.CalendarYear) string {
	return fmt.Sprintf("calendarYears/%d@%d", y.GetYear(), y.GetVersion())
}

// parseDays reads the days of a year and checks what the proto's rules can't say.
func parseDays(y *networkv1.CalendarYear) ([]calendar.Day, error) {
	var faults fault.Fields
	days, seen := make([]calendar.Day, 0, len(y.GetDays())), map[calendar.Date]bool{}
	first := calendar.NewDate(int(y.GetYear()), time.January, 1)
	from, to := first.AddDays(-31), calendar.NewDate(int(y.GetYear())+1, time.January, 31)
	for i, day := range y.GetDays() {
		field := fmt.Sprintf("year.days[%d].date", i)
		date, err := calendar.ParseDate(day.GetDate())
		switch {
		case err != nil:
			faults.Add(field, words.StringDate())
		case date.Before(from) || date.After(to):
			faults.Add(field, words.DayOfYear(strconv.Itoa(int(y.GetYear()))))
		case seen[date]:
			faults.Add(field, words.SameDay(date.String()))
		}
		seen[date] = true
		days = append(days, calendar.Day{Date: date, Work: day.GetKind() == networkv1.DayKind_DAY_KIND_WORK, Name: day.GetName()})
	}
	if !seen[first] {
		faults.Add("year.days", words.NoNewYear(first.String()))
	}
	return days, faults.Err()
}

// Merge is a calendar with what one imported year says.
func Merge(c *calendar.Calendar, y *networkv1.CalendarYear) (*calendar.Calendar, error) {
	days, err := parseDays(y)
	if err != nil {
		return nil, err
	}
	return c.With(int(y.GetYear()), days), nil
}

// merge is the calendar that came with the program, with the newest version of each of some years, the oldest year first: of
// the days of December that two notices name, the later notice knows better.
func merge(years []*networkv1.CalendarYear) (*calendar.Calendar, error) {
	newest := map[int32]*networkv1.CalendarYear{}
	for _, y := range years {
		if y.GetVersion() >= newest[y.GetYear()].GetVersion() {
			newest[y.GetYear()] = y
		}
	}
	workdays := calendar.BuiltIn()
	for _, year := range slices.Sorted(maps.Keys(newest)) {
		var err error
		if workdays, err = Merge(workdays, newest[year]); err != nil {
			return nil, err
		}
	}
	return workdays, nil
}

// Remote is the calendar as the network service knows it, no older than a minute, for the services that stand on it.
func Remote(client networkv1.CalendarServiceClient, now clock.Clock) calendar.Source {
	return calendar.Cached(cacheTTL, now.Now, func(ctx context.Context) (*calendar.Calendar, error) {
		var years []*networkv1.CalendarYear
		req := &networkv1.ListYearsRequest{}
		for more := true; more; more = req.GetPageToken() != "" {
			resp, err := client.ListYears(ctx, req)
			if err != nil {
				return nil, err
			}
			years = append(years, resp.GetYears()...)
			req.PageToken = resp.GetNextPageToken()
		}
		return merge(years)
	})
}

// parsePauses reads when the clock stands.
func parsePauses(faults *fault.Fields, requested []*typev1.Pause) []calendar.Pause {
	pauses := make([]calendar.Pause, len(requested))
	for i, p := range requested {
		field := fmt.Sprintf("pauses[%d]", i)
		pauses[i].Reason = p.GetReason()
		pauses[i].From, _ = faults.ParseDay(field+".from", p.GetFrom())
		if p.GetTo() == "" {
			continue
		}
		pauses[i].To, _ = faults.ParseDay(field+".to", p.GetTo())
		if pauses[i].To.Before(pauses[i].From) {
			faults.Add(field+".to", words.AfterFrom())
		}
	}
	return pauses
}
