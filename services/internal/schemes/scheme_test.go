package schemes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/record/recordtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func version(id, unit, from string) *networkv1.Scheme {
	return &networkv1.Scheme{Name: "schemes/" + id, Unit: "units/" + unit, EffectiveFrom: from}
}

func blank() *networkv1.Scheme { return &networkv1.Scheme{} }

func add(ctx context.Context, book *record.Store, s *networkv1.Scheme) error {
	return record.System(ctx, book, "test",
		func(ctx context.Context, tx *record.Tx) error {
			return schemes.Add(ctx, tx, s, false, func() error { return nil })
		})
}

func day(t require.TestingT, text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	require.NoError(t, err)
	return d
}

// nearest is the model of Effective: the version that holds for the last of units that has one by then.
func nearest(stored []*networkv1.Scheme, units []string, on string) *networkv1.Scheme {
	var best *networkv1.Scheme
	rank := func(s *networkv1.Scheme) int { return slices.Index(units, s.GetUnit()[len("units/"):]) }
	for _, s := range stored {
		if rank(s) < 0 || s.GetEffectiveFrom() > on {
			continue
		}
		if best == nil || rank(s) > rank(best) || rank(s) == rank(best) && s.GetEffectiveFrom() > best.GetEffectiveFrom() {
			best = s
		}
	}
	return best
}

func TestTheNearestUnitsLatestVersionHolds(t *testing.T) {
	t.Parallel()
	book := recordtest.Store(t)
	dates := rapid.SampledFrom([]string{"2025-12-31", "2026-01-01", "2026-02-28", "2026-03-01", "2027-01-01"})
	rapid.Check(t, func(r *rapid.T) {
		_, err := book.Exec(t.Context(), "TRUNCATE schemes")
		require.NoError(r, err)
		var stored []*networkv1.Scheme
		for range rapid.IntRange(0, 8).Draw(r, "n") {
			unit := rapid.SampledFrom([]string{"root", "city", "county", "elsewhere"}).Draw(r, "unit")
			s := version(unit+"a", unit, dates.Draw(r, "from"))
			if slices.ContainsFunc(stored, func(o *networkv1.Scheme) bool { return schemes.Version(o) == schemes.Version(s) }) {
				require.True(r, fault.HasCode(add(t.Context(), book, s), codes.AlreadyExists))
				continue
			}
			require.NoError(r, add(t.Context(), book, s))
			stored = append(stored, s)
		}
		units, on := []string{"root", "city", "county"}[:rapid.IntRange(1, 3).Draw(r, "depth")], dates.Draw(r, "on")
		want, got := nearest(stored, units, on), blank()
		err = schemes.Effective(t.Context(), book, units, day(r, on), got)
		if want == nil {
			require.True(r, fault.IsNotFound(err), "%v", err)
			return
		}
		require.NoError(r, err)
		require.True(r, proto.Equal(want, got), "%v, not %v", got, want)
	})
}

func TestVersionCannotBeRepeatedOrMoved(t *testing.T) {
	t.Parallel()
	book := recordtest.Store(t)
	require.NoError(t, add(t.Context(), book, version("a", "1", "2026-01-01")))
	err := add(t.Context(), book, version("a", "1", "2026-01-01"))
	assert.True(t, fault.HasCode(err, codes.AlreadyExists), "%v", err)
	require.EqualError(t, add(t.Context(), book, version("a", "2", "2027-01-01")), "INVALID_ARGUMENT; scheme.unit: scheme_unit")
	require.EqualError(t, add(t.Context(), book, version("b", "2", "2026-02-30")),
		"INVALID_ARGUMENT; scheme.effective_from: string.date")
	require.NoError(t, add(t.Context(), book, version("a", "1", "2027-01-01")))
}

func TestAUnitHasOneScheme(t *testing.T) {
	t.Parallel()
	book := recordtest.Store(t)
	require.NoError(t, add(t.Context(), book, version("a", "1", "2026-01-01")))
	err := add(t.Context(), book, version("b", "1", "2027-01-01"))
	require.EqualError(t, err, "INVALID_ARGUMENT; scheme.name: unit_scheme")
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	assert.Equal(t, words.UnitScheme(words.Untitled("units/1"), "schemes/a"), f.Fields[0].Sentence)
	require.NoError(t, add(t.Context(), book, version("b", "2", "2027-01-01")))
}

func TestMissingSchemeNamesUnitAndDate(t *testing.T) {
	t.Parallel()
	err := schemes.Effective(t.Context(), recordtest.Store(t), []string{"1", "2"}, day(t, "2026-01-01"), blank())
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	assert.Equal(t, "NO_SCHEME", f.Key)
	assert.Equal(t, words.NoScheme("2026-01-01", words.Untitled("units/2")), f.Sentence)
}

func TestAVersionIsFoundByItsName(t *testing.T) {
	t.Parallel()
	book, want, got := recordtest.Store(t), version("a", "1", "2026-01-01"), blank()
	require.NoError(t, add(t.Context(), book, want))
	require.NoError(t, schemes.ByVersion(t.Context(), book, schemes.Version(want), got))
	assert.True(t, proto.Equal(want, got))
	for _, name := range []string{"schemes/a@2026-01-02", "schemes/a", "", "schemes/b@2026-01-01", "schemes/a@x"} {
		require.Error(t, schemes.ByVersion(t.Context(), book, name, blank()), name)
	}
}

