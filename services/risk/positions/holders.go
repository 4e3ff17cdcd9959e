package positions

import (
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// checkHolders wants days that are some, nobody to leave before they came, and each to come after the one before had left.
func checkHolders(faults *fault.Fields, holders []*riskv1.PositionHolder) {
	for i, holder := range holders {
		field := fmt.Sprintf("position.holders[%d].", i)
		from, ok := faults.ParseDay(field+"from", holder.GetFrom())
		if !ok {
			continue
		}
		if holder.GetUntil() != "" {
			if until, ok := faults.ParseDay(field+"until", holder.GetUntil()); ok && from.After(until) {
				faults.Add(field+"until", words.AfterTerm())
			}
		}
		if i > 0 && !left(holders[i-1], holder.GetFrom()) {
			faults.Add(field+"from", words.HeldTwice(holder.GetFrom(), holders[i-1].GetPerson()))
		}
	}
}

// rewritten tells whether somebody else held a position on a day before today than was said before. A last day that becomes known
// late is free, while nobody came after: the time of the holder goes on until somebody else does.
func rewritten(before, after []*riskv1.PositionHolder, today calendar.Date) bool {
	if len(before) == 0 {
		return false // nothing was said yet
	}
	was, is := heldBefore(before, today), heldBefore(after, today)
	if last := len(was) - 1; last >= 0 && last == len(is)-1 && was[last].person == holderOn(before, today.String()) {
		is[last].until = max(is[last].until, was[last].until)
	}
	return !slices.Equal(was, is)
}

// holding is days on which somebody held a position.
type holding struct{ person, from, until string }

// heldBefore are the days before today on which somebody held a position, those of one person as one where they join.
func heldBefore(holders []*riskv1.PositionHolder, today calendar.Date) (held []holding) {
	yesterday := today.AddDays(-1).String()
	for _, holder := range holders {
		h := holding{person: holder.GetPerson(), from: holder.GetFrom(), until: yesterday}
		if left(holder, yesterday) {
			h.until = holder.GetUntil()
		}
		switch last := len(held) - 1; {
		case h.from > yesterday:
		case last >= 0 && held[last].person == h.person && dayAfter(held[last].until) == h.from:
			held[last].until = h.until
		default:
			held = append(held, h)
		}
	}
	return held
}

// dayAfter is the day after another, as it is written.
func dayAfter(day string) string {
	parsed, _ := calendar.ParseDate(day)
	return parsed.AddDays(1).String()
}

// left tells whether a holder had left before a day. Days as they are written sort as days.
func left(holder *riskv1.PositionHolder, day string) bool {
	return holder.GetUntil() != "" && holder.GetUntil() < day
}

// IncumbentOn is a position with its title and its holder on a day, as an act keeps them.
func IncumbentOn(position *riskv1.Position, day calendar.Date) *riskv1.Incumbent {
	return &riskv1.Incumbent{
		Position: position.GetName(), Title: position.GetTitle(), Unit: position.GetUnit(),
		Person: holderOn(position.GetHolders(), day.String()),
	}
}

// holderOn is who of the holders held the position on a day; empty where nobody did.
func holderOn(holders []*riskv1.PositionHolder, day string) (person string) {
	for _, holder := range holders {
		if holder.GetFrom() <= day && !left(holder, day) {
			person = holder.GetPerson()
		}
	}
	return person
}

// LastHeld is the last time that a person holds or held a position; nil where they never did.
func LastHeld(position *riskv1.Position, person string) (last *riskv1.PositionHolder) {
	for _, holder := range position.GetHolders() {
		if holder.GetPerson() == person {
			last = holder
		}
	}
	return last
}

// HeldSince is the first day of who holds a position on a day; empty where nobody does. Until somebody else has held it, the time
// goes on: who leaves and comes back to an empty post has not changed it.
func HeldSince(position *riskv1.Position, day calendar.Date) (since string) {
	person := IncumbentOn(position, day).GetPerson()
	for _, holder := range position.GetHolders() {
		switch {
		case holder.GetFrom() > day.String() || person == "":
		case holder.GetPerson() != person:
			since = ""
		case since == "":
			since = holder.GetFrom()
		}
	}
	return since
}
