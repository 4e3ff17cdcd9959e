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
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// destination is where a tip should go.
type destination struct {
	// recipient is the unit named by whoever sends it, if any; otherwise is where it goes without one.
	recipient, fallback string
	// skipConcerned tells that the unit concerned must not handle it.
	skipConcerned bool
}

// concernedUnit is the unit that a tip is about.
type concernedUnit struct {
	*networkv1.Unit

	// successor acts for it where it has ended.
	successor *networkv1.Unit
}

// concerned finds the unit that a request field names as what tips are about. What happened there doesn't end with it.
func (s *Server) concerned(ctx context.Context, field, name string) (about concernedUnit, err error) {
	about.Unit, err = s.directory.Unit(ctx, name)
	if !fault.IsNotFound(err) {
		return about, err
	}
	about.Unit, about.successor, err = units.Ended(ctx, s.store, name, clock.Today(s.store.Clock))
	if fault.IsNotFound(err) {
		err = fault.Invalid(field, words.UnknownUnit(resource.ID(name)))
	}
	return about, err
}

// scheme is the one that holds for the unit concerned or, where that has ended, for the unit that acts for it.
func (s *Server) scheme(ctx context.Context, about concernedUnit) (*networkv1.Scheme, error) {
	if about.successor != nil {
		return s.directory.Scheme(ctx, about.successor.GetName())
	}
	return s.directory.Scheme(ctx, about.GetName())
}

// isAboutLeaders tells whether a tip is about the leaders of the unit concerned: its sender says so, or names the post of one.
// Who that is, is read from the tables: the directory may remember who it was. A position stays as it is when a tip comes again,
// so that this is asked once.
func (s *Server) isAboutLeaders(ctx context.Context, about concernedUnit, content *networkv1.TipContent) (bool, error) {
	post := strings.TrimSpace(content.GetPosition())
	if content.GetAboutLeaders() || post == "" {
		return content.GetAboutLeaders(), nil
	}
	unit := about.Unit
	if about.successor == nil {
		now, err := s.tables.Unit(ctx, content.GetUnit())
		if err != nil && !fault.IsNotFound(err) {
			return false, err
		}
		if err == nil { // else it ended since the directory last looked
			unit = now
		}
	}
	return post == strings.TrimSpace(unit.GetFirstResponsible()) || post == strings.TrimSpace(unit.GetLeaderInCharge()), nil
}

// route finds the unit that handles a tip: the recipient, which is the unit concerned or one above it on either line. Where the
// leaders of the unit concerned are meant, or the sender or the staff who enter it serve there, that unit is skipped: nobody
// handles a report about themselves.
func (s *Server) route(ctx context.Context, about concernedUnit, to destination) (*networkv1.Unit, error) {
	recipient := to.recipient
	if recipient != "" && recipient != about.GetName() && !slices.Contains(about.GetAncestors(), recipient) {
		above, err := access.AboveOnAnyLine(ctx, s.directory.Unit, about.Unit)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(above, recipient) {
			if _, err := access.LookUp(ctx, s.directory, "recipient", recipient); err != nil {
				return nil, err
			}
			return nil, fault.Invalid("recipient", words.NotAbove(about.GetName()))
		}
	}
	if recipient == "" {
		recipient = to.fallback
	}
	if about.successor != nil {
		var err error
		if recipient, err = s.pastSuccessors(ctx, about, recipient); err != nil {
			return nil, err
		}
	}
	if recipient == about.GetName() && to.skipConcerned {
		recipient = about.GetParent()
	}
	if recipient == "" && !to.skipConcerned {
		recipient = about.GetName() // the root handles what is about its own remit, though not about its leaders
	}
	if recipient == "" {
		return nil, s.refuseTopmost(ctx, about)
	}
	return access.LookUp(ctx, s.directory, "recipient", recipient)
}

// pastSuccessors is the recipient of a tip about a unit that has ended or, where that is the unit itself or what became of it,
// the nearest above that is neither.
func (s *Server) pastSuccessors(ctx context.Context, about concernedUnit, recipient string) (string, error) {
	candidates := append(slices.Clone(about.GetAncestors()), recipient)
	kin, err := lineagesOf(ctx, s.store, clock.Today(s.store.Clock), candidates...)
	if err != nil {
		return "", err
	}
	for _, name := range slices.Backward(candidates) {
		if !slices.Contains(kin[name], about.GetName()) {
			return name, nil
		}
	}
	return "", s.refuseTopmost(ctx, about)
}

// refuseTopmost refuses a tip that nobody here may handle, and says which body outside takes it (ADR 010).
func (s *Server) refuseTopmost(ctx context.Context, about concernedUnit) error {
	scheme, err := s.scheme(ctx, about)
	if err != nil {
		return err
	}
	body := schemes.TitleOf("body_above", scheme.GetBodyAbove())
	return fault.Precondition(words.NoUnitAbove(about.GetName(), body)).OnField("content.unit")
}

// handlingUnit is the unit that acts on a tip with this handling path: the one that it was given to or, once that has ended, the
// one that has its records.
func (s *Server) handlingUnit(ctx context.Context, tx *record.Tx, path string) (*networkv1.Unit, error) {
	return units.Successor(ctx, tx, path, clock.Today(s.store.Clock))
}
