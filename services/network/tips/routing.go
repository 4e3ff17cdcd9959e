package tips

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// router decides where tips go, by the tree at one revision. Its directory may remember: what it decided holds only if the tree
// is still at that revision when the tip is stored (ADR 045).
type router struct {
	server *Server

	tree     access.Directory
	revision int64
	day      calendar.Date
}

// errTreeChanged tells that a tip was routed by a tree that is no more; from the database comes its SQLSTATE.
var errTreeChanged = errors.New("the tree has changed")

const treeChangedState = "QF001"

func isTreeChanged(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, errTreeChanged) || errors.As(err, &pg) && pg.Code == treeChangedState
}

// maxRoutings is how often a tip is routed while the tree changes again and again.
const maxRoutings = 10

// routed has fn decide where a tip goes and store it, by the tree as this process knows it and, where that has changed before the
// tip is stored, by the new one.
func routed[Resp any](ctx context.Context, s *Server, fn func(*router) (Resp, error)) (resp Resp, err error) {
	for range maxRoutings {
		r, err := s.currentRouter(ctx)
		if err != nil {
			return resp, err
		}
		if resp, err = fn(r); !isTreeChanged(err) {
			return resp, err
		}
		s.router.CompareAndSwap(r, nil)
	}
	return resp, fault.Unavailable()
}

// currentRouter is the router by the newest revision that this process has heard of.
func (s *Server) currentRouter(ctx context.Context) (*router, error) {
	today := clock.Today(s.store.Clock)
	known := s.router.Load()
	if known != nil && known.day == today {
		return known, nil
	}
	revision, err := db.New(s.store).TreeRevision(ctx)
	if err != nil {
		return nil, err
	}
	r := &router{server: s, tree: access.Cached(s.tables, s.store.Clock), revision: revision, day: today}
	if !s.router.CompareAndSwap(known, r) {
		if quicker := s.router.Load(); quicker != nil && quicker.day == today {
			return quicker, nil // what it has looked up already helps all
		}
	}
	return r, nil
}

// requireTree requires that the tree is as the routers of the tips knew it. A change that comes before the transaction ends has
// the tips follow as it does those stored before.
func (s *Server) requireTree(ctx context.Context, tx *record.Tx, tips []preparedTip) error {
	oldest := tips[0].router
	for _, t := range tips {
		if t.router.day != clock.Today(s.store.Clock) {
			return errTreeChanged
		}
		if t.router.revision < oldest.revision {
			oldest = t.router
		}
	}
	queries := db.New(tx)
	if err := queries.ShareIntake(ctx); err != nil {
		return err
	}
	return queries.RequireTreeRevision(ctx, oldest.revision)
}

// destination is where a tip should go.
type destination struct {
	// recipient is the unit named by whoever sends it, if any; otherwise is where it goes without one.
	recipient, fallback string
	// skipConcerned tells that the unit concerned must not handle it.
	skipConcerned bool
	// named are units above that one whose leaders the tip names: neither they nor those below them handle it.
	named []string
}

// concernedUnit is the unit that a tip is about.
type concernedUnit struct {
	*networkv1.Unit

	// successor acts for it where it has ended.
	successor *networkv1.Unit
	// also is what people call it besides its title, while it holds.
	also []string
}

// called is the unit concerned with its names.
func (about concernedUnit) called() called { return calledOf(about.Unit, about.also...) }

// living is the unit concerned or, where that has ended, the one that acts for it.
func (about concernedUnit) living() *networkv1.Unit {
	if about.successor != nil {
		return about.successor
	}
	return about.Unit
}

// concerned finds the unit that a request field names as what tips are about. What happened there doesn't end with it.
func (r *router) concerned(ctx context.Context, field, name string) (about concernedUnit, err error) {
	about.Unit, err = r.tree.Unit(ctx, name)
	if err == nil {
		about.also, err = r.alsoCalled(ctx, about.Unit)
		return about, err
	}
	if !fault.IsNotFound(err) {
		return about, err
	}
	about.Unit, err = r.tree.Ended(ctx, name)
	if fault.IsNotFound(err) {
		_, err = access.LookUp(ctx, r.tree, field, name) // says whether it is to come
		return about, err
	}
	if err == nil {
		about.successor, err = r.tree.Unit(ctx, about.GetSuccessor())
	}
	return about, err
}

// scheme is the one that holds for the unit concerned or, where that has ended, for the unit that acts for it.
func (r *router) scheme(ctx context.Context, about concernedUnit) (*networkv1.Scheme, error) {
	return r.tree.Scheme(ctx, about.living().GetName())
}

// isAboutOwn tells whether a tip from a unit is about that unit, which then does not handle it; the root has nobody above it.
func isAboutOwn(from string, about concernedUnit) bool {
	return from == about.GetName() && about.GetParent() != ""
}

