package main

import (
	"context"
	"fmt"
	"iter"

	"ottlcorpus"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottldatapoint"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlmetric"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlresource"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
)

// program is what is measured: statements, or the conditions of a filter.
type program struct {
	// parse compiles the sources again.
	parse func([]string) error
	// run does to a message what the program does.
	run func(*message) error
	// resident is the same without taking dropped items out of the message.
	resident func(*message) error
}

func (o *options) compile(sources []string) (*program, error) {
	switch o.context {
	case "resource":
		p, err := ottlresource.NewParser(standard[*ottlresource.TransformContext](), quiet, ottlresource.EnablePathContextNames())
		return compileFor(o, p, err, (*message).resources, nil, sources)
	case "span":
		p, err := ottlspan.NewParser(standard[*ottlspan.TransformContext](), quiet, ottlspan.EnablePathContextNames())
		return compileFor(o, p, err, (*message).spans, (*message).removeSpans, sources)
	case "log":
		p, err := ottllog.NewParser(standard[*ottllog.TransformContext](), quiet, ottllog.EnablePathContextNames())
		return compileFor(o, p, err, (*message).logRecords, (*message).removeLogRecords, sources)
	case "metric":
		p, err := ottlmetric.NewParser(standard[*ottlmetric.TransformContext](), quiet, ottlmetric.EnablePathContextNames())
		return compileFor(o, p, err, (*message).allMetrics, nil, sources)
	case "datapoint":
		p, err := ottldatapoint.NewParser(standard[*ottldatapoint.TransformContext](), quiet, ottldatapoint.EnablePathContextNames())
		return compileFor(o, p, err, (*message).dataPoints, (*message).removeDataPoints, sources)
	}
	return nil, fmt.Errorf("the context %q is not measured", o.context)
}

// remove takes out of a message what a condition holds for, and what is empty then.
type remove[K any] func(m *message, holds func(K) bool)

func compileFor[K corpus.Item](
	o *options, p ottl.Parser[K], err error, items func(*message) iter.Seq[K], remove remove[K], sources []string,
) (*program, error) {
	if err != nil {
		return nil, err
	}
	if o.filter {
		return compileFilter(p, items, remove, sources)
	}
	statements, err := p.ParseStatements(sources)
	if err != nil {
		return nil, err
	}
	sequence := ottl.NewStatementSequence(statements, quiet, ottl.WithStatementSequenceErrorMode[K](ottl.PropagateError))
	ctx := context.Background()
	run := func(m *message) error {
		for k := range items(m) {
			err := sequence.Execute(ctx, k)
			k.Close()
			if err != nil {
				return err
			}
		}
		return nil
	}
	parse := func(sources []string) error {
		_, err := p.ParseStatements(sources)
		return err
	}
	return &program{parse: parse, run: run, resident: run}, nil
}

func compileFilter[K corpus.Item](
	p ottl.Parser[K], items func(*message) iter.Seq[K], remove remove[K], sources []string,
) (*program, error) {
	if remove == nil {
		return nil, fmt.Errorf("filters are measured over spans, log records and data points only")
	}
	conditions, err := p.ParseConditions(sources)
	if err != nil {
		return nil, err
	}
	sequence := ottl.NewConditionSequence(conditions, quiet, ottl.WithConditionSequenceErrorMode[K](ottl.PropagateError))
	ctx := context.Background()
	run := func(m *message) error {
		var failed error
		remove(m, func(k K) bool {
			holds, err := sequence.Eval(ctx, k)
			k.Close()
			if err != nil {
				failed = err
			}
			return holds
		})
		return failed
	}
	ask := func(m *message) error {
		for k := range items(m) {
			_, err := sequence.Eval(ctx, k)
			k.Close()
			if err != nil {
				return err
			}
		}
		return nil
	}
	parse := func(sources []string) error {
		_, err := p.ParseConditions(sources)
		return err
	}
	return &program{parse: parse, run: run, resident: ask}, nil
}

func (m *message) removeSpans(holds func(*ottlspan.TransformContext) bool) {
	m.Traces.ResourceSpans().RemoveIf(func(r ptrace.ResourceSpans) bool {
		r.ScopeSpans().RemoveIf(func(sc ptrace.ScopeSpans) bool {
			sc.Spans().RemoveIf(func(s ptrace.Span) bool {
				return holds(ottlspan.NewTransformContext(r, sc, s))
			})
			return sc.Spans().Len() == 0
		})
		return r.ScopeSpans().Len() == 0
	})
}

func (m *message) removeLogRecords(holds func(*ottllog.TransformContext) bool) {
	m.Logs.ResourceLogs().RemoveIf(func(r plog.ResourceLogs) bool {
		r.ScopeLogs().RemoveIf(func(sc plog.ScopeLogs) bool {
			sc.LogRecords().RemoveIf(func(l plog.LogRecord) bool {
				return holds(ottllog.NewTransformContext(r, sc, l))
			})
			return sc.LogRecords().Len() == 0
		})
		return r.ScopeLogs().Len() == 0
	})
}

func (m *message) removeDataPoints(holds func(*ottldatapoint.TransformContext) bool) {
	m.Metrics.ResourceMetrics().RemoveIf(func(r pmetric.ResourceMetrics) bool {
		r.ScopeMetrics().RemoveIf(func(sc pmetric.ScopeMetrics) bool {
			sc.Metrics().RemoveIf(func(metric pmetric.Metric) bool {
				return removePoints(metric, func(point any) bool {
					return holds(ottldatapoint.NewTransformContext(r, sc, metric, point))
				})
			})
			return sc.Metrics().Len() == 0
		})
		return r.ScopeMetrics().Len() == 0
	})
}

// removePoints reports whether no data points are left.
func removePoints(metric pmetric.Metric, holds func(any) bool) bool {
	switch metric.Type() {
	case pmetric.MetricTypeGauge:
		points := metric.Gauge().DataPoints()
		points.RemoveIf(func(p pmetric.NumberDataPoint) bool { return holds(p) })
		return points.Len() == 0
	case pmetric.MetricTypeSum:
		points := metric.Sum().DataPoints()
		points.RemoveIf(func(p pmetric.NumberDataPoint) bool { return holds(p) })
		return points.Len() == 0
	case pmetric.MetricTypeHistogram:
		points := metric.Histogram().DataPoints()
		points.RemoveIf(func(p pmetric.HistogramDataPoint) bool { return holds(p) })
		return points.Len() == 0
	case pmetric.MetricTypeExponentialHistogram:
		points := metric.ExponentialHistogram().DataPoints()
		points.RemoveIf(func(p pmetric.ExponentialHistogramDataPoint) bool { return holds(p) })
		return points.Len() == 0
	case pmetric.MetricTypeSummary:
		points := metric.Summary().DataPoints()
		points.RemoveIf(func(p pmetric.SummaryDataPoint) bool { return holds(p) })
		return points.Len() == 0
	}
	return false
}
