package studies

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
	"github.com/qingfeng-suite/qingfeng/services/warning/warnings"
)

// CreateStudy drafts a study. What it names elsewhere is looked up before the transaction begins.
func (s *Server) CreateStudy(ctx context.Context, req *warningv1.CreateStudyRequest) (*warningv1.Study, error) {
	return record.Prepare(ctx, s.store, req, func(ctx context.Context) (known, error) {
		if err := access.RequireOwn(ctx, req.GetStudy().GetUnit()); err != nil {
			return known{}, err
		}
		return s.lookUp(ctx, req.GetStudy())
	}, func(ctx context.Context, found known) (*warningv1.Study, error) {
		return s.studies.Create(ctx, req, req.GetStudy(), collection.Own, func(ctx context.Context, c *change) error {
			scheme, _, err := kindToday(ctx, c)
			if err != nil {
				return err
			}
			var faults fault.Fields
			schemes.CheckKnown(&faults, "study.kind", c.Record.GetKind(), scheme.GetStudyKinds())
			c.Record.UnitTitle = access.Target(ctx).GetTitle()
			return found.check(ctx, c, &faults)
		})
	})
}

// UpdateStudy changes a draft or, of a study that is open, the inquiries alone: experts answer what they were asked.
func (s *Server) UpdateStudy(ctx context.Context, req *warningv1.UpdateStudyRequest) (*warningv1.Study, error) {
	return record.Prepare(ctx, s.store, req, func(ctx context.Context) (known, error) {
		if _, err := s.studies.Get(ctx, req.GetStudy().GetName()); err != nil {
			return known{}, err
		}
		return s.lookUp(ctx, req.GetStudy())
	}, func(ctx context.Context, found known) (*warningv1.Study, error) {
		return s.studies.UpdateBy(ctx, req, "study", req.GetStudy(), isUnit, func(ctx context.Context, c *change) error {
			if c.Before.GetState() == open && !sameButInquiries(c.Before, c.Record) {
				return fault.Precondition(words.StudyAsked())
			}
			var faults fault.Fields
			return found.check(ctx, c, &faults)
		})
	})
}

func sameButInquiries(a, b *warningv1.Study) bool {
	a, b = proto.CloneOf(a), proto.CloneOf(b)
	a.Inquiries, b.Inquiries = nil, nil
	return proto.Equal(a, b)
}

// kindToday has a study go by today's scheme, and is its kind there; nil where there is none such.
func kindToday(ctx context.Context, c *change) (*warningv1.Scheme, *warningv1.StudyKind, error) {
	scheme := &warningv1.Scheme{}
	err := schemes.EffectiveFor(ctx, c, scheme)
	kind, _ := schemes.Find(scheme.GetStudyKinds(), c.Record.GetKind())
	c.Record.SchemeVersion, c.Record.KindTitle = schemes.Version(scheme), kind.GetTitle()
	return scheme, kind, err
}

// kindOf is the kind of a study by a scheme version.
func kindOf(ctx context.Context, tx *record.Tx, version, id string) (*warningv1.StudyKind, error) {
	scheme := &warningv1.Scheme{}
	err := schemes.ByVersion(ctx, tx, version, scheme)
	kind, _ := schemes.Find(scheme.GetStudyKinds(), id)
	return kind, err
}

// known is what was found of what a study names elsewhere, by name; what is missing was not found.
type known struct {
	units     map[string]*networkv1.Unit
	inquiries map[string]string          // units that opened them
	places    map[string]*networkv1.Unit // of positions and risk points
}

// lookUp finds what a study names elsewhere.
func (s *Server) lookUp(ctx context.Context, asked *warningv1.Study) (known, error) {
	found := known{map[string]*networkv1.Unit{}, map[string]string{}, map[string]*networkv1.Unit{}}
	for _, name := range asked.GetSubjectUnits() {
		if err := s.addUnit(ctx, found.units, name, name); err != nil {
			return found, err
		}
	}
	for _, name := range asked.GetInquiries() {
		inquiry, err := s.inquiries.GetInquiry(ctx, &networkv1.GetInquiryRequest{Name: name})
		if err != nil && !fault.IsNotFound(err) {
			return found, err
		}
		if err == nil {
			found.inquiries[name] = inquiry.GetUnit()
		}
	}
	for _, focus := range asked.GetFocus() {
		if err := s.addPlaces(ctx, found.places, focus); err != nil {
			return found, err
		}
	}
	return found, nil
}

// addUnit notes a unit of the tree under a name.
func (s *Server) addUnit(ctx context.Context, units map[string]*networkv1.Unit, as, name string) error {
	unit, err := s.directory.Unit(ctx, name)
	switch {
	case fault.IsNotFound(err):
		return nil
	case err != nil:
		return err
	}
	units[as] = unit
	return nil
}

