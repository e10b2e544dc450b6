package main

import (
	"context"
	"encoding/json"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/collector/processor/xprocessor"

	"ottlcorpus"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/filterprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor"
)

// empty is the answer of a component that passed nothing on.
var empty = json.RawMessage("{}")

// runComponent sends the message of a case through a processor and answers with
// what the next component received.
func runComponent(q *corpus.Question) *corpus.Answer {
	var factory processor.Factory
	switch q.Component {
	case "transform":
		factory = transformprocessor.NewFactory()
	case "filter":
		factory = filterprocessor.NewFactory()
	}
	config := factory.CreateDefaultConfig()
	if err := configure(q, config); err != nil {
		return corpus.Rejected(err)
	}
	ctx, err := q.Arrival()
	if err != nil {
		return corpus.Broken(err)
	}
	p := &prepared{q: q, ctx: ctx, factory: factory, config: config, settings: processortest.NewNopSettings(factory.Type())}
	if q.Signal == "profiles" {
		return p.profiles()
	}
	m, err := corpus.DecodeMessage(q.Signal, q.Input)
	if err != nil {
		return corpus.Broken(err)
	}
	switch q.Signal {
	case "traces":
		return p.traces(m.Traces)
	case "logs":
		return p.logs(m.Logs)
	}
	return p.metrics(m.Metrics)
}

// prepared is a processor that is ready to be made for a signal.
type prepared struct {
	q        *corpus.Question
	ctx      context.Context
	factory  processor.Factory
	config   any
	settings processor.Settings
}

var host = componenttest.NewNopHost()

func (p *prepared) traces(in ptrace.Traces) *corpus.Answer {
	ctx := p.ctx
	sink := new(consumertest.TracesSink)
	next, err := p.factory.CreateTraces(ctx, p.settings, p.config, sink)
	if err == nil {
		err = next.Start(ctx, host)
	}
	if err != nil {
		return corpus.Rejected(err)
	}
	if err := next.ConsumeTraces(ctx, in); err != nil {
		return corpus.Stopped(err)
	}
	got := sink.AllTraces()
	if len(got) == 0 {
		return &corpus.Answer{Output: empty}
	}
	return encoded((&corpus.Message{Signal: "traces", Traces: got[0]}).Encode())
}

func (p *prepared) logs(in plog.Logs) *corpus.Answer {
	ctx := p.ctx
	sink := new(consumertest.LogsSink)
	next, err := p.factory.CreateLogs(ctx, p.settings, p.config, sink)
	if err == nil {
		err = next.Start(ctx, host)
	}
	if err != nil {
		return corpus.Rejected(err)
	}
	if err := next.ConsumeLogs(ctx, in); err != nil {
		return corpus.Stopped(err)
	}
	got := sink.AllLogs()
	if len(got) == 0 {
		return &corpus.Answer{Output: empty}
	}
	return encoded((&corpus.Message{Signal: "logs", Logs: got[0]}).Encode())
}

func (p *prepared) metrics(in pmetric.Metrics) *corpus.Answer {
	ctx := p.ctx
	sink := new(consumertest.MetricsSink)
	next, err := p.factory.CreateMetrics(ctx, p.settings, p.config, sink)
	if err == nil {
		err = next.Start(ctx, host)
	}
	if err != nil {
		return corpus.Rejected(err)
	}
	if err := next.ConsumeMetrics(ctx, in); err != nil {
		return corpus.Stopped(err)
	}
	got := sink.AllMetrics()
	if len(got) == 0 {
		return &corpus.Answer{Output: empty}
	}
	if aggregates(p.q) {
		orderPoints(got[0])
	}
	return encoded((&corpus.Message{Signal: "metrics", Metrics: got[0]}).Encode())
}

func (p *prepared) profiles() *corpus.Answer {
	in, err := (&pprofile.JSONUnmarshaler{}).UnmarshalProfiles(p.q.Input)
	if err != nil {
		return corpus.Broken(err)
	}
	ctx := p.ctx
	sink := new(consumertest.ProfilesSink)
	next, err := p.factory.(xprocessor.Factory).CreateProfiles(ctx, p.settings, p.config, sink)
	if err == nil {
		err = next.Start(ctx, host)
	}
	if err != nil {
		return corpus.Rejected(err)
	}
	if err := next.ConsumeProfiles(ctx, in); err != nil {
		return corpus.Stopped(err)
	}
	got := sink.AllProfiles()
	if len(got) == 0 {
		return &corpus.Answer{Output: empty}
	}
	return encoded(encodeProfiles(got[0]))
}

func encoded(output json.RawMessage, err error) *corpus.Answer {
	if err != nil {
		return corpus.Broken(err)
	}
	return &corpus.Answer{Output: output}
}
