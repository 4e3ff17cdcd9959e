// Package filings holds what is filed outside the suite (上报备案) to the bodies that a scheme names: with each once, on a day that
// has been.
package filings

import (
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Filing is that something was filed with a body.
type Filing interface {
	GetFiledWith() string
	GetFiledOn() string
}

// Check wants a filing to be with one of some bodies, which has it not yet, and on a day from the first on until today.
func Check[F Filing, T schemes.Titled](
	faults *fault.Fields, filing F, made []F, bodies []T, first string, today calendar.Date,
) {
	schemes.CheckKnown(faults, "filing.filed_with", filing.GetFiledWith(), bodies)
	same := func(f F) bool { return f.GetFiledWith() == filing.GetFiledWith() }
	if slices.ContainsFunc(made, same) {
		faults.Add("filing.filed_with", words.FiledBefore(schemes.TitleIn(bodies, filing.GetFiledWith())))
	}
	if day, ok := faults.ParsePastDay("filing.filed_on", filing.GetFiledOn(), today); ok && day.String() < first {
		faults.Add("filing.filed_on", words.NotBefore(first))
	}
}

// Completed is the latest day of some filings, which need not be that of the one made last, once there are so many; empty before.
func Completed[F Filing](made []F, asked int) (latest string) {
	if len(made) < asked {
		return ""
	}
	for _, filing := range made {
		latest = max(latest, filing.GetFiledOn())
	}
	return latest
}
