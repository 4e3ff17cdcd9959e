package risk_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestJ1_PowerItemIsBegunWithItsWorkflow(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, city := as(s, "clerk", township), as(s, "reviewer", suitetest.City)

	item := clerk.power(t, clerk.licensing(t, township))
	assert.Equal(t, suitetest.Start, item.GetCreateTime().AsTime())
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_DRAFT, item.GetState())
	got, err := city.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: item.GetName()})
	require.NoError(t, err)
	assert.Truef(t, proto.Equal(item, got), "%v", got)

	t.Run("one out of reach looks like none", func(t *testing.T) {
		t.Parallel()
		elsewhere := as(s, "clerk", other)
		_, err := elsewhere.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: item.GetName()})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = elsewhere.powers.ListPowerItemVersions(t.Context(), &riskv1.ListPowerItemVersionsRequest{Name: item.GetName()})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = elsewhere.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: "powerItems/340503-none"})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = elsewhere.powers.CreatePowerItem(t.Context(), &riskv1.CreatePowerItemRequest{PowerItem: clerk.licensing(t, township)})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	})
	t.Run("a repeated request registers once", func(t *testing.T) {
		t.Parallel()
		req := &riskv1.CreatePowerItemRequest{PowerItem: clerk.licensing(t, village), RequestId: uuid.NewString()}
		first, err := clerk.powers.CreatePowerItem(t.Context(), req)
		require.NoError(t, err)
		again, err := clerk.powers.CreatePowerItem(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, first.GetName(), again.GetName())
	})
}

func TestJ1_FaultsOfAPowerItemAreNamedAllAtOnce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", township)
	foreign, below := as(s, "clerk", other).post(t, other, "审批岗", "staff"), clerk.post(t, village, "村主任", "staff")
	for name, tc := range map[string]struct {
		spoil func(*riskv1.PowerItem)
		want  map[string]string
	}{
		"what the scheme and the register lack": {
			func(p *riskv1.PowerItem) {
				p.Kind = "luck"
				p.Positions = append(p.Positions, foreign, below, p.GetPositions()[0], "positions/340503-none")
			},
			map[string]string{
				"power_item.kind": "UNKNOWN_TERM", "power_item.positions[2]": "NOT_FOUND", "power_item.positions[3]": "OTHER_UNIT",
				"power_item.positions[4]": "DUPLICATE", "power_item.positions[5]": "NOT_FOUND",
			},
		},
		"steps that nobody or two do": {
			func(p *riskv1.PowerItem) { p.Steps[0].Position, p.Steps[1].Actor = foreign, "局长" },
			map[string]string{
				"power_item.steps[0].position": "NOT_FOUND", "power_item.steps[1].position": "POSITION_OR_ACTOR",
			},
		},
		"steps that lead nowhere": {
			func(p *riskv1.PowerItem) {
				p.Steps[1].Id, p.Steps[2].Edges = "accept", []*riskv1.Edge{{Step: "archive"}}
			},
			map[string]string{
				"power_item.steps[1].id": "DUPLICATE", "power_item.steps[0].edges[0].step": "UNKNOWN_STEP",
				"power_item.steps[2].edges[0].step": "UNKNOWN_STEP",
			},
		},
		"a step that nobody comes to": {
			func(p *riskv1.PowerItem) { p.Steps[1].Edges = p.Steps[1].Edges[1:] },
			map[string]string{"power_item.steps[0]": "NO_EXIT", "power_item.steps[1]": "NO_EXIT", "power_item.steps[2]": "UNREACHABLE"},
		},
		"a loop without a way out": {
			func(p *riskv1.PowerItem) { p.Steps[2].Edges = []*riskv1.Edge{{Step: "accept"}} },
			map[string]string{
				"power_item.steps[0]": "NO_EXIT", "power_item.steps[1]": "NO_EXIT", "power_item.steps[2]": "NO_EXIT",
			},
		},
		"more steps than anybody follows": {
			func(p *riskv1.PowerItem) {
				for i := range 10_000 {
					p.Steps = append(p.Steps, &riskv1.Step{Id: fmt.Sprintf("s%d", i), Title: "环节"})
				}
			},
			map[string]string{"power_item.steps": "REPEATED_MAX_ITEMS"},
		},
		"nobody who exercises it": {
			func(p *riskv1.PowerItem) { p.Positions = nil },
			map[string]string{"power_item.positions": "REPEATED_MIN_ITEMS"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := clerk.licensing(t, township)
			good := clerk.power(t, bad)
			tc.spoil(bad)
			_, err := clerk.powers.CreatePowerItem(t.Context(), &riskv1.CreatePowerItemRequest{PowerItem: bad})
			suitetest.RequireFieldFaults(t, err, tc.want)
			bad.Name = good.GetName()
			_, err = clerk.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{PowerItem: bad, UpdateMask: all})
			suitetest.RequireFieldFaults(t, err, tc.want)
		})
	}
}

func TestJ1_PowersAreListedByUnitAndTime(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin, handler := as(s, "administrator", suitetest.City), as(s, "handler", county)
	var made []*riskv1.PowerItem
	for _, unit := range []string{village, other, township, village, township} {
		made = append(made, admin.power(t, admin.licensing(t, unit)))
	}
	want := names(made[2], made[4], made[0], made[3], made[1])

	var got []string
	req := &riskv1.ListPowerItemsRequest{Unit: county, PageSize: 2}
	for {
		list, err := handler.powers.ListPowerItems(t.Context(), req)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(list.GetPowerItems()), 2)
		got = append(got, names(list.GetPowerItems()...)...)
		if req.PageToken = list.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	assert.Equal(t, want, got)

	t.Run("and by kind, state and position", func(t *testing.T) {
		t.Parallel()
		for _, tc := range []struct {
			ask  *riskv1.ListPowerItemsRequest
			want []string
		}{
			{&riskv1.ListPowerItemsRequest{Kinds: []string{"power"}}, want},
			{&riskv1.ListPowerItemsRequest{States: []riskv1.RegisterState{riskv1.RegisterState_REGISTER_STATE_IN_FORCE}}, nil},
			{&riskv1.ListPowerItemsRequest{States: []riskv1.RegisterState{riskv1.RegisterState_REGISTER_STATE_DRAFT}}, want},
			{&riskv1.ListPowerItemsRequest{Position: made[4].GetPositions()[1]}, names(made[4])},
			{&riskv1.ListPowerItemsRequest{AsOf: "2026-11-01"}, nil},
		} {
			tc.ask.Unit = county
			list, err := handler.powers.ListPowerItems(t.Context(), tc.ask)
			require.NoError(t, err)
			assert.Equal(t, tc.want, names(list.GetPowerItems()...), tc.ask)
		}
	})
	t.Run("what there can't be is refused", func(t *testing.T) {
		t.Parallel()
		_, err := as(s, "clerk", township).powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{
			Unit: township, Kinds: []string{"luck"}, Position: made[1].GetPositions()[0], AsOf: "2027-01-01",
		})
		suitetest.RequireFieldFaults(t, err, map[string]string{
			"kinds": "UNKNOWN_TERM", "position": "NOT_FOUND", "as_of": "FUTURE",
		})
	})
}

// names are the names of some power items.
func names(items ...*riskv1.PowerItem) []string {
	var all []string
	for _, item := range items {
		all = append(all, item.GetName())
	}
	return all
}
