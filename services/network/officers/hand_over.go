package officers

import (
	"context"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// ListOpenWork tells what an officer would have to hand over.
func (s *Server) ListOpenWork(ctx context.Context, req *networkv1.ListOpenWorkRequest) (*networkv1.ListOpenWorkResponse, error) {
	officer, err := s.officers.Look(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	work, err := openWork(ctx, s.store, officer)
	return &networkv1.ListOpenWorkResponse{Work: work}, err
}

func openWork(ctx context.Context, tx db.DBTX, c *change) ([]*networkv1.OpenWork, error) {
	rows, err := db.New(tx).OpenWork(ctx, db.OpenWorkParams{Region: c.Region, OfficerKey: c.Key})
	work := make([]*networkv1.OpenWork, len(rows))
	for i, r := range rows {
		kind := networkv1.OpenWorkKind(networkv1.OpenWorkKind_value[r.Kind])
		work[i] = &networkv1.OpenWork{Kind: kind, Resource: r.Resource, Title: r.Title}
	}
	return work, err
}

// HandOverOfficer hands over what stayed open.
func (s *Server) HandOverOfficer(ctx context.Context, req *networkv1.HandOverOfficerRequest) (*networkv1.Officer, error) {
	return s.act(ctx, req, handOver, func(ctx context.Context, c *change) (*networkv1.OfficerEvent, error) {
		plan := req.GetHandOver()
		work, err := openWork(ctx, c, c)
		switch {
		case err != nil:
			return nil, err
		case len(work) == 0:
			return nil, fault.Precondition(words.NoOpenWork(words.Titled(c.Record)))
		case plan.GetSuccessor() == "":
			return nil, fault.Invalid("hand_over.successor", words.Required())
		}
		event := &networkv1.OfficerEvent{Reason: plan.GetNote(), Detail: plan.GetSuccessor()}
		return event, s.handOver(ctx, c, plan, sameAppointer)
	})
}

// successorKind says which successors may take over.
type successorKind int

const (
	sameAppointer successorKind = iota // who is in office, appointed by the same unit
	justAppointed                      // who has just been appointed for it, and is recorded with that
)

// handOver gives what an officer has open to the successor. Where there is something, somebody must take it over or a
// reason be given why nobody does; it then stays open until HandOverOfficer.
func (s *Server) handOver(ctx context.Context, c *change, plan *networkv1.HandOverPlan, kind successorKind) error {
	work, err := openWork(ctx, c, c)
	if err != nil {
		return err
	}
	if len(work) > 0 && plan.GetSuccessor() == "" && strings.TrimSpace(plan.GetReason()) == "" {
		return fault.Precondition(words.HasOpenWork(words.Titled(c.Record), strconv.Itoa(len(work)))).OnField("hand_over")
	}
	if len(work) == 0 && plan == nil {
		return nil
	}
	if plan.GetSuccessor() != "" {
		if err := s.transferOpenWork(ctx, c, plan.GetSuccessor(), kind); err != nil {
			return err
		}
	}
	c.Record.HandOver = &networkv1.HandOver{
		Successor: plan.GetSuccessor(), Reason: plan.GetReason(), Note: plan.GetNote(), Work: work, Day: c.Today().String(),
	}
	return nil
}

// transferOpenWork moves what an officer has open to a successor.
func (s *Server) transferOpenWork(ctx context.Context, c *change, successor string, kind successorKind) error {
	to, err := s.officers.Find(ctx, c.Tx, successor)
	switch {
	case err != nil && !fault.IsNotFound(err):
		return err
	case err != nil, successor == c.Record.GetName(), to.Record.GetState() != inOffice && kind != justAppointed,
		kind == sameAppointer && to.Record.GetAppointingUnit() != c.Record.GetAppointingUnit():
		return fault.Invalid("hand_over.successor", words.Successor())
	}
	if err := db.New(c).HandOverInvitations(ctx, db.HandOverInvitationsParams{
		ToRegion: to.Region, ToKey: to.Key, Region: c.Region, OfficerKey: c.Key,
	}); err != nil {
		return err
	}
	if err := db.New(c).HandOverHandbooks(ctx, db.HandOverHandbooksParams{
		ToRegion: to.Region, ToKey: to.Key, Day: c.Today(), Region: c.Region, OfficerKey: c.Key,
	}); err != nil || kind == justAppointed {
		return err
	}
	return c.Tx.Record(ctx, record.Entry{Resource: successor, UnitPath: to.UnitPath})
}
