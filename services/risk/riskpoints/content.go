package riskpoints

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// checkAndGrade holds what is written of a risk point against the register and the scheme that holds for its unit today, and
// grades it by that scheme (J2, J3).
func (s *Server) checkAndGrade(ctx context.Context, c *change, faults *fault.Fields) error {
	scheme, point := &riskv1.Scheme{}, c.Record
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		return err
	}
	if point.GetPowerItem() == "" && point.GetPosition() == "" && point.GetRegime() == "" {
		faults.Add("risk_point.power_item", words.OneRequired("power_item, position, regime"))
	}
	if err := s.checkPower(ctx, c, faults); err != nil {
		return err
	}
	tier, err := s.checkPosition(ctx, c, faults)
	if err != nil {
		return err
	}
	checkTerms(faults, scheme, point)
	grading.CheckPoints(faults, "risk_point.points", scheme, point.GetPoints())
	if len(*faults) > 0 {
		return nil // of such content there is no grade
	}
	if err := grading.Grade(scheme, point, tier); err != nil {
		return err
	}
	return s.checkOwner(ctx, c, faults, "risk_point.owner_position", scheme)
}

// checkTerms wants what a risk point names of the scheme to be there, and nothing twice (J2, T2).
func checkTerms(faults *fault.Fields, scheme *riskv1.Scheme, point *riskv1.RiskPoint) {
	schemes.CheckKnown(faults, "risk_point.category", point.GetCategory(), scheme.GetCategories())
	schemes.CheckAllKnown(faults, "risk_point.search_aspects", point.GetSearchAspects(), scheme.GetSearchAspects())
	schemes.CheckAllKnown(faults, "risk_point.search_methods", point.GetSearchMethods(), scheme.GetSearchMethods())
	schemes.CheckAllKnown(faults, "risk_point.causes", point.GetCauses(), scheme.GetCauses())
	if stage := point.GetControlStage(); stage != "" {
		schemes.CheckKnown(faults, "risk_point.control_stage", stage, scheme.GetControlStages())
	}
	for i, source := range point.GetSearchSources() {
		at := fmt.Sprintf("risk_point.search_sources[%d]", i)
		schemes.CheckKnown(faults, at+".source", source.GetSource(), scheme.GetSearchSources())
		same := func(other *riskv1.SearchSource) bool { return proto.Equal(other, source) }
		if slices.ContainsFunc(point.GetSearchSources()[:i], same) {
			faults.Add(at, words.Duplicate(source.GetSource()))
		}
	}
}

// checkPower wants the power item, where one is named, to be the unit's own and not cancelled, and the step to be one of its
// workflow in force: one that is only written may never be.
func (s *Server) checkPower(ctx context.Context, c *change, faults *fault.Fields) error {
	const field = "risk_point.power_item"
	name, step := c.Record.GetPowerItem(), c.Record.GetStep()
	if name == "" {
		if step != "" {
			faults.Add(field, words.Required())
		}
		return nil
	}
	item, err := collection.FindOwn(ctx, s.powers, c, faults, field, name)
	if err != nil || item == nil {
		return err
	}
	if item.Record.GetState() == ended {
		faults.Add(field, words.PowerEnded())
	}
	power, err := s.powers.InForce(ctx, item)
	if fault.IsNotFound(err) {
		power, err = item.Record, nil // it is not in force yet, nor is what lies in it
	}
	if err != nil {
		return err
	}
	if _, ok := schemes.Find(power.GetSteps(), step); step != "" && !ok {
		faults.Add("risk_point.step", words.UnknownStep(step))
	}
	return s.checkRoom(ctx, c)
}

// maxPoints is how many risk points of one power item there are at most.
const maxPoints = 500

// checkRoom refuses more risk points of a power than a search of it can mean.
func (s *Server) checkRoom(ctx context.Context, c *change) error {
	name := c.Record.GetPowerItem()
	if c.Before.GetPowerItem() == name {
		return nil
	}
	if err := c.Lock(ctx, "risk points of "+name); err != nil {
		return err
	}
	count, err := db.New(c).CountRiskPointsOfPower(ctx, db.CountRiskPointsOfPowerParams{
		PowerItem: name, Ended: ended.String(), Region: c.Region, Key: c.Key,
	})
	if err == nil && count >= maxPoints {
		err = fault.Precondition(words.TooManyRiskPoints(strconv.Itoa(maxPoints)))
	}
	return err
}

