package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// message is one OTLP message; the two signals it is not stay empty.
type message struct {
	signal  string
	traces  ptrace.Traces
	logs    plog.Logs
	metrics pmetric.Metrics
}

func decodeMessage(signal string, text []byte) (*message, error) {
	if len(text) == 0 {
		return nil, errNoInput
	}
	m := &message{signal: signal, traces: ptrace.NewTraces(), logs: plog.NewLogs(), metrics: pmetric.NewMetrics()}
	var err error
	switch signal {
	case "traces":
		m.traces, err = (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(text)
	case "logs":
		m.logs, err = (&plog.JSONUnmarshaler{}).UnmarshalLogs(text)
	case "metrics":
		m.metrics, err = (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(text)
	default:
		err = fmt.Errorf("unknown signal %q", signal)
	}
	return m, err
}

func (m *message) encode() (json.RawMessage, error) {
	var text []byte
	var err error
	switch m.signal {
	case "traces":
		text, err = (&ptrace.JSONMarshaler{}).MarshalTraces(m.traces)
	case "logs":
		text, err = (&plog.JSONMarshaler{}).MarshalLogs(m.logs)
	default:
		text, err = (&pmetric.JSONMarshaler{}).MarshalMetrics(m.metrics)
	}
	if err != nil {
		return nil, err
	}
	return sortAttributes(text)
}

// sortAttributes orders every attribute list by key. The reference stores map
// literals in an order that changes from run to run; the order carries no meaning,
// and a fixed one keeps the committed answers from changing without a cause.
// Entries with the same key keep their order among themselves.
func sortAttributes(text []byte) (json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, err
	}
	sortTree(tree)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(tree); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

func sortTree(node any) {
	switch n := node.(type) {
	case map[string]any:
		for _, child := range n {
			sortTree(child)
		}
	case []any:
		for _, child := range n {
			sortTree(child)
		}
		if allKeyed(n) {
			slices.SortStableFunc(n, func(a, b any) int { return strings.Compare(keyOf(a), keyOf(b)) })
		}
	}
}

// allKeyed tells an attribute list from any other list: no other repeated OTLP
// message has a field `key`, which is left out of the JSON only when empty.
func allKeyed(list []any) bool {
	for _, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			return false
		}
		for field := range m {
			if field != "key" && field != "value" {
				return false
			}
		}
	}
	return true
}

func keyOf(entry any) string {
	m, _ := entry.(map[string]any)
	key, _ := m["key"].(string)
	return key
}
