package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// TestC8_InformantsFindTheUnitTheyTellOf lets who sends tips in each profile find a unit beside or above their own, and the inbox
// and handbooks of their own.
func TestC8_InformantsFindTheUnitTheyTellOf(t *testing.T) {
	t.Parallel()
	for _, p := range []struct{ mechanism, units, root, keeper, role, at, query, found string }{
		{"c", "maanshan", suitetest.City, "handler", "informant", "units/340503001001", "霍里街道", "units/340503005"},
		{"h", "h", bureau, "duty_reporter", "reporter", cdc, "血站", blood},
		{"v", "v", school, "discipline_office", "informant", canteen, "教材", textbooks},
		{"t", "t", commerce, "leading_group_office", "section", markets, "商务局", commerce},
	} {
		t.Run(p.mechanism, func(t *testing.T) {
			t.Parallel()
			b := found(t, p.mechanism, p.units, p.root, p.keeper, p.role)
			informant := b.office(p.role, p.at)
			got := must(informant.FindUnits(t.Context(), &networkv1.FindUnitsRequest{Query: p.query}))(t).GetUnits()
			if assert.Len(t, got, 1) {
				assert.Equal(t, p.found, got[0].GetUnit())
				unit := must(b.keeper().SearchUnits(t.Context(), &networkv1.SearchUnitsRequest{Unit: p.root, Query: p.query}))(t).GetUnits()[0]
				assert.Equal(t, unit.GetTitle(), got[0].GetTitle())
				assert.Equal(t, unit.GetAncestorTitles(), got[0].GetAncestorTitles())
			}
			_, err := informant.SearchUnits(t.Context(), &networkv1.SearchUnitsRequest{Unit: p.root, Query: p.query})
			require.Error(t, err, "what is more of a unit stays within reach")
			_, err = informant.FindUnits(t.Context(), &networkv1.FindUnitsRequest{Query: " ", AsOf: "2026-02-30"})
			networktest.Refused(t, err, codes.InvalidArgument)
			must(informant.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: p.at}))(t)
			handbooks := networkv1.NewHandbookServiceClient(b.As(p.role, p.at))
			must(handbooks.ListHandbooks(t.Context(), &networkv1.ListHandbooksRequest{Unit: p.at}))(t)
			_, err = handbooks.ListHandbookHolders(t.Context(), &networkv1.ListHandbookHoldersRequest{
				Unit: p.at, Handbook: "handbooks/340503-0",
			})
			networktest.Refused(t, err, codes.PermissionDenied)
		})
	}
}

// TestC1_C8_FindingWhatHasEndedTellsItsSuccessor looks units up as of a day on which they were there.
func TestC1_C8_FindingWhatHasEndedTellsItsSuccessor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	centre := s.As("handler", networktest.City)
	_, err := networkv1.NewTreeServiceClient(centre).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: networktest.OtherTownship, Reason: "撤并",
	})
	require.NoError(t, err)
	found, err := networkv1.NewUnitServiceClient(s.As("informant", networktest.Village)).FindUnits(t.Context(),
		&networkv1.FindUnitsRequest{Query: "沙塘路街道", AsOf: "2026-11-01"})
	require.NoError(t, err)
	require.Len(t, found.GetUnits(), 1)
	unit := found.GetUnits()[0]
	assert.Equal(t, []string{networktest.Township, "2026-11-02", networktest.OtherTownship},
		[]string{unit.GetUnit(), unit.GetEndedOn(), unit.GetSuccessor()})
	found, err = networkv1.NewUnitServiceClient(centre).FindUnits(t.Context(), &networkv1.FindUnitsRequest{Query: "平湖街道"})
	require.NoError(t, err)
	assert.Empty(t, found.GetUnits()[0].GetEndedOn()+found.GetUnits()[0].GetSuccessor())
	searched, err := networkv1.NewUnitServiceClient(centre).SearchUnits(t.Context(),
		&networkv1.SearchUnitsRequest{Unit: networktest.City, Query: "沙塘路街道", AsOf: "2026-11-01"})
	require.NoError(t, err)
	assert.Equal(t, networktest.OtherTownship, searched.GetUnits()[0].GetSuccessor())
}
