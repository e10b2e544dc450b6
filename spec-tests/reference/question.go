package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// question is one case; ../FORMAT.md describes its fields. The order of the
// fields here is the order in which they are written.
type question struct {
	ID          string          `json:"id"`
	Kind        string          `json:"kind,omitempty"`
	Signal      string          `json:"signal"`
	Context     string          `json:"context"`
	ErrorMode   string          `json:"error_mode,omitempty"`
	Statements  []string        `json:"statements,omitempty"`
	Conditions  []string        `json:"conditions,omitempty"`
	Expressions []string        `json:"expressions,omitempty"`
	Input       json.RawMessage `json:"input"`
	Expect      *answer         `json:"expect,omitempty"`
}

// answer is what the reference did; exactly one field is set.
type answer struct {
	ParseError string          `json:"parse_error,omitempty"`
	ExecError  string          `json:"exec_error,omitempty"`
	Panic      string          `json:"panic,omitempty"`
	Output     json.RawMessage `json:"output,omitempty"`
	Results    *[]any          `json:"results,omitempty"`
}

// maxErrorText keeps the corpus small: only the presence of an error is compared,
// its text is there for the reader, who learns most from its end.
const maxErrorText = 48

// suggestions begin the part of an error text that lists the known contexts, in an
// order that changes from run to run.
var suggestions = []string{", possibly valid options are:", ", it must be replaced by one of:"}

func shorten(text string) string {
	for _, s := range suggestions {
		text, _, _ = strings.Cut(text, s)
	}
	if len(text) <= maxErrorText {
		return text
	}
	cut := len(text) - maxErrorText
	for cut < len(text) && !utf8.RuneStart(text[cut]) {
		cut++
	}
	return "…" + text[cut:]
}

func rejected(err error) *answer { return &answer{ParseError: shorten(err.Error())} }
func stopped(err error) *answer  { return &answer{ExecError: shorten(err.Error())} }
func broken(what any) *answer    { return &answer{Panic: shorten(fmt.Sprint(what))} }

// fingerprint is equal for two answers that the comparison treats as equal,
// given the JSON text of the answer.
func (a *answer) fingerprint(text []byte) string {
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

// evaluateSafely turns a crash of the reference into an answer of its own, since
// no implementation is asked to follow it there.
func evaluateSafely(q *question) (a *answer) {
	defer func() {
		if crash := recover(); crash != nil {
			a = broken(crash)
		}
	}()
	return evaluate(q)
}
