package page_test

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
)

func identity(s string) string { return s }

func unit(title string) (*networkv1.Unit, error) { return &networkv1.Unit{Title: title}, nil }

// read is a list of sorted rows as a store would serve it.
func read(req *networkv1.ListUnitsRequest, rows []string) ([]string, string, error) {
	p, err := page.Parse(req, "")
	if err != nil {
		return nil, "", err
	}
	start, found := slices.BinarySearch(rows, p.Cursor)
	if found {
		start++
	}
	end := min(len(rows), start+int(p.Limit))
	list, next, err := page.Build(context.Background(), p, rows[start:end], identity, unit)
	titles := make([]string, len(list))
	for i, u := range list {
		titles[i] = u.GetTitle()
	}
	return titles, next, err
}

func TestPagingGivesEveryRowOnceInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z"\\\x{4e00}]{1,4}`), 0, 120, identity).Draw(t, "rows")
		slices.Sort(rows)
		req := &networkv1.ListUnitsRequest{Unit: rapid.StringMatching(`units/[0-9]{6}`).Draw(t, "unit")}
		var got []string
		for {
			req.PageSize = rapid.Int32Range(0, 60).Draw(t, "size") // may differ from page to page
			part, next, err := read(req, rows)
			require.NoError(t, err)
			got = append(got, part...)
			if next == "" {
				break
			}
			require.NotEmpty(t, part)
			req.PageToken = next
		}
		require.True(t, slices.Equal(rows, got), "%q, not %q", got, rows)
	})
}

func TestWithoutASizeAPageHasFifty(t *testing.T) {
	t.Parallel()
	p, err := page.Parse(&networkv1.ListUnitsRequest{}, "a")
	require.NoError(t, err)
	assert.Equal(t, "a", p.Cursor)
	assert.True(t, p.First)
	assert.EqualValues(t, 51, p.Limit)
}

func TestAnExactlyFullPageIsTheLast(t *testing.T) {
	t.Parallel()
	rows, next, err := read(&networkv1.ListUnitsRequest{PageSize: 2}, []string{"a", "b"})
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, rows)
	assert.Empty(t, next)
}

func TestTooLargePageIsShortened(t *testing.T) {
	t.Parallel()
	p, err := page.Parse(&networkv1.ListUnitsRequest{}, "")
	require.NoError(t, err)
	for count, sizes := range map[int][]int{1: {4 << 20, 1}, 2: {1 << 20, 1 << 20, 2 << 20}, 3: {1, 1, 1}} {
		list, next, err := page.Build(t.Context(), p, sizes, strconv.Itoa,
			func(n int) (*networkv1.Unit, error) { return unit(strings.Repeat("a", n)) })
		require.NoError(t, err)
		assert.Len(t, list, count)
		assert.Equal(t, count < len(sizes), next != "")
	}
}

func TestPageTokenFitsItsRequestOnly(t *testing.T) {
	t.Parallel()
	asked := &networkv1.ListUnitsRequest{Unit: "units/1", PageSize: 1}
	_, token, err := read(asked, []string{"a", "b"})
	require.NoError(t, err)
	p, err := page.Parse(&networkv1.ListUnitsRequest{Unit: "units/1", PageSize: 9, PageToken: token}, "")
	require.NoError(t, err)
	assert.Equal(t, "a", p.Cursor)
	assert.False(t, p.First)
	for name, other := range map[string]page.Request{
		"another unit":    &networkv1.ListUnitsRequest{Unit: "units/2", PageToken: token},
		"another date":    &networkv1.ListUnitsRequest{Unit: "units/1", AsOf: "2026-01-01", PageToken: token},
		"cut short":       &networkv1.ListUnitsRequest{Unit: "units/1", PageToken: token[:len(token)-2]},
		"another request": &networkv1.ListTipsRequest{Unit: "units/2", PageToken: token},
	} {
		_, err := page.Parse(other, "")
		assert.True(t, fault.HasCode(err, codes.InvalidArgument), name)
	}
}

func TestCursorOfAnotherTypeIsRefused(t *testing.T) {
	t.Parallel()
	asked := &networkv1.ListUnitsRequest{PageSize: 1}
	_, token, err := read(asked, []string{"a", "b"})
	require.NoError(t, err)
	asked.PageToken = token
	_, err = page.Parse(asked, struct{ A, B int }{})
	assert.True(t, fault.HasCode(err, codes.InvalidArgument))
}

func FuzzOpen(f *testing.F) {
	for _, seed := range []string{
		"", "e30", "bnVsbA", "!", base64.RawURLEncoding.EncodeToString([]byte(`{"q":"AAAA","k":"x"}`)),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, err := page.Parse(&networkv1.ListUnitsRequest{Unit: "units/1", PageToken: token}, "")
		if token != "" && !fault.HasCode(err, codes.InvalidArgument) {
			t.Errorf("%q: %v", token, err)
		}
	})
}
