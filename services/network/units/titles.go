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
	called := func(id, title string) words.Title { return words.Named(resource.Name(resource.Units, id), title) }
	return words.SameTitle(called(s.UnitID, s.Title), s.UnitID, called(s.OtherID, s.OtherTitle), s.OtherID)
}

// titleFields are the fields of the requests that bring units beside others, or give them other titles.
var titleFields = map[networkv1.TreeAct]string{
	networkv1.TreeAct_TREE_ACT_UPDATE:  "unit.title",
	networkv1.TreeAct_TREE_ACT_MOVE:    "parent",
	networkv1.TreeAct_TREE_ACT_MERGE:   "into",
	networkv1.TreeAct_TREE_ACT_SPLIT:   "parts",
	networkv1.TreeAct_TREE_ACT_DISBAND: "children_to",
}

// checkTitles refuses a change that leaves units with the titles of others beside them, on its day or later. Those below one unit
// on the system line alone may share a title: each county's bureau is called as the next one's, and lists show where it lies.
func (a *treeChange) checkTitles(ctx context.Context) error {
	if len(a.placed) == 0 {
		return nil
	}
	same, err := a.SameTitled(ctx, db.SameTitledParams{UnitIds: a.placed, Day: a.day})
	if err != nil {
		return err
	}
	told := map[string]string{}
	for _, s := range same {
		if told[s.OtherID] == s.UnitID || len(told) == maxListed {
			continue // two that were both placed are found from either side
		}
		told[s.UnitID] = s.OtherID
		a.faults.Add(titleFields[a.act], sameTitle(s))
	}
	return a.faults.Err()
}
