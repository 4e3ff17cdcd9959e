package risk_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// hold locks a record, as a call that is under way would, until the returned function is called.
func hold(t *testing.T, s *suitetest.Suite, table, name string) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	region, key, err := resource.Split(name)
	require.NoError(t, err)
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	tag, err := tx.Exec(t.Context(), "SELECT FROM risk."+table+" WHERE region = $1 AND key = $2 FOR UPDATE", region, key)
	require.NoError(t, err)
	require.EqualValues(t, 1, tag.RowsAffected())
	return func() { assert.NoError(t, conn.Close(t.Context())) }
}

// runHeld runs a job while a record is held, which is released once the job waits for it, or is over without.
func runHeld(t *testing.T, s *suitetest.Suite, job, table, name string) {
	t.Helper()
	watch, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	defer func() { assert.NoError(t, watch.Close(t.Context())) }()
	release, over := hold(t, s, table, name), make(chan error, 1)
	go func() { over <- s.TryJob(job) }()
	assert.Eventually(t, func() bool {
		var waits bool
		err := watch.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits)
		return err == nil && waits || len(over) > 0
	}, 10*time.Second, 5*time.Millisecond)
	release()
	require.NoError(t, <-over)
}

// A job that plans once for each version of a scheme comes back to what others had locked meanwhile.
func TestT5_T3_WhatIsLockedIsPlannedOnceItIsReleased(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	scheme, err := office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	reminders := scheme.GetCommitmentReminders()
	remind := func(from string, reminders []*typev1.Reminder) {
		scheme.EffectiveFrom, scheme.CommitmentReminders = from, reminders
		_, err := as(s, access.Administrator, commerce).schemes.CreateScheme(t.Context(),
			&riskv1.CreateSchemeRequest{Scheme: scheme, Replace: reminders == nil})
		require.NoError(t, err)
	}
	remind(scheme.GetEffectiveFrom(), nil)
	for _, person := range []string{"甲", "乙"} {
		section.held(t, markets, "市场运行股副股长", "section_head", person, "2021-12-01")
	}
	s.RunJob("risk.open_commitments")
	pledges := office.commitments(t, &riskv1.ListCommitmentsRequest{})
	require.Len(t, pledges, 2)
	planned := func() (days [2]string) {
		for i, pledge := range office.commitments(t, &riskv1.ListCommitmentsRequest{}) {
			days[i] = pledge.GetRemindOn()
		}
		return days
	}
	remind("2026-11-03", reminders)
	s.Clock.Advance(wholeDay)
	runHeld(t, s, "risk.remind_commitments", "commitments", pledges[0].GetName())
	assert.Equal(t, [2]string{"2026-11-25", "2026-11-25"}, planned(), "the job waited")

	later := []*typev1.Reminder{{
		Id: "early", Moment: typev1.ReminderMoment_REMINDER_MOMENT_BEFORE_CLOSE, Days: 10, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR,
	}}
	remind("2026-11-04", later)
	s.Clock.Advance(wholeDay)
	release := hold(t, s, "commitments", pledges[0].GetName())
	require.ErrorContains(t, s.TryJob("risk.remind_commitments"), "commitments: 1 records are locked by others")
	assert.Equal(t, [2]string{"2026-11-25", "2026-11-22"}, planned(), "it waited for so long, and kept nothing else back")
	release()
	s.RunJob("risk.remind_commitments")
	assert.Equal(t, [2]string{"2026-11-22", "2026-11-22"}, planned(), "the next time")
}
