package corpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Message is one OTLP message; the signals it is not stay empty.
type Message struct {
	Signal  string
	Traces  ptrace.Traces
	Logs    plog.Logs
	Metrics pmetric.Metrics
}

var errNoInput = errors.New("the case has no input")

// DecodeMessage reads OTLP/JSON.
func DecodeMessage(signal string, text []byte) (*Message, error) {
	if len(text) == 0 {
		return nil, errNoInput
	}
	m := &Message{Signal: signal, Traces: ptrace.NewTraces(), Logs: plog.NewLogs(), Metrics: pmetric.NewMetrics()}
	var err error
	switch signal {
	case "traces":
		m.Traces, err = (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(text)
	case "logs":
		m.Logs, err = (&plog.JSONUnmarshaler{}).UnmarshalLogs(text)
	case "metrics":
		m.Metrics, err = (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(text)
	default:
		err = fmt.Errorf("unknown signal %q", signal)
	}
	return m, err
}

// Encode writes OTLP/JSON in the form of the corpus.
func (m *Message) Encode() (json.RawMessage, error) {
	var text []byte
	var err error
	switch m.Signal {
	case "traces":
		text, err = (&ptrace.JSONMarshaler{}).MarshalTraces(m.Traces)
	case "logs":
		text, err = (&plog.JSONMarshaler{}).MarshalLogs(m.Logs)
	default:
		text, err = (&pmetric.JSONMarshaler{}).MarshalMetrics(m.Metrics)
	}
	if err != nil {
		return nil, err
	}
	return SortAttributes(text)
}

// SortAttributes orders every attribute list by key. The reference stores map
// literals in an order that changes from run to run; the order carries no meaning,
// and a fixed one keeps the committed answers from changing without a cause.
// Entries with the same key keep their order among themselves.
func SortAttributes(text []byte) (json.RawMessage, error) {
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
