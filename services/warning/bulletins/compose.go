package bulletins

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// composed is a bulletin as its kind has it, without what is written by hand.
type composed struct {
	version   string // of the scheme
	unitTitle string
	kind      *warningv1.BulletinKind
	sections  []*warningv1.BulletinSection
}

// CreateBulletin drafts a bulletin. What it tells of is read before the transaction begins.
func (s *Server) CreateBulletin(ctx context.Context, req *warningv1.CreateBulletinRequest) (*warningv1.Bulletin, error) {
	return record.Prepare(ctx, s.store, req, func(ctx context.Context) (composed, error) {
		if err := access.RequireOwn(ctx, req.GetBulletin().GetUnit()); err != nil {
			return composed{}, err
		}
		return s.compose(ctx, access.Target(ctx), req.GetBulletin(), req.GetBulletin())
	}, func(ctx context.Context, made composed) (*warningv1.Bulletin, error) {
		return s.bulletins.Create(ctx, req, req.GetBulletin(), collection.Own, made.fill)
	})
}

// UpdateBulletin changes a draft, which then tells of what is known now.
func (s *Server) UpdateBulletin(ctx context.Context, req *warningv1.UpdateBulletinRequest) (*warningv1.Bulletin, error) {
	return record.Prepare(ctx, s.store, req, func(ctx context.Context) (composed, error) {
		found, err := s.bulletins.Get(ctx, req.GetBulletin().GetName())
		if err != nil {
			return composed{}, err
		}
		unit, err := access.LookUp(ctx, s.directory, "bulletin.unit", found.GetUnit())
		if err != nil {
			return composed{}, err
		}
		return s.compose(ctx, unit, found, req.GetBulletin())
	}, func(ctx context.Context, made composed) (*warningv1.Bulletin, error) {
		return s.bulletins.Update(ctx, req, "bulletin", req.GetBulletin(), made.fill)
	})
}

// compose reads what a bulletin of a unit tells of, and holds its addressees against the tree.
func (s *Server) compose(ctx context.Context, unit *networkv1.Unit, of, asked *warningv1.Bulletin) (made composed, err error) {
	scheme := &warningv1.Scheme{}
	today := clock.Today(s.store.Clock)
	if err := schemes.Effective(ctx, s.store, access.PathIDs(unit), today, scheme); err != nil {
		return made, err
	}
	var faults fault.Fields
	schemes.CheckKnown(&faults, "bulletin.kind", of.GetKind(), scheme.GetBulletinKinds())
	kind, _ := schemes.Find(scheme.GetBulletinKinds(), of.GetKind())
	period, err := calendar.ParsePeriod(of.GetPeriod())
	switch {
	case err != nil:
		faults.Add("bulletin.period", words.StringPeriod())
	case period.First().After(today):
		faults.Add("bulletin.period", words.Future())
	case kind.GetPeriodKind() != 0 && period.Kind() != calendarpb.Kind(kind.GetPeriodKind()):
		faults.Add("bulletin.period", words.OtherPeriod())
	}
	if _, err := s.addressees(ctx, &faults, unit, asked.GetAddressees()); err != nil {
		return made, err
	}
	if err := s.checkGroups(ctx, &faults, unit, asked.GetUnitGroups()); err != nil {
		return made, err
	}
	if err := faults.Err(); err != nil {
		return made, err
	}
	made = composed{version: schemes.Version(scheme), unitTitle: unit.GetTitle(), kind: kind}
	made.sections, err = s.sections(ctx, &figures{unit: unit, period: period, scheme: scheme, today: today}, kind)
	return made, err
}

// fill is the rule that gives a draft its sections, with what is written by hand, and has it wait for its approval from the first
// stage on.
func (m composed) fill(_ context.Context, c *change) error {
	b, asked := c.Record, c.Record.GetApprovalStage()
	b.SchemeVersion, b.UnitTitle, b.KindTitle = m.version, m.unitTitle, m.kind.GetTitle()
	b.State, b.Approvals, b.ApprovalStage = approved, nil, ""
	if err := m.checkTexts(b.GetTexts()); err != nil {
		return err
	}
	b.Sections = nil
	for _, one := range m.sections {
		section := proto.CloneOf(one)
		section.Text = textOf(b.GetTexts(), one.GetId())
		b.Sections = append(b.Sections, section)
	}
	if stages := m.kind.GetApprovals(); len(stages) > 0 {
		await(c, stages[0], asked)
	}
	return nil
}

// checkTexts wants a text for each section that must have one, and each for a section.
func (m composed) checkTexts(texts []*warningv1.BulletinText) error {
	var faults fault.Fields
	seen := map[string]bool{}
	for i, text := range texts {
		at := fmt.Sprintf("bulletin.texts[%d].section", i)
		schemes.CheckKnown(&faults, at, text.GetSection(), m.kind.GetSections())
		if seen[text.GetSection()] {
			faults.Add(at, words.Duplicate(text.GetSection()))
		}
		seen[text.GetSection()] = true
	}
	for _, rule := range m.kind.GetSections() {
		if rule.GetTextRequired() && !seen[rule.GetId()] {
			faults.Add("bulletin.texts", words.TextMissing(schemes.TitleOf(rule.GetId(), rule.GetTitle())))
		}
	}
	return faults.Err()
}

func textOf(texts []*warningv1.BulletinText, section string) string {
	for _, text := range texts {
		if text.GetSection() == section {
			return text.GetText()
		}
	}
	return ""
}

// addressees looks up the units of addressees, each below the one that issues.
func (s *Server) addressees(
	ctx context.Context, faults *fault.Fields, of *networkv1.Unit, list []*warningv1.BulletinAddressee,
) ([]*networkv1.Unit, error) {
	units := make([]*networkv1.Unit, len(list))
	for i, a := range list {
		at := fmt.Sprintf("bulletin.addressees[%d]", i)
		unit, err := access.LookUp(ctx, s.directory, at+".unit", a.GetUnit())
		if err != nil {
			return nil, err
		}
		switch {
		case unit.GetName() == of.GetName():
			faults.Add(at+".unit", words.IssuesItself())
		case !slices.Contains(unit.GetAncestors(), of.GetName()):
			faults.Add(at+".unit", words.UnknownUnit(resource.ID(a.GetUnit())))
		case slices.ContainsFunc(list[:i], func(b *warningv1.BulletinAddressee) bool { return proto.Equal(a, b) }):
			faults.Add(at, words.SameAddressee())
		}
		units[i] = unit
	}
	return units, nil
}

// checkGroups wants the sorts of units that groups name to be known.
func (s *Server) checkGroups(
	ctx context.Context, faults *fault.Fields, of *networkv1.Unit, groups []*warningv1.UnitGroup,
) error {
	if len(groups) == 0 {
		return nil
	}
	network, err := s.directory.Scheme(ctx, of.GetName())
	if err != nil {
		return err
	}
	for i, group := range groups {
		at := fmt.Sprintf("bulletin.unit_groups[%d].unit_sorts", i)
		schemes.CheckAllKnown(faults, at, group.GetUnitSorts(), network.GetUnitSorts())
	}
	return nil
}
