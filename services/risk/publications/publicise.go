package publications

import (
	"context"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// PublicisePublication makes a draft public from today (J6, T4).
func (s *Server) PublicisePublication(
	ctx context.Context, req *riskv1.PublicisePublicationRequest,
) (*riskv1.Publication, error) {
	return s.publications.Act(ctx, req, publiciseAct, requireLiving, func(ctx context.Context, c *change) error {
		kind, err := KindOf(ctx, c)
		if err != nil {
			return err
		}
		if err := requireCurrent(ctx, c); err != nil {
			return err
		}
		if kind.GetControlsRequired() && c.Record.GetUncontrolledCount() > 0 {
			return uncontrolled(ctx, c)
		}
		var faults fault.Fields
		schemes.CheckAllKnown(&faults, "places", req.GetPlaces(), kind.GetPlaces())
		if err := faults.Err(); err != nil {
			return err
		}
		today := c.Today().String()
		c.Record.Places, c.Record.PublicFrom, c.Record.AsOf = req.GetPlaces(), today, today
		c.Record.Open = slices.ContainsFunc(req.GetPlaces(), func(place string) bool {
			return slices.Contains(kind.GetPublicPlaces(), place)
		})
		if err := s.supersede(ctx, c); err != nil {
			return err
		}
		if err := s.takeOver(ctx, c); err != nil {
			return err
		}
		if err := s.setDays(ctx, c, kind); err != nil {
			return err
		}
		return tell(ctx, c, sayPublic(c.ActingUnit(), c.Record))
	})
}

// setDays notes until when a publication is public at least or, where its kind does not say so, since it may be so for ever, by
// when it is filed meanwhile.
func (s *Server) setDays(ctx context.Context, c *change, kind *riskv1.PublicationKind) error {
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	if kind.GetPublicity() == nil {
		return s.toFile(ctx, c, days)
	}
	c.Record.PublicUntil, err = calendarpb.Due(days, c.Today(), kind.GetPublicity())
	return err
}

// requireLiving refuses to make public in the name of a unit that has ended: a draft is drawn up anew by who acts for it.
func requireLiving(_ context.Context, c *change) error {
	if c.ActingUnit() == c.Record.GetUnit() {
		return nil
	}
	return fault.Precondition(words.DraftOfEnded(words.Untitled(c.Record.GetUnit()), words.Untitled(c.ActingUnit())))
}

// uncontrolled refuses to make public what has risk points without a control, as the scheme asks (T22).
func uncontrolled(ctx context.Context, c *change) error {
	rows, err := db.New(c).UncontrolledEntries(ctx, db.UncontrolledEntriesParams{Region: c.Region, Key: c.Key, Most: maxNamed})
	if err != nil {
		return err
	}
	named := make([]words.Title, len(rows))
	for i, row := range rows {
		named[i] = words.Named(row.Entry, riskpoints.Beginning(row.Description))
	}
	count := strconv.Itoa(int(c.Record.GetUncontrolledCount()))
	return fault.Precondition(words.PointsUncontrolled(count, words.List(named...)))
}

// requireCurrent refuses to make public what is not as it is in the register today. The register stands still until that is
// public: else an entry could be regraded in between.
func requireCurrent(ctx context.Context, c *change) error {
	made := c.Record
	if holdsText(made.GetRegister()) {
		return nil
	}
	if err := collection.HoldInForce(ctx, c.Tx, c.UnitPath); err != nil {
		return err
	}
	entry, err := db.New(c).OutdatedEntry(ctx, db.OutdatedEntryParams{
		Collection: registers[made.GetRegister()].collection, Region: c.Region, Key: c.Key, Subtree: c.UnitPath, Day: c.Today(),
		ShowsControls: made.GetShowsControls(), ShowsOwner: showsOwner(made),
	})
	if err == nil && entry != "" {
		return fault.Precondition(words.DraftOutdated(riskpoints.Beginning(entry)))
	}
	return err
}

// sayPublic says since when a publication is public, and until when.
func sayPublic(publisher string, made *riskv1.Publication) words.Sentence {
	if until := made.GetPublicUntil().GetDue(); until != "" {
		return words.InboxPublicationPublic(publisher, made.GetTitle(), made.GetPublicFrom(), until)
	}
	return words.InboxPublicationOpen(publisher, made.GetPublicFrom(), made.GetTitle())
}

// tell tells the other units whose entries a publication holds.
func tell(ctx context.Context, c *change, says words.Sentence) error {
	units, err := db.New(c).UnitsOfEntries(ctx, db.UnitsOfEntriesParams{
		Collection: registers[c.Record.GetRegister()].collection, Region: c.Region, Key: c.Key,
	})
	for _, unit := range units {
		if unit != c.ActingUnit() {
			c.Tell(unit, says)
		}
	}
	return err
}

// maxNamed is how many entries a refusal names.
const maxNamed = 5

// requireStands refuses to file what no longer stands: what is filed upward is what holds.
func requireStands(ctx context.Context, c *change) error {
	stale, err := regraded(ctx, c.Tx, c.Record.GetName())
	rows := stale[c.Record.GetName()]
	if err != nil || len(rows) == 0 {
		return err
	}
	var named []words.Title
	for _, row := range rows[:min(len(rows), maxNamed)] {
		called := riskpoints.Beginning(row.Description)
		named = append(named, words.Title{ID: row.Entry, Zh: called, En: called})
	}
	return fault.Precondition(words.EntriesRegraded(strconv.Itoa(len(rows)), words.List(named...)))
}

// requireAnswered refuses to take away what somebody objects to and has no answer.
func requireAnswered(ctx context.Context, c *change) error {
	open, err := db.New(c).CountOpenComments(ctx, c.Record.GetName())
	if err == nil && open > 0 {
		return fault.Precondition(words.OpenObjections(c.Record.GetTitle(), strconv.FormatInt(open, 10)))
	}
	return err
}

// requireGraded refuses to file what an upheld objection may still grade anew.
func requireGraded(ctx context.Context, c *change) error {
	waiting, err := db.New(c).CountRegradesAwaited(ctx, db.CountRegradesAwaitedParams{Region: c.Region, Key: c.Key})
	if err == nil && waiting > 0 {
		return fault.Precondition(words.RegradesAwaited(strconv.FormatInt(waiting, 10)))
	}
	return err
}

// WithdrawPublication takes a publication back once every objection is answered; who was told of it is told of that. What it owed
// it owes still, until another of its kind is public. What a draft would have held nobody has read, so that it goes.
func (s *Server) WithdrawPublication(
	ctx context.Context, req *riskv1.WithdrawPublicationRequest,
) (*riskv1.Publication, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.publications.Act(ctx, req, withdrawAct, func(ctx context.Context, c *change) error {
		c.Record.EndedOn, c.Record.WithdrawalReason = c.Today().String(), req.GetReason()
		if c.Before.GetState() == draft {
			return db.New(c).DropEntries(ctx, db.DropEntriesParams{Region: c.Region, Key: c.Key})
		}
		if err := requireAnswered(ctx, c); err != nil {
			return err
		}
		if due := c.Record.GetFileBy(); due != "" && c.Record.GetFiledOn() == "" {
			c.Tell(c.Record.GetUnit(), words.InboxPublicationWithdrawnToFile(c.Record.GetTitle(), due))
			if err := s.filing.Plan(days)(ctx, c); err != nil {
				return err
			}
		}
		return tell(ctx, c, words.InboxPublicationWithdrawn(c.ActingUnit(), c.Record.GetTitle(), req.GetReason()))
	}, s.withdrawn)
}

// FilePublication records with whom a publication was filed (T22).
func (s *Server) FilePublication(ctx context.Context, req *riskv1.FilePublicationRequest) (*riskv1.Publication, error) {
	file := func(ctx context.Context, c *change) error {
		kind, err := KindOf(ctx, c)
		if err != nil {
			return err
		}
		first := c.Record.GetEndedOn()
		if kind.GetPublicity() == nil {
			first = c.Record.GetPublicFrom()
		}
		return owed.File(c, req.GetFiling(), kind.GetFiledWith(), first)
	}
	return s.publications.Act(ctx, req, fileAct, s.requireOwed, requireAnswered, requireGraded, requireStands, file)
}