// checkPosition wants the position, where one is named, to be the unit's own, and finds its tier.
func (s *Server) checkPosition(ctx context.Context, c *change, faults *fault.Fields) (tier string, err error) {
	if c.Record.GetPosition() == "" {
		return "", nil
	}
	const field = "risk_point.position"
	position, err := collection.FindOwn(ctx, s.positions, c, faults, field, c.Record.GetPosition())
	if err != nil || position == nil {
		return "", err
	}
	if c.Record.GetPosition() != c.Before.GetPosition() {
		positions.CheckStands(faults, field, position)
	}
	return position.Record.GetTier(), nil
}

// checkOwner wants the owner, where one is named, to be at the unit or above it, and of the rank that the grade asks for (T5).
func (s *Server) checkOwner(ctx context.Context, c *change, faults *fault.Fields, field string, scheme *riskv1.Scheme) error {
	if c.Record.GetOwnerPosition() == "" {
		return nil
	}
	if c.Record.GetOwnerPosition() == c.Before.GetOwnerPosition() {
		elsewhere, err := ownerElsewhere(ctx, c)
		if elsewhere || err != nil {
			return err // another one is wanted once it is handed in or graded anew
		}
	}
	owner, err := collection.FindAbove(ctx, s.positions, c, faults, field, c.Record.GetOwnerPosition())
	if err != nil || owner == nil {
		return err
	}
	if c.Record.GetOwnerPosition() != c.Before.GetOwnerPosition() {
		positions.CheckStands(faults, field, owner)
	}
	grade, _ := schemes.Find(scheme.GetGrades(), c.Record.GetGrade())
	rank, asked := schemes.Find(scheme.GetRanks(), grade.GetOwnerRank())
	if !asked {
		return nil
	}
	if err := positions.CheckCharge(ctx, c, faults, field, c.Record.GetOwnerPosition()); err != nil {
		return err
	}
	if owner.Record.GetRank() == rank.GetId() {
		return nil
	}
	rules, err := positions.OwnerRanks(scheme)
	if err != nil {
		return err
	}
	unfit, err := db.New(c).OwnerUnfit(ctx, db.OwnerUnfitParams{
		Rules: rules, UnitPath: strings.Join(c.Units(), "."), Grade: grade.GetId(), Owner: c.Record.GetOwnerPosition(),
		Lies: c.Record.GetPosition(),
	})
	if unfit {
		faults.Add(field, words.WrongRank(
			schemes.TitleOf(grade.GetId(), grade.GetTitle()), schemes.TitleOf(rank.GetId(), rank.GetTitle())))
	}
	return err
}

// ownerElsewhere tells whether a risk point's owner stands neither at its unit nor above it, since the tree has changed.
func ownerElsewhere(ctx context.Context, c *change) (bool, error) {
	return db.New(c).OwnerElsewhere(ctx, db.OwnerElsewhereParams{
		UnitPath: strings.Join(c.Units(), "."), Owner: c.Record.GetOwnerPosition(),
	})
}

// checkComplete wants an owner where the grade asks for one, and one that stands at the unit or above it (T5).
func (s *Server) checkComplete(ctx context.Context, c *change, faults *fault.Fields) error {
	scheme := &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		return err
	}
	const field = "risk_point.owner_position"
	noteOwnerless(faults, field, scheme, c.Record)
	return noteElsewhere(ctx, c, faults, field)
}

// noteElsewhere notes a fault where the owner stands neither at the unit nor above it.
func noteElsewhere(ctx context.Context, c *change, faults *fault.Fields, field string) error {
	elsewhere, err := ownerElsewhere(ctx, c)
	if elsewhere {
		faults.Add(field, words.OwnerElsewhere())
	}
	return err
}

// noteOwnerless notes a fault where a risk point has no owner, and its grade asks for one.
func noteOwnerless(faults *fault.Fields, field string, scheme *riskv1.Scheme, point *riskv1.RiskPoint) {
	grade, _ := schemes.Find(scheme.GetGrades(), point.GetGrade())
	if grade.GetOwnerRank() != "" && point.GetOwnerPosition() == "" {
		faults.Add(field, words.Required())
	}
}
