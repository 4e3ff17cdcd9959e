package deficiencies

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
)

// CreateDeficiency notes what the caller's unit found.
func (s *Server) CreateDeficiency(ctx context.Context, req *riskv1.CreateDeficiencyRequest) (*riskv1.Deficiency, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Prepare(ctx, s.deficiencies.Store, req,
		func(ctx context.Context) (*networkv1.Report, error) { return s.report(ctx, req.GetReport()) },
		func(ctx context.Context, report *networkv1.Report) (*riskv1.Deficiency, error) {
			asked := proto.CloneOf(req.GetDeficiency())
			asked.Source = report.GetName()
			return s.deficiencies.Create(ctx, req, asked, s.rules(days, "deficiency.")...)
		})
}

// report is the report that shows a deficiency, which must be the unit's own; nil where none is named.
func (s *Server) report(ctx context.Context, name string) (*networkv1.Report, error) {
	if name == "" {
		return nil, nil
	}
	report, err := s.reports.GetReport(ctx, &networkv1.GetReportRequest{Name: name})
	switch {
	case fault.IsNotFound(err):
		return nil, fault.Invalid("report", words.NotFound(name))
	case err == nil && report.GetUnit() != access.Target(ctx).GetName():
		return nil, fault.Invalid("report", words.NotFound(name)) // of which the caller need not know
	}
	return report, err
}

// Open notes a deficiency of a unit that the caller's unit found, within a change of its source, which it names. Of it are taken
// kind, text, position, day and source. At is where the request holds them, such as "findings[0].", for errors.
func (s *Server) Open(
	ctx context.Context, tx *record.Tx, days *calendar.Calendar, unit *networkv1.Unit, at string, found *riskv1.Deficiency,
) (*riskv1.Deficiency, error) {
	return s.deficiencies.CreateIn(ctx, tx, unit, found, s.rules(days, at)...)
}

// rules are those of a deficiency that is noted.
func (s *Server) rules(days *calendar.Calendar, at string) []collection.Rule[*riskv1.Deficiency] {
	return []collection.Rule[*riskv1.Deficiency]{
		s.complete(days, at), s.owed.Plan(days), s.toFile(days), tellFound, s.owner.Asked,
	}
}

// complete holds a deficiency against the scheme of the day and the positions.
func (s *Server) complete(days *calendar.Calendar, at string) collection.Rule[*riskv1.Deficiency] {
	return func(ctx context.Context, c *change) error {
		var faults fault.Fields
		scheme := &riskv1.Scheme{}
		if err := schemes.Kept(ctx, c, &c.Record.SchemeVersion, scheme); err != nil {
			return err
		}
		schemes.CheckKnown(&faults, at+"kind", c.Record.GetKind(), scheme.GetDeficiencyKinds())
		if kind, ok := schemes.Find(scheme.GetDeficiencyKinds(), c.Record.GetKind()); ok {
			c.Record.Grave, c.Record.KindTitle = kind.GetGrave(), kind.GetTitle()
			if err := setDue(c, days, kind, &faults, at+"due_on", c.Record.GetDueOn()); err != nil {
				return err
			}
		}
		if err := s.setOwner(ctx, c, &faults, at+"position"); err != nil {
			return err
		}
		c.Record.FoundBy = access.PrincipalOf(ctx).Unit
		return faults.Err()
	}
}

// toFile has a deficiency be filed with bodies above, where its kind asks for that (T16).
func (s *Server) toFile(days *calendar.Calendar) collection.Rule[*riskv1.Deficiency] {
	return func(ctx context.Context, c *change) error {
		kind, err := kindOf(ctx, c)
		if err != nil || kind.GetFiling() == nil {
			return err
		}
		return s.filing.ToFile(days, c.Today(), kind.GetFiling().GetLimit())(ctx, c)
	}
}

// setDue sets the day by which a deficiency is to be corrected: the last one that its kind allows, or an earlier one. Where the
// scheme has dropped the kind, the day is the caller's to say.
func setDue(
	c *change, days *calendar.Calendar, kind *riskv1.DeficiencyKind, faults *fault.Fields, field, asked string,
) error {
	if kind == nil {
		if asked == "" {
			faults.Add(field, words.Required())
		} else {
			faults.ParseComingDay(field, asked, c.Today())
		}
		c.Record.DueOn = asked
		return nil
	}
	last, err := calendarpb.Due(days, c.Today(), kind.GetLimit())
	if err != nil {
		return err
	}
	c.Record.DueOn = last.GetDue()
	if asked == "" {
		return nil
	}
	faults.ParseComingDay(field, asked, c.Today())
	if asked > last.GetDue() {
		faults.Add(field, words.PutOff(last.GetDue()))
	}
	c.Record.DueOn = asked
	return nil
}

// setOwner keeps which position answers for it, and who held it that day.
func (s *Server) setOwner(ctx context.Context, c *change, faults *fault.Fields, field string) error {
	name := c.Record.GetPosition()
	if name == "" {
		return nil
	}
	owner, err := collection.FindOnLine(ctx, s.positions, c, faults, field, name)
	positions.CheckStands(faults, field, owner)
	if owner != nil {
		c.Record.Owner, c.Record.OwnerUnit = positions.IncumbentOn(owner.Record, c.Today()), owner.Record.GetUnit()
	}
	return err
}

// tellFound tells the unit what was found at it, by itself too, since who corrects need not be who looked; and of what is grave,
// or deviates from a joint decision (T14), the next unit above that did not find it; where there is none, the one that found it,
// whose leaders need not have looked.
func tellFound(_ context.Context, c *change) error {
	d := c.Record
	c.Tell(d.GetUnit(), words.InboxDeficiencyFound(d.GetFoundBy(), title(d), d.GetDueOn()))
	var says words.Sentence
	switch {
	case d.GetGrave():
		says = words.InboxDeficiencyGrave(d.GetUnit(), title(d))
	case strings.HasPrefix(d.GetSource(), resource.Decisions+"/"):
		says = words.InboxDeficiencyDeviation(d.GetUnit(), title(d))
	default:
		return nil
	}
	hears := d.GetFoundBy()
	units := c.Units()
	for _, id := range slices.Backward(units[:len(units)-1]) {
		if above := resource.Name(resource.Units, id); above != d.GetFoundBy() {
			hears = above
			break
		}
	}
	if hears != d.GetUnit() { // the root looked at itself, and has heard
		c.Tell(hears, says)
	}
	return nil
}
