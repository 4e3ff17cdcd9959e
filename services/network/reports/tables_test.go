package reports

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

// Whichever columns a form shows, the tips are the same, and no two rows are alike in all but their numbers.
func TestC10_TablesOfAnyColumnsAddUpAlike(t *testing.T) {
	t.Parallel()
	counted := networkv1.ReportColumn{Id: "closed", Type: &networkv1.ReportColumn_Number{Number: &networkv1.NumberType{}}}
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOf(rapid.Custom(func(t *rapid.T) cells {
			return cells{
				"unit":    text(rapid.SampledFrom([]string{"units/1", "units/2"}).Draw(t, "unit")),
				"outcome": choice(rapid.SampledFrom([]string{"solved", "decided"}).Draw(t, "outcome")), "closed": number(
					rapid.Int64Range(0, 9).Draw(t, "closed"),
				),
			}
		})).Draw(t, "rows")
		columns := []*networkv1.ReportColumn{&counted}
		for _, id := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"unit", "outcome"}), rapid.ID[string]).Draw(t,
			"columns") {
			columns = append(columns, &networkv1.ReportColumn{Id: id, Type: &networkv1.ReportColumn_Text{}})
		}
		shown, sum, want := show(append(rows, cells{"closed": nil}), columns), 0.0, 0.0
		keys := []string{}
		for _, row := range shown.GetRows() {
			require.Len(t, row.GetCells(), len(columns))
			sum += row.GetCells()["closed"].GetNumber()
			keys = append(keys, row.GetCells()["unit"].GetText()+" "+row.GetCells()["outcome"].GetChoice())
		}
		for _, row := range rows {
			want += row["closed"].GetNumber()
		}
		require.InDelta(t, want, sum, 0)
		slices.Sort(keys)
		require.Len(t, slices.Compact(keys), len(shown.GetRows()))
	})
}
