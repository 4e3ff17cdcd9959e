package suitetest

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// The township that ends, where it stands, and the one that it is merged into.
const (
	EndingUnit   = "units/340503001"
	EndingCounty = "units/340503"
	MergedInto   = "units/340503002"
)

// Ending is a way in which the township ends.
type Ending struct {
	// End ends it, by an office that may build the whole tree.
	End func(context.Context, networkv1.TreeServiceClient) error
	// Successor is the unit that goes on with its records, Above the one that judges what the successor does.
	Successor, Above string
}

// EndingVillages are the units below it.
func EndingVillages() []string {
	return []string{"units/340503001001", "units/340503001004", "units/340503001005", "units/340503001006"}
}

// Endings are all ways in which the township ends today, by what they are called.
func Endings() map[string]Ending {
	return map[string]Ending{"merged": merged, "split": split, "disbanded": disbanded}
}

var merged = Ending{
	End: func(ctx context.Context, tree networkv1.TreeServiceClient) error {
		_, err := tree.MergeUnits(ctx, &networkv1.MergeUnitsRequest{
			Units: []*networkv1.MergedUnit{{Name: EndingUnit}}, Into: MergedInto, Reason: "撤并",
		})
		return err
	},
	Successor: MergedInto, Above: EndingCounty,
}

// split leaves its records to the first of its parts.
var split = Ending{
	End: func(ctx context.Context, tree networkv1.TreeServiceClient) error {
		villages := EndingVillages()
		_, err := tree.SplitUnit(ctx, &networkv1.SplitUnitRequest{
			Name: EndingUnit, Reason: "分设", Parts: []*networkv1.SplitPart{
				{UnitId: "east", Unit: part("东街道"), Children: villages[:3]},
				{UnitId: "west", Unit: part("西街道"), Children: villages[3:]},
			},
		})
		return err
	},
	Successor: "units/east", Above: EndingCounty,
}

var disbanded = Ending{
	End: func(ctx context.Context, tree networkv1.TreeServiceClient) error {
		_, err := tree.DisbandUnit(ctx, &networkv1.DisbandUnitRequest{
			Name: EndingUnit, ChildrenTo: EndingCounty, Reason: "撤销",
		})
		return err
	},
	Successor: EndingCounty, Above: City,
}

func part(title string) *networkv1.Unit {
	return &networkv1.Unit{
		Title: title, Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
	}
}
