package powers

import (
	"context"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
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
	chart := chartOf(ctx, item, positions)
	if req.GetRisks() {
		if chart.Risks, err = s.risks(ctx, item); err != nil {
			return nil, err
		}
	}
	return drawn(chart), nil
}

// Drawing is the workflow of a power item as a flow chart for the caller, in which its positions, by name, have titles.
func Drawing(ctx context.Context, item *riskv1.PowerItem, titles map[string]string) *httpbody.HttpBody {
	return drawn(chartOf(ctx, item, titles))
}

// StepLines are the steps of the workflow of a power item as lines of text, in which its positions, by name, have titles.
func StepLines(lang words.Lang, item *riskv1.PowerItem, titles map[string]string) []string {
	return flowchart.Chart{Steps: item.GetSteps(), Positions: titles, Lang: lang}.Lines()
}

func chartOf(ctx context.Context, item *riskv1.PowerItem, titles map[string]string) flowchart.Chart {
	return flowchart.Chart{Title: item.GetTitle(), Steps: item.GetSteps(), Positions: titles, Lang: words.CallerLang(ctx)}
}

func drawn(chart flowchart.Chart) *httpbody.HttpBody {
	return &httpbody.HttpBody{ContentType: "image/svg+xml", Data: flowchart.Draw(chart)}
}

// risks are the risk points of a power in force today, in the words of the scheme of its unit.
func (s *Server) risks(ctx context.Context, item *riskv1.PowerItem) ([]flowchart.Risk, error) {
	found, err := s.powers.Look(ctx, item.GetName())
	if err != nil {
		return nil, err
	}
	today, scheme := clock.Today(s.powers.Store.Clock), &riskv1.Scheme{}
	err = schemes.Effective(ctx, s.powers.Store, strings.Split(found.UnitPath, "."), today, scheme)
	if err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	asked := db.RisksOfPowerParams{PowerItem: item.GetName(), Day: today, Grades: []string{}}
	for _, grade := range scheme.GetGrades() {
		asked.Grades = append(asked.Grades, grade.GetId())
	}
	rows, err := db.New(s.powers.Store).RisksOfPower(ctx, asked)
	if err != nil {
		return nil, err
	}
	risks := make([]flowchart.Risk, len(rows))
	for i, row := range rows {
		risks[i] = flowchart.Risk{
			Step: row.Step, Text: row.Description, Owner: row.Owner, Grade: schemes.TitleIn(scheme.GetGrades(), row.Grade),
		}
		for _, id := range row.Forms {
			risks[i].Controls = append(risks[i].Controls, schemes.TitleIn(scheme.GetControlForms(), id))
		}
	}
	return risks, nil
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
