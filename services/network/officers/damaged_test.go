package officers_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestADamagedRowIsReportedAndKeepsNoOtherFromASweep(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	var names []string
	for range 3 {
		officer := networktest.Officer(networktest.Township, networktest.Village, regular)
		officer.TermTo = "2026-12-10"
		made, err := as(s, networktest.Township).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
		require.NoError(t, err)
		names = append(names, made.GetName())
	}
	_, err := networktest.Database(t, s).Exec(t.Context(), `UPDATE network.officers SET body = jsonb_set(body, '{title}', '17')
		WHERE 'officers/' || region || '-' || key = $1`, names[1])
	require.NoError(t, err)
	s.Clock.Advance(60 * day)
	met := testutil.ToFloat64(document.DamagedRows)
	s.RunJob(officers.ExpireTermsJob)
	assert.Greater(t, testutil.ToFloat64(document.DamagedRows), met)
	for _, name := range []string{names[0], names[2]} {
		assert.Equal(t, networkv1.OfficerState_OFFICER_STATE_EXPIRED, get(t, s, name).GetState())
	}
	_, err = as(s, networktest.City).GetOfficer(t.Context(), &networkv1.GetOfficerRequest{Name: names[1]})
	suitetest.RequireRefused(t, err, codes.DataLoss, "DATA_DAMAGED")
}
