package riskpoints

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// RegradeRiskPoint has a reviewer grade anew what is in force (T3).
func (s *Server) RegradeRiskPoint(ctx context.Context, req *riskv1.RegradeRiskPointRequest) (*riskv1.RiskPoint, error) {
	return record.Change(ctx, s.points.Store, req, func(ctx context.Context, tx *record.Tx) (*riskv1.RiskPoint, error) {
		var graded *riskv1.RiskPoint
		keep := func(_ context.Context, c *change) error { graded = c.Record; return nil }
		revise := s.points.Revise(req.GetReason(), s.takeGrade(req.GetRegrade()), keep, gradeStands, s.regrade(req), s.keepOwner)
		point, err := s.points.ActIn(ctx, tx, req, regradeAct, nil, revise, gradeStands, s.showRegraded(&graded))
		if err != nil {
			return nil, err
		}
		return point, s.objected.Regraded(ctx, tx, graded)
	})
}

// RegradeIn grades a risk point anew within a transaction, for what calls for another grade, and gives the version that comes in
// force. Judged is the version in force that the caller, who must hold risk.review, has read. Errors: OTHER_VERSION_IN_FORCE
// where it is another one.
func (s *Server) RegradeIn(
	ctx context.Context, tx *record.Tx, req *riskv1.RegradeRiskPointRequest, judged int32,
) (graded *riskv1.RiskPoint, err error) {
	_, err = s.points.ActIn(ctx, tx, req, regradeAct, nil, s.points.Revise(req.GetReason(), s.takeGrade(req.GetRegrade()),
		func(_ context.Context, c *change) error {
			graded = c.Record
			if current := graded.GetStanding().GetVersion(); current != judged {
				return fault.Precondition(words.OtherVersionInForce(strconv.Itoa(int(current)))).OnField("regrade_version")
			}
			return nil
		}, gradeStands, s.regrade(req), s.keepOwner), gradeStands, s.showRegraded(&graded))
	return graded, err
}

// regrade grades a risk point by other points, causes or owner, and by the scheme of the day.
func (s *Server) regrade(req *riskv1.RegradeRiskPointRequest) func(context.Context, *change) error {
	return func(ctx context.Context, c *change) error {
		scheme, point := &riskv1.Scheme{}, c.Record
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
			return err
		}
		give(point, req.GetRegrade())
		var faults fault.Fields
		grading.CheckPoints(&faults, "regrade.points", scheme, point.GetPoints())
		schemes.CheckAllKnown(&faults, "regrade.causes", point.GetCauses(), scheme.GetCauses())
		if err := faults.Err(); err != nil {
			return err
		}
		tier, _, err := s.tierOf(ctx, c, c.Record.GetPosition())
		if err != nil {
			return err
		}
		if err := grading.Grade(scheme, point, tier); err != nil {
			return err
		}
		if err := s.checkOwner(ctx, c, &faults, "regrade.owner_position", scheme); err != nil {
			return err
		}
		noteOwnerless(&faults, "regrade.owner_position", scheme, point)
		if err := noteElsewhere(ctx, c, &faults, "regrade.owner_position"); err != nil {
			return err
		}
		if err := faults.Err(); err != nil {
			return err
		}
		if proto.Equal(point, c.Before) {
			return fault.Precondition(words.NothingChanged())
		}
		return tellRegraded(ctx, c, scheme, req.GetReason())
	}
}

// give has a risk point have what it is graded anew by.
func give(point *riskv1.RiskPoint, asked *riskv1.Regrade) {
	point.Points, point.Causes = maps.Clone(asked.GetPoints()), slices.Clone(asked.GetCauses())
	if asked.GetOwnerPosition() != "" {
		point.OwnerPosition = asked.GetOwnerPosition()
	}
}

// takeGrade has what is written beside the version in force be graded by what a reviewer has graded that by: else its approval
// would undo the new grade.
func (s *Server) takeGrade(asked *riskv1.Regrade) collection.Rule[*riskv1.RiskPoint] {
	return func(ctx context.Context, c *change) error {
		scheme := &riskv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
			return err
		}
		give(c.Record, asked)
		tier, _, err := s.tierOf(ctx, c, c.Record.GetPosition())
		if err != nil {
			return err
		}
		return grading.Grade(scheme, c.Record, tier)
	}
}

// showRegraded shows beside what is written which grade the version in force has since, and who owns that.
func (s *Server) showRegraded(graded **riskv1.RiskPoint) collection.Rule[*riskv1.RiskPoint] {
	return func(_ context.Context, c *change) error {
		c.Record.GradeInForce, c.Record.Owner = (*graded).GetGrade(), (*graded).GetOwner()
		return nil
	}
}

// showGrade shows the grade of the version in force on what an act has put in force or ended; on what is written it stays.
func showGrade(_ context.Context, c *change) error {
	if c.Record.GetState() == inForce {
		c.Record.GradeInForce = c.Record.GetGrade()
	}
	if c.Record.GetState() == ended {
		c.Record.GradeInForce = ""
	}
	return nil
}

