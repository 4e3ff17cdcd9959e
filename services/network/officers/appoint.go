package officers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// AppointOfficer appoints where a rule of the scheme allows it (C3), one who was selected by its criteria (C6).
func (s *Server) AppointOfficer(ctx context.Context, req *networkv1.AppointOfficerRequest) (*networkv1.Officer, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.Officer, error) {
		appointer := access.Target(ctx)
		if err := access.RequireOwn(ctx, appointer.GetName()); err != nil {
			return nil, err
		}
		unit, err := access.LookUp(ctx, s.directory, "officer.unit", req.GetOfficer().GetUnit())
		if err != nil {
			return nil, err
		}
		officer, err := s.appoint(ctx, tx, appointment{
			requested: req.GetOfficer(), field: "officer", appointer: appointer, unit: unit, today: clock.Today(s.store.Clock),
		})
		if err != nil {
			return nil, err
		}
		return officer,
			tx.Record(ctx, record.Entry{Resource: officer.GetName(), UnitPath: access.Path(unit)})
	})
}

// appointment is what is asked when somebody is appointed.
type appointment struct {
	requested       *networkv1.Officer
	field           string // request field that holds asked
	appointer, unit *networkv1.Unit
	today           calendar.Date
	// replaces is the officer whose place it is, if any: as a name, and as a key for the count of those in office.
	replaces, replacesKey string
}

// appoint checks an appointment and stores the officer with the first event of the office.
func (s *Server) appoint(ctx context.Context, tx *record.Tx, a appointment) (*networkv1.Officer, error) {
	scheme := &networkv1.Scheme{}
	if err := schemes.Effective(ctx, tx, access.PathIDs(a.appointer), a.today, scheme); err != nil {
		return nil, err
	}
	rule, err := a.check(scheme)
	if err != nil {
		return nil, err
	}
	officer, key := &networkv1.Officer{
		Title:           a.requested.GetTitle(),
		Unit:            a.unit.GetName(),
		AppointingUnit:  a.appointer.GetName(),
		Type:            a.requested.GetType(),
		Group:           a.requested.GetGroup(),
		OtherRoles:      a.requested.GetOtherRoles(),
		TermFrom:        a.requested.GetTermFrom(),
		TermTo:          a.requested.GetTermTo(),
		PledgedOn:       a.requested.GetPledgedOn(),
		Selection:       a.requested.GetSelection(),
		State:           Lifecycle.Start,
		AppointmentRule: rule.GetId(),
		Predecessor:     a.replaces,
		Etag:            document.Etag(1),
	}, resource.NewKey()
	officer.Name = resource.Sharded(resource.Officers, a.unit.GetRegion(), key)
	if err := requireVacancy(ctx, tx, rule, officer, a.replacesKey); err != nil {
		return nil, err
	}
	body, err := document.Encode(officer)
	if err != nil {
		return nil, err
	}
	term := termOf(officer, rule)
	if err := db.New(tx).AddOfficer(ctx, db.AddOfficerParams{
		Region: a.unit.GetRegion(), OfficerKey: key, UnitID: resource.ID(officer.GetUnit()), UnitPath: access.Path(a.unit),
		AppointingID: resource.ID(officer.GetAppointingUnit()), Type: int16(officer.GetType()), State: int16(officer.GetState()),
		TermFrom: term.from, TermTo: term.to, NoticeOn: term.notice, PledgedOn: columnDay(officer.GetPledgedOn()),
		CreateTime: tx.Now(), Body: body,
	}); err != nil {
		return nil, err
	}
	return officer, addEvents(ctx, tx, event{officer.GetName(), &networkv1.OfficerEvent{
		Act: "appoint", Day: officer.GetTermFrom(), Detail: termText(officer), Unit: officer.GetAppointingUnit(),
	}})
}

