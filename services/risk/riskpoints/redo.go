package riskpoints

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// handedIn are the states of what a unit has handed in: under review, or through it.
var handedIn = document.EnumNames([]riskv1.RegisterState{submitted, inForce})

// TakeBack sends everything that a unit has handed in or in force back to it, to be searched anew (J4), and counts it. What is in
// force stays so until its new version is. What had come back before is to be searched anew as well, and stays as it is.
func (s *Server) TakeBack(ctx context.Context, tx *record.Tx, units []string, redo *riskv1.Redo) (int32, error) {
	rows, err := db.New(tx).PointsToRedo(ctx, db.PointsToRedoParams{
		UnitID: units[len(units)-1], Today: tx.Today(), Ended: ended.String(),
		States: append([]string{returned.String()}, handedIn...),
	})
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		name := resource.Sharded(resource.RiskPoints, row.Region, row.Key)
		_, err := s.points.ActIn(ctx, tx, &riskv1.DiscardRiskPointDraftRequest{Name: name}, redoAct, nil,
			func(ctx context.Context, c *change) error {
				c.Record.Redo = redo.GetName()
				if c.Before.GetState() == returned {
					return nil
				}
				c.Record.ReturnCount++
				return s.points.TakeBack(redo.GetReason())(ctx, c)
			})
		if err != nil {
			return 0, err
		}
	}
	return int32(len(rows)), nil
}

// Release has all that came back under a redo, and is not approved since, be again what it was: the redo was withdrawn (J4).
func (s *Server) Release(ctx context.Context, tx *record.Tx, redo *riskv1.Redo) error {
	rows, err := db.New(tx).PointsOfRedo(ctx, db.PointsOfRedoParams{Redo: redo.GetName(), Ended: ended.String()})
	if err != nil {
		return err
	}
	for _, row := range rows {
		at := &riskv1.DiscardRiskPointDraftRequest{Name: resource.Sharded(resource.RiskPoints, row.Region, row.Key)}
		release := func(ctx context.Context, c *change) error {
			c.Record.Redo = ""
			err := s.points.Release(ctx, c, redo.GetReason(), redo.GetCreateTime().AsTime())
			c.Record.Problems = c.Before.GetProblems()
			return err
		}
		_, err := s.points.ActIn(ctx, tx, at, releaseAct, nil, release, stillMisgraded, showGrade)
		if err != nil && !fault.IsNotFound(err) {
			return err // what a move has taken out of reach keeps nothing back
		}
	}
	return nil
}

// RedoProgress counts what a unit has still to hand in anew under a redo, its own or that of one it acts for, and what it has
// handed in since.
func RedoProgress(ctx context.Context, tx *record.Tx, unit string, redo *riskv1.Redo) (missing, found int64, err error) {
	row, err := db.New(tx).RedoProgress(ctx, db.RedoProgressParams{
		UnitID: resource.ID(unit), Today: tx.Today(), Redo: redo.GetName(), Ordered: resource.ID(redo.GetUnit()),
		Since: redo.GetCreateTime().AsTime(), Ended: ended.String(), HandedIn: handedIn,
	})
	return row.Missing, row.HandedIn, err
}

// requireNoRedo refuses to drop what is to be searched anew: the version in force would be back without a search.
func requireNoRedo(_ context.Context, c *change) error {
	if c.Record.GetRedo() != "" && c.Record.GetStanding().GetVersion() > 0 {
		return fault.Precondition(words.RedoOpen(words.Untitled(c.Record.GetUnit())))
	}
	return nil
}

// endRedo has a risk point that was approved, or ends, be under no redo any more, and the unit's as if it always had been.
func endRedo(_ context.Context, c *change) error {
	c.Record.Redo, c.Record.TransferredFrom = "", ""
	return nil
}
