package access_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// counting is the tree, and counts how often it was asked.
type counting struct {
	accesstest.Tree

	asked *int
}

func (c counting) Unit(ctx context.Context, name string) (*networkv1.Unit, error) {
	*c.asked++
	return c.Tree.Unit(ctx, name)
}

func TestACachedDirectoryRemembersWhatItFoundOnly(t *testing.T) {
	t.Parallel()
	asked := 0
	directory := access.Cached(counting{asked: &asked}, clock.System{})
	for range 3 {
		u, err := directory.Unit(t.Context(), accesstest.County)
		require.NoError(t, err)
		assert.Equal(t, "340500.340503", access.Path(u))
		assert.Equal(t, []string{"340500", "340503"}, access.PathIDs(u))
	}
	assert.Equal(t, 1, asked)
	for range 3 {
		_, err := directory.Unit(t.Context(), "units/new")
		require.True(t, fault.IsNotFound(err))
	}
	assert.Equal(t, 4, asked, "a unit made a moment ago is found")
}

func TestACachedDirectoryForgetsAfterFiveSecondsAndAtMidnight(t *testing.T) {
	t.Parallel()
	asked := 0
	now := clock.NewManual(time.Date(2026, time.November, 2, 15, 59, 52, 0, time.UTC)) // eight seconds before midnight in China
	directory := access.Cached(counting{asked: &asked}, now)
	for _, step := range []struct {
		later time.Duration
		asked int
	}{{0, 1}, {5*time.Second - 1, 1}, {time.Microsecond, 2}, {2 * time.Second, 2}, {time.Second, 3}, {-time.Second, 4}} {
		now.Advance(step.later)
		_, err := directory.Unit(t.Context(), accesstest.County)
		require.NoError(t, err)
		assert.Equal(t, step.asked, asked, "%v", now.Now())
	}
}

// knowing finds the scheme of a unit that is at hand.
type knowing struct{ counting }

func (k knowing) SchemeOf(ctx context.Context, u *networkv1.Unit) (*networkv1.Scheme, error) {
	return k.Scheme(ctx, u.GetName())
}

func TestACachedDirectoryDoesNotReadAUnitAgainForItsScheme(t *testing.T) {
	t.Parallel()
	asked := 0
	directory := access.Cached(knowing{counting{asked: &asked}}, clock.System{})
	_, err := directory.Unit(t.Context(), accesstest.County)
	require.NoError(t, err)
	_, err = directory.Scheme(t.Context(), accesstest.County)
	require.NoError(t, err)
	assert.Equal(t, 1, asked)
	_, err = directory.Scheme(t.Context(), "units/new")
	assert.True(t, fault.IsNotFound(err))
}

// network answers as the network service does, with one error.
type network struct {
	networkv1.UnitServiceClient
	networkv1.SchemeServiceClient
	networkv1.OfficerServiceClient

	err error
}

func (n network) GetUnit(context.Context, *networkv1.GetUnitRequest, ...grpc.CallOption) (*networkv1.Unit, error) {
	return &networkv1.Unit{Name: "units/1"}, n.err
}

func (n network) GetEffectiveScheme(
	context.Context, *networkv1.GetEffectiveSchemeRequest, ...grpc.CallOption,
) (*networkv1.Scheme, error) {
	return &networkv1.Scheme{Name: "schemes/1"}, n.err
}

func (n network) GetOfficer(context.Context, *networkv1.GetOfficerRequest, ...grpc.CallOption) (*networkv1.Officer, error) {
	return &networkv1.Officer{Name: "officers/1-a"}, n.err
}

func TestRemoteDirectoryMeetsTheContract(t *testing.T) {
	t.Parallel()
	for code, absent := range map[codes.Code]bool{
		codes.OK: false, codes.NotFound: true, codes.InvalidArgument: true, codes.Unavailable: false, codes.Internal: false,
	} {
		n := network{err: status.Error(code, "")}
		directory := access.RemoteBy(n, n, n)
		_, err := directory.Unit(t.Context(), "units/1")
		assert.Equal(t, absent, fault.IsNotFound(err), code)
		assert.Equal(t, code == codes.OK, err == nil)
		_, err = directory.Scheme(t.Context(), "units/1")
		assert.Equal(t, absent, fault.IsNotFound(err), code)
		assert.Equal(t, code == codes.OK, err == nil)
		_, err = directory.Officer(t.Context(), "officers/1-a")
		assert.Equal(t, absent, fault.IsNotFound(err), code)
		assert.Equal(t, code == codes.OK, err == nil)
	}
}

func TestAnUnknownUnitInARequestIsAFaultOfItsField(t *testing.T) {
	t.Parallel()
	_, err := access.LookUp(t.Context(), accesstest.Tree{}, "content.unit", "units/9")
	require.EqualError(t, err, "INVALID_ARGUMENT; content.unit: unknown_unit")
	u, err := access.LookUp(t.Context(), accesstest.Tree{}, "unit", accesstest.City)
	require.NoError(t, err)
	assert.Equal(t, accesstest.City, u.GetName())
	lost := network{err: errors.New("lost")}
	_, err = access.LookUp(t.Context(), access.RemoteBy(lost, lost, lost), "unit", "units/9")
	require.ErrorIs(t, err, lost.err)
}

func TestAnAdministratorHasEveryRole(t *testing.T) {
	t.Parallel()
	assert.True(t, access.Principal{Roles: []string{access.Administrator}}.HasRole("secretary"))
	assert.True(t, access.Principal{Roles: []string{"a", "b"}}.HasRole("x", "b"))
	assert.False(t, access.Principal{Roles: []string{"a"}}.HasRole("b"))
	assert.False(t, access.Principal{Roles: []string{"a"}}.HasRole())
}
