package networktest

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// Database is a connection to the test's database, for what the API does not show.
func Database(t *testing.T, s *suitetest.Suite) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) })
	return conn
}

// QueryTexts are the texts that a query finds, in order.
func QueryTexts(t *testing.T, conn *pgx.Conn, query string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), query, args...)
	require.NoError(t, err)
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return texts
}

// TableText is all that stands in a table of the network service, as one text.
func TableText(t *testing.T, conn *pgx.Conn, table string) string {
	t.Helper()
	return strings.Join(QueryTexts(t, conn, "SELECT to_jsonb(x)::text FROM network."+table+" x"), "\n")
}
