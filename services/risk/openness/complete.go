package openness

import (
	"cmp"
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// CreateOpennessItem enters an occasion.
func (s *Server) CreateOpennessItem(
	ctx context.Context, req *riskv1.CreateOpennessItemRequest,
) (*riskv1.OpennessItem, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.items.Create(ctx, req, req.GetOpennessItem(), collection.Own, ask(days), s.owed.Plan(days))
}

// ask finds by when an occasion must be open.
func ask(days *calendar.Calendar) collection.Rule[*riskv1.OpennessItem] {
	return func(ctx context.Context, c *change) error {
		scheme := &riskv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
			return err
		}
		var faults fault.Fields
		rule, known := schemes.Find(scheme.GetOpenness(), c.Record.GetRule())
		schemes.CheckKnown(&faults, "openness_item.rule", c.Record.GetRule(), scheme.GetOpenness())
		if known && rule.GetEvery() != nil {
			faults.Add("openness_item.rule", words.OpenedByCalendar())
		}
		on, _ := faults.ParsePastDay("openness_item.occurred_on", c.Record.GetOccurredOn(), c.Today())
		if err := faults.Err(); err != nil {
			return err
		}
		limit, err := calendarpb.Due(days, on, rule.GetLimit())
		fill(c.Record, scheme, rule)
		c.Record.DueOn = limit.GetDue()
		return err
	}
}

// fill notes what an item takes over from its rule.
func fill(item *riskv1.OpennessItem, scheme *riskv1.Scheme, rule *riskv1.OpennessRule) {
	item.Rule, item.RuleTitle, item.PublicationKind = rule.GetId(), rule.GetTitle(), rule.GetPublicationKind()
	item.SchemeVersion = schemes.Version(scheme)
}

// CompleteOpennessItem says with which publication something was opened.
func (s *Server) CompleteOpennessItem(
	ctx context.Context, req *riskv1.CompleteOpennessItemRequest,
) (*riskv1.OpennessItem, error) {
	return s.items.Act(ctx, req, completeAct, requireEvidence, func(ctx context.Context, c *change) error {
		made, err := s.find(ctx, c, req.GetPublication())
		if err != nil {
			return err
		}
		c.Record.Publication, c.Record.Places, c.Record.Address = made.GetName(), made.GetPlaces(), req.GetAddress()
		c.Record.OpenedOn, c.Record.OpenUntil = made.GetPublicFrom(), made.GetPublicUntil().GetDue()
		owed.Stop(c.Record)
		return nil
	})
}

// find finds a publication that opens an item.
func (s *Server) find(ctx context.Context, c *change, name string) (*riskv1.Publication, error) {
	var faults fault.Fields
	found, err := collection.FindOwn(ctx, s.publications, c, &faults, "publication", name)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, faults.Err()
	}
	other, err := s.openedBefore(ctx, c, name)
	if err != nil {
		return nil, err
	}
	since := cmp.Or(c.Record.GetPeriodFrom(), c.Record.GetOccurredOn())
	switch made := found.Record; {
	case other != "":
		faults.Add("publication", words.OpenedPeriod(other))
	case made.GetKind() != c.Record.GetPublicationKind():
		faults.Add("publication", words.WrongPublicationKind(c.Record.GetPublicationKind()))
	case !publications.WasPublic(made):
		faults.Add("publication", words.NotPublic())
	case made.GetPublicFrom() < since:
		faults.Add("publication", words.PublicBefore(since))
	}
	return found.Record, faults.Err()
}

// openedBefore is the first day of another period that a publication has opened by the same rule, if any: what is said once is
// not said for every quarter. Occasions may share one.
func (s *Server) openedBefore(ctx context.Context, c *change, publication string) (string, error) {
	if c.Record.GetPeriodFrom() == "" {
		return "", nil
	}
	if err := c.Lock(ctx, "openness by "+publication); err != nil {
		return "", err
	}
	return db.New(c).PeriodOpenedWith(ctx, db.PeriodOpenedWithParams{Publication: publication, Rule: c.Record.GetRule()})
}

// requireEvidence requires a file where the rule asks for one.
func requireEvidence(ctx context.Context, c *change) error {
	scheme := &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		return err
	}
	rule, _ := schemes.Find(scheme.GetOpenness(), c.Record.GetRule())
	return owed.RequireEvidence(ctx, c, rule.GetEvidenceRequired(), title(c.Record))
}

// CancelOpennessItem says that there is nothing to open.
func (s *Server) CancelOpennessItem(
	ctx context.Context, req *riskv1.CancelOpennessItemRequest,
) (*riskv1.OpennessItem, error) {
	return s.items.Act(ctx, req, cancelAct, func(_ context.Context, c *change) error {
		c.Record.CancelReason = req.GetReason()
		owed.Stop(c.Record)
		c.Tell(c.Record.GetUnit(), words.InboxOpennessCancelled(title(c.Record), req.GetReason()))
		return nil
	})
}

// Reopen has what was opened with a publication be due again, as a rule of its withdrawal.
func (s *Server) Reopen(ctx context.Context, of publications.Change) error {
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	rows, err := db.New(of).OpenedWith(ctx, of.Record.GetName())
	if err != nil {
		return err
	}
	for _, row := range rows {
		at := &riskv1.GetOpennessItemRequest{Name: resource.Sharded(resource.OpennessItems, row.Region, row.Key)}
		_, err := s.items.ActIn(ctx, of.Tx, unread{at}, reopenAct, nil, func(_ context.Context, c *change) error {
			c.Record.Publication, c.Record.Places, c.Record.Address = "", nil, ""
			c.Record.OpenedOn, c.Record.OpenUntil = "", ""
			c.Tell(c.Record.GetUnit(), words.InboxOpennessReopened(title(c.Record), c.Record.GetDueOn()))
			return nil
		}, s.owed.Plan(days))
		if err != nil {
			return err
		}
	}
	return nil
}

// unread is an item whose etag nobody has read.
type unread struct{ *riskv1.GetOpennessItemRequest }

// GetEtag asks for no check.
func (unread) GetEtag() string { return "" }
