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

// rewritten tells whether holders say something else of the days before today than they said before.
func rewritten(before, after []*riskv1.PositionHolder, today string) bool {
	return slices.ContainsFunc(before, func(was *riskv1.PositionHolder) bool {
		return was.GetFrom() < today && !slices.ContainsFunc(after, func(is *riskv1.PositionHolder) bool {
			return is.GetPerson() == was.GetPerson() && is.GetFrom() == was.GetFrom() &&
				(is.GetUntil() == was.GetUntil() || !left(was, today))
		})
	})
}

// left tells whether a holder had left before a day. Days as they are written sort as days.
func left(holder *riskv1.PositionHolder, day string) bool {
	return holder.GetUntil() != "" && holder.GetUntil() < day
}

// IncumbentOn is a position with its title and its holder on a day, as an act keeps them.
func IncumbentOn(position *riskv1.Position, day calendar.Date) *riskv1.Incumbent {
	incumbent := &riskv1.Incumbent{Position: position.GetName(), Title: position.GetTitle()}
	for _, holder := range position.GetHolders() {
		if holder.GetFrom() <= day.String() && !left(holder, day.String()) {
			incumbent.Person = holder.GetPerson()
		}
	}
	return incumbent
}

// HeldUntil is the last day on which a person held a position; empty where they hold it still or never did.
func HeldUntil(position *riskv1.Position, person string) (until string) {
	for _, holder := range position.GetHolders() {
		if holder.GetPerson() == person {
			until = holder.GetUntil()
		}
	}
	return until
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
