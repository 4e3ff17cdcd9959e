package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"

	"github.com/google/uuid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// Villages are the names of the villages of the tree.
func (i *Instance) Villages(ctx context.Context) ([]string, error) {
	rows, err := i.Pool.Query(ctx, "SELECT 'units/' || unit_id FROM network.units WHERE level = $1",
		int(typev1.Level_LEVEL_VILLAGE))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	if len(names) == 0 && rows.Err() == nil {
		return nil, errors.New("the tree has no villages")
	}
	return names, rows.Err()
}

// tipBody is as long as what people write: some two hundred characters.
var tipBody = strings.Repeat("十月以来三次前往窗口办理，均被告知经办人不在，材料已交而无人受理，有登记簿为证。", 5)

// NewTip is a tip about one of some units, with a request id of its own.
func NewTip(units []string) *networkv1.SubmitTipRequest {
	return &networkv1.SubmitTipRequest{
		RequestId: uuid.NewString(),
		Content: &networkv1.TipContent{
			Unit: units[rand.IntN(len(units))], SubjectArea: "work_style", Channel: "web", //nolint:gosec // any will do
			Title: "办事拖延，多次前往无人受理", Body: tipBody, OccurredOn: "2026-10-20",
		},
	}
}
