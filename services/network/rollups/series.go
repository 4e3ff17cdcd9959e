package rollups

import (
	"context"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
)

// seriesCursor is the last cell of a series shown.
type seriesCursor struct {
	Unit    string        `json:"u"`
	Area    string        `json:"a"`
	Month   calendar.Date `json:"m"`
	Channel string        `json:"c"`
}

// ListTipSeries reads the kept series of a subtree.
func (s *Server) ListTipSeries(
	ctx context.Context, req *networkv1.ListTipSeriesRequest,
) (*networkv1.ListTipSeriesResponse, error) {
	months, err := monthsOf(req)
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, seriesCursor{Month: months[0]})
	if err != nil {
		return nil, err
	}
	if req.GetPageSize() == 0 {
		p.Limit = tips.DefaultCountsPage + 1
	}
	readers, err := s.readers(ctx)
	if err != nil {
		return nil, err
	}
	subtree, about, err := tips.CountedSubtrees(ctx, s.directory, req.GetAlongSystemLine())
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListTipSeries(ctx, db.ListTipSeriesParams{
		Subtree: subtree, AboutPaths: about, Months: months, ReaderUnits: readers,
		AfterUnit: p.Cursor.Unit, AfterArea: p.Cursor.Area, AfterMonth: p.Cursor.Month,
		AfterChannel: p.Cursor.Channel, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	cells, next, err := page.Build(ctx, p, rows,
		func(r db.ListTipSeriesRow) seriesCursor {
			return seriesCursor{r.UnitID, r.SubjectArea, r.Month, r.Channel}
		},
		func(r db.ListTipSeriesRow) (*networkv1.TipSeriesCell, error) {
			return &networkv1.TipSeriesCell{
				Unit: resource.Name(resource.Units, r.UnitID), SubjectArea: r.SubjectArea, Month: monthOf(r.Month),
				Channel: r.Channel, Received: r.Received, Returned: r.Returned, Urgent: r.Urgent, Unfounded: r.Unfounded,
			}, nil
		})
	cells = slices.DeleteFunc(cells, func(c *networkv1.TipSeriesCell) bool { return c.GetReceived() == 0 })
	return &networkv1.ListTipSeriesResponse{Cells: cells, NextPageToken: next}, err
}