// route finds the unit that handles a tip: the recipient, which is the unit concerned or one above it on either line. Where
// the leaders of the unit concerned are meant, or the sender or the staff who enter it serve there, that unit is skipped, and
// so is one above whose leaders are named: nobody handles a report about themselves.
func (r *router) route(ctx context.Context, about concernedUnit, to destination) (*networkv1.Unit, error) {
	if err := r.checkRecipient(ctx, about, &to); err != nil {
		return nil, err
	}
	recipient := cmp.Or(to.recipient, to.fallback)
	if about.successor != nil {
		var err error
		if recipient, err = r.pastSuccessors(ctx, about, recipient); err != nil {
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
		return nil, r.refuseTopmost(ctx, about, about.Unit)
	}
	handler, err := access.LookUp(ctx, r.tree, "recipient", recipient)
	if err != nil {
		return nil, err
	}
	if handler, err = r.pastNamed(ctx, about, handler, to.named); err != nil {
		return nil, err
	}
	return r.nearestHandling(ctx, about, handler, to.recipient)
}

// checkRecipient checks that whoever is named to handle a tip, if anybody, is the unit concerned or one above it on either line.
// In the place of one that has ended comes who acts for it.
func (r *router) checkRecipient(ctx context.Context, about concernedUnit, to *destination) error {
	living := about.living()
	if to.recipient == "" || to.recipient == about.GetName() || slices.Contains(living.GetAncestors(), to.recipient) {
		return nil
	}
	recipient, err := r.acting(ctx, "recipient", to.recipient)
	if err != nil {
		return err
	}
	above, err := access.AboveOnAnyLine(ctx, r.tree.Unit, living)
	if err != nil {
		return err
	}
	if to.recipient = recipient.GetName(); to.recipient != living.GetName() && !slices.Contains(above, to.recipient) {
		return fault.Invalid("recipient", words.NotAbove(words.Titled(about)))
	}
	return nil
}

// acting is the unit that a request field names or, where that has ended, the one that acts for it.
func (r *router) acting(ctx context.Context, field, name string) (*networkv1.Unit, error) {
	unit, err := r.tree.Unit(ctx, name)
	if !fault.IsNotFound(err) {
		return unit, err
	}
	if ended, err := r.tree.Ended(ctx, name); err == nil {
		name = ended.GetSuccessor()
	}
	return access.LookUp(ctx, r.tree, field, name)
}

// nearestHandling is a unit itself or, where the scheme does not let its kind handle tips, the nearest above it that does. One
// that was named as the recipient must do itself.
func (r *router) nearestHandling(
	ctx context.Context, about concernedUnit, unit *networkv1.Unit, named string,
) (*networkv1.Unit, error) {
	scheme, err := r.scheme(ctx, about)
	if err != nil {
		return nil, err
	}
	for !handlesTips(scheme, unit) {
		if unit.GetName() == named {
			return nil, fault.Invalid("recipient", words.HandlesNoTips(words.Titled(unit)))
		}
		if unit, err = access.LookUp(ctx, r.tree, "recipient", unit.GetParent()); err != nil {
			return nil, err
		}
	}
	return unit, nil
}

// handlesTips tells whether a scheme lets a unit handle tips; the topmost always does.
func handlesTips(scheme *networkv1.Scheme, unit *networkv1.Unit) bool {
	kinds := scheme.GetHandlingKinds()
	return len(kinds) == 0 || unit.GetParent() == "" || slices.Contains(kinds, unit.GetKind())
}

// pastSuccessors is the recipient of a tip about a unit that has ended or, where that is the unit itself or what became of it,
// the nearest above that is neither.
func (r *router) pastSuccessors(ctx context.Context, about concernedUnit, recipient string) (string, error) {
	candidates := append(slices.Clone(about.GetAncestors()), recipient)
	kin, err := units.LineagesOf(ctx, r.server.store, clock.Today(r.server.store.Clock), candidates...)
	if err != nil {
		return "", err
	}
	for _, name := range slices.Backward(candidates) {
		if !slices.Contains(kin[name], about.GetName()) {
			return name, nil
		}
	}
	return "", r.refuseTopmost(ctx, about, about.Unit)
}

// refuseTopmost refuses a tip that concerns the leaders of a unit and that nobody here may handle, and says which body outside
// takes it (ADR 010).
func (r *router) refuseTopmost(ctx context.Context, about concernedUnit, unit *networkv1.Unit) error {
	scheme, err := r.scheme(ctx, about)
	if err != nil {
		return err
	}
	body := schemes.TitleOf("body_above", scheme.GetBodyAbove())
	return fault.Precondition(words.NoUnitAbove(words.Titled(unit), body)).OnField("content.unit")
}

// handlingUnit is the unit that acts on a tip with this handling path: the one that it was given to or, once that has ended, the
// one that has its records.
func (s *Server) handlingUnit(ctx context.Context, tx *record.Tx, path string) (*networkv1.Unit, error) {
	return units.Successor(ctx, tx, path, clock.Today(s.store.Clock))
}
