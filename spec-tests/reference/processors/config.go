package main

import (
	"encoding/json"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"

	"ottlcorpus"
)

// configure fills and validates the configuration of a component as a collector
// does when it starts.
func configure(q *corpus.Question, config component.Config) error {
	text, err := configText(q)
	if err != nil {
		return err
	}
	retrieved, err := confmap.NewRetrievedFromYAML(text)
	if err != nil {
		return err
	}
	conf, err := retrieved.AsConf()
	if err != nil {
		return err
	}
	if err := conf.Unmarshal(config); err != nil {
		return err
	}
	return confmap.Validate(config)
}

// configText is the YAML of the configuration: what the case gives, or what follows
// from the sources of a case without one.
func configText(q *corpus.Question) ([]byte, error) {
	if len(q.Config) > 0 {
		return corpus.ConfigText(q.Config)
	}
	mode := q.ErrorMode
	if mode == "" {
		mode = "propagate"
	}
	config := map[string]any{"error_mode": mode}
	switch {
	case q.Component == "transform":
		key := signalKey[q.Signal] + "_statements"
		config[key] = []any{map[string]any{"context": q.Context, "statements": q.Statements}}
	case oldFilterKey[q.Signal][q.Context] != "":
		config[q.Signal] = map[string]any{oldFilterKey[q.Signal][q.Context]: q.Conditions}
	default:
		key := signalKey[q.Signal] + "_conditions"
		config[key] = []any{map[string]any{"context": q.Context, "conditions": q.Conditions}}
	}
	text, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be written: %w", err)
	}
	return text, nil
}

var signalKey = map[string]string{
	"traces": "trace", "logs": "log", "metrics": "metric", "profiles": "profile",
}

// oldFilterKey names the lists of the older form of the filter processor's
// configuration, by signal and context.
var oldFilterKey = map[string]map[string]string{
	"traces":   {"resource": "resource", "span": "span", "spanevent": "spanevent"},
	"logs":     {"resource": "resource", "log": "log_record"},
	"metrics":  {"resource": "resource", "metric": "metric", "datapoint": "datapoint"},
	"profiles": {"resource": "resource", "profile": "profile"},
}
