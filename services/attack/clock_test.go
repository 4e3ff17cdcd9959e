package attack

import (
	"errors"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
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

// timeless are the jobs that go by no time. They run by themselves alone.
var timeless = []string{
	"network.compact_rollups", "risk.keep_counts", "risk.relay_messages", "warning.relay_messages", "assessment.relay_messages",
}

// services are those that have jobs.
var services = []string{"network", "risk", "warning", "assessment"}

// ask asks the operator's address.
func (j *jumping) ask(t *testing.T, admin, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+admin+path, nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, errors.Join(err, answer.Body.Close()))
	require.Equal(t, http.StatusOK, answer.StatusCode, "calls are served all the same")
	return string(text)
}

var jobInMetrics = regexp.MustCompile(`qingfeng_job_runs_total{.*job="([a-z_.]+)"`)

// timed are the jobs of the suite that go by a time, as its metrics name them.
func (j *jumping) timed(t *testing.T, admin string) []string {
	t.Helper()
	var all []string
	for _, found := range jobInMetrics.FindAllStringSubmatch(j.ask(t, admin, "/metrics"), -1) {
		all = append(all, found[1])
	}
	slices.Sort(all)
	all = slices.Compact(all)
	require.Subset(t, all, timeless)
	return slices.DeleteFunc(all, func(job string) bool { return slices.Contains(timeless, job) })
}

// awaitRuns waits until jobs have run by themselves since the suite was started last.
func (j *jumping) awaitRuns(t *testing.T, since map[string]int64, jobs []string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var ran []string
		for _, service := range services {
			rows, err := j.conn.Query(t.Context(), "SELECT DISTINCT args->>'name' FROM "+service+
				".river_job WHERE state = 'completed' AND id > $1", since[service])
			require.NoError(c, err)
			names, err := pgx.CollectRows(rows, pgx.RowTo[string])
			require.NoError(c, err)
			ran = append(ran, names...)
		}
		require.Subset(c, ran, jobs)
	}, 2*time.Minute, 50*time.Millisecond)
}

// TestJobsDoNothingAtAStartAfterTheClockJumped stops the suite, and starts it a year later with its jobs running by themselves.
func TestJobsDoNothingAtAStartAfterTheClockJumped(t *testing.T) {
	t.Parallel()
	j, since := watched(t), map[string]int64{}
	j.RunJob("network.open_reports")
	for _, service := range services {
		j.RunJob(service + ".delete_responses")
		var last int64
		require.NoError(t, j.conn.QueryRow(t.Context(), "SELECT coalesce(max(id), 0) FROM "+service+".river_job").Scan(&last))
		since[service] = last
	}
	reports, answers := j.count(t, "reports"), j.count(t, "stored_responses")
	addresses, err := bench.Free(t.Context(), 1)
	require.NoError(t, err)
	admin := addresses[0]
	core, log := observer.New(zap.WarnLevel)
	j.Restart(suitetest.With(func(cfg *suite.Config) {
		cfg.Clock = clock.NewManual(suitetest.Start.AddDate(1, 0, 0))
		cfg.Unscheduled, cfg.Admin, cfg.Log = false, admin, zap.New(core)
	}))
	all := j.timed(t, admin)
	require.Greater(t, len(all), 40)
	j.awaitRuns(t, since, all)
	ready, measured := j.ask(t, admin, "/readyz"), j.ask(t, admin, "/metrics")
	for _, service := range services {
		assert.Contains(t, ready, service+": "+jobs.ErrClock.Error())
		assert.Contains(t, measured, `qingfeng_clock_jumped{service="`+service+`"} 1`)
	}
	assert.Len(t, log.FilterMessageSnippet(jobs.ErrClock.Error()).All(), len(services), "each says so once")
	for _, job := range all {
		require.ErrorIs(t, j.TryJob(job), jobs.ErrClock, job)
	}
	figure(t, "started with the clock a year ahead: %d jobs did nothing; %d reports opened and %d stored answers deleted", len(all),
		j.count(t, "reports")-reports, answers-j.count(t, "stored_responses"))
	assert.Equal(t, reports, j.count(t, "reports"))
	assert.Equal(t, answers, j.count(t, "stored_responses"))

	_, err = suite.ConfirmClock(t.Context(), j.Database, j.Clock)
	require.NoError(t, err)
	for _, service := range services {
		j.RunJob(service + ".delete_responses")
	}
	j.RunJob("network.open_reports")
	assert.Greater(t, j.count(t, "reports"), reports, "jobs go on")
	assert.Less(t, j.count(t, "stored_responses"), answers)
	assert.Empty(t, j.ask(t, admin, "/readyz"))
}

// TestTheFirstStartAfterAnUpgradeBelievesNoClock goes back to the tables from before the clock was watched.
func TestTheFirstStartAfterAnUpgradeBelievesNoClock(t *testing.T) {
	t.Parallel()
	j := watched(t)
	j.Restart(suitetest.With(func(cfg *suite.Config) {
		for _, service := range services {
			_, err := j.conn.Exec(t.Context(), "DROP TABLE "+service+".clock_seen, "+service+".feed_positions, "+service+
				".gathered; DELETE FROM "+service+".migrations_shared WHERE version_id >= 7")
			require.NoError(t, err)
		}
		cfg.Clock = clock.NewManual(suitetest.Start.AddDate(1, 0, 0))
	}))
	for _, service := range services {
		require.ErrorIs(t, j.TryJob(service+".delete_responses"), jobs.ErrClock, service)
	}
}

// TestTheClockIsConfirmedByTheCommandLine has the clock fall back to what it is, which the program then confirms.
func TestTheClockIsConfirmedByTheCommandLine(t *testing.T) {
	t.Parallel()
	const ahead = 365 * 24 * time.Hour
	s := suitetest.Empty(t, suitetest.With(func(cfg *suite.Config) {
		cfg.ClockJumpDays, cfg.Clock = 45, clock.NewManual(clock.System{}.Now().Add(ahead))
	}))
	for _, service := range services {
		s.RunJob(service + ".delete_responses")
	}
	s.Clock.Advance(-ahead)
	for _, service := range services {
		require.ErrorIs(t, s.TryJob(service+".delete_responses"), jobs.ErrClock)
	}
	said, err := exec.CommandContext(t.Context(), binary, "clock", "confirm", "--database-url", s.Database).CombinedOutput()
	require.NoError(t, err, "%s", said)
	for _, service := range services {
		assert.Contains(t, string(said), service+": "+clock.System{}.Now().Format("2006-"))
		s.RunJob(service + ".delete_responses")
	}
}
