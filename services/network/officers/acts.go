package officers

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// SignPledge notes the confidentiality pledge.
func (s *Server) SignPledge(ctx context.Context, req *networkv1.SignPledgeRequest) (*networkv1.Officer, error) {
	return record.Act(ctx, s.store, req, s.lock("pledge"), func(_ context.Context, c *lockedOfficer) (*networkv1.Officer, error) {
		var faults fault.Fields
		c.row.PledgedOn = parsePastDay(&faults, "pledged_on", req.GetPledgedOn(), clock.Today(s.store.Clock))
		c.officer.PledgedOn = req.GetPledgedOn()
		c.note(&networkv1.OfficerEvent{Day: req.GetPledgedOn()})
		return c.officer, faults.Err()
	})
}

// RenewTerm moves the end of a term.
func (s *Server) RenewTerm(ctx context.Context, req *networkv1.RenewTermRequest) (*networkv1.Officer, error) {
	return record.Act(ctx, s.store, req, s.lock("renew"), func(ctx context.Context, c *lockedOfficer) (*networkv1.Officer, error) {
		var faults fault.Fields
		today := clock.Today(s.store.Clock)
		switch to := parseDayOr(&faults, "term_to", req.GetTermTo(), maxDay); {
		case to.Before(today.In(time.UTC)):
			faults.Add("term_to", "past")
		case to.Before(c.row.TermFrom):
			faults.Add("term_to", "after_term")
		}
		c.officer.TermTo = req.GetTermTo()
		if err := faults.Err(); err != nil {
			return nil, err
		}
		rule, _ := schemes.Find(c.scheme.GetAppointmentRules(), c.officer.GetAppointmentRule())
		if err := requireVacancy(ctx, c.tx, rule, c.officer, c.row.OfficerKey); err != nil {
			return nil, err
		}
		term := termOf(c.officer, rule)
		c.row.TermTo, c.row.NoticeOn = term.to, term.notice
		c.note(&networkv1.OfficerEvent{Day: today.String(), Reason: req.GetReason(), Detail: termText(c.officer)})
		return c.officer, nil
	})
}

// ChangeOtherRoles replaces the other roles (C4).
func (s *Server) ChangeOtherRoles(
	ctx context.Context, req *networkv1.ChangeOtherRolesRequest,
) (*networkv1.Officer, error) {
	return record.Act(ctx, s.store, req, s.lock("change_roles"), func(
		_ context.Context, c *lockedOfficer,
	) (*networkv1.Officer, error) {
		var faults fault.Fields
		checkRoles(&faults, "other_roles", req.GetOtherRoles(), c.scheme)
		c.officer.OtherRoles = req.GetOtherRoles()
		c.note(&networkv1.OfficerEvent{Day: clock.Today(s.store.Clock).String(), Detail: strings.Join(req.GetOtherRoles(), ", ")})
		return c.officer, faults.Err()
	})
}

// CommendOfficer notes a commendation.
func (s *Server) CommendOfficer(ctx context.Context, req *networkv1.CommendOfficerRequest) (*networkv1.Officer, error) {
	return record.Act(ctx, s.store, req, s.lock("commend"), func(_ context.Context, c *lockedOfficer) (*networkv1.Officer, error) {
		var faults fault.Fields
		parsePastDay(&faults, "day", req.GetDay(), clock.Today(s.store.Clock))
		c.officer.Commendations++
		c.note(&networkv1.OfficerEvent{Day: req.GetDay(), Reason: req.GetReason()})
		return c.officer, faults.Err()
	})
}

// RewardOfficer notes a reward.
func (s *Server) RewardOfficer(ctx context.Context, req *networkv1.RewardOfficerRequest) (*networkv1.Officer, error) {
	return record.Act(ctx, s.store, req, s.lock("reward"), func(_ context.Context, c *lockedOfficer) (*networkv1.Officer, error) {
		var faults fault.Fields
		parsePastDay(&faults, "day", req.GetDay(), clock.Today(s.store.Clock))
		c.officer.Rewards++
		c.note(&networkv1.OfficerEvent{Day: req.GetDay(), Reason: req.GetReason(), Detail: req.GetReward()})
		return c.officer, faults.Err()
	})
}

