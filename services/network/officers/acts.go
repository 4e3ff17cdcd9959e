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
	return record.Act(ctx, s.book, req, s.lock("pledge"), func(_ context.Context, c *change) (*networkv1.Officer, error) {
		var faults fault.Fields
		c.row.PledgedOn = pastDay(&faults, "pledged_on", req.GetPledgedOn(), clock.Today(s.book.Clock))
		c.officer.PledgedOn = req.GetPledgedOn()
		c.note(&networkv1.OfficerEvent{Day: req.GetPledgedOn()})
		return c.officer, faults.Err()
	})
}

// RenewTerm moves the end of a term.
func (s *Server) RenewTerm(ctx context.Context, req *networkv1.RenewTermRequest) (*networkv1.Officer, error) {
	return record.Act(ctx, s.book, req, s.lock("renew"), func(ctx context.Context, c *change) (*networkv1.Officer, error) {
		var faults fault.Fields
		today := clock.Today(s.book.Clock)
		switch to := dayOr(&faults, "term_to", req.GetTermTo(), noDay); {
		case to.Before(today.In(time.UTC)):
			faults.Add("term_to", "past")
		case to.Before(c.row.TermFrom):
			faults.Add("term_to", "after_term")
		}
		c.officer.TermTo = req.GetTermTo()
		if err := faults.Err(); err != nil {
			return nil, err
		}
		rule, _ := schemes.Find(c.held.GetAppointmentRules(), c.officer.GetAppointmentRule())
		if err := room(ctx, c.tx, rule, c.officer, c.row.OfficerKey); err != nil {
			return nil, err
		}
		term := termOf(c.officer, rule)
		c.row.TermTo, c.row.NoticeOn = term.to, term.notice
		c.note(&networkv1.OfficerEvent{Day: today.String(), Reason: req.GetReason(), Detail: span(c.officer)})
		return c.officer, nil
	})
}

// ChangeOtherRoles replaces the other roles (C4).
func (s *Server) ChangeOtherRoles(
	ctx context.Context, req *networkv1.ChangeOtherRolesRequest,
) (*networkv1.Officer, error) {
	return record.Act(ctx, s.book, req, s.lock("change_roles"), func(
		_ context.Context, c *change,
	) (*networkv1.Officer, error) {
		var faults fault.Fields
		checkRoles(&faults, "other_roles", req.GetOtherRoles(), c.held)
		c.officer.OtherRoles = req.GetOtherRoles()
		c.note(&networkv1.OfficerEvent{Day: clock.Today(s.book.Clock).String(), Detail: strings.Join(req.GetOtherRoles(), ", ")})
		return c.officer, faults.Err()
	})
}

// CommendOfficer notes a commendation.
func (s *Server) CommendOfficer(ctx context.Context, req *networkv1.CommendOfficerRequest) (*networkv1.Officer, error) {
	return record.Act(ctx, s.book, req, s.lock("commend"), func(_ context.Context, c *change) (*networkv1.Officer, error) {
		var faults fault.Fields
		pastDay(&faults, "day", req.GetDay(), clock.Today(s.book.Clock))
		c.officer.Commendations++
		c.note(&networkv1.OfficerEvent{Day: req.GetDay(), Reason: req.GetReason()})
		return c.officer, faults.Err()
	})
}

// RewardOfficer notes a reward.
func (s *Server) RewardOfficer(ctx context.Context, req *networkv1.RewardOfficerRequest) (*networkv1.Officer, error) {
	return record.Act(ctx, s.book, req, s.lock("reward"), func(_ context.Context, c *change) (*networkv1.Officer, error) {
		var faults fault.Fields
		pastDay(&faults, "day", req.GetDay(), clock.Today(s.book.Clock))
		c.officer.Rewards++
		c.note(&networkv1.OfficerEvent{Day: req.GetDay(), Reason: req.GetReason(), Detail: req.GetReward()})
		return c.officer, faults.Err()
	})
}

// change is an officer being changed: row and message, the unit that acts, and the scheme that holds for it.
type change struct {
	tx      *record.Tx
	row     db.Officer
	officer *networkv1.Officer
	actor   *networkv1.Unit
	held    *networkv1.Scheme
	act     string
	events  []event
	entries []record.Entry // other records that changed with it
}

// lock takes an officer for an act of the tier that appointed.
func (s *Server) lock(act lifecycle.Act) record.Lock[*change] {
	return func(ctx context.Context, tx *record.Tx, req record.ActRequest) (*change, error) {
		region, key, err := resource.Split(req.GetName())
		if err != nil {
			return nil, err
		}
		row, err := db.New(tx).LockOfficer(ctx, db.LockOfficerParams{Region: region, OfficerKey: key})
		if err := document.Admit(ctx, err, row.UnitPath, req.GetName()); err != nil {
			return nil, err
		}
		officer, err := Of(row)
		if err != nil {
			return nil, err
		}
		c := &change{tx: tx, row: row, officer: officer, act: string(act)}
		if err := document.Match(req.GetEtag(), row.Revision, req.GetName()); err != nil {
			return nil, err
		}
		if err := s.sameTier(ctx, c); err != nil {
			return nil, err
		}
		officer.State, err = Lifecycle.Next(officer.GetState(), act)
		return c, err
	}
}

// sameTier lets those act on an officer who could have appointed (C3): the unit that did, or another unit above the officer
// that a rule of its scheme lets appoint such officers today.
func (s *Server) sameTier(ctx context.Context, c *change) error {
	caller := access.From(ctx).Unit
	var err error
	if c.actor, err = s.directory.Unit(ctx, caller); err != nil {
		return err
	}
	if c.held, err = s.directory.Scheme(ctx, caller); err != nil {
		return err
	}
	if caller == c.officer.GetAppointingUnit() {
		return nil
	}
	unit, err := s.directory.Unit(ctx, c.officer.GetUnit())
	if err != nil {
		return err
	}
	if appointmentRule(c.held, c.officer.GetType(), c.actor, unit) == nil {
		return fault.Denied("OWN_UNIT_ONLY", "unit", c.officer.GetAppointingUnit())
	}
	return nil
}

// note adds to the history what the act did.
func (c *change) note(e *networkv1.OfficerEvent) {
	e.Act, e.Unit = c.act, c.actor.GetName()
	c.events = append(c.events, event{c.officer.GetName(), e})
}

// Save stores the officer with what was done, and records the change.
func (c *change) Save(ctx context.Context) error {
	body, err := document.Revise(c.officer, c.row.Revision)
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
