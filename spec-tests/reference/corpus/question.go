// Package corpus reads and writes the cases of this corpus. The programs that ask
// the reference share it; it knows OTLP messages and no OTTL.
package corpus

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Question is one case; ../FORMAT.md describes its fields. The order of the
// fields here is the order in which they are written.
type Question struct {
	ID          string          `json:"id"`
	Kind        string          `json:"kind,omitempty"`
	Signal      string          `json:"signal"`
	Component   string          `json:"component,omitempty"`
	Context     string          `json:"context,omitempty"`
	Gates       []string        `json:"gates,omitempty"`
	ErrorMode   string          `json:"error_mode,omitempty"`
	Statements  []string        `json:"statements,omitempty"`
	Conditions  []string        `json:"conditions,omitempty"`
	Expressions []string        `json:"expressions,omitempty"`
	Config      json.RawMessage `json:"config,omitempty"`
	Otelcol     json.RawMessage `json:"otelcol,omitempty"`
	Input       json.RawMessage `json:"input"`
	Expect      *Answer         `json:"expect,omitempty"`
}

// Answer is what the reference did; exactly one field is set.
type Answer struct {
	ParseError string          `json:"parse_error,omitempty"`
	ExecError  string          `json:"exec_error,omitempty"`
	Panic      string          `json:"panic,omitempty"`
	Output     json.RawMessage `json:"output,omitempty"`
	// Outputs holds what each pipeline of a routing table received.
	Outputs *map[string]json.RawMessage `json:"outputs,omitempty"`
	Results *[]any                      `json:"results,omitempty"`
}

// maxErrorText keeps the corpus small: only the presence of an error is compared,
// its text is there for the reader, who learns most from its end.
const maxErrorText = 48

// suggestions begin the part of an error text that lists the known contexts, in an
// order that changes from run to run.
var suggestions = []string{
	", possibly valid options are:", ", it must be replaced by one of:", " a supported context:",
}

// address is a place in memory, which differs from run to run.
var address = regexp.MustCompile(`\b0x[0-9a-f]{9,12}\b`)

// Shorten leaves the end of an error text.
func Shorten(text string) string {
	for _, s := range suggestions {
		text, _, _ = strings.Cut(text, s)
	}
	text = address.ReplaceAllString(text, "0x")
	if len(text) <= maxErrorText {
		return text
	}
	cut := len(text) - maxErrorText
	for cut < len(text) && !utf8.RuneStart(text[cut]) {
		cut++
	}
	return "…" + text[cut:]
}

// Rejected is the answer to a source or configuration that does not compile.
func Rejected(err error) *Answer { return &Answer{ParseError: Shorten(err.Error())} }

// Stopped is the answer when an error ended the run.
func Stopped(err error) *Answer { return &Answer{ExecError: Shorten(err.Error())} }

// Broken is the answer when the reference crashed or the case makes no sense.
func Broken(what any) *Answer { return &Answer{Panic: Shorten(fmt.Sprint(what))} }

// fingerprint is equal for two answers that the comparison treats as equal,
// given the JSON text of the answer.
func (a *Answer) fingerprint(text []byte) string {
	switch {
	case a.ParseError != "":
		return "rejected"
	case a.ExecError != "":
		return "stopped"
	case a.Results != nil:
		return fingerprintResults(*a.Results)
	}
	return string(text)
}

func fingerprintResults(results []any) string {
	plain := make([]any, len(results))
	for i, r := range results {
		plain[i] = r
		if m, ok := r.(map[string]any); ok && m["error"] != nil {
			plain[i] = "error"
		}
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return "unwritable"
	}
	return string(text)
}

// ConfigText is the YAML text of a configuration, which a case gives as a string or
// as a JSON object.
func ConfigText(config json.RawMessage) ([]byte, error) {
	if len(config) > 0 && config[0] != '"' {
		return config, nil
	}
	var text string
	err := json.Unmarshal(config, &text)
	return []byte(text), err
}
