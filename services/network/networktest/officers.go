package networktest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// Appoint has a unit appoint a regular officer for another from the start of 2026, its term open.
func Appoint(t *testing.T, s *suitetest.Suite, by, unit string) *networkv1.Officer {
	t.Helper()
	answer, err := networkv1.NewOfficerServiceClient(s.As("clerk", by)).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{
		Officer: &networkv1.Officer{
			Title: "张三", Unit: unit, AppointingUnit: by, Type: networkv1.OfficerType_OFFICER_TYPE_REGULAR, TermFrom: "2026-01-01",
		},
	})
	require.NoError(t, err)
	return answer.GetOfficer()
}

// NewScheme stores a version of the C scheme that holds from today, changed as the test wants.
func NewScheme(t *testing.T, s *suitetest.Suite, edit func(*networkv1.Scheme)) {
	t.Helper()
	client := networkv1.NewSchemeServiceClient(s.As(access.Administrator, City))
	held, err := client.GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: City})
	require.NoError(t, err)
	held.Scheme.EffectiveFrom = clock.Today(s.Clock).String()
	edit(held.GetScheme())
	_, err = client.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: held.GetScheme()})
	require.NoError(t, err)
}

// RunJob puts a job of the network service into its queue and waits until it has run.
func RunJob(t *testing.T, s *suitetest.Suite, name string) {
	t.Helper()
	conn := Database(t, s)
	var id int64
	require.NoError(t, conn.QueryRow(t.Context(), `INSERT INTO network.river_job (kind, args, max_attempts)
		VALUES ('job', jsonb_build_object('name', $1::text), 1) RETURNING id`, name).Scan(&id))
	require.NoError(t, clock.Poll(t.Context(), time.Minute, 20*time.Millisecond, func(ctx context.Context) (bool, error) {
		var state, errors string
		err := conn.QueryRow(ctx, "SELECT state::text, coalesce(errors::text, '') FROM network.river_job WHERE id = $1", id).Scan(&state, &errors)
		if err == nil && state == "discarded" {
			err = fmt.Errorf("the job %s failed: %s", name, errors)
		}
		return state == "completed", err
	}))
}

// Database is a connection to the test's database, for what the API does not show.
func Database(t *testing.T, s *suitetest.Suite) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) })
	return conn
}
