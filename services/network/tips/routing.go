package tips

import (
	"context"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// destination is where a tip should go.
type destination struct {
	// recipient is the unit named by whoever sends it, if any; otherwise is where it goes without one.
	recipient, fallback string
	// skipConcerned tells that the unit concerned must not handle it.
	skipConcerned bool
}

// isAboutLeaders tells whether a tip is about the leaders of the unit concerned: its sender says so, or names the post of one. A
// position stays as it is when a tip comes again, so that this is asked once.
func isAboutLeaders(about *networkv1.Unit, content *networkv1.TipContent) bool {
	post := strings.TrimSpace(content.GetPosition())
	return content.GetAboutLeaders() || post != "" &&
		(post == strings.TrimSpace(about.GetFirstResponsible()) || post == strings.TrimSpace(about.GetLeaderInCharge()))
}

// route finds the unit that handles a tip: the recipient, which is the unit concerned or one above it. Where the leaders of
// the unit concerned are meant, or the sender or the staff who enter it serve there, that unit is skipped: nobody handles a
// report about themselves.
func (s *Server) route(ctx context.Context, about *networkv1.Unit, to destination) (*networkv1.Unit, error) {
	above := append(slices.Clone(about.GetAncestors()), about.GetName())
	recipient := to.recipient
	if recipient != "" && !slices.Contains(above, recipient) {
		return nil, fault.Invalid("recipient", words.NotAbove(about.GetName()))
	}
	if recipient == "" {
		recipient = to.fallback
	}
	if recipient == about.GetName() && to.skipConcerned {
		recipient = about.GetParent()
	}
	if recipient == "" && !to.skipConcerned {
		recipient = about.GetName() // the root handles what is about its own remit, though not about its leaders
	}
	if recipient == "" {
		return nil, fault.Precondition(words.NoUnitAbove(about.GetName())).OnField("content.unit")
	}
	return access.LookUp(ctx, s.directory, "recipient", recipient)
}

// handlingUnit is the unit that acts on a tip with this handling path: the one that it was given to or, once that has ended, the
// one that has its records.
func (s *Server) handlingUnit(ctx context.Context, tx *record.Tx, path string) (*networkv1.Unit, error) {
	return units.Successor(ctx, tx, path, clock.Today(s.store.Clock))
}