// check holds an appointment against the scheme: some rule must let units like the appointer appoint officers of this type
// for units like this one, which must lie within the appointer's subtree.
func (a appointment) check(scheme *networkv1.Scheme) (*networkv1.AppointmentRule, error) {
	var faults fault.Fields
	checkTerm(&faults, a.field, a.requested)
	parsePastDay(&faults, a.field+".pledged_on", a.requested.GetPledgedOn(), a.today)
	checkSelection(&faults, a.field+".selection", a.requested, scheme.GetSelectionCriteria())
	checkRoles(&faults, a.field+".other_roles", a.requested.GetOtherRoles(), scheme)
	rule := appointmentRule(scheme, a.requested.GetType(), a.appointer, a.unit)
	if rule != nil && (len(rule.GetGroups()) > 0 || a.requested.GetGroup() != "") {
		schemes.CheckKnown(&faults, a.field+".group", a.requested.GetGroup(), rule.GetGroups())
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if rule == nil {
		return nil, fault.Precondition("WRONG_TIER", "appointer", a.appointer.GetName(), "unit", a.unit.GetName()).
			OnField(a.field + ".unit")
	}
	return rule, nil
}

func appointmentRule(
	scheme *networkv1.Scheme, officer networkv1.OfficerType, appointer, unit *networkv1.Unit,
) *networkv1.AppointmentRule {
	if !slices.Contains(access.PathIDs(unit), resource.ID(appointer.GetName())) {
		return nil
	}
	for _, rule := range scheme.GetAppointmentRules() {
		if slices.Contains(rule.GetOfficerTypes(), officer) &&
			slices.Contains(
				rule.GetAppointerLevels(),
				appointer.GetLevel(),
			) && emptyOrContains(rule.GetAppointerKinds(), appointer.GetKind()) &&
			slices.Contains(rule.GetUnitLevels(), unit.GetLevel()) && emptyOrContains(rule.GetUnitKinds(), unit.GetKind()) {
			return rule
		}
	}
	return nil
}

// emptyOrContains tells whether a list holds a value; an empty list holds all.
func emptyOrContains[E comparable](list []E, value E) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

// requireVacancy checks that the unit has room for one more officer of the type on each day of the term (H5).
func requireVacancy(
	ctx context.Context,
	tx *record.Tx,
	rule *networkv1.AppointmentRule,
	officer *networkv1.Officer,
	exceptKey string,
) error {
	if rule.GetMaxInOffice() == 0 {
		return nil
	}
	if err := tx.Lock(ctx, "qingfeng officers "+officer.GetUnit()); err != nil {
		return err
	}
	term := termOf(officer, rule)
	last := maxDay
	if term.to != nil {
		last = *term.to
	}
	existing, err := db.New(tx).CountInOffice(ctx, db.CountInOfficeParams{
		UnitID: resource.ID(officer.GetUnit()), Type: int16(officer.GetType()), InOffice: InOffice, But: exceptKey,
		FirstDay: term.from, LastDay: last,
	})
	if err == nil && existing >= int64(rule.GetMaxInOffice()) {
		return fault.Precondition("TOO_MANY_IN_OFFICE", "unit", officer.GetUnit(), "limit", strconv.Itoa(int(rule.GetMaxInOffice())))
	}
	return err
}

func checkTerm(faults *fault.Fields, field string, officer *networkv1.Officer) {
	from, _ := faults.ParseDay(field+".term_from", officer.GetTermFrom())
	if officer.GetTermTo() == "" {
		return
	}
	if to, ok := faults.ParseDay(field+".term_to", officer.GetTermTo()); ok && to.Before(from) {
		faults.Add(field+".term_to", "after_term")
	}
}

// checkSelection checks that known criteria were looked at once each, and every mandatory one of the type (C6).
func checkSelection(faults *fault.Fields, field string, officer *networkv1.Officer, criteria []*networkv1.SelectionCriterion) {
	found := map[string]bool{}
	for i, finding := range officer.GetSelection() {
		at := fmt.Sprintf("%s[%d].criterion", field, i)
		if found[finding.GetCriterion()] {
			faults.Add(at, "duplicate", "id", finding.GetCriterion())
			continue
		}
		found[finding.GetCriterion()] = true
		schemes.CheckKnown(faults, at, finding.GetCriterion(), criteria)
	}
	for _, c := range criteria {
		if c.GetMandatory() && !found[c.GetId()] && emptyOrContains(c.GetOfficerTypes(), officer.GetType()) {
			faults.Add(field, "criterion_missing", "id", c.GetId())
		}
	}
}

// checkRoles checks other roles against the scheme's list, where it has one (C4).
func checkRoles(faults *fault.Fields, field string, roles []string, scheme *networkv1.Scheme) {
	for i, role := range roles {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case slices.Contains(roles[:i], role):
			faults.Add(at, "duplicate", "id", role)
		case len(scheme.GetOtherRoles()) > 0:
			schemes.CheckKnown(faults, at, role, scheme.GetOtherRoles())
		case role == "":
			faults.Add(at, "required")
		}
	}
}

// term is the span of an office as the columns have it.
type term struct {
	from   time.Time
	to     *time.Time
	notice *time.Time // day from which the appointing unit is told of the end
}

// termOf reads the term of an officer, whose days have been checked.
func termOf(officer *networkv1.Officer, rule *networkv1.AppointmentRule) term {
	t := term{to: columnDay(officer.GetTermTo())}
	if from := columnDay(officer.GetTermFrom()); from != nil {
		t.from = *from
	}
	if days := int(rule.GetEndNoticeDays()); t.to != nil && days > 0 {
		notice := t.to.AddDate(0, 0, -days)
		t.notice = &notice
	}
	return t
}

// columnDay is a day that has been checked, as a column has it; nil where it is empty.
func columnDay(text string) *time.Time {
	day, err := calendar.ParseDate(text)
	if err != nil {
		return nil
	}
	at := day.In(time.UTC)
	return &at
}

// termText writes a term for the history, "2026-01-01/2026-12-31"; nothing after the stroke where it is open.
func termText(officer *networkv1.Officer) string {
	return officer.GetTermFrom() + "/" + officer.GetTermTo()
}
