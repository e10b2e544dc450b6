package main

import (
	"context"
	"encoding/json"
	"slices"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/xconfmap"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pipeline"

	"ottlcorpus"

	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/routingconnector"
)

// route sends the message of a case through the connector and answers with what
// each pipeline of its table received.
func route(q *corpus.Question) *corpus.Answer {
	factory := routingconnector.NewFactory()
	config := factory.CreateDefaultConfig().(*routingconnector.Config)
	if err := configure(q, config); err != nil {
		return corpus.Rejected(err)
	}
	m, err := corpus.DecodeMessage(q.Signal, q.Input)
	if err != nil {
		return corpus.Broken(err)
	}
	ctx, err := q.Arrival()
	if err != nil {
		return corpus.Broken(err)
	}
	r := &routes{
		ctx: ctx, factory: factory, config: config, settings: connectortest.NewNopSettings(factory.Type()),
		pipelines: pipelinesOf(config), received: map[string][]json.RawMessage{},
	}
	switch q.Signal {
	case "traces":
		return r.traces(m.Traces)
	case "logs":
		return r.logs(m.Logs)
	}
	return r.metrics(m.Metrics)
}

func configure(q *corpus.Question, config any) error {
	text, err := corpus.ConfigText(q.Config)
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
	return xconfmap.Validate(config)
}

// pipelinesOf lists every pipeline a configuration names. A name that stands for
// "missing" is left out, so that cases can refer to a pipeline that does not exist.
func pipelinesOf(config *routingconnector.Config) []pipeline.ID {
	ids := slices.Clone(config.DefaultPipelines)
	for _, item := range config.Table {
		ids = append(ids, item.Pipelines...)
	}
	return slices.DeleteFunc(ids, func(id pipeline.ID) bool { return id.Name() == "missing" })
}

// routes is a connector that is ready to be made for a signal.
type routes struct {
	ctx       context.Context
	factory   connector.Factory
	config    *routingconnector.Config
	settings  connector.Settings
	pipelines []pipeline.ID
	received  map[string][]json.RawMessage
}

var host = componenttest.NewNopHost()

func (r *routes) traces(in ptrace.Traces) *corpus.Answer {
	ctx := r.ctx
	consumers := map[pipeline.ID]consumer.Traces{}
	for _, id := range r.pipelines {
		consumers[id], _ = consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
			return r.receive(id, &corpus.Message{Signal: "traces", Traces: td})
		})
	}
	next, err := r.factory.CreateTracesToTraces(ctx, r.settings, r.config, connector.NewTracesRouter(consumers))
	if err == nil {
		err = next.Start(ctx, host)
	}
	if err != nil {
		return corpus.Rejected(err)
	}
	return r.answer(next.ConsumeTraces(ctx, in))
}

func (r *routes) logs(in plog.Logs) *corpus.Answer {
	ctx := r.ctx
	consumers := map[pipeline.ID]consumer.Logs{}
	for _, id := range r.pipelines {
		consumers[id], _ = consumer.NewLogs(func(_ context.Context, ld plog.Logs) error {
			return r.receive(id, &corpus.Message{Signal: "logs", Logs: ld})
		})
	}
	next, err := r.factory.CreateLogsToLogs(ctx, r.settings, r.config, connector.NewLogsRouter(consumers))
	if err == nil {
		err = next.Start(ctx, host)
	}
	if err != nil {
		return corpus.Rejected(err)
	}
	return r.answer(next.ConsumeLogs(ctx, in))
}

func (r *routes) metrics(in pmetric.Metrics) *corpus.Answer {
	ctx := r.ctx
	consumers := map[pipeline.ID]consumer.Metrics{}
	for _, id := range r.pipelines {
		consumers[id], _ = consumer.NewMetrics(func(_ context.Context, md pmetric.Metrics) error {
			return r.receive(id, &corpus.Message{Signal: "metrics", Metrics: md})
		})
	}
	next, err := r.factory.CreateMetricsToMetrics(ctx, r.settings, r.config, connector.NewMetricsRouter(consumers))
	if err == nil {
		err = next.Start(ctx, host)
	}
	if err != nil {
		return corpus.Rejected(err)
	}
	return r.answer(next.ConsumeMetrics(ctx, in))
}

func (r *routes) receive(id pipeline.ID, m *corpus.Message) error {
	text, err := m.Encode()
	r.received[id.String()] = append(r.received[id.String()], text)
	return err
}

// answer lists what arrived. A pipeline that several routes name in different lists
// receives a message for each list, in the order of a map, so that these messages are
// put in the order of their text.
func (r *routes) answer(err error) *corpus.Answer {
	if err != nil {
		return corpus.Stopped(err)
	}
	outputs := map[string]json.RawMessage{}
	for id, messages := range r.received {
		slices.SortFunc(messages, func(a, b json.RawMessage) int { return slices.Compare(a, b) })
		outputs[id] = messages[0]
		if len(messages) > 1 {
			if outputs[id], err = json.Marshal(messages); err != nil {
				return corpus.Broken(err)
			}
		}
	}
	return &corpus.Answer{Outputs: &outputs}
}
