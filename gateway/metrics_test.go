package gateway_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/qingfeng-suite/qingfeng/gateway"
)

const requestsTotal = "qingfeng_http_requests_total"

func TestRequestsAreCountedByRouteFromTheStart(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	handler := over(t, &tips{}, func(cfg *gateway.Config) { cfg.Metrics = registry })
	before, err := testutil.GatherAndCount(registry, requestsTotal)
	if err != nil || before < 1000 {
		t.Fatalf("%d series before the first request: %v", before, err)
	}
	for _, one := range []call{
		{method: http.MethodGet, path: "/network/v1/tips/340503-1"},
		{method: http.MethodGet, path: "/network/v1/tips/340503-2?colour=red"},
		{method: http.MethodGet, path: "/secret/340503"},
		{method: http.MethodGet, path: "/healthz"},
	} {
		one.do(handler)
	}
	var counted []string
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != requestsTotal {
			continue
		}
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, label := range metric.GetLabel() {
				labels = append(labels, label.GetValue())
			}
			line := strings.Join(labels, " ")
			if strings.Contains(line, "3405") {
				t.Errorf("a raw path is a label: %s", line)
			}
			if metric.GetCounter().GetValue() > 0 {
				counted = append(counted, line)
			}
		}
	}
	want := []string{
		"200 get /healthz", "200 get /network/v1/{name=tips/*}", "400 get /network/v1/{name=tips/*}", "404 get other",
	}
	if !slices.Equal(counted, want) {
		t.Errorf("counted %q, want %q", counted, want)
	}
	after, err := testutil.GatherAndCount(registry, requestsTotal)
	if err != nil || after != before {
		t.Errorf("%d series, then %d: %v", before, after, err)
	}
}
