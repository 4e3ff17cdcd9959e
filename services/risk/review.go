package risk

import (
	"context"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// update is an update request with its name and etag where other requests carry theirs.
type update struct{ *riskv1.UpdateRiskPointRequest }

// GetName is the name of the risk point that replaces the stored one.
func (u update) GetName() string { return u.GetRiskPoint().GetName() }

// GetEtag is its etag.
func (u update) GetEtag() string { return u.GetRiskPoint().GetEtag() }

// UpdateRiskPoint replaces the content and grades it by the scheme that holds today (J3).
func (s *riskPoints) UpdateRiskPoint(
	ctx context.Context, req *riskv1.UpdateRiskPointRequest,
) (*riskv1.RiskPoint, error) {
	if req.GetRiskPoint().GetName() == "" {
		return nil, fault.Invalid("risk_point.name", "required")
	}
	return record.Act(ctx, s.book, update{req}, lock("update"), func(ctx context.Context, c *change) (*riskv1.RiskPoint, error) {
		return c.point, s.fill(ctx, c.tx, c.point, req.GetRiskPoint(), c.units())
	})
}

// SubmitRiskPoint hands a risk point in (J4).
func (s *riskPoints) SubmitRiskPoint(
	ctx context.Context, req *riskv1.SubmitRiskPointRequest,
) (*riskv1.RiskPoint, error) {
	return record.Act(ctx, s.book, req, lock("submit"), func(_ context.Context, c *change) (*riskv1.RiskPoint, error) {
		return c.point, nil
	})
}

// ReturnRiskPoint sends back what does not conform (J4).
func (s *riskPoints) ReturnRiskPoint(
	ctx context.Context, req *riskv1.ReturnRiskPointRequest,
) (*riskv1.RiskPoint, error) {
	return record.Act(ctx, s.book, req, lock("return"), func(ctx context.Context, c *change) (*riskv1.RiskPoint, error) {
		c.point.Returns = append(c.point.Returns, &riskv1.RiskPointReturn{
			Reason: req.GetReason(), ReturnTime: timestamppb.New(c.tx.Now()),
		})
		return c.point, checkReviewer(access.From(ctx), c.units())
	})
}

// ApproveRiskPoint approves the version that the etag names (J4).
func (s *riskPoints) ApproveRiskPoint(
	ctx context.Context, req *riskv1.ApproveRiskPointRequest,
) (*riskv1.RiskPoint, error) {
	return record.Act(ctx, s.book, req, lock("approve"), func(ctx context.Context, c *change) (*riskv1.RiskPoint, error) {
		return c.point, checkReviewer(access.From(ctx), c.units())
	})
}

// checkReviewer keeps a unit from reviewing its own risk points, whatever the caller's role; who reaches the record and is
// not of its unit is above it. units are the point's unit and those above it, from the root down; the root has none above
// it here and reviews its own.
func checkReviewer(reviewer access.Principal, units []string) error {
	unit := resource.Name(resource.Units, units[len(units)-1])
	if len(units) > 1 && reviewer.Unit == unit {
		return fault.Denied("OWN_RISK_POINT", "unit", unit)
	}
	return nil
}

// change is a risk point that is being changed.
type change struct {
	tx    *record.Tx
	row   db.LockRiskPointRow
	point *riskv1.RiskPoint
}

// units are the point's unit and those above it, the root first.
func (c *change) units() []string { return strings.Split(c.row.UnitPath, ".") }

// lock takes a risk point for an act.
func lock(act string) record.Lock[*change] {
	return func(ctx context.Context, tx *record.Tx, req record.ActRequest) (*change, error) {
		region, key, err := resource.Split(req.GetName())
		if err != nil {
			return nil, err
		}
		row, err := db.New(tx).LockRiskPoint(ctx, db.LockRiskPointParams{Region: region, PointKey: key})
		if err := document.Admit(ctx, err, row.UnitPath, req.GetName()); err != nil {
			return nil, err
		}
		if err := document.Match(req.GetEtag(), row.Revision, req.GetName()); err != nil {
			return nil, err
		}
		point, err := document.Read[*riskv1.RiskPoint](row.Body, row.Revision)
		if err != nil {
			return nil, err
		}
		point.State, err = RiskPointLifecycle.Next(point.GetState(), act)
		return &change{tx: tx, row: row, point: point}, err
	}
}

// Save stores the risk point and records the change.
func (c *change) Save(ctx context.Context) error {
	region, key, err := resource.Split(c.point.GetName())
	if err != nil {
		return err
	}
	body, err := document.Revise(c.point, c.row.Revision)
	if err != nil {
		return err
	}
	if err := db.New(c.tx).SaveRiskPoint(ctx, db.SaveRiskPointParams{
		Region: region, PointKey: key, Grade: c.point.GetGrade(), State: int16(c.point.GetState()),
		Returns: int32(len(c.point.GetReturns())), Body: body,
	}); err != nil {
		return err
	}
	return c.tx.Record(ctx, record.Entry{Resource: c.point.GetName(), UnitPath: c.row.UnitPath})
}
