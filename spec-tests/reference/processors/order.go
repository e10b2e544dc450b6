package main

import (
	"bytes"
	"encoding/json"
	"strings"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"ottlcorpus"
)

// aggregates tells whether a case aggregates data points. The reference then lists the
// points of a metric in the order of a map.
func aggregates(q *corpus.Question) bool {
	sources := string(q.Config) + strings.Join(q.Statements, "\n")
	return strings.Contains(sources, "aggregate_on_attribute")
}

// orderPoints lists the points of every metric by time, attributes and buckets, so that
// the answer does not vary. The inputs are such that this is also the order in which the
// groups of points first appear.
func orderPoints(m pmetric.Metrics) {
	for _, r := range m.ResourceMetrics().All() {
		for _, s := range r.ScopeMetrics().All() {
			for _, metric := range s.Metrics().All() {
				switch metric.Type() {
				case pmetric.MetricTypeGauge:
					metric.Gauge().DataPoints().Sort(before[pmetric.NumberDataPoint])
				case pmetric.MetricTypeSum:
					metric.Sum().DataPoints().Sort(before[pmetric.NumberDataPoint])
				case pmetric.MetricTypeHistogram:
					metric.Histogram().DataPoints().Sort(before[pmetric.HistogramDataPoint])
				case pmetric.MetricTypeExponentialHistogram:
					metric.ExponentialHistogram().DataPoints().Sort(before[pmetric.ExponentialHistogramDataPoint])
				}
			}
		}
	}
}

func before[P any](a, b P) bool { return bytes.Compare(pointKey(a), pointKey(b)) < 0 }

func pointKey(point any) []byte {
	var parts []any
	switch p := point.(type) {
	case pmetric.NumberDataPoint:
		parts = []any{p.Timestamp(), p.Attributes().AsRaw(), p.StartTimestamp()}
	case pmetric.HistogramDataPoint:
		parts = []any{p.Timestamp(), p.Attributes().AsRaw(), p.ExplicitBounds().AsRaw(), !p.HasMin(), p.StartTimestamp(), p.Flags()}
	case pmetric.ExponentialHistogramDataPoint:
		parts = []any{p.Timestamp(), p.Attributes().AsRaw(), p.Scale(), !p.HasMin(), p.StartTimestamp(), p.Flags()}
	}
	key, err := json.Marshal(parts)
	if err != nil {
		return nil
	}
	return key
}
