package analyses

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// someUnits is a directory of some units, of which some have ended; below the bureau lies its station on the system line.
type someUnits struct {
	access.Directory

	units, ended map[string]*networkv1.Unit
}

func (t someUnits) Unit(_ context.Context, name string) (*networkv1.Unit, error) {
	return find(t.units, name)
}

func (t someUnits) Ended(_ context.Context, name string) (*networkv1.Unit, error) {
	return find(t.ended, name)
}

func (t someUnits) SystemBelow(_ context.Context, unit string) ([]*networkv1.Unit, error) {
	if unit == "bureau" {
		return []*networkv1.Unit{t.units["station"]}, nil
	}
	return nil, nil
}

func find(units map[string]*networkv1.Unit, name string) (*networkv1.Unit, error) {
	if units[name] == nil {
		return nil, fault.NotFound(name)
	}
	return units[name], nil
}

func unitOf(name string, level typev1.Level, ancestors ...string) *networkv1.Unit {
	return &networkv1.Unit{Name: name, Level: level, Ancestors: ancestors}
}

func TestC11_T6_TipsCountForTheNearestUnitThatIsAnalysed(t *testing.T) {
	t.Parallel()
	const city, county, township, village = typev1.Level_LEVEL_CITY, typev1.Level_LEVEL_COUNTY, typev1.Level_LEVEL_TOWNSHIP,
		typev1.Level_LEVEL_VILLAGE
	d := someUnits{units: map[string]*networkv1.Unit{}, ended: map[string]*networkv1.Unit{}}
	for _, u := range []*networkv1.Unit{
		unitOf("city", city), unitOf("bureau", city, "city"), unitOf("county", county, "city"),
		unitOf("township", township, "city", "county"), unitOf("village", village, "city", "county", "township"),
		unitOf("station", village, "city", "county", "township"),
		unitOf("post", village, "city", "county", "township", "station"),
	} {
		d.units[u.GetName()] = u
	}
	d.ended["merged"] = unitOf("merged", village, "city", "county", "township", "gone", "village")
	d.ended["twice"] = unitOf("twice", village, "city", "county", "township", "gone")
	scheme := &warningv1.Scheme{FindingLevels: []typev1.Level{city, county, township}}
	for _, c := range []struct{ analysing, unit, place string }{
		{"city", "township", "township"},
		{"city", "village", "township"},
		{"city", "merged", "township"},
		{"city", "twice", "township"},
		{"bureau", "station", "station"},
		{"bureau", "post", "post"},
		{"village", "village", "village"},
	} {
		place, err := Place(t.Context(), d, c.analysing, c.unit, scheme)
		require.NoError(t, err, c)
		assert.Equal(t, c.place, place, c)
	}
}
