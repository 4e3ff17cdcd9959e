package officers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// AppointOfficer appoints where a rule of the scheme allows it (C3), one who was selected by its criteria (C6).
func (s *Server) AppointOfficer(ctx context.Context, req *networkv1.AppointOfficerRequest) (*networkv1.Officer, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.Officer, error) {
		appointer := access.Target(ctx)
		if err := access.RequireOwn(ctx, appointer.GetName()); err != nil {
			return nil, err
		}
		unit, err := units.Coming(ctx, tx, req.GetOfficer().GetUnit(), tx.Today())
		if fault.IsNotFound(err) {
			unit, err = access.LookUp(ctx, s.directory, "officer.unit", req.GetOfficer().GetUnit())
		}
		if err != nil {
			return nil, err
		}
		return s.appoint(ctx, tx, appointment{requested: req.GetOfficer(), field: "officer", appointer: appointer, unit: unit})
	})
}

// appointment is what is asked when somebody is appointed.
type appointment struct {
	requested       *networkv1.Officer
	field           string // request field that holds asked
	appointer, unit *networkv1.Unit
	// replaces is the officer whose place it is, if any: as a name, and as a key for the count of those in office.
	replaces, replacesKey string
}

// appoint checks an appointment and stores the officer with the first event of the office.
func (s *Server) appoint(ctx context.Context, tx *record.Tx, a appointment) (*networkv1.Officer, error) {
	return s.officers.CreateIn(ctx, tx, a.unit, a.requested, func(ctx context.Context, c *change) error {
		scheme := &networkv1.Scheme{}
		if err := schemes.Effective(ctx, tx, access.PathIDs(a.appointer), c.Today(), scheme); err != nil {
			return err
		}
		system, err := access.SystemLineOf(ctx, s.directory, a.appointer.GetName())
		if err != nil {
			return err
		}
		by := appointingTier{access.Above{Unit: a.appointer, System: system}, scheme.GetAppointmentRules()}
		rule, err := s.checkAppointment(ctx, a, by, scheme, c.Today())
		if err != nil {
			return err
		}
		c.Record.AppointmentRule, c.Record.MaxInOffice, c.Record.Predecessor = rule.GetId(), rule.GetMaxInOffice(), a.replaces
		setNotice(c.Record, rule, c.Today())
		if err := requireUnitThen(ctx, c, a); err != nil {
			return err
		}
		if err := requireVacancy(ctx, c, rule, a.replacesKey, c.Record.GetTermFrom()); err != nil {
			return err
		}
		if c.Record.GetTermFrom() <= c.Today().String() {
			if c.Record.State, err = Lifecycle.Next(c.Record.GetState(), begin); err != nil {
				return err
			}
		}
		return addEvent(ctx, c, appoint, &networkv1.OfficerEvent{
			Day: c.Record.GetTermFrom(), Detail: termText(c.Record), Unit: a.appointer.GetName(),
		})
	})
}

