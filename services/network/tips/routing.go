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

// isAboutLeaders tells whether a tip is about the leaders of the unit concerned: its sender says so, or names the post of one.
// Who that is, is read from the tables: the directory may remember who it was. A position stays as it is when a tip comes again,
// so that this is asked once.
func (s *Server) isAboutLeaders(ctx context.Context, content *networkv1.TipContent) (bool, error) {
	post := strings.TrimSpace(content.GetPosition())
	if content.GetAboutLeaders() || post == "" {
		return content.GetAboutLeaders(), nil
	}
	about, err := s.tables.Unit(ctx, content.GetUnit())
	return post == strings.TrimSpace(about.GetFirstResponsible()) || post == strings.TrimSpace(about.GetLeaderInCharge()), err
}

// route finds the unit that handles a tip: the recipient, which is the unit concerned or one above it on either line. Where the
// leaders of the unit concerned are meant, or the sender or the staff who enter it serve there, that unit is skipped: nobody
// handles a report about themselves.
func (s *Server) route(ctx context.Context, about *networkv1.Unit, to destination) (*networkv1.Unit, error) {
	recipient := to.recipient
	if recipient != "" && recipient != about.GetName() && !slices.Contains(about.GetAncestors(), recipient) {
		above, err := access.AboveOnAnyLine(ctx, s.directory.Unit, about)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(above, recipient) {
			return nil, fault.Invalid("recipient", words.NotAbove(about.GetName()))
		}
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
