package officers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const dutyReporter = networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER

// toldOfExcess is what the centre is told of officers in excess, the newest first.
func toldOfExcess(t *testing.T, conn grpc.ClientConnInterface) []string {
	t.Helper()
	answer, err := networkv1.NewInboxServiceClient(conn).ListMessages(t.Context(), &networkv1.ListMessagesRequest{
		Unit: networktest.City, Kinds: []string{"inbox.officer_excess"},
	})
	require.NoError(t, err)
	var texts []string
	for _, m := range answer.GetMessages() {
		texts = append(texts, m.GetResource()+" "+m.GetTitle())
	}
	return texts
}

// excesses are the units with more officers in office than allowed.
func excesses(t *testing.T, conn grpc.ClientConnInterface) []string {
	t.Helper()
	answer, err := networkv1.NewTreeServiceClient(conn).ListCoverageGaps(t.Context(), &networkv1.ListCoverageGapsRequest{
		Unit: networktest.City, Rule: "officer_excess",
	})
	require.NoError(t, err)
	var units []string
	for _, gap := range answer.GetGaps() {
		units = append(units, gap.GetUnit())
	}
	return units
}

func TestH5_DutyReportersInExcessAreSaidUntilOneGoes(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	centre := s.As("handler", networktest.City)
	client := networkv1.NewOfficerServiceClient(centre)
	reporters := map[string]string{}
	for _, unit := range []string{networktest.County, networktest.Township, successor} {
		made, err := client.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{
			Officer: networktest.Officer(networktest.City, unit, dutyReporter),
		})
		require.NoError(t, err)
		assert.EqualValues(t, 1, made.GetMaxInOffice())
		reporters[unit] = made.GetName()
	}
	merge(t, s, networktest.Township, successor, "")
	s.RunJob(officers.ExpireTermsJob)
	s.RunJob(officers.ExpireTermsJob)
	told := toldOfExcess(t, centre)
	require.Len(t, told, 1, "once")
	assert.Contains(t, told[0], successor)
	assert.Contains(t, told[0], "同期在任的专报员有 2 名，聘任规则最多允许 1 名")
	assert.Equal(t, []string{successor}, excesses(t, centre))

	_, err := networkv1.NewTreeServiceClient(centre).DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: successor, ChildrenTo: networktest.County, Reason: "撤销",
	})
	require.NoError(t, err)
	s.RunJob(officers.ExpireTermsJob)
	told = toldOfExcess(t, centre)
	require.Len(t, told, 2)
	assert.Contains(t, told[0], "有 3 名")
	assert.Equal(t, []string{networktest.County}, excesses(t, centre))

	for _, unit := range []string{networktest.Township, successor} {
		_, err := client.DismissOfficer(t.Context(), &networkv1.DismissOfficerRequest{Name: reporters[unit], Reason: "撤并。"})
		require.NoError(t, err)
	}
	s.RunJob(officers.ExpireTermsJob)
	assert.Empty(t, excesses(t, centre))
	assert.Len(t, toldOfExcess(t, centre), 2)
}
