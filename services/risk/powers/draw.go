package powers

import (
	"context"

	"google.golang.org/genproto/googleapis/api/httpbody"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers/flowchart"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// DrawPowerItem draws the workflow of a power item, or of one of its versions, as a flow chart (J1).
func (s *Server) DrawPowerItem(ctx context.Context, req *riskv1.DrawPowerItemRequest) (*httpbody.HttpBody, error) {
	item, err := s.powers.Version(ctx, req.GetName(), req.GetVersion())
	if err != nil {
		return nil, err
	}
	positions, err := s.titles(ctx, item.GetPositions())
	if err != nil {
		return nil, err
	}
	return Drawing(ctx, item, positions), nil
}

// Drawing is the workflow of a power item as a flow chart for the caller, in which its positions, by name, have titles.
func Drawing(ctx context.Context, item *riskv1.PowerItem, titles map[string]string) *httpbody.HttpBody {
	chart := flowchart.Chart{Title: item.GetTitle(), Steps: item.GetSteps(), Positions: titles, Lang: words.CallerLang(ctx)}
	return &httpbody.HttpBody{ContentType: "image/svg+xml", Data: flowchart.Draw(chart)}
}

// titles are those of positions, by name. Who reads a power reads who exercises it.
func (s *Server) titles(ctx context.Context, positions []string) (map[string]string, error) {
	var asked db.PositionTitlesParams
	for _, name := range positions {
		region, key, err := resource.Split(name)
		if err != nil {
			return nil, err
		}
		asked.Regions, asked.Keys = append(asked.Regions, region), append(asked.Keys, key)
	}
	rows, err := db.New(s.powers.Store).PositionTitles(ctx, asked)
	titles := map[string]string{}
	for _, row := range rows {
		titles[resource.Sharded(resource.Positions, row.Region, row.Key)] = row.Title
	}
	return titles, err
}
