package studies

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/parallel"
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
		return s.lookUp(ctx, req.GetStudy(), nil)
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
		before, err := s.studies.Get(ctx, req.GetStudy().GetName())
		if err != nil {
			return known{}, err
		}
		return s.lookUp(ctx, req.GetStudy(), before.GetFocus())
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
	inquiries map[string]string   // units that opened them
	places    map[string][]string // lines of the units that have positions and risk points
}

// look finds one thing that a study names, and gives what notes it.
type look func() (note func(known), err error)

// lookUp finds what a study names elsewhere. The focus that it has before is looked at again for other units studied.
func (s *Server) lookUp(ctx context.Context, asked *warningv1.Study, focus []*warningv1.StudyFocus) (known, error) {
	type result struct {
		note func(known)
		err  error
	}
	if len(asked.GetSubjectUnits()) == 0 {
		focus = nil
	}
	looks := s.looks(ctx, asked, slices.Concat(focus, asked.GetFocus()))
	found := known{map[string]*networkv1.Unit{}, map[string]string{}, map[string][]string{}}
	for _, r := range parallel.Map(len(looks), func(i int) (r result) {
		r.note, r.err = looks[i]()
		return r
	}) {
		switch {
		case fault.IsNotFound(r.err):
		case r.err != nil:
			return found, r.err
		default:
			r.note(found)
		}
	}
	return found, nil
}

// looks are how to find all that a study names, each once.
func (s *Server) looks(ctx context.Context, asked *warningv1.Study, focus []*warningv1.StudyFocus) []look {
	byName := map[string]look{}
	for _, name := range asked.GetSubjectUnits() {
		byName[name] = func() (func(known), error) {
			unit, err := s.directory.Unit(ctx, name)
			return func(k known) { k.units[name] = unit }, err
		}
	}
	for _, name := range asked.GetInquiries() {
		byName[name] = func() (func(known), error) {
			inquiry, err := s.inquiries.GetInquiry(ctx, &networkv1.GetInquiryRequest{Name: name})
			return func(k known) { k.inquiries[name] = inquiry.GetUnit() }, err
		}
	}
	for _, one := range focus {
		if name := one.GetPosition(); name != "" {
			byName[name] = func() (func(known), error) {
				position, err := s.positions.GetPosition(ctx, &riskv1.GetPositionRequest{Name: name})
				return s.place(ctx, name, position.GetUnit(), err)
			}
		}
		if name := one.GetRiskPoint(); name != "" {
			byName[name] = func() (func(known), error) {
				point, err := s.riskPoints.GetRiskPoint(ctx, &riskv1.GetRiskPointRequest{Name: name})
				return s.place(ctx, name, point.GetUnit(), err)
			}
		}
	}
	return slices.Collect(maps.Values(byName))
}

// place finds the line of the unit that has a position or a risk point.
func (s *Server) place(ctx context.Context, name, of string, err error) (func(known), error) {
	if err != nil {
		return nil, err
	}
	unit, err := s.directory.Unit(ctx, of)
	if err != nil {
		return nil, err
	}
	line, err := access.Line(ctx, s.directory, unit)
	return func(k known) { k.places[name] = line }, err
}

// check holds a study against what was found of what it names. What it named before is not looked at again,
// but for the focus where other units are studied.
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

// checkFocus wants positions and risk points to be of the units that are studied, or of units below them on either line.
func (k known) checkFocus(c *change, faults *fault.Fields) {
	subjects := c.Record.GetSubjectUnits()
	same := slices.Equal(subjects, c.Before.GetSubjectUnits())
	for i, focus := range c.Record.GetFocus() {
		at := fmt.Sprintf("study.focus[%d]", i)
		if slices.ContainsFunc(c.Record.GetFocus()[:i], func(o *warningv1.StudyFocus) bool { return proto.Equal(o, focus) }) {
			faults.Add(at, words.Duplicate(focus.GetPost()))
		}
		for field, name := range map[string]string{"position": focus.GetPosition(), "risk_point": focus.GetRiskPoint()} {
			if name == "" || same && slices.ContainsFunc(c.Before.GetFocus(), func(o *warningv1.StudyFocus) bool {
				return o.GetPosition() == name || o.GetRiskPoint() == name
			}) {
				continue
			}
			if !isAnySubject(subjects, "", k.places[name]) {
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
