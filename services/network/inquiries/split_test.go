package inquiries_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// splitUnit splits from a county another with one of its townships.
func splitUnit(t *testing.T, s *suitetest.Suite, county, township, id string) (part string) {
	t.Helper()
	_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City)).SplitUnit(t.Context(),
		&networkv1.SplitUnitRequest{
			Name: county, Keep: true, Reason: "区划调整。",
			Parts: []*networkv1.SplitPart{{UnitId: id, Children: []string{township}, Unit: &networkv1.Unit{
				Title: "新区", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_COUNTY,
				Parent: networktest.City,
			}}},
		})
	require.NoError(t, err)
	return "units/" + id
}

// A split puts the unit that asks and the point side by side: both go on with the inquiry, and each finds it.
func TestH4_OpeningUnitFindsItsInquiryAfterASplit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	asked := survey()
	asked.Unit = networktest.County
	name := open(t, s, asked)
	opener, point := client(s, networktest.County), client(s, networktest.Township)
	_, err := opener.RecordFinding(t.Context(), &networkv1.RecordFindingRequest{Name: name, Finding: finding()})
	require.NoError(t, err)
	part := splitUnit(t, s, networktest.County, networktest.Township, "newcounty")

	for unit, findings := range map[string]int{networktest.County: 1, networktest.City: 1, part: 0} {
		listed, err := client(s, unit).ListInquiries(t.Context(), &networkv1.ListInquiriesRequest{Unit: unit})
		require.NoError(t, err)
		require.Len(t, listed.GetInquiries(), 1, unit)
		read, err := client(s, unit).GetInquiry(t.Context(), &networkv1.GetInquiryRequest{Name: name})
		require.NoError(t, err, unit)
		for _, seen := range []*networkv1.Inquiry{read, listed.GetInquiries()[0]} {
			assert.Equal(t, name, seen.GetName())
			assert.Len(t, seen.GetFindings(), findings, unit)
		}
	}
	others, err := client(s, "units/340504").ListInquiries(t.Context(), &networkv1.ListInquiriesRequest{Unit: "units/340504"})
	require.NoError(t, err)
	assert.Empty(t, others.GetInquiries())

	_, err = point.AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{Name: name, Texts: []string{"每月一次。", "村会计。"}})
	require.NoError(t, err)
	_, err = client(s, part).CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "已了解。"})
	networktest.Refused(t, err, codes.PermissionDenied)
	for _, unit := range []string{"units/340504", "units/340503002"} {
		_, err = client(s, unit).CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "已了解。"})
		networktest.Refused(t, err, codes.NotFound)
	}
	_, err = opener.CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "已了解。"})
	require.NoError(t, err)
}

// What becomes of the unit that an interview is about doesn't find it either, nor hears that it is closed; who asked goes on.
func TestH4_WhatBecameOfTheSubjectFindsNoInterview(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	asked := survey()
	asked.Kind, asked.Point, asked.SubjectUnits = "case_interview", networktest.County, []string{networktest.County}
	name := open(t, s, asked)
	successor := "units/340504"
	_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, suitetest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{
			Into: successor, Units: []*networkv1.MergedUnit{{Name: networktest.County}}, Reason: "区划调整。",
		})
	require.NoError(t, err)
	_, err = client(s, networktest.City).CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "已了解。"})
	require.NoError(t, err)
	_, err = client(s, successor).GetInquiry(t.Context(), &networkv1.GetInquiryRequest{Name: name})
	networktest.Refused(t, err, codes.NotFound)
	for unit, count := range map[string]int{networktest.City: 1, successor: 0} {
		listed, err := client(s, unit).ListInquiries(t.Context(), &networkv1.ListInquiriesRequest{Unit: successor})
		require.NoError(t, err)
		assert.Len(t, listed.GetInquiries(), count, unit)
	}
	assert.Empty(t, titles(t, s, successor, name))
}

// A point that has become what the subject has become too keeps no message of what was asked about it, in whichever order they merge.
func TestH4_MessagesOfAnInquiryDontFollowToWhomItIsAbout(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	asked := survey()
	asked.Kind, asked.Point, asked.SubjectUnits = "case_interview", networktest.OtherTownship, []string{networktest.Township}
	name := open(t, s, asked)
	require.Len(t, titles(t, s, networktest.OtherTownship, name), 1)
	into := "units/340503003"
	for _, ended := range []string{networktest.OtherTownship, networktest.Township} {
		_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, suitetest.City)).MergeUnits(t.Context(),
			&networkv1.MergeUnitsRequest{Into: into, Units: []*networkv1.MergedUnit{{Name: ended}}, Reason: "区划调整。"})
		require.NoError(t, err)
	}
	assert.Empty(t, titles(t, s, into, name))
}
