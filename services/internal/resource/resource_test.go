package resource_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

func TestANameAndItsIDAreOne(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "units/340503", resource.Name(resource.Units, "340503"))
	assert.Empty(t, resource.Name(resource.Units, ""), "nothing has no name")
	assert.Empty(t, resource.ID(""))
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[a-z0-9][A-Za-z0-9_.-]{0,20}`).Draw(t, "id")
		require.Equal(t, id, resource.ID(resource.Name(resource.Tips, id)))
	})
}

func TestAShardedNameSplitsIntoItsParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		region, key := rapid.StringMatching(`[0-9]{6}`).Draw(t, "region"), rapid.StringMatching(`[0-9a-f-]{1,32}`).Draw(t, "key")
		gotRegion, gotKey, err := resource.Split(resource.Sharded(resource.Tips, region, key))
		require.NoError(t, err)
		require.Equal(t, []string{region, key}, []string{gotRegion, gotKey})
	})
	for _, name := range []string{"", "tips", "tips/", "tips/340503", "tips/-a", "tips/340503-", "-"} {
		_, _, err := resource.Split(name)
		assert.True(t, fault.HasCode(err, codes.NotFound), name)
	}
}

func TestKeysSortByTheTimeTheyWereMade(t *testing.T) {
	t.Parallel()
	keys := make([]string, 2000)
	for i := range keys {
		keys[i] = resource.NewKey()
	}
	assert.True(t, slices.IsSorted(keys))
	assert.Len(t, slices.Compact(keys), 2000)
	assert.Regexp(t, `^[0-9a-f]{32}$`, keys[0])
}
