package rollups_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestMain(m *testing.M) {
	// Each step of the model is a question to the suite; more checks can be asked for on the command line.
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	pgtest.Main(m)
}

// open opens the network's schema beside the suite, to look at what it stores and to do what nobody should.
func open(t *testing.T, s *suitetest.Suite) *record.Store {
	t.Helper()
	db, err := database.Open(t.Context(), s.Database, "network")
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return &record.Store{DB: db, Clock: s.Clock}
}

// as calls as a role in a unit.
func as(s *suitetest.Suite, role, unit string) networkv1.RollUpServiceClient {
	return networkv1.NewRollUpServiceClient(s.As(role, unit))
}

// admin calls as the city's administrator.
func admin(s *suitetest.Suite) networkv1.RollUpServiceClient {
	return as(s, access.Administrator, networktest.City)
}

// read asks for all pages.
func read(t *testing.T, client networkv1.RollUpServiceClient, req *networkv1.GetRollUpRequest) []*networkv1.RollUpCell {
	t.Helper()
	var cells []*networkv1.RollUpCell
	for {
		page, err := client.GetRollUp(t.Context(), req)
		require.NoError(t, err)
		cells = append(cells, page.GetCells()...)
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return cells
		}
	}
}

// total asks for the whole of a unit in November 2026; an empty cell where there is nothing.
func total(t *testing.T, s *suitetest.Suite, unit string) *networkv1.RollUpCell {
	t.Helper()
	cells := read(t, admin(s), &networkv1.GetRollUpRequest{Unit: unit, FromPeriod: "2026-11"})
	if len(cells) == 0 {
		return &networkv1.RollUpCell{}
	}
	require.Len(t, cells, 1)
	return cells[0]
}
