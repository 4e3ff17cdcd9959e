package units

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// checkNewTitles names each new unit that is called as another beside it; of two new ones, the later.
func checkNewTitles(
	ctx context.Context, tx db.DBTX, requests []*networkv1.CreateUnitRequest, from calendar.Date, prefix func(int) string,
) error {
	ids, rows := make([]string, len(requests)), map[string]int{}
	for i, req := range requests {
		ids[i], rows[req.GetUnitId()] = req.GetUnitId(), i
	}
	same, err := db.New(tx).SameTitled(ctx, db.SameTitledParams{UnitIds: ids, Day: from})
	if err != nil {
		return err
	}
	var faults fault.Fields
	for _, s := range same {
		i := rows[s.UnitID]
		if other, isNew := rows[s.OtherID]; !isNew || other < i {
			faults.Add(prefix(i)+"unit.title", sameTitle(s))
		}
	}
	return faults.Err()
}

func sameTitle(s db.SameTitledRow) words.Sentence {
	name := resource.Name(resource.Units, s.OtherID)
	return words.SameTitle(words.Title{ID: name, Zh: s.OtherTitle, En: s.OtherTitle}, s.OtherID)
}

// titleFields are the fields of the requests that bring units beside others, or give them other titles.
var titleFields = map[networkv1.TreeAct]string{
	networkv1.TreeAct_TREE_ACT_UPDATE:  "unit.title",
	networkv1.TreeAct_TREE_ACT_MOVE:    "parent",
	networkv1.TreeAct_TREE_ACT_MERGE:   "into",
	networkv1.TreeAct_TREE_ACT_SPLIT:   "parts",
	networkv1.TreeAct_TREE_ACT_DISBAND: "children_to",
}

// checkTitles refuses a change that leaves a unit with the title of another beside it, on its day or later.
func (a *treeChange) checkTitles(ctx context.Context) error {
	if len(a.placed) == 0 {
		return nil
	}
	same, err := a.SameTitled(ctx, db.SameTitledParams{UnitIds: a.placed, Day: a.day})
	if err != nil || len(same) == 0 {
		return err
	}
	return fault.Invalid(titleFields[a.act], sameTitle(same[0]))
}
