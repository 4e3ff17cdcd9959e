package caseleads

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
	"github.com/qingfeng-suite/qingfeng/services/warning/warnings"
)

// CreateCaseLead opens a lead, which the caller's unit has first. The directory is asked before the transaction begins.
func (s *Server) CreateCaseLead(ctx context.Context, req *warningv1.CreateCaseLeadRequest) (*warningv1.CaseLead, error) {
	asked := req.GetCaseLead()
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Prepare(ctx, s.leads.Store, req, func(ctx context.Context) (*networkv1.Unit, error) {
		if err := access.RequireOwn(ctx, asked.GetUnit()); err != nil {
			return nil, err
		}
		return s.subject(ctx, access.Target(ctx), asked.GetAbout())
	}, func(ctx context.Context, about *networkv1.Unit) (*warningv1.CaseLead, error) {
		return s.leads.Create(ctx, req, asked, collection.Own, s.open(about), s.begin(req.GetContent()), await(days))
	})
}

// subject looks up the unit that a lead is about: below the one that opens it, on either line. What is above is told of by a
// tip, which nobody there reads.
func (s *Server) subject(ctx context.Context, of *networkv1.Unit, name string) (*networkv1.Unit, error) {
	const field = "case_lead.about"
	found, err := access.LookUp(ctx, s.directory, field, name)
	if err != nil {
		return nil, err
	}
	own, err := access.Line(ctx, s.directory, of)
	if err != nil {
		return nil, err
	}
	if slices.Contains(own, resource.ID(name)) {
		return nil, fault.Invalid(field, words.AboutOwnLine())
	}
	its, err := access.Line(ctx, s.directory, found)
	if err == nil && !slices.Contains(its, resource.ID(of.GetName())) {
		err = fault.Invalid(field, words.AboutElsewhere())
	}
	return found, err
}

// open completes a lead by the scheme of today, and holds what it comes of against what it is about.
func (s *Server) open(about *networkv1.Unit) rule {
	return func(ctx context.Context, c *change) error {
		unit, scheme, l := access.Target(ctx), &warningv1.Scheme{}, c.Record
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
			return err
		}
		var faults fault.Fields
		schemes.CheckKnown(&faults, "case_lead.kind", l.GetKind(), scheme.GetCaseLeadKinds())
		kind, _ := schemes.Find(scheme.GetCaseLeadKinds(), l.GetKind())
		path, aboutAt := access.Path(unit), access.Path(about)
		c.Beside = map[string]string{
			actingOpener: path, holderPath: path, offeredPath: path, aboutPath: aboutAt,
			actingHolder: path, actingOffered: path, actingAbout: aboutAt,
		}
		l.SchemeVersion, l.KindTitle, l.Reminders = schemes.Version(scheme), kind.GetTitle(), kind.GetReminders()
		l.UnitTitle, l.AboutTitle = unit.GetTitle(), about.GetTitle()
		l.Holder, l.HolderTitle = unit.GetName(), unit.GetTitle()
		if err := s.checkFinding(ctx, c, &faults, about); err != nil {
			return err
		}
		if err := checkWarning(ctx, c, &faults); err != nil {
			return err
		}
		if err := faults.Err(); err != nil || !l.GetFindingTakenUp() {
			return err
		}
		return findings.TakeUp(ctx, c.Tx, []string{l.GetFinding()}, l.GetName())
	}
}

// begin seals what a lead says and begins its chain of custody.
func (s *Server) begin(content string) rule {
	return func(ctx context.Context, c *change) error {
		sum, err := s.seal(ctx, c, content)
		if err != nil {
			return err
		}
		c.Record.Custody, err = link(nil, &warningv1.CustodyEntry{
			Kind: warningv1.CustodyKind_CUSTODY_KIND_OPENED, To: c.Record.GetUnit(), TakenBy: access.AuditInfoOf(ctx).Actor,
			EntryTime: timestamppb.New(c.Now()), ContentSha256: sum,
		})
		return err
	}
}

// checkFinding wants the finding that a lead comes of to be the unit's to handle, and about the same unit or one above that.
// It is taken up as handled, save where the unit that it is about made it: that would read of the lead there.
func (s *Server) checkFinding(ctx context.Context, c *change, faults *fault.Fields, about *networkv1.Unit) error {
	const field = "case_lead.finding"
	if c.Record.GetFinding() == "" {
		return nil
	}
	found, err := findings.FindOwn(ctx, c, faults, field, c.Record.GetFinding())
	if found == nil {
		return err
	}
	if of := found.GetCount().GetUnit(); of != about.GetName() && !slices.Contains(about.GetAncestors(), of) {
		faults.Add(field, words.FindingElsewhere())
	}
	finder, err := access.UnitEver(ctx, s.directory, found.GetUnit())
	if err != nil {
		return err
	}
	c.Record.FindingTakenUp = !access.PathWithin(access.Path(finder), access.Path(about))
	return nil
}

// checkWarning wants the warning that a lead comes of to be one of the unit's that stands, to the same unit, and to have led
// to no other, also where two come at once.
func checkWarning(ctx context.Context, c *change, faults *fault.Fields) error {
	const field = "case_lead.warning"
	name := c.Record.GetWarning()
	if name == "" {
		return nil
	}
	found, err := warnings.FindStanding(ctx, c.Tx, faults, field, name)
	if found == nil {
		return err
	}
	toIt := func(a *warningv1.Addressee) bool { return a.GetUnit() == c.Record.GetAbout() }
	if !slices.ContainsFunc(found.GetAddressees(), toIt) {
		faults.Add(field, words.WarningElsewhere())
	}
	if err := c.Lock(ctx, "case lead of "+name); err != nil {
		return err
	}
	first, err := db.New(c).CaseLeadOfWarning(ctx, db.CaseLeadOfWarningParams{Named: name, Withdrawn: withdrawn.String()})
	if errors.Is(err, pgx.ErrNoRows) {
		c.Notify(record.Message{
			Unit: c.Record.GetUnit(), Resource: name, Replaces: []string{"inbox.case_lead_proposed"}, Unnamed: true,
		})
		return nil
	}
	faults.Add(field, words.CaseLeadBefore(resource.Sharded(resource.CaseLeads, first.Region, first.Key)))
	return err
}

// kindOf is the kind of a lead by the scheme version that it goes by.
func kindOf(ctx context.Context, c *change) (*warningv1.CaseLeadKind, error) {
	scheme := &warningv1.Scheme{}
	err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme)
	kind, _ := schemes.Find(scheme.GetCaseLeadKinds(), c.Record.GetKind())
	return kind, err
}

// titleOf is what the kind of a lead is called. Messages say no more of a lead: who has come to act for a unit reads its inbox.
func titleOf(l *warningv1.CaseLead) words.Title {
	return schemes.TitleOf(l.GetKind(), l.GetKindTitle())
}
