package officerpoints

import (
	"testing"

	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

// TestH8_EveryCheckedTipCountsOnce adds tips at random: the columns add up to their number, and the points to their weights.
func TestH8_EveryCheckedTipCountsOnce(t *testing.T) {
	t.Parallel()
	weights := &networkv1.TipPoints{AcceptedAtOnce: 3, AcceptedAfterReturn: 2, NotAccepted: -1, Unfounded: -5}
	rapid.Check(t, func(t *rapid.T) {
		var total officerSum
		var want int32
		kinds := rapid.SliceOf(rapid.Custom(func(t *rapid.T) [3]bool {
			return [3]bool{rapid.Bool().Draw(t, "accepted"), rapid.Bool().Draw(t, "unfounded"), rapid.Bool().Draw(t, "returned")}
		})).Draw(t, "tips")
		for _, k := range kinds {
			total.add(k[0], k[1], k[2])
			switch {
			case k[1]:
				want -= 5
			case !k[0]:
				want--
			case k[2]:
				want += 2
			default:
				want += 3
			}
		}
		if int(total.judged()) != len(kinds) || total.points(weights) != want {
			t.Fatalf("%d tips, %d points: %+v", len(kinds), want, total)
		}
	})
}
