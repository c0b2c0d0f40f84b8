// Package metric keeps the figures that an operator watches: how long decisions
// take, what was refused by which order, how long cutting took, how many
// connections are live. They are Prometheus metrics in a registry of their own;
// no figure names a person or an address; an order's name tells its issuer.
package metric

import (
	"net/http"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A Set is the figures of one process. The zero Set is not ready: use New.
type Set struct {
	registry  *prometheus.Registry
	decisions *prometheus.HistogramVec
	refusals  *prometheus.CounterVec
	cuts      *prometheus.HistogramVec
}

// New returns a Set with every figure at nothing.
func New() *Set {
	s := &Set{
		registry: prometheus.NewRegistry(),
		decisions: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ecluse_decision_seconds", Help: "Time from a question's arrival to its answer, by kind of point.",
			Buckets: prometheus.ExponentialBuckets(1e-6, 4, 10),
		}, []string{"point"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ecluse_refusals_total", Help: "Questions refused, by kind of point and by the order that binds first; none: nothing could be decided.",
		}, []string{"point", "order"}),
		cuts: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ecluse_cut_latency_seconds", Help: "Time from a closing to the end of each live connection it ended.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"point"}),
	}
	s.registry.MustRegister(s.decisions, s.refusals, s.cuts, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return s
}

// A Point is the figures of one kind of enforcement point.
type Point struct {
	set      *Set
	kind     string
	decision prometheus.Observer
	cut      prometheus.Observer
}

// Point is the figures of a kind of point, such as "nginx". A nil Set counts
// nothing.
func (s *Set) Point(kind string) *Point {
	if s == nil {
		return nil
	}
	return &Point{s, kind, s.decisions.WithLabelValues(kind), s.cuts.WithLabelValues(kind)}
}

// Decided counts an answer and the time since its question arrived.
func (p *Point) Decided(began time.Time, a *enforce.Answer, action enforce.Action) {
	if p == nil {
		return
	}
	p.decision.Observe(time.Since(began).Seconds())
	if a.Allows(action) {
		return
	}
	by := "none"
	if len(a.Orders) > 0 {
		by = string(a.Orders[0].ID)
	}
	p.set.refusals.WithLabelValues(p.kind, by).Inc()
}

// Cut counts connections that were ended, and how long after the closing.
func (p *Point) Cut(after time.Duration) {
	if p != nil {
		p.cut.Observe(after.Seconds())
	}
}

// Gauge shows what a function returns whenever somebody looks.
func (s *Set) Gauge(name, help string, labels map[string]string, now func() float64) {
	if s != nil {
		s.registry.MustRegister(prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, now))
	}
}

// Handler answers whoever collects the figures.
func (s *Set) Handler() http.Handler {
	return promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{})
}
