package risk_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// schemeFor is the scheme of the C profile as one of a unit's own, with one category.
func schemeFor(t *testing.T, s *suitetest.Suite, name, unit, category string) *riskv1.Scheme {
	t.Helper()
	scheme, err := as(s, access.Administrator, suitetest.City).schemes.GetEffectiveScheme(t.Context(),
		&riskv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	own := proto.CloneOf(scheme)
	own.Name, own.Unit = "schemes/"+name, unit
	own.Categories = own.GetCategories()[:1]
	own.Categories[0].Id = category
	return own
}

func store(t *testing.T, s *suitetest.Suite, scheme *riskv1.Scheme, replace bool) error {
	t.Helper()
	_, err := as(s, access.Administrator, suitetest.City).schemes.CreateScheme(t.Context(),
		&riskv1.CreateSchemeRequest{Scheme: scheme, Replace: replace})
	return err
}

// holdSchemes keeps schemes from being stored until the returned function is called, or until so many wait for it.
func holdSchemes(t *testing.T, s *suitetest.Suite) (release func(waiting int)) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "SELECT pg_advisory_lock(hashtextextended('qingfeng schemes', 0))")
	require.NoError(t, err)
	return func(waiting int) {
		assert.Eventually(t, func() bool {
			var found int
			err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&found)
			return err == nil && found == waiting
		}, 10*time.Second, 5*time.Millisecond)
		assert.NoError(t, conn.Close(t.Context()))
	}
}

func TestOfAdministratorsWhoStoreAVersionAtOnceOneWins(t *testing.T) {
	t.Parallel()
	for replace, lost := range map[bool]codes.Code{false: codes.AlreadyExists, true: codes.Aborted} {
		t.Run(fmt.Sprintf("replace %t", replace), func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			if replace {
				require.NoError(t, store(t, s, schemeFor(t, s, "own", township, "first"), false))
			}
			const administrators = 4
			errs, versions := make([]error, administrators), make([]*riskv1.Scheme, administrators)
			for i := range versions {
				versions[i] = schemeFor(t, s, "own", township, fmt.Sprintf("of_%d", i))
			}
			release := holdSchemes(t, s)
			var wg sync.WaitGroup
			for i := range versions {
				wg.Go(func() { errs[i] = store(t, s, versions[i], replace) })
			}
			release(administrators)
			wg.Wait()
			counts := map[codes.Code]int{}
			winner := ""
			for i, err := range errs {
				counts[status.Code(err)]++
				if err == nil {
					winner = versions[i].GetCategories()[0].GetId()
				}
			}
			assert.Equal(t, map[codes.Code]int{codes.OK: 1, lost: administrators - 1}, counts)
			held, err := as(s, "clerk", township).schemes.GetEffectiveScheme(t.Context(),
				&riskv1.GetEffectiveSchemeRequest{Unit: township})
			require.NoError(t, err)
			assert.Equal(t, winner, held.GetCategories()[0].GetId())
		})
	}
}

// TestNoRecordIsMadeByAReplacedVersion lets a clerk record a risk point by a version that an administrator replaces meanwhile.
func TestNoRecordIsMadeByAReplacedVersion(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	listed, err := networkv1.NewUnitServiceClient(s.As("clerk", county)).ListUnits(t.Context(), &networkv1.ListUnitsRequest{
		Unit: county, Levels: []typev1.Level{typev1.Level_LEVEL_VILLAGE}, PageSize: 10,
	})
	require.NoError(t, err)
	for i, u := range listed.GetUnits() {
		unit, name, clerk := u.GetName(), fmt.Sprintf("own_%d", i), as(s, "clerk", u.GetName())
		require.NoError(t, store(t, s, schemeFor(t, s, name, unit, "before"), false))
		point := riskPoint(unit, 2, 4, 3)
		point.Category = "before"
		next := schemeFor(t, s, name, unit, "after")
		var made, replaced error
		var wg sync.WaitGroup
		wg.Go(func() {
			_, made = clerk.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: point})
		})
		wg.Go(func() { replaced = store(t, s, next, true) })
		wg.Wait()
		if made == nil {
			suitetest.RequireRefused(t, replaced, codes.FailedPrecondition, "SCHEME_IN_USE")
			continue
		}
		suitetest.RequireFieldFaults(t, made, map[string]string{"risk_point.category": "UNKNOWN_TERM"})
		require.NoError(t, replaced)
	}
}