// checkAppointment holds an appointment against the scheme: some rule must let the tier appoint officers of this type for this
// unit.
func (s *Server) checkAppointment(
	ctx context.Context, a appointment, by appointingTier, scheme *networkv1.Scheme, today calendar.Date,
) (*networkv1.AppointmentRule, error) {
	var faults fault.Fields
	checkTerm(&faults, a.field, a.requested, today)
	if a.requested.GetPledgedOn() != "" {
		faults.ParsePastDay(a.field+".pledged_on", a.requested.GetPledgedOn(), today)
	}
	checkSelection(&faults, a.field+".selection", a.requested, scheme.GetSelectionCriteria())
	checkRoles(&faults, a.field+".other_roles", a.requested.GetOtherRoles(), scheme)
	rule := by.rule(a.requested.GetType(), a.unit)
	invited := a.requested.GetType() == networkv1.OfficerType_OFFICER_TYPE_SPECIAL_INVITED
	if rule != nil && (invited && len(rule.GetGroups()) > 0 || a.requested.GetGroup() != "") {
		schemes.CheckKnown(&faults, a.field+".group", a.requested.GetGroup(), rule.GetGroups())
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if rule == nil {
		others, err := s.appointers(ctx, a.requested.GetType(), a.unit, "")
		if err != nil {
			return nil, err
		}
		refused := words.WrongTier(words.Titled(a.appointer), words.Titled(a.unit), others)
		return nil, fault.Precondition(refused).OnField(a.field + ".unit")
	}
	return rule, nil
}

// requireUnitThen requires that the unit is still there when the term begins. A term that goes on after the unit's end goes on
// with its successor, as the terms of all its officers do.
func requireUnitThen(ctx context.Context, c *change, a appointment) error {
	from, err := calendar.ParseDate(c.Record.GetTermFrom())
	if err != nil {
		return err
	}
	if first := a.unit.GetEffectiveFrom(); first > c.Today().String() && from.String() < first { // it is to come
		return fault.Invalid(a.field+".term_from", words.NotBefore(first))
	}
	ended, _, err := units.Ended(ctx, c, c.Record.GetUnit(), from)
	if fault.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return fault.Invalid(a.field+".unit", access.EndedSentence(ended))
}

// emptyOrContains tells whether a list holds a value; an empty list holds all.
func emptyOrContains[E comparable](list []E, value E) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

// requireVacancy checks that the unit has room for one more officer of the type on each day of the term from one on (H5), one
// officer left out.
func requireVacancy(ctx context.Context, c *change, rule *networkv1.AppointmentRule, exceptKey, from string) error {
	limit, unit := rule.GetMaxInOffice(), c.Record.GetUnit()
	if limit == 0 {
		return nil
	}
	if err := c.Lock(ctx, "qingfeng officers "+unit); err != nil {
		return err
	}
	existing, err := db.New(c).CountInOffice(ctx, db.CountInOfficeParams{
		UnitID: resource.ID(unit), Type: c.Record.GetType().String(), But: exceptKey,
		FirstDay: from, LastDay: cmp.Or(c.Record.GetTermTo(), calendar.LastDay.String()),
	})
	if err == nil && existing >= int64(limit) {
		return fault.Precondition(words.TooManyInOffice(words.Untitled(unit), strconv.Itoa(int(limit))))
	}
	return err
}

// checkTerm checks the days of a term. Nobody is appointed for one that is over: no message, tip or act would ever belong to it.
func checkTerm(faults *fault.Fields, field string, officer *networkv1.Officer, today calendar.Date) {
	from, _ := faults.ParseDay(field+".term_from", officer.GetTermFrom())
	if officer.GetTermTo() == "" {
		return
	}
	switch to, ok := faults.ParseDay(field+".term_to", officer.GetTermTo()); {
	case !ok: // noted
	case to.Before(from):
		faults.Add(field+".term_to", words.AfterTerm())
	case to.Before(today):
		faults.Add(field+".term_to", words.Past())
	}
}

// checkSelection checks that known criteria were looked at once each, and every mandatory one of the type (C6).
func checkSelection(faults *fault.Fields, field string, officer *networkv1.Officer, criteria []*networkv1.SelectionCriterion) {
	found := map[string]bool{}
	for i, finding := range officer.GetSelection() {
		at := fmt.Sprintf("%s[%d].criterion", field, i)
		if found[finding.GetCriterion()] {
			faults.Add(at, words.Duplicate(finding.GetCriterion()))
			continue
		}
		found[finding.GetCriterion()] = true
		schemes.CheckKnown(faults, at, finding.GetCriterion(), criteria)
	}
	for _, c := range criteria {
		if c.GetMandatory() && !found[c.GetId()] && emptyOrContains(c.GetOfficerTypes(), officer.GetType()) {
			faults.Add(field, words.CriterionMissing(schemes.TitleOf(c.GetId(), c.GetTitle())))
		}
	}
}

// checkRoles checks other roles against the scheme's list, where it has one (C4).
func checkRoles(faults *fault.Fields, field string, roles []string, scheme *networkv1.Scheme) {
	for i, role := range roles {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case slices.Contains(roles[:i], role):
			faults.Add(at, words.Duplicate(role))
		case len(scheme.GetOtherRoles()) > 0:
			schemes.CheckKnown(faults, at, role, scheme.GetOtherRoles())
		case role == "":
			faults.Add(at, words.Required())
		}
	}
}
