package attack

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/suite"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// jumping is a suite whose clock jumps, and what a job that believed it would do.
type jumping struct {
	*suitetest.Suite

	conn *pgx.Conn
}

func watched(t *testing.T) *jumping {
	t.Helper()
	s := suitetest.New(t, suitetest.With(func(cfg *suite.Config) { cfg.ClockJumpDays = 45 }))
	conn, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(t.Context())) })
	_, err = networkv1.NewTipServiceClient(s.As("informant", "units/340504001")).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{RequestId: uuid.NewString(), Content: &networkv1.TipContent{
			Unit: "units/340503001001", SubjectArea: "work_style", Channel: "web", Title: "办事拖延", Body: "三次前往，均无人办理，有登记簿为证。",
		}})
	require.NoError(t, err)
	return &jumping{s, conn}
}

// count counts the rows of a table.
func (j *jumping) count(t *testing.T, table string) (n int) {
	t.Helper()
	require.NoError(t, j.conn.QueryRow(t.Context(), "SELECT count(*) FROM network."+table).Scan(&n))
	return n
}

func TestJobsDoNothingOnceTheClockHasJumped(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]time.Duration{"ahead": 365 * 24 * time.Hour, "back": -60 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := watched(t)
			all := []string{"network.open_reports", "network.delete_responses", "network.remind_reports", "warning.escalate_overdue"}
			for _, job := range all {
				j.RunJob(job)
			}
			reports, answers := j.count(t, "reports"), j.count(t, "stored_responses")
			require.NotZero(t, answers)
			j.Clock.Advance(by)
			for range 2 { // to have been asked once changes nothing
				for _, job := range all {
					require.ErrorIs(t, j.TryJob(job), jobs.ErrClock, job)
				}
			}
			figure(t, "clock %v %s: %d jobs stopped; %d reports opened and %d stored answers deleted", by.Abs(), name, len(all),
				j.count(t, "reports")-reports, answers-j.count(t, "stored_responses"))
			assert.Equal(t, reports, j.count(t, "reports"))
			assert.Equal(t, answers, j.count(t, "stored_responses"))
			_, err := networkv1.NewUnitServiceClient(j.As("clerk", "units/340503")).GetUnit(t.Context(),
				&networkv1.GetUnitRequest{Name: "units/340503"})
			require.NoError(t, err, "calls are served")

			confirmed, err := suite.ConfirmClock(t.Context(), j.Database, j.Clock)
			require.NoError(t, err)
			assert.Equal(t, []string{"network", "risk", "warning", "assessment"}, confirmed)
			for _, job := range all {
				j.RunJob(job)
			}
		})
	}
}

func TestClockSetRightNeedsNoConfirming(t *testing.T) {
	t.Parallel()
	j := watched(t)
	j.RunJob("network.open_reports")
	j.Clock.Advance(44 * 24 * time.Hour)
	j.RunJob("network.open_reports")
	j.Clock.Advance(46 * 24 * time.Hour)
	require.ErrorIs(t, j.TryJob("network.open_reports"), jobs.ErrClock)
	j.Clock.Advance(-46 * 24 * time.Hour)
	j.RunJob("network.open_reports")
}
