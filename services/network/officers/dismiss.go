package officers

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// DismissOfficer ends an office before its term.
func (s *Server) DismissOfficer(ctx context.Context, req *networkv1.DismissOfficerRequest) (*networkv1.Officer, error) {
	return s.act(ctx, req, dismiss, func(ctx context.Context, c *change) (*networkv1.OfficerEvent, error) {
		endOffice(c.Record, c.Today().String())
		event := &networkv1.OfficerEvent{Reason: req.GetReason(), Detail: req.GetHandOver().GetSuccessor()}
		return event, s.handOver(ctx, c, req.GetHandOver(), sameAppointer)
	})
}

// ReplaceOfficer dismisses and appoints the successor, or does neither.
func (s *Server) ReplaceOfficer(ctx context.Context, req *networkv1.ReplaceOfficerRequest) (
	*networkv1.ReplaceOfficerResponse, error,
) {
	return record.Change(ctx, s.store, req, func(
		ctx context.Context, tx *record.Tx,
	) (resp *networkv1.ReplaceOfficerResponse, err error) {
		resp = &networkv1.ReplaceOfficerResponse{}
		resp.Officer, err = s.officers.ActIn(ctx, tx, req, replace, s.requireTier, noted(replace, func(
			ctx context.Context, c *change,
		) (_ *networkv1.OfficerEvent, err error) {
			if resp.Successor, err = s.appointSuccessor(ctx, c, req.GetSuccessor()); err != nil {
				return nil, err
			}
			successor := resp.GetSuccessor().GetName()
			endOffice(c.Record, c.Today().String())
			return &networkv1.OfficerEvent{Reason: req.GetReason(), Detail: successor},
				s.handOver(ctx, c, &networkv1.HandOverPlan{Successor: successor, Note: req.GetNote()}, justAppointed)
		}))
		return resp, err
	})
}

// appointSuccessor appoints a successor, who is to have the very post of the officer who leaves.
func (s *Server) appointSuccessor(ctx context.Context, c *change, successor *networkv1.Officer) (*networkv1.Officer, error) {
	var faults fault.Fields
	if successor.GetType() != c.Record.GetType() {
		faults.Add("successor.type", words.SameType(c.Record.GetType().String()))
	}
	for field, pair := range map[string][2]string{
		"successor.unit":            {successor.GetUnit(), c.Record.GetUnit()},
		"successor.appointing_unit": {successor.GetAppointingUnit(), c.Acting.GetName()},
	} {
		if pair[0] != pair[1] {
			faults.Add(field, words.SamePost(words.Untitled(pair[1])))
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	unit, err := s.unitOf(ctx, c)
	if err != nil {
		return nil, err
	}
	return s.appoint(ctx, c.Tx, appointment{
		requested: successor, field: "successor", appointer: c.Acting, unit: unit, replaces: c.Record.GetName(),
		replacesKey: c.Key,
	})
}

// endOffice writes into an officer from which day on the office has ended.
func endOffice(officer *networkv1.Officer, day string) {
	officer.EndedOn, officer.TermNoticeOn = day, ""
}