// checkLowered wants whoever approves a lower grade than a reviewer has given, which holds still, to know of that and say why:
// they name the version (J6, T3, T4).
func (s *Server) checkLowered(ctx context.Context, c *change, asked reviews.Approval) error {
	lowers, scheme, regraded, err := s.lowers(ctx, c)
	if err != nil || !lowers {
		return err
	}
	version, field := c.Record.GetStanding().GetRegradedVersion(), "reason"
	if known, ok := asked.(*riskv1.ApproveRiskPointRequest); !ok || known.GetLoweredVersion() != version {
		field = "lowered_version"
	} else if asked.GetReason() != "" {
		return nil
	}
	return fault.Precondition(words.LowersRegrade(
		strconv.Itoa(int(version)), schemes.TitleIn(scheme.GetGrades(), regraded.GetGrade()),
		schemes.TitleIn(scheme.GetGrades(), c.Record.GetGrade()))).OnField(field)
}

// settleRegrade is the rule of what comes in force: a grade that a reviewer has given holds no more once whoever knew of it has
// approved a lower one.
func (s *Server) settleRegrade(ctx context.Context, c *change) error {
	lowers, _, _, err := s.lowers(ctx, c)
	if lowers {
		c.Record.Standing.RegradedVersion = 0
	}
	return err
}

// lowers tells whether what is to be entered has a lower grade, by the scheme, than the version that a reviewer has graded anew.
func (s *Server) lowers(
	ctx context.Context, c *change,
) (lowers bool, scheme *riskv1.Scheme, regraded *riskv1.RiskPoint, err error) {
	standing := c.Record.GetStanding()
	if standing.GetRegradedVersion() == 0 || standing.GetProposal() != riskv1.Proposal_PROPOSAL_ENTER {
		return false, nil, nil, nil
	}
	scheme = &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		return false, nil, nil, err
	}
	if regraded, err = s.points.VersionIn(ctx, c, standing.GetRegradedVersion()); err != nil {
		return false, nil, nil, err
	}
	at := func(grade string) int { // the gravest first
		return slices.IndexFunc(scheme.GetGrades(), func(g *riskv1.Grade) bool { return g.GetId() == grade })
	}
	before := at(regraded.GetGrade())
	return before >= 0 && at(c.Record.GetGrade()) > before, scheme, regraded, nil
}

// tierOf is the tier of the position that a risk point lies with; it tells false where it lies with none, or that was given to
// another unit.
func (s *Server) tierOf(ctx context.Context, c *change, name string) (tier string, found bool, err error) {
	if name == "" {
		return "", false, nil
	}
	position, err := s.positions.Ancestor(ctx, c.Tx, name, c.Units())
	if fault.IsNotFound(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return position.Record.GetTier(), true, nil
}

// tellRegraded tells the unit of a risk point of its new grade, why it has it, and which controls it lacks by it.
func tellRegraded(ctx context.Context, c *change, scheme *riskv1.Scheme, reason string) error {
	grades := scheme.GetGrades()
	before, after := schemes.TitleIn(grades, c.Before.GetGrade()), schemes.TitleIn(grades, c.Record.GetGrade())
	gap, err := db.New(c).ControlGapOf(ctx, db.ControlGapOfParams{
		UnitPath: c.UnitPath, Day: c.Today(), Grade: c.Record.GetGrade(), Stage: c.Record.GetControlStage(),
		RiskPoint: c.Record.GetName(),
	})
	if err != nil {
		return err
	}
	says := words.InboxRiskPointRegraded(title(c.Record), before, after, reason)
	if lacking := lackingForms(scheme, gap); len(lacking) > 0 {
		says = words.InboxRiskPointRegradedLacking(title(c.Record), before, after, words.List(lacking...), reason)
	}
	c.Tell(c.Record.GetUnit(), says)
	return nil
}

// lackingForms are the control forms that a gap asks for: those of the grade, one of the stage, and how many more of any.
func lackingForms(scheme *riskv1.Scheme, gap db.ControlGapOfRow) (forms []words.Title) {
	titles := func(ids []string) []words.Title {
		named := make([]words.Title, len(ids))
		for i, id := range ids {
			named[i] = schemes.TitleIn(scheme.GetControlForms(), id)
		}
		return named
	}
	forms = titles(gap.MissingForms)
	if len(gap.StageForms) > 0 {
		one := words.List(titles(gap.StageForms)...)
		if len(gap.StageForms) > 1 {
			one = words.Title{ID: one.ID, Zh: one.Zh + "之一", En: "one of " + one.En}
		}
		forms = append(forms, one)
	}
	if more := int(gap.MissingCount) - len(forms); more > 0 {
		n := strconv.Itoa(more)
		forms = append(forms, words.Title{ID: n, Zh: "其他 " + n + " 种", En: n + " more"})
	}
	return forms
}
