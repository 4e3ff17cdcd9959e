package controls

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// holding is where a count by persons stands.
type holding struct{ Path, Position, Person string }

// CountDuties counts who did the duties of their positions in time (T18).
func (s *Server) CountDuties(ctx context.Context, req *riskv1.CountDutiesRequest) (*riskv1.CountDutiesResponse, error) {
	period, err := calendar.ParsePeriod(req.GetPeriod())
	if err != nil {
		return nil, fault.Invalid("period", words.StringPeriod())
	}
	p, err := page.Parse(req, holding{})
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.controls.Store.Afresh()).CountDuties(ctx, db.CountDutiesParams{
		Subtree: access.Path(access.Target(ctx)), FirstDay: period.First(), LastDay: period.Last(),
		Today: clock.Today(s.controls.Store.Clock), AfterPath: p.Cursor.Path, AfterPosition: p.Cursor.Position,
		AfterPerson: p.Cursor.Person, Positions: p.Limit + 1, Size: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	at := func(r db.CountDutiesRow) holding { return holding{r.UnitPath, r.OwnerPosition, r.Person} }
	list, next, err := page.Build(ctx, p, rows, at, dutyCount)
	return &riskv1.CountDutiesResponse{Counts: list, NextPageToken: next}, err
}

func dutyCount(r db.CountDutiesRow) (*riskv1.DutyCount, error) {
	return &riskv1.DutyCount{
		Unit:     resource.Name(resource.Units, access.LastPathID(r.UnitPath)),
		Position: r.OwnerPosition, Title: r.Title, Person: r.Person,
		DueCount: r.Due, OnTimeCount: r.OnTime, OverdueCount: r.Overdue,
	}, nil
}
