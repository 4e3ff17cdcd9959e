package tips

import (
	"context"
	"slices"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// startCloseLimit starts the time limit of closing a tip that is accepted, where the scheme has one. The clock of a unit that
// accepted it before goes on, the days since then included: to pass a tip on and take it back, or to link it as a duplicate and
// unlink it, gains no time.
func (s *Server) startCloseLimit(ctx context.Context, c *lockedTip) error {
	today := clock.Today(s.store.Clock)
	lineages, err := lineagesOf(ctx, c.tx, today, c.tip.GetHandlingUnit())
	if err != nil {
		return err
	}
	earlier := slices.IndexFunc(c.tip.GetEarlierClocks(), func(e *networkv1.TipClock) bool {
		return slices.Contains(lineages[c.tip.GetHandlingUnit()], e.GetUnit())
	})
	if earlier >= 0 {
		c.tip.CloseClock = c.tip.GetEarlierClocks()[earlier]
		c.tip.EarlierClocks = slices.Delete(c.tip.GetEarlierClocks(), earlier, earlier+1)
		return s.computeCloseBy(ctx, c.tip)
	}
	rule := c.scheme.GetTipLimits().GetClose()
	if rule == nil {
		return nil
	}
	c.tip.CloseClock = &networkv1.TipClock{
		From: today.String(), Rule: rule, Unit: c.tip.GetHandlingUnit(),
		EarlierExtensions: int32(len(c.tip.GetExtensions())), EarlierPauses: int32(len(c.tip.GetPauses())),
	}
	return s.computeCloseBy(ctx, c.tip)
}

// ExtendTip gives more time to close a tip.
func (s *Server) ExtendTip(ctx context.Context, req *networkv1.ExtendTipRequest) (*networkv1.Tip, error) {
	return record.Act(ctx, s.store, req, s.lock("extend"), func(ctx context.Context, c *lockedTip) (*networkv1.Tip, error) {
		if err := s.requireRunningLimit(c.tip); err != nil {
			return nil, err
		}
		limits := c.scheme.GetTipLimits()
		if len(extensions(c.tip)) >= int(limits.GetCloseExtensions()) {
			return nil, fault.Precondition("EXTENDED_TOO_OFTEN", "limit", strconv.Itoa(int(limits.GetCloseExtensions())))
		}
		c.tip.Extensions = append(c.tip.Extensions, &networkv1.TipExtension{
			ExtendedFrom: c.tip.GetCloseBy().GetDue(), Rule: limits.GetCloseExtension(), Reason: req.GetReason(),
			ExtendTime: timestamppb.New(c.tx.Now()), Unit: c.tip.GetCloseClock().GetUnit(),
		})
		return c.tip, s.computeCloseBy(ctx, c.tip)
	})
}

// PauseTip has the clock of closing a tip stand for some days.
func (s *Server) PauseTip(ctx context.Context, req *networkv1.PauseTipRequest) (*networkv1.Tip, error) {
	return record.Act(ctx, s.store, req, s.lock("pause"), func(ctx context.Context, c *lockedTip) (*networkv1.Tip, error) {
		if err := s.requireRunningLimit(c.tip); err != nil {
			return nil, err
		}
		today, limits := clock.Today(s.store.Clock), c.scheme.GetTipLimits()
		if p := s.currentPause(c.tip); p != nil {
			return nil, fault.Precondition("ALREADY_PAUSED", "date", p.GetTo())
		}
		if len(pauses(c.tip)) >= int(limits.GetClosePauses()) {
			return nil, fault.Precondition("PAUSED_TOO_OFTEN", "limit", strconv.Itoa(int(limits.GetClosePauses())))
		}
		if err := checkPause(today, int(limits.GetClosePauseDays()), req.GetUntil()); err != nil {
			return nil, err
		}
		c.tip.Pauses = append(c.tip.Pauses, &networkv1.TipPause{
			From: today.String(), To: req.GetUntil(), Reason: req.GetReason(), PauseTime: timestamppb.New(c.tx.Now()),
			Unit: c.tip.GetCloseClock().GetUnit(),
		})
		return c.tip, s.computeCloseBy(ctx, c.tip)
	})
}

// ResumeTip has the clock run again from today. A pause that began today keeps the day: it has no other.
func (s *Server) ResumeTip(ctx context.Context, req *networkv1.ResumeTipRequest) (*networkv1.Tip, error) {
	return record.Act(ctx, s.store, req, s.lock("resume"), func(ctx context.Context, c *lockedTip) (*networkv1.Tip, error) {
		p := s.currentPause(c.tip)
		if p == nil {
			return nil, fault.Precondition("NOT_PAUSED")
		}
		p.To = max(p.GetFrom(), clock.Today(s.store.Clock).AddDays(-1).String())
		return c.tip, s.computeCloseBy(ctx, c.tip)
	})
}

// requireRunningLimit checks that a tip has a limit of closing that has not passed.
func (s *Server) requireRunningLimit(tip *networkv1.Tip) error {
	if tip.GetCloseClock() == nil { // also of a tip accepted before clocks were kept
		return fault.Precondition("NO_LIMIT")
	}
	if due := tip.GetCloseBy().GetDue(); due < clock.Today(s.store.Clock).String() {
		return fault.Precondition("LIMIT_PASSED", "date", due)
	}
	return nil
}

// checkPause checks the last day of a pause that begins today.
func checkPause(today calendar.Date, longest int, until string) error {
	day, err := calendar.ParseDate(until)
	last := today.AddDays(longest - 1)
	switch {
	case err != nil:
		return fault.Invalid("until", "string.date")
	case day.Before(today):
		return fault.Invalid("until", "past_day", "date", until)
	case day.After(last):
		return fault.Invalid("until", "pause_too_long", "days", strconv.Itoa(longest), "date", last.String())
	}
	return nil
}

// extensions are those of the clock that runs.
func extensions(tip *networkv1.Tip) []*networkv1.TipExtension {
	running := tip.GetCloseClock()
	return ofRunningClock(running, tip.GetExtensions()[running.GetEarlierExtensions():])
}

// pauses are those of the clock that runs.
func pauses(tip *networkv1.Tip) []*networkv1.TipPause {
	running := tip.GetCloseClock()
	return ofRunningClock(running, tip.GetPauses()[running.GetEarlierPauses():])
}

// ofRunningClock leaves out what another unit did to its own clock since one was started. What says no unit is from before that was kept,
// when only the clock that ran could be changed.
func ofRunningClock[A interface{ GetUnit() string }](running *networkv1.TipClock, items []A) []A {
	return slices.DeleteFunc(slices.Clone(items), func(a A) bool { return a.GetUnit() != "" && a.GetUnit() != running.GetUnit() })
}

// currentPause is the pause under way; nil where the clock runs.
func (s *Server) currentPause(tip *networkv1.Tip) *networkv1.TipPause {
	if tip.GetCloseClock() == nil {
		return nil
	}
	for _, p := range pauses(tip) {
		if p.GetTo() >= clock.Today(s.store.Clock).String() {
			return p
		}
	}
	return nil
}

// computeCloseBy counts the limit of closing a tip: from its acceptance, then each extension from where it ends until then. Days of a
// pause do not count in any of them.
func (s *Server) computeCloseBy(ctx context.Context, tip *networkv1.Tip) error {
	pauses, err := calendarPauses(tip)
	if err != nil {
		return err
	}
	start, err := calendar.ParseDate(tip.GetCloseClock().GetFrom())
	if err != nil {
		return err
	}
	if tip.CloseBy, err = s.computeDeadline(ctx, start, tip.GetCloseClock().GetRule(), pauses...); err != nil {
		return err
	}
	for _, e := range extensions(tip) {
		from, err := calendar.ParseDate(tip.GetCloseBy().GetDue())
		if err != nil {
			return err
		}
		further, err := s.computeDeadline(ctx, from, e.GetRule(), pauses...)
		if err != nil {
			return err
		}
		tip.CloseBy = extended(tip.GetCloseBy(), further)
	}
	return nil
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

// calendarPauses are the pauses of the running clock.
func calendarPauses(tip *networkv1.Tip) ([]calendar.Pause, error) {
	var list []calendar.Pause
	for _, p := range pauses(tip) {
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
