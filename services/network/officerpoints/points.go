// Package officerpoints counts what the tips of officers were worth, for their appraisal, without telling who sent which tip
// (C6, H8, C16). Who sent a tip is opened by one job alone, and leaves it only in sums of several tips.
package officerpoints

import (
	"context"

	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/sealing"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves OfficerPointsService.
type Server struct {
	networkv1.UnsafeOfficerPointsServiceServer

	store     *record.Store
	directory access.Directory
	sealer    *sealing.Sealer
	log       *zap.Logger
}

// New makes the server and adds the job that counts.
func New(env service.Env) *Server {
	s := &Server{store: env.Store, directory: env.Directory, sealer: env.Sealer, log: env.Log}
	env.Queue.Add(jobs.Job{Name: ScoreJob, Every: scoreEvery, Run: s.Score})
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) {
	networkv1.RegisterOfficerPointsServiceServer(r, s)
}

type cursor struct{ Month, Officer string }

// ListOfficerPoints lists the sums of the officers whom a unit appointed, to that unit alone.
func (s *Server) ListOfficerPoints(
	ctx context.Context, req *networkv1.ListOfficerPointsRequest,
) (*networkv1.ListOfficerPointsResponse, error) {
	if err := access.RequireOwn(ctx, req.GetUnit()); err != nil {
		return nil, err
	}
	var faults fault.Fields
	first, last := parseMonths(&faults, req.GetPeriod())
	if err := officers.CheckKnown(ctx, s.directory, &faults, "officer", req.GetOfficer()); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	p, err := page.Parse(req, cursor{Month: page.MaxKey, Officer: page.MaxKey})
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListOfficerPoints(ctx, db.ListOfficerPointsParams{
		UnitID: resource.ID(req.GetUnit()), FirstMonth: first, FinalMonth: last, Officer: req.GetOfficer(),
		BeforeMonth: p.Cursor.Month, BeforeOfficer: p.Cursor.Officer, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.ListOfficerPointsRow) cursor { return cursor{r.LastMonth, r.Officer} },
		func(r db.ListOfficerPointsRow) (*networkv1.OfficerPoints, error) {
			return document.Decode[*networkv1.OfficerPoints](r.Body)
		})
	return &networkv1.ListOfficerPointsResponse{Points: list, NextPageToken: next}, err
}

// parseMonths is the first and the last month of a period; of all time where it is empty.
func parseMonths(faults *fault.Fields, text string) (first, last string) {
	if text == "" {
		return "", page.MaxKey
	}
	period, err := calendar.ParsePeriod(text)
	if err != nil {
		faults.Add("period", words.StringPeriod())
	}
	month := func(d calendar.Date) string { return calendar.PeriodOf(calendar.Month, d).String() }
	return month(period.First()), month(period.Last())
}
