// Package inboxtest sends messages to units in tests, as resources of the network do.
package inboxtest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// Book opens the network's schema of a suite a second time, as another replica does.
func Book(t *testing.T, s *suitetest.Suite) *record.Book {
	t.Helper()
	db, err := database.Open(t.Context(), s.Database, "network")
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return &record.Book{DB: db, Clock: s.Clock}
}

// Closing is a message that a report is due soon.
func Closing(t *testing.T, s *suitetest.Suite, unit, report string) inbox.Message {
	t.Helper()
	units := networkv1.NewUnitServiceClient(s.As(access.Administrator, suitetest.City))
	answer, err := units.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: unit})
	require.NoError(t, err)
	return inbox.Message{
		To: inbox.To(answer), Kind: "inbox.report_closes", About: report,
		Args: []string{"title", "乡镇\x1f月报", "title_en", "Monthly report", "period", "2026-10", "close", "2026-11-05"},
	}
}

// Send sends messages in one transaction.
func Send(t *testing.T, book *record.Book, messages ...inbox.Message) {
	t.Helper()
	require.NoError(t, record.System(t.Context(), book, "test", func(ctx context.Context, tx *record.Tx) error {
		return inbox.Send(ctx, tx, messages...)
	}))
}
