// Package limits runs time limits: it starts one by a scheme's rule, extends, pauses and resumes it as far as the scheme's leeway
// goes, and shows the arithmetic of all that in its deadline. Tips and warnings keep their limits with it (T7).
package limits

import (
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

// Counter counts limits by the calendar as it is known at a time.
type Counter struct {
	Calendar *calendar.Calendar
	Now      time.Time
}

// Today is the day in Asia/Shanghai on which limits start, stand and run again.
func (c Counter) Today() calendar.Date { return calendar.DateOf(c.Now, calendar.Shanghai) }

// Start starts a limit of a unit, "units/…", on a day. Errors: OUT_OF_CALENDAR where it ends beyond the years that are counted.
func (c Counter) Start(unit string, from calendar.Date, rule *typev1.DeadlineRule) (*typev1.TimeLimit, error) {
	limit := &typev1.TimeLimit{Unit: unit, From: from.String(), Rule: rule}
	return limit, c.Recount(limit)
}

// Extend gives a limit more time, counted from the day on which it ends, with a reason. Errors: NO_LIMIT where limit is nil,
// LIMIT_PASSED, EXTENDED_TOO_OFTEN, OUT_OF_CALENDAR.
func (c Counter) Extend(limit *typev1.TimeLimit, leeway *typev1.Leeway, reason string) error {
	if err := c.requireRunning(limit); err != nil {
		return err
	}
	if most := int(leeway.GetExtensions()); len(limit.GetExtensions()) >= most {
		return fault.Precondition(words.ExtendedTooOften(strconv.Itoa(most)))
	}
	limit.Extensions = append(limit.Extensions, &typev1.LimitExtension{
		ExtendedFrom: limit.GetDeadline().GetDue(), Rule: leeway.GetExtendBy(), Reason: reason,
		ExtendTime: timestamppb.New(c.Now),
	})
	return c.Recount(limit)
}

// Pause has a limit stand from today until a day, with a reason that the arithmetic shows. Errors: NO_LIMIT where limit is nil,
// LIMIT_PASSED, ALREADY_PAUSED, PAUSED_TOO_OFTEN, OUT_OF_CALENDAR; of the field until past_day, pause_too_long.
func (c Counter) Pause(limit *typev1.TimeLimit, leeway *typev1.Leeway, until, reason string) error {
	if err := c.requireRunning(limit); err != nil {
		return err
	}
	if p := c.current(limit); p != nil {
		return fault.Precondition(words.AlreadyPaused(p.GetTo()))
	}
	if most := int(leeway.GetPauses()); len(limit.GetPauses()) >= most {
		return fault.Precondition(words.PausedTooOften(strconv.Itoa(most)))
	}
	if err := c.checkUntil(until, int(leeway.GetPauseDays())); err != nil {
		return err
	}
	limit.Pauses = append(limit.Pauses, &typev1.Pause{
		From: c.Today().String(), To: until, Reason: reason, PauseTime: timestamppb.New(c.Now),
	})
	return c.Recount(limit)
}

// Resume has a limit run again from today. A pause that began today keeps the day: it has no other. Errors: NOT_PAUSED.
func (c Counter) Resume(limit *typev1.TimeLimit) error {
	p := c.current(limit)
	if p == nil {
		return fault.Precondition(words.NotPaused())
	}
	p.To, p.ResumeTime = max(p.GetFrom(), c.Today().AddDays(-1).String()), timestamppb.New(c.Now)
	return c.Recount(limit)
}

// Open tells whether a limit can be extended, paused or resumed now; any other act is not for it to say.
func (c Counter) Open(act lifecycle.Act, limit *typev1.TimeLimit, leeway *typev1.Leeway) bool {
	switch act {
	case "extend":
		return c.requireRunning(limit) == nil && len(limit.GetExtensions()) < int(leeway.GetExtensions())
	case "pause":
		return c.requireRunning(limit) == nil && c.current(limit) == nil && len(limit.GetPauses()) < int(leeway.GetPauses())
	case "resume":
		return c.current(limit) != nil
	}
	return true
}

// Recount counts the deadline of a limit: its rule from where it began, then each extension from where it ends until then. Days
// of a pause do not count in any of them. Errors: OUT_OF_CALENDAR.
func (c Counter) Recount(limit *typev1.TimeLimit) error {
	pauses, err := calendarPauses(limit)
	if err != nil {
		return err
	}
	deadline, err := c.count(limit.GetFrom(), limit.GetRule(), pauses)
	for _, e := range limit.GetExtensions() {
		if err != nil {
			return err
		}
		var further *typev1.Deadline
		if further, err = c.count(deadline.GetDue(), e.GetRule(), pauses); err == nil {
			deadline = extended(deadline, further)
		}
	}
	limit.Deadline = deadline
	if err != nil || len(limit.GetExtensions()) == 0 {
		return err
	}
	return c.setReminder(limit)
}

// setReminder has the lead of a limit's rule count from the day on which the limit ends, with all extensions.
func (c Counter) setReminder(limit *typev1.TimeLimit) error {
	from, err := calendar.ParseDate(limit.GetFrom())
	if err != nil {
		return err
	}
	due, err := calendar.ParseDate(limit.GetDeadline().GetDue())
	if err != nil {
		return err
	}
	limit.Deadline.RemindOn = calendarpb.RemindOn(c.Calendar, from, due, limit.GetRule().GetRemindBefore())
	return nil
}

func (c Counter) count(from string, rule *typev1.DeadlineRule, pauses []calendar.Pause) (*typev1.Deadline, error) {
	day, err := calendar.ParseDate(from)
	if err != nil {
		return nil, err
	}
	return calendarpb.Due(c.Calendar, day, rule, pauses...)
}

// extended is a deadline with what came of extending it.
func extended(first, further *typev1.Deadline) *typev1.Deadline {
	return &typev1.Deadline{
		Due: further.GetDue(), Provisional: first.GetProvisional() || further.GetProvisional(),
		Arithmetic: &typev1.Text{
			Zh: calendar.Extended("zh", first.GetArithmetic().GetZh(), further.GetArithmetic().GetZh()),
			En: calendar.Extended("en", first.GetArithmetic().GetEn(), further.GetArithmetic().GetEn()),
		},
	}
}

// requireRunning requires a limit that has not passed.
func (c Counter) requireRunning(limit *typev1.TimeLimit) error {
	if limit == nil {
		return fault.Precondition(words.NoLimit())
	}
	if due := limit.GetDeadline().GetDue(); due < c.Today().String() {
		return fault.Precondition(words.LimitPassed(due))
	}
	return nil
}

// current is the pause under way; nil where the limit runs.
func (c Counter) current(limit *typev1.TimeLimit) *typev1.Pause {
	today := c.Today().String()
	if i := slices.IndexFunc(limit.GetPauses(), func(p *typev1.Pause) bool {
		return p.GetTo() >= today && p.GetResumeTime() == nil
	}); i >= 0 {
		return limit.GetPauses()[i]
	}
	return nil
}

// checkUntil checks the last day of a pause that begins today and lasts at most so many days.
func (c Counter) checkUntil(until string, longest int) error {
	day, err := calendar.ParseDate(until)
	last := c.Today().AddDays(longest - 1)
	switch {
	case err != nil:
		return fault.Invalid("until", words.StringDate())
	case day.Before(c.Today()):
		return fault.Invalid("until", words.PastDay(until))
	case day.After(last):
		return fault.Invalid("until", words.PauseTooLong(strconv.Itoa(longest), last.String()))
	}
	return nil
}

func calendarPauses(limit *typev1.TimeLimit) ([]calendar.Pause, error) {
	list := make([]calendar.Pause, 0, len(limit.GetPauses()))
	for _, p := range limit.GetPauses() {
		from, err := calendar.ParseDate(p.GetFrom())
		if err != nil {
			return nil, err
		}
		to, err := calendar.ParseDate(p.GetTo())
		if err != nil {
			return nil, err
		}
		list = append(list, calendar.Pause{From: from, To: to, Reason: p.GetReason()})
	}
	return list, nil
}

// CheckLeeway notes what a leeway of a scheme lacks.
func CheckLeeway(faults *fault.Fields, field string, leeway *typev1.Leeway) {
	if leeway.GetExtensions() > 0 && leeway.GetExtendBy() == nil {
		faults.Add(field+".extend_by", words.Required())
	}
	if leeway.GetPauses() > 0 && leeway.GetPauseDays() == 0 {
		faults.Add(field+".pause_days", words.Required())
	}
}
