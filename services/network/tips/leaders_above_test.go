package tips_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// withLeaders is a suite in which it is known who leads the city, the county and the township.
func withLeaders(t *testing.T) *suitetest.Suite {
	t.Helper()
	s := suitetest.New(t)
	for unit, post := range map[string]string{
		networktest.City: "市委书记", networktest.County: "区委书记", networktest.Township: "党工委书记、街道办事处主任",
	} {
		_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City)).UpdateUnit(t.Context(),
			&networkv1.UpdateUnitRequest{
				Unit: &networkv1.Unit{Name: unit, FirstResponsible: post}, Reason: "明确第一责任人",
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"first_responsible"}},
			})
		require.NoError(t, err)
	}
	return s
}

// holding is a tip about whoever holds a post in the village.
func holding(post string) *networkv1.TipContent {
	content := about(networktest.Village, false)
	content.Position = post
	return content
}

func TestC8_ATipThatNamesALeaderOfAUnitAboveGoesPastThatUnit(t *testing.T) {
	t.Parallel()
	s := withLeaders(t)
	informant := networkv1.NewTipServiceClient(s.As("informant", networktest.Village))
	for post, handledBy := range map[string]string{
		"街道党工委书记": networktest.County, "沙塘路街道党工委书记张三": networktest.County, "花山区沙塘路街道办主任": networktest.County,
		"街道工委书记": networktest.County, "区委书记": networktest.City, "花山区委书记（李四）": networktest.City,
		"街道党工委副书记": networktest.Township, "党工委书记": networktest.Township, "主任": networktest.Township,
		"街道纪工委书记": networktest.Township,
	} {
		for _, recipient := range []string{"", networktest.Township} {
			sent, err := informant.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: holding(post), Recipient: recipient})
			require.NoError(t, err, post)
			name := networktest.NewestTip(t, s)
			assert.Equal(t, handledBy, handler(t, s, name), post)
			if handledBy == networktest.Township {
				continue
			}
			requireConcealed(t, s, networktest.Township, name)
			if recipient != "" {
				assert.Equal(t, handledBy, sent.GetRecipient(), "the sender is told")
			}
			_, err = networkv1.NewTipServiceClient(s.As("handler", networktest.City)).GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
			require.NoError(t, err)
		}
	}
}

func TestC8_WhatNamesALeaderOfAUnitAboveNeverComesToThatUnit(t *testing.T) {
	t.Parallel()
	s := withLeaders(t)
	informant := networkv1.NewTipServiceClient(s.As("informant", networktest.Village))
	_, err := informant.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: holding("街道党工委书记"), Recipient: networktest.County})
	require.NoError(t, err)
	name := networktest.NewestTip(t, s)
	county := networkv1.NewTipServiceClient(s.As("clerk", networktest.County))
	_, err = county.ReferTip(t.Context(), &networkv1.ReferTipRequest{Name: name, ToUnit: networktest.Township, Reason: "转办"})
	networktest.Refused(t, err, codes.InvalidArgument, "to_unit")
	tip, err := county.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
	require.NoError(t, err)
	assert.Equal(t, []string{networktest.Township}, tip.GetUnitsNamed())
	merge(t, s, networktest.OtherTownship, networktest.Township)
	_, err = county.ReferTip(t.Context(), &networkv1.ReferTipRequest{Name: name, ToUnit: networktest.OtherTownship, Reason: "转办"})
	networktest.Refused(t, err, codes.InvalidArgument, "to_unit")
}

func TestC8_NobodySendsForAUnitWhatNamesItsLeaders(t *testing.T) {
	t.Parallel()
	s := withLeaders(t)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	_, err := clerk.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: holding("街道党工委书记"), ForUnit: new(true)})
	suitetest.RequireFieldFaults(t, err, map[string]string{"for_unit": "OWN_LEADERS"})
	entered := &networkv1.RegisterTipRequest{
		Unit: networktest.Township, ReceivedOn: "2026-11-02", ReceivedBy: "值班室", Content: holding("街道党工委书记"),
		SendingUnit: networktest.Township,
	}
	_, err = clerk.RegisterTip(t.Context(), entered)
	suitetest.RequireFieldFaults(t, err, map[string]string{"sending_unit": "OWN_LEADERS"})
	entered.SendingUnit = ""
	answer, err := clerk.RegisterTip(t.Context(), entered)
	require.NoError(t, err)
	assert.Equal(t, networktest.County, answer.GetHandlingUnit())
	requireConcealed(t, s, networktest.Township, answer.GetTip())
}

func TestC8_WhatNamesTheTopmostLeadersIsRefused(t *testing.T) {
	t.Parallel()
	s := withLeaders(t)
	_, err := networkv1.NewTipServiceClient(s.As("informant", networktest.Village)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: holding("市委书记"), Recipient: networktest.Township})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_UNIT_ABOVE")
	require.ErrorContains(t, err, "马鞍山市是本级最上级单位")
}
