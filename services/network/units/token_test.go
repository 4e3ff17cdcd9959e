package units_test

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestForgedPageTokenIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units := networkv1.NewUnitServiceClient(s.As("administrator", networktest.City))
	req := &networkv1.ListUnitsRequest{Unit: networktest.City, PageSize: 1}
	first, err := units.ListUnits(t.Context(), req)
	require.NoError(t, err)
	raw, err := base64.RawURLEncoding.DecodeString(first.GetNextPageToken())
	require.NoError(t, err)
	var token map[string]any
	require.NoError(t, json.Unmarshal(raw, &token))
	for _, key := range []any{"!! .", "a..b", "", 7, nil} {
		token["k"] = key
		created, err := json.Marshal(token)
		require.NoError(t, err)
		req.PageToken = base64.RawURLEncoding.EncodeToString(created)
		if _, err = units.ListUnits(t.Context(), req); key != nil {
			networktest.Refused(t, err, codes.InvalidArgument, "page_token")
		}
	}
}

func TestForgedDayInPageTokenIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	reports := networkv1.NewReportServiceClient(s.As("administrator", networktest.City))
	req := &networkv1.ListReportsRequest{Unit: networktest.City, PageSize: 1}
	first, err := reports.ListReports(t.Context(), req)
	require.NoError(t, err)
	require.NotEmpty(t, first.GetNextPageToken())
	raw, err := base64.RawURLEncoding.DecodeString(first.GetNextPageToken())
	require.NoError(t, err)
	day := regexp.MustCompile(`"20\d\d-\d\d-\d\d"`)
	for _, forged := range []string{`""`, `"x"`, `null`} {
		req.PageToken = base64.RawURLEncoding.EncodeToString(day.ReplaceAll(raw, []byte(forged)))
		_, err = reports.ListReports(t.Context(), req)
		networktest.Refused(t, err, codes.InvalidArgument, "page_token")
	}
}
