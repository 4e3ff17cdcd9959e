package officers

import (
	"context"
	"strconv"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// DismissOfficer ends an office before its term.
func (s *Server) DismissOfficer(ctx context.Context, req *networkv1.DismissOfficerRequest) (*networkv1.Officer, error) {
	return record.Act(ctx, s.store, req, s.lock("dismiss"), func(ctx context.Context, c *lockedOfficer) (*networkv1.Officer, error) {
		s.endOffice(c, req.GetReason(), req.GetHandOver().GetSuccessor())
		return c.officer, s.handOver(ctx, c, req.GetHandOver())
	})
}

// ReplaceOfficer dismisses and appoints the successor, or does neither.
func (s *Server) ReplaceOfficer(ctx context.Context, req *networkv1.ReplaceOfficerRequest) (*networkv1.ReplaceOfficerResponse, error) {
	return record.Act(
		ctx,
		s.store,
		req,
		s.lock("replace"),
		func(ctx context.Context, c *lockedOfficer) (*networkv1.ReplaceOfficerResponse, error) {
			if err := checkSuccessor(c, req.GetSuccessor()); err != nil {
				return nil, err
			}
			unit, err := s.directory.Unit(ctx, c.officer.GetUnit())
			if err != nil {
				return nil, err
			}
			successor, err := s.appoint(ctx, c.tx, appointment{
				requested: req.GetSuccessor(), field: "successor", appointer: c.actingUnit, unit: unit, today: clock.Today(s.store.Clock),
				replaces: c.officer.GetName(), replacesKey: c.row.OfficerKey,
			})
			if err != nil {
				return nil, err
			}
			c.entries = append(c.entries, record.Entry{Resource: successor.GetName(), UnitPath: access.Path(unit)})
			s.endOffice(c, req.GetReason(), successor.GetName())
			return &networkv1.ReplaceOfficerResponse{Officer: c.officer, Successor: successor},
				s.handOver(ctx, c, &networkv1.HandOverPlan{Successor: successor.GetName(), Note: req.GetNote()})
		},
	)
}

// checkSuccessor checks that a successor is to have the very post of the officer who leaves.
func checkSuccessor(c *lockedOfficer, successor *networkv1.Officer) error {
	var faults fault.Fields
	if successor.GetType() != c.officer.GetType() {
		faults.Add("successor.type", "same_type", "type", c.officer.GetType().String())
	}
	for field, pair := range map[string][2]string{
		"successor.unit":            {successor.GetUnit(), c.officer.GetUnit()},
		"successor.appointing_unit": {successor.GetAppointingUnit(), c.actingUnit.GetName()},
	} {
		if pair[0] != pair[1] {
			faults.Add(field, "same_post", "value", pair[1])
		}
	}
	return faults.Err()
}

// endOffice writes into an officer that the office ends today.
func (s *Server) endOffice(c *lockedOfficer, reason, successor string) {
	today := clock.Today(s.store.Clock).String()
	c.row.EndedOn, c.row.NoticeOn = columnDay(today), nil
	c.officer.EndedOn = today
	c.note(&networkv1.OfficerEvent{Day: today, Reason: reason, Detail: successor})
}

// HandOverOfficer hands over what stayed open.
func (s *Server) HandOverOfficer(ctx context.Context, req *networkv1.HandOverOfficerRequest) (*networkv1.Officer, error) {
	return record.Act(ctx, s.store, req, s.lock("hand_over"), func(ctx context.Context, c *lockedOfficer) (*networkv1.Officer, error) {
		work, err := openWork(ctx, c.tx, c.row.Region, c.row.OfficerKey)
		switch {
		case err != nil:
			return nil, err
		case len(work) == 0:
			return nil, fault.Precondition("NO_OPEN_WORK", "officer", c.officer.GetName())
		case req.GetHandOver().GetSuccessor() == "":
			return nil, fault.Invalid("hand_over.successor", "required")
		}
		c.note(&networkv1.OfficerEvent{
			Day: clock.Today(s.store.Clock).String(), Reason: req.GetHandOver().GetNote(), Detail: req.GetHandOver().GetSuccessor(),
		})
		return c.officer, s.handOver(ctx, c, req.GetHandOver())
	})
}

// handOver gives what an officer has open to the successor. Where there is something, somebody must take it over or a
// reason be given why nobody does; it then stays open until HandOverOfficer.
func (s *Server) handOver(ctx context.Context, c *lockedOfficer, plan *networkv1.HandOverPlan) error {
	work, err := openWork(ctx, c.tx, c.row.Region, c.row.OfficerKey)
	if err != nil {
		return err
	}
	if len(work) > 0 && plan.GetSuccessor() == "" && strings.TrimSpace(plan.GetReason()) == "" {
		return fault.Precondition("HAS_OPEN_WORK", "officer", c.officer.GetName(), "count", strconv.Itoa(len(work))).OnField("hand_over")
	}
	if len(work) == 0 && plan == nil {
		return nil
	}
	today := clock.Today(s.store.Clock)
	if plan.GetSuccessor() != "" {
		path, err := transferOpenWork(ctx, c, plan.GetSuccessor(), today)
		if err != nil {
			return err
		}
		if c.act != "replace" { // a successor who has just been appointed is recorded with that
			c.entries = append(c.entries, record.Entry{Resource: plan.GetSuccessor(), UnitPath: path})
		}
	}
	c.officer.HandOver = &networkv1.HandOver{
		Successor: plan.GetSuccessor(), Reason: plan.GetReason(), Note: plan.GetNote(), Work: work, Day: today.String(),
	}
	return nil
}
