package main

import (
	"iter"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottldatapoint"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlexemplar"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlmetric"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlresource"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlscope"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspanevent"
)

// Each function of this file lists the items of one context in message order.
// The list is read while statements change the message, so it must follow the
// live data: the slices are indexed, not copied.

func (m *message) resources() iter.Seq[*ottlresource.TransformContext] {
	return func(yield func(*ottlresource.TransformContext) bool) {
		for _, r := range m.Traces.ResourceSpans().All() {
			if !yield(ottlresource.NewTransformContext(r.Resource(), r)) {
				return
			}
		}
		for _, r := range m.Logs.ResourceLogs().All() {
			if !yield(ottlresource.NewTransformContext(r.Resource(), r)) {
				return
			}
		}
		for _, r := range m.Metrics.ResourceMetrics().All() {
			if !yield(ottlresource.NewTransformContext(r.Resource(), r)) {
				return
			}
		}
	}
}

func (m *message) scopes() iter.Seq[*ottlscope.TransformContext] {
	return func(yield func(*ottlscope.TransformContext) bool) {
		for _, r := range m.Traces.ResourceSpans().All() {
			for _, s := range r.ScopeSpans().All() {
				if !yield(ottlscope.NewTransformContext(s.Scope(), r.Resource(), s, r)) {
					return
				}
			}
		}
		for _, r := range m.Logs.ResourceLogs().All() {
			for _, s := range r.ScopeLogs().All() {
				if !yield(ottlscope.NewTransformContext(s.Scope(), r.Resource(), s, r)) {
					return
				}
			}
		}
		for _, r := range m.Metrics.ResourceMetrics().All() {
			for _, s := range r.ScopeMetrics().All() {
				if !yield(ottlscope.NewTransformContext(s.Scope(), r.Resource(), s, r)) {
					return
				}
			}
		}
	}
}

// spanAt is a span with what holds it.
type spanAt struct {
	resource ptrace.ResourceSpans
	scope    ptrace.ScopeSpans
	span     ptrace.Span
}

func (m *message) placedSpans() iter.Seq[spanAt] {
	return func(yield func(spanAt) bool) {
		for _, r := range m.Traces.ResourceSpans().All() {
			for _, sc := range r.ScopeSpans().All() {
				for _, s := range sc.Spans().All() {
					if !yield(spanAt{r, sc, s}) {
						return
					}
				}
			}
		}
	}
}

func (m *message) spans() iter.Seq[*ottlspan.TransformContext] {
	return func(yield func(*ottlspan.TransformContext) bool) {
		for at := range m.placedSpans() {
			if !yield(ottlspan.NewTransformContext(at.resource, at.scope, at.span)) {
				return
			}
		}
	}
}

func (m *message) spanEvents() iter.Seq[*ottlspanevent.TransformContext] {
	return func(yield func(*ottlspanevent.TransformContext) bool) {
		for at := range m.placedSpans() {
			for i, e := range at.span.Events().All() {
				index := ottlspanevent.WithEventIndex(int64(i))
				if !yield(ottlspanevent.NewTransformContext(at.resource, at.scope, at.span, e, index)) {
					return
				}
			}
		}
	}
}

func (m *message) logRecords() iter.Seq[*ottllog.TransformContext] {
	return func(yield func(*ottllog.TransformContext) bool) {
		for _, r := range m.Logs.ResourceLogs().All() {
			for _, sc := range r.ScopeLogs().All() {
				for _, l := range sc.LogRecords().All() {
					if !yield(ottllog.NewTransformContext(r, sc, l)) {
						return
					}
				}
			}
		}
	}
}

// metricAt is a metric with what holds it.
type metricAt struct {
	resource pmetric.ResourceMetrics
	scope    pmetric.ScopeMetrics
	metric   pmetric.Metric
}

func (m *message) placedMetrics() iter.Seq[metricAt] {
	return func(yield func(metricAt) bool) {
		for _, r := range m.Metrics.ResourceMetrics().All() {
			for _, sc := range r.ScopeMetrics().All() {
				for _, metric := range sc.Metrics().All() {
					if !yield(metricAt{r, sc, metric}) {
						return
					}
				}
			}
		}
	}
}

func (m *message) allMetrics() iter.Seq[*ottlmetric.TransformContext] {
	return func(yield func(*ottlmetric.TransformContext) bool) {
		for at := range m.placedMetrics() {
			if !yield(ottlmetric.NewTransformContext(at.resource, at.scope, at.metric)) {
				return
			}
		}
	}
}

// points lists the data points of a metric with their exemplars, of which a
// summary has none.
func points(m pmetric.Metric) iter.Seq2[any, pmetric.ExemplarSlice] {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return withExemplars(m.Gauge().DataPoints().All())
	case pmetric.MetricTypeSum:
		return withExemplars(m.Sum().DataPoints().All())
	case pmetric.MetricTypeHistogram:
		return withExemplars(m.Histogram().DataPoints().All())
	case pmetric.MetricTypeExponentialHistogram:
		return withExemplars(m.ExponentialHistogram().DataPoints().All())
	case pmetric.MetricTypeSummary:
		return func(yield func(any, pmetric.ExemplarSlice) bool) {
			for _, p := range m.Summary().DataPoints().All() {
				if !yield(p, pmetric.NewExemplarSlice()) {
					return
				}
			}
		}
	}
	return func(func(any, pmetric.ExemplarSlice) bool) {}
}

func withExemplars[P interface{ Exemplars() pmetric.ExemplarSlice }](all iter.Seq2[int, P]) iter.Seq2[any, pmetric.ExemplarSlice] {
	return func(yield func(any, pmetric.ExemplarSlice) bool) {
		for _, p := range all {
			if !yield(p, p.Exemplars()) {
				return
			}
		}
	}
}

func (m *message) dataPoints() iter.Seq[*ottldatapoint.TransformContext] {
	return func(yield func(*ottldatapoint.TransformContext) bool) {
		for at := range m.placedMetrics() {
			for p := range points(at.metric) {
				if !yield(ottldatapoint.NewTransformContext(at.resource, at.scope, at.metric, p)) {
					return
				}
			}
		}
	}
}

func (m *message) exemplars() iter.Seq[*ottlexemplar.TransformContext] {
	return func(yield func(*ottlexemplar.TransformContext) bool) {
		for at := range m.placedMetrics() {
			for p, exemplars := range points(at.metric) {
				for _, e := range exemplars.All() {
					if !yield(ottlexemplar.NewTransformContext(at.resource, at.scope, at.metric, p, e)) {
						return
					}
				}
			}
		}
	}
}