func TestASchemeOfANewerVersionIsReadAndADamagedOneNamed(t *testing.T) {
	t.Parallel()
	book, stored := recordtest.Store(t), version("a", "1", "2026-01-01")
	require.NoError(t, add(t.Context(), book, stored))
	read := func(body string) (effective, byVersion error) {
		_, err := book.Exec(t.Context(), "UPDATE schemes SET body = body || $1", body)
		require.NoError(t, err)
		effective = schemes.Effective(t.Context(), book, []string{"1"}, day(t, "2026-01-01"), blank())
		return effective, schemes.ByVersion(t.Context(), book, schemes.Version(stored), blank())
	}
	effective, byVersion := read(`{"ofLater": "1"}`)
	require.NoError(t, effective)
	require.NoError(t, byVersion)
	effective, byVersion = read(`{"title": 7}`)
	for _, err := range []error{effective, byVersion} {
		var damaged *fault.Fault
		require.ErrorAs(t, err, &damaged)
		assert.Equal(t, codes.DataLoss, damaged.Code)
		assert.Contains(t, damaged.Args, stored.GetName())
	}
}

func TestListPagesThroughAllVersionsInOrder(t *testing.T) {
	t.Parallel()
	book := recordtest.Store(t)
	var want []string
	for _, id := range []string{"b", "a", "c"} {
		for year := range 4 {
			s := version(id, "of"+id, fmt.Sprintf("%d-01-01", 2029-year))
			require.NoError(t, add(t.Context(), book, s))
			want = append(want, schemes.Version(s))
		}
	}
	slices.Sort(want)
	for size := range int32(14) {
		var got []string
		req := &networkv1.ListSchemesRequest{PageSize: size}
		for more := true; more; more = req.GetPageToken() != "" {
			part, next, err := schemes.List[*networkv1.Scheme](t.Context(), book, req)
			require.NoError(t, err)
			for _, s := range part {
				got = append(got, schemes.Version(s))
			}
			req.PageToken = next
		}
		assert.Equal(t, want, got, "pages of %d", size)
	}
}

func TestAllKnowsWhenAVersionWasStoredAndWhichIsNext(t *testing.T) {
	t.Parallel()
	book := recordtest.Store(t)
	for _, s := range []*networkv1.Scheme{
		version("a", "1", "2027-01-01"), version("a", "1", "2026-01-01"), version("b", "2", "2026-06-01"),
	} {
		require.NoError(t, add(t.Context(), book, s))
	}
	all, err := schemes.All[*networkv1.Scheme](t.Context(), book)
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.Equal(t, calendar.DateOf(book.Clock.Now(), calendar.Shanghai), all[0].On)
	next, ok := schemes.NextFrom(all, all[0].Scheme)
	assert.True(t, ok)
	assert.Equal(t, day(t, "2027-01-01"), next)
	_, ok = schemes.NextFrom(all, all[1].Scheme)
	assert.False(t, ok)
}

func TestEntriesAreUniqueAndFound(t *testing.T) {
	t.Parallel()
	roles := []*networkv1.Role{{Id: "a"}, {Id: "b"}, {Id: "a"}, {Id: "a"}}
	var faults fault.Fields
	schemes.CheckUnique(&faults, "scheme.roles", roles)
	schemes.CheckKnown(&faults, "role", "b", roles)
	schemes.CheckKnown(&faults, "role", "z", roles[:2])
	require.EqualError(t, faults.Err(),
		"INVALID_ARGUMENT; scheme.roles[2].id: duplicate; scheme.roles[3].id: duplicate; role: unknown_term")
	assert.Equal(t, []string{"known", "a, b", "known_zh", "a, b", "known_en", "a, b", "id", "z"}, faults[2].Args)
	_, ok := schemes.Find(roles, "z")
	assert.False(t, ok)
}

func TestOneSchemeAddedTwiceAtOnceHasOneUnit(t *testing.T) {
	t.Parallel()
	book := recordtest.Store(t)
	for round := range 10 {
		id, failed := fmt.Sprint("s", round), make(chan error, 2)
		for i, unit := range []string{"1", "2"} {
			go func() {
				failed <- add(t.Context(), book,
					version(id, unit, time.Date(2026, time.January, i+1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)))
			}()
		}
		assert.Error(t, errors.Join(<-failed, <-failed), "a scheme holds for one unit")
	}
}

func TestOneUnitGivenTwoSchemesAtOnceHasOne(t *testing.T) {
	t.Parallel()
	book := recordtest.Store(t)
	for round := range 10 {
		unit, failed := fmt.Sprint("u", round), make(chan error, 2)
		for _, id := range []string{"a", "b"} {
			go func() { failed <- add(t.Context(), book, version(id+unit, unit, "2026-01-01")) }()
		}
		assert.Error(t, errors.Join(<-failed, <-failed), "a unit has one scheme")
	}
}
