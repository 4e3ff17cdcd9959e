// Package jobs runs the work that must survive a crash, in a queue kept in the service's own schema (River).
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// Job is a piece of work that takes no arguments: it looks for what is due and does it, so that running it once more does
// no harm.
type Job struct {
	// Name identifies it in the queue and in the log.
	Name string
	// Every is how often it runs by itself; it also runs at start.
	Every time.Duration
	Run   func(context.Context) error
	// Timeless tells that what it does does not depend on the time, so that it runs whatever the clock says.
	Timeless bool
}

type args struct {
	Name string `json:"name"`
}

// Kind is River's name for the one kind of work there is.
func (args) Kind() string { return "job" }

type worker struct {
	river.WorkerDefaults[args]

	jobs    map[string]Job
	first   firstOfDay
	metrics metrics
	clock   *clockGuard
	log     *zap.Logger
}

// Work runs the job that is named.
func (w *worker) Work(ctx context.Context, job *river.Job[args]) error {
	found, ok := w.jobs[job.Args.Name]
	if !ok {
		return river.JobCancel(fmt.Errorf("no job is called %q", job.Args.Name)) // of another version: nobody will ever run it
	}
	if err := w.run(ctx, found); !errors.Is(err, ErrClock) {
		return err
	}
	return nil // it was said once
}

// Queue is a service's work queue.
type Queue struct {
	client  *river.Client[pgx.Tx]
	worker  *worker
	tickers tickers
	pool    *pgxpool.Pool
	metrics metrics
	clock   *clockGuard

	unscheduled bool
}

// deleteResponsesEvery is how often each service deletes responses that have been kept long enough.
const deleteResponsesEvery = time.Hour

// jobTimeout is how long a job may take.
const jobTimeout = 2 * time.Minute

// New builds the queue of a service. It also deletes expired responses. Of several replicas one schedules; all work.
func New(book *record.Store, log *zap.Logger, jobs ...Job) (*Queue, error) {
	return build(book, log, false, jobs)
}

// Frugal is New for a small machine: it looks for work every second, instead of keeping a connection that is told of it.
func Frugal(book *record.Store, log *zap.Logger, jobs ...Job) (*Queue, error) {
	return build(book, log, true, jobs)
}

func build(book *record.Store, log *zap.Logger, frugal bool, jobs []Job) (*Queue, error) {
	m := newMetrics()
	clock := &clockGuard{store: book, log: log}
	w := &worker{jobs: map[string]Job{}, metrics: m, clock: clock, log: log}
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	warnings := log.WithOptions(zap.IncreaseLevel(zap.WarnLevel))
	client, err := river.NewClient(riverpgxv5.New(book.Pool), &river.Config{
		Schema:   book.Schema,
		PollOnly: frugal,
		// A job that a crash cut off holds its place until it is given up, and its next run waits for that.
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: jobTimeout + time.Minute,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}},
		Workers:              workers,
		Logger:               slog.New(zapslog.NewHandler(warnings.Core(), zapslog.WithName(log.Name()))),
	})
	if err != nil {
		return nil, fmt.Errorf("work queue of %s: %w", book.Schema, err)
	}
	q := &Queue{client: client, worker: w, tickers: tickers{log: log, worker: w}, pool: book.Pool, metrics: m, clock: clock}
	q.Add(Job{Name: book.Schema + ".delete_responses", Every: deleteResponsesEvery, Run: book.DeleteExpiredResponses})
	q.Add(jobs...)
	return q, nil
}

// Add adds jobs; only before Start.
func (q *Queue) Add(jobs ...Job) {
	for _, job := range jobs {
		q.worker.jobs[job.Name] = job
		q.metrics.begin(job.Name)
		q.client.PeriodicJobs().Add(river.NewPeriodicJob(river.PeriodicInterval(job.Every),
			func() (river.JobArgs, *river.InsertOpts) { return args{Name: job.Name}, uniqueOpts() },
			&river.PeriodicJobOpts{RunOnStart: true}))
	}
}

// AddFirst is Add for the job that prepares a day, such as by what the tree of units is from then on: besides when its time
// comes, it runs before the first other job of each day. Where it fails, so do those until it doesn't.
func (q *Queue) AddFirst(job Job) {
	q.Add(job)
	q.worker.first.job = job
}

// uniqueOpts keeps one waiting run of a job, however often its time comes. River's own choice of states holds completed runs
// too, for a day: a job would then run once a day at most. A failed run is not tried again: its next time is soon.
func uniqueOpts() *river.InsertOpts {
	return &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}}
}

// Enqueue runs a job soon after tx commits.
func (q *Queue) Enqueue(ctx context.Context, tx pgx.Tx, name string) error {
	_, err := q.client.InsertTx(ctx, tx, args{Name: name}, &river.InsertOpts{MaxAttempts: 1})
	return err
}

// Unschedule has no job of the queue run by itself, only when RunNow or Enqueue asks for it. Call it before Start.
func (q *Queue) Unschedule() { q.unscheduled = true }

// runNowTimeout bounds how long RunNow waits for other runs.
const runNowTimeout = time.Minute

// RunNow runs a job here and now, for tests whose clock does not move by itself. All that wait come first: late ones would see
// what happens from now on. It tells whether the queue has such a job.
func (q *Queue) RunNow(ctx context.Context, name string) (bool, error) {
	job, ok := q.worker.jobs[name]
	if !ok {
		return false, nil
	}
	if err := q.awaitRuns(ctx); err != nil {
		return true, err
	}
	return true, q.worker.run(ctx, job)
}

// awaitRuns waits until all that was asked of the queue has been done.
func (q *Queue) awaitRuns(ctx context.Context) error {
	const ended = "SELECT NOT EXISTS (SELECT FROM river_job WHERE finalized_at IS NULL)"
	return clock.PollUntil(ctx, runNowTimeout, 10*time.Millisecond, func(ctx context.Context) (done bool, err error) {
		err = q.pool.QueryRow(ctx, ended).Scan(&done)
		return done, err
	})
}

// Start begins to work.
func (q *Queue) Start(ctx context.Context) error {
	if q.unscheduled {
		q.client.PeriodicJobs().Clear()
	}
	q.tickers.start(ctx)
	return q.client.Start(context.WithoutCancel(ctx))
}

// Stop lets running jobs end until ctx does, and then cancels them; what was cancelled runs again at the next start.
func (q *Queue) Stop(ctx context.Context) error {
	q.tickers.wait()
	err := q.client.Stop(ctx)
	if ctx.Err() != nil {
		return q.client.StopAndCancel(context.WithoutCancel(ctx))
	}
	return err
}
