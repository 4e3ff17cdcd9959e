package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river/rivertype"
)

// countTimeout is how long counting the queue may take while metrics are read.
const countTimeout = 2 * time.Second

// queueStates are the states of a job in the queue, as the metric says them, with River's own.
var queueStates = map[string][]string{
	"waiting": {
		string(rivertype.JobStateAvailable), string(rivertype.JobStatePending), string(rivertype.JobStateRetryable),
		string(rivertype.JobStateScheduled),
	},
	"running": {string(rivertype.JobStateRunning)},
	"failed":  {string(rivertype.JobStateDiscarded), string(rivertype.JobStateCancelled)},
}

// outcomes of a run.
const (
	outcomeDone   = "done"
	outcomeFailed = "failed"
)

// metrics of a queue.
type metrics struct {
	queued *prometheus.Desc
	runs   *prometheus.CounterVec
}

func newMetrics() metrics {
	return metrics{
		queued: prometheus.NewDesc("qingfeng_jobs",
			"Jobs in the service's queue, of all its replicas; those that failed are kept for a week.", []string{"state"}, nil),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "qingfeng_job_runs_total", Help: "Runs of jobs in this process.",
		}, []string{"job", "outcome"}),
	}
}

// begin makes the series of a job.
func (m metrics) begin(job string) {
	m.runs.WithLabelValues(job, outcomeDone)
	m.runs.WithLabelValues(job, outcomeFailed)
}

// run runs a job and counts how it ended. A run that was cut off by the end of the process did not fail.
func (m metrics) run(ctx context.Context, job Job) error {
	err := job.Run(ctx)
	switch {
	case err == nil:
		m.runs.WithLabelValues(job.Name, outcomeDone).Inc()
	case !errors.Is(ctx.Err(), context.Canceled):
		m.runs.WithLabelValues(job.Name, outcomeFailed).Inc()
	}
	return err
}

// Describe tells which metrics a queue has.
func (q *Queue) Describe(descs chan<- *prometheus.Desc) {
	descs <- q.metrics.queued
	descs <- clockJumped
	q.metrics.runs.Describe(descs)
}

// Collect counts the queue and the runs. Where the database does not answer, the queue is left out.
func (q *Queue) Collect(found chan<- prometheus.Metric) {
	q.metrics.runs.Collect(found)
	jumped := 0.0
	if q.ClockJumped() != nil {
		jumped = 1
	}
	found <- prometheus.MustNewConstMetric(clockJumped, prometheus.GaugeValue, jumped)
	ctx, cancel := context.WithTimeout(context.Background(), countTimeout)
	defer cancel()
	for name, states := range queueStates {
		var n int64
		err := q.pool.QueryRow(ctx, `SELECT count(*) FROM river_job WHERE state = ANY ($1::text[]::river_job_state[])`,
			states).Scan(&n)
		if err != nil {
			return
		}
		found <- prometheus.MustNewConstMetric(q.metrics.queued, prometheus.GaugeValue, float64(n), name)
	}
}
