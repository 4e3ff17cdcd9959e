// Package inboxtest sends messages to units in tests, as resources of the network do.
package inboxtest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// Store opens the network's schema of a suite a second time, as another replica does.
func Store(t *testing.T, s *suitetest.Suite) *record.Store {
	t.Helper()
	db, err := database.Open(t.Context(), s.Database, "network")
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return &record.Store{DB: db, Clock: s.Clock}
}

// ReportDueSoon is a message that a report is due soon.
func ReportDueSoon(t *testing.T, s *suitetest.Suite, unit, report string) inbox.Message {
	t.Helper()
	units := networkv1.NewUnitServiceClient(s.As(access.Administrator, suitetest.City))
	resp, err := units.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: unit})
	require.NoError(t, err)
	return inbox.Message{
		Recipient: inbox.RecipientOf(resp), Resource: report,
		Sentence: words.InboxReportCloses(
			words.Title{ID: "monthly", Zh: "乡镇\x1f月报", En: "Monthly report"}, "2026-10", "2026-11-05"),
	}
}

// Notify sends messages in one transaction.
func Notify(t *testing.T, book *record.Store, messages ...inbox.Message) {
	t.Helper()
	require.NoError(t, record.System(t.Context(), book, "test", func(ctx context.Context, tx *record.Tx) error {
		return inbox.Notify(ctx, tx, messages...)
	}))
}
