package campaigns

import (
	"context"
	"fmt"
	"io"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// charts draws the workflows of the power items as they were in force while the campaign lasted (J1), a file a version, with
// their positions as they are called today.
func (e *export) charts(ctx context.Context) error {
	const collection = "powerItemVersions"
	return e.pages(ctx, collection, func(page []db.CampaignMaterialRow) error {
		drawn, names := map[string]*riskv1.PowerItem{}, []string(nil)
		for _, row := range page {
			item, err := document.Decode[*riskv1.PowerItem](row.Body)
			if err != nil {
				if err := e.unlessDamaged(ctx, resource.Sharded(collection, row.Region, row.Key), err); err != nil {
					return err
				}
				continue
			}
			drawn[chartPath(row)], names = item, append(names, item.GetPositions()...)
		}
		if err := e.learnCalled(ctx, names); err != nil {
			return err
		}
		for _, row := range page {
			if item := drawn[chartPath(row)]; len(item.GetSteps()) > 0 {
				if err := e.chart(ctx, chartPath(row), item); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// chartPath is where the flow chart of a version of a power item stands.
func chartPath(row db.CampaignMaterialRow) string {
	return fmt.Sprintf("register/flow-charts/%s-%s.%d.svg", row.Region, row.Key, row.Version)
}

func (e *export) chart(ctx context.Context, path string, item *riskv1.PowerItem) error {
	titles := map[string]string{}
	for _, name := range item.GetPositions() {
		titles[name] = e.called[name].title
	}
	return e.Add(path, func(to io.Writer) error {
		_, err := to.Write(powers.Drawing(ctx, item, titles).GetData())
		return err
	})
}
