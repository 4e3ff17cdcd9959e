// Package metrics holds the collectors of what the suite itself is made of: its build and its pools of connections. Each
// series is there from the start, so that a first event shows as an increase.
package metrics

import (
	"runtime/debug"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// NewRegistry makes the registry of a process: with metrics of Go, of the process and of the build.
func NewRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo())
	return registry
}

// buildInfo is always 1; its labels say what was built. A build outside a clone knows no revision.
func buildInfo() prometheus.Collector {
	labels := prometheus.Labels{"version": "unknown", "revision": "unknown", "go_version": "unknown"}
	if info, ok := debug.ReadBuildInfo(); ok {
		labels["version"], labels["go_version"] = info.Main.Version, info.GoVersion
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				labels["revision"] = setting.Value
			}
		}
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "qingfeng_build_info", Help: "Always 1; the labels say what was built.", ConstLabels: labels,
	})
	info.Set(1)
	return info
}

// pool collects the statistics of a pgx pool.
type pool struct {
	stat    func() *pgxpool.Stat
	metrics []poolMetric
}

type poolMetric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*pgxpool.Stat) float64
}

// NewPool makes the collector of a pool of connections, told apart by its name.
func NewPool(name string, stat func() *pgxpool.Stat) prometheus.Collector {
	p := &pool{stat: stat}
	add := func(metric, help string, kind prometheus.ValueType, value func(*pgxpool.Stat) float64) {
		desc := prometheus.NewDesc("qingfeng_db_"+metric, help, nil, prometheus.Labels{"pool": name})
		p.metrics = append(p.metrics, poolMetric{desc: desc, kind: kind, value: value})
	}
	gauge, counter := prometheus.GaugeValue, prometheus.CounterValue
	add("connections_max", "Most connections that the pool may hold.", gauge,
		func(s *pgxpool.Stat) float64 { return float64(s.MaxConns()) })
	add("connections_in_use", "Connections that are at work.", gauge,
		func(s *pgxpool.Stat) float64 { return float64(s.AcquiredConns()) })
	add("connections_idle", "Connections that nobody uses.", gauge,
		func(s *pgxpool.Stat) float64 { return float64(s.IdleConns()) })
	add("connections_opened_total", "Connections that were opened.", counter,
		func(s *pgxpool.Stat) float64 { return float64(s.NewConnsCount()) })
	add("acquires_total", "How often a connection was taken from the pool.", counter,
		func(s *pgxpool.Stat) float64 { return float64(s.AcquireCount()) })
	add("acquire_waits_total", "How often none was free and one had to be waited for.", counter,
		func(s *pgxpool.Stat) float64 { return float64(s.EmptyAcquireCount()) })
	add("acquire_wait_seconds_total", "How long connections were waited for.", counter,
		func(s *pgxpool.Stat) float64 { return s.EmptyAcquireWaitTime().Seconds() })
	add("acquires_canceled_total", "How often whoever waited gave up.", counter,
		func(s *pgxpool.Stat) float64 { return float64(s.CanceledAcquireCount()) })
	return p
}

// Describe tells which metrics there are.
func (p *pool) Describe(descs chan<- *prometheus.Desc) {
	for _, metric := range p.metrics {
		descs <- metric.desc
	}
}

// Collect reads them.
func (p *pool) Collect(metrics chan<- prometheus.Metric) {
	stat := p.stat()
	for _, metric := range p.metrics {
		metrics <- prometheus.MustNewConstMetric(metric.desc, metric.kind, metric.value(stat))
	}
}
