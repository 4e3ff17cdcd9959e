package risk

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

type riskPoints struct {
	riskv1.UnsafeRiskPointServiceServer

	book *record.Book
}

// CreateRiskPoint registers a risk point as a draft, graded (J2, J3).
func (s *riskPoints) CreateRiskPoint(
	ctx context.Context, req *riskv1.CreateRiskPointRequest,
) (*riskv1.RiskPoint, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*riskv1.RiskPoint, error) {
		unit, now, key := access.Target(ctx), s.book.Clock.Now(), resource.NewKey()
		point := &riskv1.RiskPoint{
			Name: resource.Sharded(resource.RiskPoints, unit.GetRegion(), key), Unit: unit.GetName(),
			State: RiskPointLifecycle.Start, CreateTime: timestamppb.New(now),
		}
		if err := s.fill(ctx, tx, point, req.GetRiskPoint(), access.Lineage(unit)); err != nil {
			return nil, err
		}
		body, err := document.Encode(point)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).AddRiskPoint(ctx, db.AddRiskPointParams{
			Region: unit.GetRegion(), PointKey: key, UnitID: resource.ID(unit.GetName()), UnitPath: access.Path(unit),
			Grade: point.GetGrade(), State: int16(point.GetState()), CreateTime: now, Body: body,
		}); err != nil {
			return nil, err
		}
		point.Etag = document.Etag(1)
		return point,
			tx.Record(ctx, record.Entry{Resource: point.GetName(), UnitPath: access.Path(unit)})
	})
}

// GetRiskPoint reads one risk point.
func (s *riskPoints) GetRiskPoint(ctx context.Context, req *riskv1.GetRiskPointRequest) (*riskv1.RiskPoint, error) {
	region, key, err := resource.Split(req.GetName())
	if err != nil {
		return nil, err
	}
	row, err := db.New(s.book).GetRiskPoint(ctx, db.GetRiskPointParams{Region: region, PointKey: key})
	if err := document.Admit(ctx, err, row.UnitPath, req.GetName()); err != nil {
		return nil, err
	}
	point, err := document.Read[*riskv1.RiskPoint](row.Body, row.Revision)
	return point, err
}

// ListRiskPoints lists the risk points of a subtree.
func (s *riskPoints) ListRiskPoints(ctx context.Context, req *riskv1.ListRiskPointsRequest) (*riskv1.ListRiskPointsResponse, error) {
	p, err := page.Open(req, place{})
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.book).ListRiskPoints(ctx, db.ListRiskPointsParams{
		Subtree: access.Path(access.Target(ctx)), Grades: req.GetGrades(), States: document.Codes(req.GetStates()),
		AfterPath: p.After.Path, AfterKey: p.After.Key, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Cut(p, rows, func(r db.ListRiskPointsRow) place { return place{r.UnitPath, r.PointKey} },
		func(r db.ListRiskPointsRow) (*riskv1.RiskPoint, error) {
			return document.Read[*riskv1.RiskPoint](r.Body, r.Revision)
		})
	return &riskv1.ListRiskPointsResponse{RiskPoints: list, NextPageToken: next}, err
}

// CountRiskPoints counts by unit, grade and state (J4).
func (s *riskPoints) CountRiskPoints(ctx context.Context, _ *riskv1.CountRiskPointsRequest) (*riskv1.CountRiskPointsResponse, error) {
	rows, err := db.New(s.book).CountRiskPoints(ctx, access.Path(access.Target(ctx)))
	counts := make([]*riskv1.RiskPointCount, len(rows))
	for i, r := range rows {
		counts[i] = &riskv1.RiskPointCount{
			Unit: resource.Name(resource.Units, r.UnitID), Grade: r.Grade, State: riskv1.RiskPointState(r.State),
			Count: r.Points, Returns: r.Returns,
		}
	}
	return &riskv1.CountRiskPointsResponse{Counts: counts}, err
}