// lockedOfficer is an officer read for an act, with the acting unit and its scheme.
type lockedOfficer struct {
	tx         *record.Tx
	row        db.Officer
	officer    *networkv1.Officer
	actingUnit *networkv1.Unit
	scheme     *networkv1.Scheme
	act        string
	events     []event
	entries    []record.Entry // other records that changed with it
}

// lock takes an officer for an act of the tier that appointed.
func (s *Server) lock(act lifecycle.Act) record.LockFunc[*lockedOfficer] {
	return func(ctx context.Context, tx *record.Tx, req record.ActRequest) (*lockedOfficer, error) {
		region, key, err := resource.Split(req.GetName())
		if err != nil {
			return nil, err
		}
		row, err := db.New(tx).LockOfficer(ctx, db.LockOfficerParams{Region: region, OfficerKey: key})
		if err := document.Authorize(ctx, err, row.UnitPath, req.GetName()); err != nil {
			return nil, err
		}
		officer, err := FromRow(row)
		if err != nil {
			return nil, err
		}
		c := &lockedOfficer{tx: tx, row: row, officer: officer, act: string(act)}
		if err := document.CheckEtag(req.GetEtag(), row.Revision, req.GetName()); err != nil {
			return nil, err
		}
		if err := s.requireTier(ctx, c); err != nil {
			return nil, err
		}
		officer.State, err = Lifecycle.Next(officer.GetState(), act)
		return c, err
	}
}

// requireTier requires that the caller appointed the officer, or could appoint such an officer today (C3).
func (s *Server) requireTier(ctx context.Context, c *lockedOfficer) error {
	caller := access.PrincipalOf(ctx).Unit
	var err error
	if c.actingUnit, err = s.directory.Unit(ctx, caller); err != nil {
		return err
	}
	if c.scheme, err = s.directory.Scheme(ctx, caller); err != nil {
		return err
	}
	if caller == c.officer.GetAppointingUnit() {
		return nil
	}
	unit, err := s.directory.Unit(ctx, c.officer.GetUnit())
	if err != nil {
		return err
	}
	if appointmentRule(c.scheme, c.officer.GetType(), c.actingUnit, unit) == nil {
		return fault.Denied("OWN_UNIT_ONLY", "unit", c.officer.GetAppointingUnit())
	}
	return nil
}

// note adds to the history what the act did.
func (c *lockedOfficer) note(e *networkv1.OfficerEvent) {
	e.Act, e.Unit = c.act, c.actingUnit.GetName()
	c.events = append(c.events, event{c.officer.GetName(), e})
}

// Save stores the officer with what was done, and records the change.
func (c *lockedOfficer) Save(ctx context.Context) error {
	body, err := document.EncodeRevision(c.officer, c.row.Revision)
	if err != nil {
		return err
	}
	if err := db.New(c.tx).SaveOfficer(ctx, db.SaveOfficerParams{
		Region: c.row.Region, OfficerKey: c.row.OfficerKey, State: int16(c.officer.GetState()), TermTo: c.row.TermTo,
		EndedOn: c.row.EndedOn, PledgedOn: c.row.PledgedOn, NoticeOn: c.row.NoticeOn, Body: body,
	}); err != nil {
		return err
	}
	if err := addEvents(ctx, c.tx, c.events...); err != nil {
		return err
	}
	return c.tx.Record(ctx, append(c.entries, record.Entry{Resource: c.officer.GetName(), UnitPath: c.row.UnitPath})...)
}

// event is an entry of an officer's history.
type event struct {
	officer string // name
	*networkv1.OfficerEvent
}

// addEvents adds to the histories of officers.
func addEvents(ctx context.Context, tx *record.Tx, events ...event) error {
	p := db.AddOfficerEventsParams{}
	for _, e := range events {
		region, key, err := resource.Split(e.officer)
		if err != nil {
			return err
		}
		e.RecordTime = timestamppb.New(tx.Now())
		body, err := document.Encode(e.OfficerEvent)
		if err != nil {
			return err
		}
		p.Regions, p.OfficerKeys = append(p.Regions, region), append(p.OfficerKeys, key)
		p.EventKeys, p.Bodies = append(p.EventKeys, resource.NewKey()), append(p.Bodies, string(body))
	}
	return db.New(tx).AddOfficerEvents(ctx, p)
}
