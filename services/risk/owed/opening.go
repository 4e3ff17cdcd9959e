package owed

import (
	"context"
	"errors"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Opening is a day on which a job opens what schemes ask for again and again: today, or the last day of a span that fell into an
// outage.
type Opening struct {
	Day     calendar.Date
	Schemes map[string]*riskv1.Scheme // by unit

	since calendar.Date // the day on which the job last ran through
	today calendar.Date
}

// Each has a job open what is owed of today, after what an outage since it last ran through has left out. What fails is tried
// again the next time.
func Each(ctx context.Context, store *record.Store, job string, open func(context.Context, *Opening) error) error {
	today := clock.Today(store.Clock)
	since, err := db.New(store).OpeningDay(ctx, db.OpeningDayParams{Job: job, Today: today})
	if err != nil {
		return err
	}
	var failed []error
	for _, day := range append(monthEnds(since, today), today) {
		all, err := grading.SchemesOn(ctx, store, day)
		if err == nil {
			err = open(ctx, &Opening{Day: day, Schemes: all, since: since, today: today})
		}
		failed = append(failed, err)
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	return db.New(store).SetOpeningDay(ctx, db.SetOpeningDayParams{Job: job, Day: today})
}

// monthEnds are the last days of months, on which all spans end, from a day until before another.
func monthEnds(from, before calendar.Date) (ends []calendar.Date) {
	for end := calendar.NewDate(from.Year(), from.Month()+1, 0); end.Before(before); {
		ends = append(ends, end)
		end = calendar.NewDate(end.Year(), end.Month()+2, 0)
	}
	return ends
}

// Today is the day on which the job runs.
func (o *Opening) Today() calendar.Date { return o.today }

// Past tells whether the day is one of an outage.
func (o *Opening) Past() bool { return o.Day.Before(o.today) }

// Owing is a time for which something is owed once, and by when.
type Owing struct {
	From, Until calendar.Date
	Due         string
}

// Owing is what a scheme asks for that is to be opened on the day. It tells false of what had begun before an outage, or does not
// end on the day of one, and of what was over before it could be opened: nobody is asked for that.
func (o *Opening) Owing(
	days *calendar.Calendar, scheme *riskv1.Scheme, every *riskv1.Recurrence, limit *typev1.DeadlineRule,
) (owing Owing, asked bool, err error) {
	owing.From, owing.Until = Span(every, o.Day)
	if o.Past() && (owing.Until != o.Day || !owing.From.After(o.since)) {
		return owing, false, nil
	}
	due, err := calendarpb.Due(days, owing.From, limit)
	if err != nil {
		return owing, false, err
	}
	owing.Due = due.GetDue()
	first := max(owing.From.String(), scheme.GetEffectiveFrom(), min(o.since.AddDays(1).String(), o.Day.String()))
	return owing, owing.Due >= first, nil
}
