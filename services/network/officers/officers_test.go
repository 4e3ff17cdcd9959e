package officers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	regular = networkv1.OfficerType_OFFICER_TYPE_REGULAR
	invited = networkv1.OfficerType_OFFICER_TYPE_SPECIAL_INVITED
)

//nolint:paralleltest,tparallel // the cases share one suite, whose end state is checked
func TestC3_OfficersAreAppointedByTier(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	for name, c := range map[string]struct {
		by, unit string
		kind     networkv1.OfficerType
		group    string
		code     codes.Code
		named    string
	}{
		"the centre for a township":              {by: networktest.City, unit: networktest.Township, kind: regular},
		"the centre for a county":                {by: networktest.City, unit: networktest.County, kind: regular},
		"a networktest.Township for its village": {by: networktest.Township, unit: networktest.Village, kind: regular},
		"the centre invites a lawyer": {
			by: networktest.City, unit: networktest.Village, kind: invited,
			group: "lawyer",
		},
		"not the centre for a village": {
			by: networktest.City, unit: networktest.Village, kind: regular,
			code: codes.FailedPrecondition, named: "officer.unit",
		},
		"not a networktest.County for a township": {
			by: networktest.County, unit: networktest.Township, kind: regular,
			code: codes.FailedPrecondition, named: "officer.unit",
		},
		"not a networktest.Township for another's": {
			by: networktest.OtherTownship, unit: networktest.Village,
			kind: regular, code: codes.FailedPrecondition, named: "officer.unit",
		},
		"not a networktest.Township for itself": {
			by: networktest.Township, unit: networktest.Township, kind: regular,
			code: codes.FailedPrecondition, named: "officer.unit",
		},
		"not a networktest.Township by invitation": {
			by: networktest.Township, unit: networktest.Village, kind: invited,
			group: "lawyer", code: codes.FailedPrecondition, named: "officer.unit",
		},
		"not from a group that is none": {
			by: networktest.City, unit: networktest.Village, kind: invited,
			group: "friends", code: codes.InvalidArgument, named: "officer.group",
		},
		"not for a unit that does not exist": {
			by: networktest.City, unit: "units/999999", kind: regular,
			code: codes.InvalidArgument, named: "officer.unit",
		},
		"not by a unit that does not exist": {
			by: "units/999999", unit: networktest.Village, kind: regular,
			code: codes.NotFound, named: "officer.appointing_unit",
		},
		"not by a unit out of reach (networktest.County)": {
			by: "units/340504", unit: networktest.Village, kind: regular,
			code: codes.NotFound, named: "officer.appointing_unit",
		},
	} {
		t.Run(name, func(t *testing.T) {
			caller := c.by
			if c.code == codes.NotFound {
				caller = networktest.County
			}
			officer := networktest.Officer(c.by, c.unit, c.kind)
			officer.Group = c.group
			_, err := as(s, caller).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
			if c.code == codes.OK {
				require.NoError(t, err)
				return
			}
			networktest.Refused(t, err, c.code, c.named)
		})
	}
	listed, err := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.City)).ListOfficers(t.Context(),
		&networkv1.ListOfficersRequest{Unit: networktest.City})
	require.NoError(t, err)
	assert.Len(t, listed.GetOfficers(), 4, "those that were allowed and no others")
}

func TestC3_OfficersOutOfReachAreNotFound(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	made := networktest.Appoint(t, s, networktest.Township, networktest.Village)
	stranger := as(s, networktest.OtherTownship)
	_, err := stranger.GetOfficer(t.Context(), &networkv1.GetOfficerRequest{Name: made.GetName()})
	networktest.Refused(t, err, codes.NotFound)
	_, err = stranger.ListOfficers(t.Context(), &networkv1.ListOfficersRequest{Unit: networktest.Village})
	networktest.Refused(t, err, codes.NotFound, "unit")
}

func TestC3_AppointingForAnotherUnitIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, err := as(s, networktest.County).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{
		Officer: networktest.Officer(networktest.Township, networktest.Village, regular),
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
}

func TestC3_TermsAreChecked(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Officer(networktest.Township, networktest.Village, regular)
	officer.TermFrom, officer.TermTo, officer.PledgedOn = "2026-03-01", "2026-02-01", "2026-02-30"
	_, err := as(s, networktest.Township).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
	networktest.Refused(t, err, codes.InvalidArgument, "officer.term_to", "officer.pledged_on")
}
