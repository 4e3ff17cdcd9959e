package gateway

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// otherRoute stands for every path that leads to nothing here. A path as it came is never a label: it holds names, and there
// is no end of them.
const otherRoute = "other"

// durations are the bounds of the histogram, in seconds.
var durations = []float64{0.005, 0.025, 0.1, 0.5, 2.5, 10}

// answerCodes are those that an operation may answer with.
var answerCodes = []int{
	http.StatusOK, http.StatusNotModified, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden,
	http.StatusNotFound,
	http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusTooManyRequests,
	statusCanceled, http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

// statusCanceled answers who has gone away; net/http has no name for it.
const statusCanceled = 499

// metrics counts the requests of a façade.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(registry prometheus.Registerer, operations []*operation) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "qingfeng_http_requests_total", Help: "HTTP requests answered by the gateway.",
		}, []string{"method", "route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "qingfeng_http_request_duration_seconds", Help: "How long the gateway took to answer.", Buckets: durations,
		}, []string{"method", "route"}),
	}
	if err := errors.Join(registry.Register(m.requests), registry.Register(m.seconds)); err != nil {
		return nil, err
	}
	m.begin(http.MethodGet, otherRoute, http.StatusNotFound)
	for _, route := range siteRoutes {
		m.begin(http.MethodGet, route, http.StatusOK)
	}
	for _, one := range operations {
		m.begin(one.Verb, one.Path.String(), answerCodes...)
	}
	return m, nil
}

// begin makes the series of a route, so that the first event is an increase.
func (m *metrics) begin(method, route string, answers ...int) {
	method = strings.ToLower(method) // as promhttp writes it
	m.seconds.WithLabelValues(method, route)
	for _, code := range answers {
		m.requests.WithLabelValues(method, route, strconv.Itoa(code))
	}
}

type routeKey struct{}

// setRoute tells which route a request took.
func setRoute(ctx context.Context, route string) {
	if taken, ok := ctx.Value(routeKey{}).(*string); ok {
		*taken = route
	}
}

// count counts what next answers.
func (m *metrics) count(next http.Handler) http.Handler {
	route := promhttp.WithLabelFromCtx("route", func(ctx context.Context) string {
		if taken, ok := ctx.Value(routeKey{}).(*string); ok {
			return *taken
		}
		return otherRoute
	})
	next = promhttp.InstrumentHandlerDuration(m.seconds, promhttp.InstrumentHandlerCounter(m.requests, next, route), route)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		taken := otherRoute
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), routeKey{}, &taken)))
	})
}
