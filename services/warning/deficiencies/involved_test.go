package deficiencies

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// tree is a directory of a city with a county, in it two townships, of which the old one has ended, and below the new one a
// village.
type tree struct{ access.Directory }

var units = map[string]*networkv1.Unit{
	"units/city":    {Name: "units/city"},
	"units/county":  {Name: "units/county", Ancestors: []string{"units/city"}},
	"units/new":     {Name: "units/new", Ancestors: []string{"units/city", "units/county"}},
	"units/old":     {Name: "units/old", Ancestors: []string{"units/city", "units/county", "units/new"}, EndedOn: "2026-10-31", Successor: "units/new"},
	"units/village": {Name: "units/village", Ancestors: []string{"units/city", "units/county", "units/new"}},
}

func (tree) find(name string, ended bool) (*networkv1.Unit, error) {
	if u := units[name]; u != nil && (u.GetEndedOn() != "") == ended {
		return u, nil
	}
	return nil, fault.NotFound(name)
}

func (t tree) Unit(_ context.Context, name string) (*networkv1.Unit, error) {
	return t.find(name, false)
}

func (t tree) Ended(_ context.Context, name string) (*networkv1.Unit, error) {
	return t.find(name, true)
}

func TestT16_WhomADeficiencyHasToDoWithAsTheTreeIsToday(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ unit, owner, foundBy, about, finder, above string }{
		"found from above":                    {"new", "", "county", "new", "county", "city"},
		"found by the topmost":                {"new", "", "city", "new", "city", ""},
		"found at itself":                     {"new", "", "new", "new", "county", "city"},
		"the topmost at itself":               {"city", "", "city", "city", "city", ""},
		"who answers for it stands below":     {"new", "village", "county", "village", "county", "city"},
		"who answers for it stands above":     {"new", "county", "county", "new", "county", "city"},
		"who answers for it stands elsewhere": {"village", "old", "county", "village", "county", "city"},
		"the unit has ended":                  {"old", "", "county", "new", "county", "city"},
		"the finder has ended, and acts here": {"new", "", "old", "new", "county", "city"},
		"the finder has ended above":          {"village", "", "old", "village", "new", "county"},
		"the finder is unknown":               {"village", "", "gone", "village", "new", "county"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &riskv1.Deficiency{Unit: "units/" + tc.unit, FoundBy: "units/" + tc.foundBy}
			if tc.owner != "" {
				d.OwnerUnit = "units/" + tc.owner
			}
			p, err := (&follower{directory: tree{}}).involvedIn(t.Context(), d)
			require.NoError(t, err)
			assert.Equal(t, "units/"+tc.about, p.about.GetName())
			assert.Equal(t, "units/"+tc.finder, p.finder.GetName())
			if tc.above == "" {
				assert.Nil(t, p.above)
			} else {
				assert.Equal(t, "units/"+tc.above, p.above.GetName())
			}
		})
	}
	_, err := (&follower{directory: tree{}}).involvedIn(t.Context(), &riskv1.Deficiency{Unit: "units/gone"})
	assert.True(t, fault.IsNotFound(err))
}
