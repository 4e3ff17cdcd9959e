package officers

import (
	"context"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

const (
	training = networkv1.OpenWorkKind_OPEN_WORK_KIND_TRAINING
	handbook = networkv1.OpenWorkKind_OPEN_WORK_KIND_HANDBOOK
)

// ListOpenWork tells what an officer would have to hand over.
func (s *Server) ListOpenWork(ctx context.Context, req *networkv1.ListOpenWorkRequest) (*networkv1.ListOpenWorkResponse, error) {
	row, err := s.findOfficer(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	work, err := openWork(ctx, s.store, row.Region, row.OfficerKey)
	return &networkv1.ListOpenWorkResponse{Work: work}, err
}

func openWork(ctx context.Context, tx db.DBTX, region, key string) ([]*networkv1.OpenWork, error) {
	rows, err := db.New(tx).OpenWork(ctx, db.OpenWorkParams{
		Region: region, OfficerKey: key, Training: int16(training), Handbook: int16(handbook),
	})
	work := make([]*networkv1.OpenWork, len(rows))
	for i, r := range rows {
		collection := resource.TrainingSessions
		if r.Kind == int16(handbook) {
			collection = resource.Handbooks
		}
		work[i] = &networkv1.OpenWork{
			Kind: networkv1.OpenWorkKind(r.Kind), Resource: resource.Sharded(collection, r.Region, r.Key), Title: r.Title,
		}
	}
	return work, err
}

// transferOpenWork moves what an officer has open to a successor in office whom the same unit appointed, and gives the path of the
// successor's unit.
func transferOpenWork(ctx context.Context, c *lockedOfficer, successor string, today calendar.Date) (string, error) {
	region, key, err := resource.Split(successor)
	if err != nil || successor == c.officer.GetName() {
		return "", fault.Invalid("hand_over.successor", "successor")
	}
	queries := db.New(c.tx)
	to, err := queries.LockOfficer(ctx, db.LockOfficerParams{Region: region, OfficerKey: key})
	if err := document.NotFoundAs(err, successor); err != nil && !fault.IsNotFound(err) {
		return "", err
	}
	if to.State != InOffice || c.act != "replace" && to.AppointingID != c.row.AppointingID {
		return "", fault.Invalid("hand_over.successor", "successor")
	}
	for _, move := range []func() error{
		func() error {
			return queries.HandOverInvitations(ctx, db.HandOverInvitationsParams{
				ToRegion: region, ToKey: key, Region: c.row.Region, OfficerKey: c.row.OfficerKey,
			})
		},
		func() error {
			return queries.DeleteInvitations(ctx, db.DeleteInvitationsParams{
				Region: c.row.Region, OfficerKey: c.row.OfficerKey,
			})
		},
		func() error {
			return queries.HandOverHandbooks(ctx, db.HandOverHandbooksParams{
				ToRegion: region, ToKey: key, Day: today.In(time.UTC), Region: c.row.Region, OfficerKey: c.row.OfficerKey,
			})
		},
		func() error {
			return queries.ReturnHandbooks(ctx, db.ReturnHandbooksParams{
				Day: today.In(time.UTC), Region: c.row.Region, OfficerKey: c.row.OfficerKey,
			})
		},
	} {
		if err := move(); err != nil {
			return "", err
		}
	}
	return to.UnitPath, nil
}
