package main

import (
	"fmt"

	"ottlcorpus"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// decodeWire reads OTLP protobuf.
func decodeWire(signal string, data []byte) (*message, error) {
	m := &corpus.Message{Signal: signal}
	var err error
	switch signal {
	case "traces":
		m.Traces, err = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(data)
		m.Logs, m.Metrics = plog.NewLogs(), pmetric.NewMetrics()
	case "logs":
		m.Logs, err = (&plog.ProtoUnmarshaler{}).UnmarshalLogs(data)
		m.Traces, m.Metrics = ptrace.NewTraces(), pmetric.NewMetrics()
	case "metrics":
		m.Metrics, err = (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(data)
		m.Traces, m.Logs = ptrace.NewTraces(), plog.NewLogs()
	default:
		err = fmt.Errorf("the signal %q is not measured", signal)
	}
	return &message{m}, err
}

func (m *message) encodeWire() ([]byte, error) {
	switch m.Signal {
	case "traces":
		return (&ptrace.ProtoMarshaler{}).MarshalTraces(m.Traces)
	case "logs":
		return (&plog.ProtoMarshaler{}).MarshalLogs(m.Logs)
	}
	return (&pmetric.ProtoMarshaler{}).MarshalMetrics(m.Metrics)
}

// overWire decodes a message, does something to it and encodes it.
func overWire(signal string, data []byte, run func(*message) error) error {
	m, err := decodeWire(signal, data)
	if err != nil {
		return err
	}
	if err := run(m); err != nil {
		return err
	}
	_, err = m.encodeWire()
	return err
}

func (m *message) clone() *message {
	c := &corpus.Message{Signal: m.Signal, Traces: ptrace.NewTraces(), Logs: plog.NewLogs(), Metrics: pmetric.NewMetrics()}
	m.Traces.CopyTo(c.Traces)
	m.Logs.CopyTo(c.Logs)
	m.Metrics.CopyTo(c.Metrics)
	return &message{c}
}

func (m *message) items() int {
	return m.Traces.SpanCount() + m.Logs.LogRecordCount() + m.Metrics.DataPointCount()
}

// head is a message with the first items only.
func (m *message) head(items int) ([]byte, error) {
	c := m.clone()
	left := items
	// late reports whether enough items came before the next one.
	late := func() bool {
		left--
		return left < 0
	}
	c.Traces.ResourceSpans().RemoveIf(func(r ptrace.ResourceSpans) bool {
		r.ScopeSpans().RemoveIf(func(s ptrace.ScopeSpans) bool {
			s.Spans().RemoveIf(func(ptrace.Span) bool { return late() })
			return s.Spans().Len() == 0
		})
		return r.ScopeSpans().Len() == 0
	})
	c.Logs.ResourceLogs().RemoveIf(func(r plog.ResourceLogs) bool {
		r.ScopeLogs().RemoveIf(func(s plog.ScopeLogs) bool {
			s.LogRecords().RemoveIf(func(plog.LogRecord) bool { return late() })
			return s.LogRecords().Len() == 0
		})
		return r.ScopeLogs().Len() == 0
	})
	c.Metrics.ResourceMetrics().RemoveIf(func(r pmetric.ResourceMetrics) bool {
		r.ScopeMetrics().RemoveIf(func(s pmetric.ScopeMetrics) bool {
			s.Metrics().RemoveIf(func(metric pmetric.Metric) bool {
				return removePoints(metric, func(any) bool { return late() })
			})
			return s.Metrics().Len() == 0
		})
		return r.ScopeMetrics().Len() == 0
	})
	return c.encodeWire()
}
