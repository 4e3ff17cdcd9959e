package officers

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// SignPledge notes the confidentiality pledge.
func (s *Server) SignPledge(ctx context.Context, req *networkv1.SignPledgeRequest) (*networkv1.Officer, error) {
	return s.act(ctx, req, pledge, func(_ context.Context, c *change) (*networkv1.OfficerEvent, error) {
		err := checkPledged(c, "pledged_on", req.GetPledgedOn())
		c.Record.PledgedOn = req.GetPledgedOn()
		return &networkv1.OfficerEvent{Day: req.GetPledgedOn()}, err
	})
}

// RenewTerm moves the end of a term, also of one that ran out: the office goes on with its history.
func (s *Server) RenewTerm(ctx context.Context, req *networkv1.RenewTermRequest) (*networkv1.Officer, error) {
	return s.act(ctx, req, renew, func(ctx context.Context, c *change) (*networkv1.OfficerEvent, error) {
		var faults fault.Fields
		to := faults.DayOrEmpty("term_to", req.GetTermTo())
		switch {
		case to == "": // open, or noted
		case to < c.Today().String():
			faults.Add("term_to", words.Past())
		case to < c.Record.GetTermFrom():
			faults.Add("term_to", words.AfterTerm())
		}
		if err := faults.Err(); err != nil {
			return nil, err
		}
		scheme, err := s.directory.Scheme(ctx, c.Acting.GetName())
		if err != nil {
			return nil, err
		}
		rule, _ := schemes.Find(scheme.GetAppointmentRules(), c.Record.GetAppointmentRule())
		c.Record.TermTo, c.Record.EndedOn = to, ""
		setNotice(c.Record, rule, c.Today())
		from := max(c.Record.GetTermFrom(), c.Today().String())
		event := &networkv1.OfficerEvent{Reason: req.GetReason(), Detail: termText(c.Record)}
		return event, requireVacancy(ctx, c, rule, c.Key, from)
	})
}

// ChangeOtherRoles replaces the other roles (C4).
func (s *Server) ChangeOtherRoles(ctx context.Context, req *networkv1.ChangeOtherRolesRequest) (*networkv1.Officer, error) {
	return s.act(ctx, req, changeRoles, func(ctx context.Context, c *change) (*networkv1.OfficerEvent, error) {
		scheme, err := s.directory.Scheme(ctx, c.Acting.GetName())
		if err != nil {
			return nil, err
		}
		var faults fault.Fields
		checkRoles(&faults, "other_roles", req.GetOtherRoles(), scheme)
		c.Record.OtherRoles = req.GetOtherRoles()
		return &networkv1.OfficerEvent{Detail: strings.Join(req.GetOtherRoles(), ", ")}, faults.Err()
	})
}

// CommendOfficer notes a commendation.
func (s *Server) CommendOfficer(ctx context.Context, req *networkv1.CommendOfficerRequest) (*networkv1.Officer, error) {
	return s.officers.ActBy(ctx, req, commend, s.requireAbove, noted(commend, func(
		_ context.Context, c *change,
	) (*networkv1.OfficerEvent, error) {
		c.Record.Commendations++
		return &networkv1.OfficerEvent{Day: req.GetDay(), Reason: req.GetReason()}, checkServed(c, "day", req.GetDay())
	}))
}

// RewardOfficer notes a reward.
func (s *Server) RewardOfficer(ctx context.Context, req *networkv1.RewardOfficerRequest) (*networkv1.Officer, error) {
	return s.officers.ActBy(ctx, req, reward, s.requireAbove, noted(reward, func(
		_ context.Context, c *change,
	) (*networkv1.OfficerEvent, error) {
		c.Record.Rewards++
		event := &networkv1.OfficerEvent{Day: req.GetDay(), Reason: req.GetReason(), Detail: req.GetReward()}
		return event, checkServed(c, "day", req.GetDay())
	}))
}

// step does an act and tells what the history says of it.
type step func(context.Context, *change) (*networkv1.OfficerEvent, error)

// act does something to an officer for the tier that appointed.
func (s *Server) act(ctx context.Context, req record.ActRequest, act lifecycle.Act, do step) (*networkv1.Officer, error) {
	return s.officers.ActBy(ctx, req, act, s.requireTier, noted(act, do))
}

// noted is the rule of an act: it does its step and adds it to the history, as done by the acting unit, today where the step
// names no other day.
func noted(act lifecycle.Act, do step) rule {
	return func(ctx context.Context, c *change) error {
		event, err := do(ctx, c)
		if err != nil {
			return err
		}
		if event.Unit = c.Acting.GetName(); event.GetDay() == "" {
			event.Day = c.Today().String()
		}
		return addEvent(ctx, c, act, event)
	}
}

// addEvent adds to an officer's history, and tells those concerned.
func addEvent(ctx context.Context, c *change, act lifecycle.Act, event *networkv1.OfficerEvent) error {
	event.Act, event.RecordTime = string(act), timestamppb.New(c.Now())
	body, err := document.Encode(event)
	if err != nil {
		return err
	}
	if err := db.New(c).AddOfficerEvent(ctx, db.AddOfficerEventParams{
		Region: c.Region, OfficerKey: c.Key, EventKey: resource.NewKey(), Body: body,
	}); err != nil {
		return err
	}
	if says, told := toldAfter[act]; told {
		return notify(ctx, c, event.GetUnit(), says(c, event))
	}
	return nil
}

// requireTier requires that the caller appointed the officer, or could appoint such an officer today (C3): that unit acts.
func (s *Server) requireTier(ctx context.Context, c *change) (err error) {
	caller := access.PrincipalOf(ctx).Unit
	if c.Acting, err = s.directory.Unit(ctx, caller); err != nil || caller == c.Record.GetAppointingUnit() {
		return err
	}
	by, err := s.tierOf(ctx, c.Acting)
	if err != nil {
		return err
	}
	unit, err := s.unitOf(ctx, c)
	if err != nil {
		return err
	}
	if by.rule(c.Record.GetType(), unit) == nil {
		others, err := s.appointers(ctx, c.Record.GetType(), unit, c.Record.GetAppointingUnit())
		if err != nil {
			return err
		}
		return fault.Denied(words.OwnUnitOnly(others))
	}
	return nil
}

// unitOf is the unit that an officer serves or, where that is to come, will serve.
func (s *Server) unitOf(ctx context.Context, c *change) (*networkv1.Unit, error) {
	unit, err := s.directory.Unit(ctx, c.Record.GetUnit())
	if fault.IsNotFound(err) {
		return units.Coming(ctx, c, c.Record.GetUnit(), c.Today())
	}
	return unit, err
}

// requireAbove requires that the caller is a unit above the one that appointed, which commends people of every tier (C6), or the
// tier itself: that unit acts.
func (s *Server) requireAbove(ctx context.Context, c *change) error {
	caller := access.PrincipalOf(ctx).Unit
	appointing, err := s.directory.Unit(ctx, c.Record.GetAppointingUnit())
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	if !slices.Contains(appointing.GetAncestors(), caller) {
		return s.requireTier(ctx, c)
	}
	c.Acting, err = s.directory.Unit(ctx, caller)
	return err
}
