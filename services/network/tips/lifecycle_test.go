package tips_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// TestC8_RandomTreesNeverShowAUnitTipsAboutItself passes tips about a township's leaders around at random, as any unit would
// try, and looks after each step at who reaches them; states change as the life cycle says and no otherwise.
func TestC8_RandomTreesNeverShowAUnitTipsAboutItself(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units := []string{networktest.City, networktest.County, networktest.Township, networktest.Village, networktest.OtherTownship}
	clients := map[string]networkv1.TipServiceClient{}
	for _, unit := range units {
		clients[unit] = networkv1.NewTipServiceClient(s.As("clerk", unit))
	}
	content := networktest.ValidTip()
	content.Unit, content.AboutLeaders = networktest.Township, true
	rapid.Check(t, func(r *rapid.T) {
		receipt, name := sent(t, s, content, "")
		state, handler, concerned := tips.Lifecycle.Start, networktest.County, map[string]bool{networktest.Township: true}
		for i := range rapid.IntRange(1, 6).Draw(r, "acts") {
			by, to := rapid.SampledFrom(units).Draw(r, "by"), rapid.SampledFrom(units).Draw(r, "to")
			act := rapid.SampledFrom([]string{"refer", "recuse", "accept", "return", "resubmit", "close"}).Draw(r, "act")
			tip, err := do(t, s, clients[by], act, name, receipt, to, content)
			reaches := by == networktest.City || by == handler && !concerned[by]
			inTable := lifecycle.Act(act)
			if act == "recuse" {
				inTable = "refer"
			}
			next, forbidden := tips.Lifecycle.Next(state, inTable)
			switch {
			case act == "resubmit":
				require.Equal(r, forbidden == nil, err == nil, "%d: %v", i, err)
			case !reaches:
				require.Equal(r, codes.NotFound, status.Code(err), "%d: %s by %s", i, act, by)
			case forbidden != nil:
				require.Equal(r, codes.FailedPrecondition, status.Code(err), "%d: %s", i, act)
			case inTable == "refer":
				require.Equal(r, mayBeReferred(handler, to, act == "recuse", concerned), err == nil, "%d: %s from %s to %s: %v",
					i, act, handler, to, err)
			default:
				require.NoError(r, err, "%d: %s", i, act)
			}
			if err != nil {
				continue
			}
			state = next
			if inTable == "refer" {
				concerned[handler] = concerned[handler] || act == "recuse"
				handler = tip.GetHandlingUnit()
			}
			for _, unit := range units {
				_, err := clients[unit].GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
				may := unit == networktest.City || unit == handler
				require.Equal(r, may, err == nil, "%d: %s after %s", i, unit, act)
				require.False(r, may && concerned[unit], "%s handles what it is concerned in", unit)
			}
		}
	})
}

// mayBeReferred tells where a tip about the township's leaders may go: up, or from the city down to a town that has nothing to do
// with it, and to the county as long as that has not stepped aside.
func mayBeReferred(from, to string, recused bool, concerned map[string]bool) bool {
	switch from {
	case networktest.City: // nobody is above it, so it can't step aside
		return !recused && (to == networktest.OtherTownship || to == networktest.County && !concerned[to])
	default:
		return to == networktest.City
	}
}

// do tries one act.
func do(
	t *testing.T, s *suitetest.Suite, client networkv1.TipServiceClient, act, name, receipt, to string,
	content *networkv1.TipContent,
) (*networkv1.Tip, error) {
	t.Helper()
	switch act {
	case "refer", "recuse":
		answer, err := client.ReferTip(t.Context(), &networkv1.ReferTipRequest{
			Name: name, ToUnit: to, Reason: "请办理。", Recused: act == "recuse",
		})
		return answer, err
	case "accept":
		answer, err := client.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: name, CriteriaMet: networktest.Criteria})
		return answer, err
	case "return":
		answer, err := client.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
			Name: name, Criteria: []string{"factual"}, Reason: "请补充。",
		})
		return answer, err
	case "close":
		answer, err := client.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: name, Outcome: "solved", Reason: "已解决。"})
		return answer, err
	case "resubmit":
		content.Body += "补"
		_, err := networkv1.NewTipServiceClient(s.Unauthenticated()).ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{
			Receipt: receipt, Content: content,
		})
		return nil, err
	default:
		return nil, fmt.Errorf("no act %q", act)
	}
}