// addPlaces notes the units that have the position and the risk point of a focus.
func (s *Server) addPlaces(ctx context.Context, places map[string]*networkv1.Unit, focus *warningv1.StudyFocus) error {
	for name, unitOf := range map[string]func(name string) (interface{ GetUnit() string }, error){
		focus.GetPosition(): func(name string) (interface{ GetUnit() string }, error) {
			return s.positions.GetPosition(ctx, &riskv1.GetPositionRequest{Name: name})
		},
		focus.GetRiskPoint(): func(name string) (interface{ GetUnit() string }, error) {
			return s.riskPoints.GetRiskPoint(ctx, &riskv1.GetRiskPointRequest{Name: name})
		},
	} {
		if name == "" {
			continue
		}
		found, err := unitOf(name)
		if fault.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := s.addUnit(ctx, places, name, found.GetUnit()); err != nil {
			return err
		}
	}
	return nil
}

// check holds a study against what was found of what it names. What it named before is not looked at again.
func (k known) check(ctx context.Context, c *change, faults *fault.Fields) error {
	r := c.Record
	if len(r.GetFindings()) == 0 && r.GetWarning() == "" && len(r.GetFocus()) == 0 {
		faults.Add("study.focus", words.Required())
	}
	k.checkSubjects(ctx, c, faults)
	k.checkFocus(c, faults)
	if err := k.checkInquiries(ctx, c, faults); err != nil {
		return err
	}
	if !proto.Equal(&warningv1.Study{Findings: r.GetFindings()}, &warningv1.Study{Findings: c.Before.GetFindings()}) {
		for i, name := range r.GetFindings() {
			at := fmt.Sprintf("study.findings[%d]", i)
			if checkOnce(faults, at, r.GetFindings()[:i], name) {
				if _, err := findings.FindOwn(ctx, c, faults, at, name); err != nil {
					return err
				}
			}
		}
	}
	if r.GetWarning() != "" && r.GetWarning() != c.Before.GetWarning() {
		if _, err := warnings.FindStanding(ctx, c.Tx, faults, "study.warning", r.GetWarning()); err != nil {
			return err
		}
	}
	return faults.Err()
}

// checkOnce notes a fault where a name stands before it in its list.
func checkOnce(faults *fault.Fields, at string, before []string, name string) bool {
	if slices.Contains(before, name) {
		faults.Add(at, words.Duplicate(name))
		return false
	}
	return true
}

// checkSubjects wants the units that are studied to lie below the one that studies.
func (k known) checkSubjects(ctx context.Context, c *change, faults *fault.Fields) {
	for i, name := range c.Record.GetSubjectUnits() {
		at := fmt.Sprintf("study.subject_units[%d]", i)
		unit, found := k.units[name]
		switch {
		case !checkOnce(faults, at, c.Record.GetSubjectUnits()[:i], name):
		case slices.Contains(c.Before.GetSubjectUnits(), name):
		case name == c.ActingUnit():
			faults.Add(at, words.OwnStudy())
		case !found || !access.Reaches(ctx, access.Path(unit)):
			faults.Add(at, words.UnknownUnit(resource.ID(name)))
		}
	}
}

// checkFocus wants positions and risk points to be of the units that are studied, or of units below them.
func (k known) checkFocus(c *change, faults *fault.Fields) {
	for i, focus := range c.Record.GetFocus() {
		at := fmt.Sprintf("study.focus[%d]", i)
		if slices.ContainsFunc(c.Record.GetFocus()[:i], func(o *warningv1.StudyFocus) bool { return proto.Equal(o, focus) }) {
			faults.Add(at, words.Duplicate(focus.GetPost()))
		}
		for field, name := range map[string]string{"position": focus.GetPosition(), "risk_point": focus.GetRiskPoint()} {
			if name == "" || slices.ContainsFunc(c.Before.GetFocus(), func(o *warningv1.StudyFocus) bool {
				return o.GetPosition() == name || o.GetRiskPoint() == name
			}) {
				continue
			}
			unit, found := k.places[name]
			if !found || !slices.ContainsFunc(access.PathIDs(unit), func(id string) bool {
				return slices.Contains(c.Record.GetSubjectUnits(), resource.Name(resource.Units, id))
			}) {
				faults.Add(at+"."+field, words.NotFound(name))
			}
		}
	}
}

// checkInquiries wants inquiries to be those that the unit opened, or one that it acts for.
func (k known) checkInquiries(ctx context.Context, c *change, faults *fault.Fields) error {
	openers := make([]string, 0, len(k.inquiries))
	for _, unit := range k.inquiries {
		openers = append(openers, unit)
	}
	acting, err := collection.ActingUnits(ctx, c.Tx, openers...)
	if err != nil {
		return err
	}
	for i, name := range c.Record.GetInquiries() {
		at := fmt.Sprintf("study.inquiries[%d]", i)
		opener, found := k.inquiries[name]
		switch {
		case !checkOnce(faults, at, c.Record.GetInquiries()[:i], name):
		case slices.Contains(c.Before.GetInquiries(), name):
		case !found || acting[opener] != c.ActingUnit():
			faults.Add(at, words.NotFound(name))
		}
	}
	return nil
}
