package main

import (
	"encoding/json"
	"flag"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rounds is how many turns each measurement takes, with one round each at least.
const rounds = 3

// messageItems is how many items the message has whose latency is measured.
const messageItems = 100

// maxLatencies bounds how many latencies of messages are kept.
const maxLatencies = 1 << 20

// options say what is measured; they and the figures are those of `ottlc bench`.
type options struct {
	signal, context, script, input, output string
	filter                                 bool
	only                                   []string
	seconds                                float64
}

// measurement does something once and tells how long it took.
type measurement struct {
	figure string
	name   string
	amount int
	budget time.Duration
	once   func() (time.Duration, error)
	times  []time.Duration
}

func bench(args []string, out io.Writer) error {
	o := options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.signal, "signal", "traces", "traces, logs or metrics")
	flags.StringVar(&o.context, "context", "span", "what the sources are about")
	flags.StringVar(&o.script, "script", "", "a file with one source a line")
	flags.StringVar(&o.input, "input", "", "one message as OTLP protobuf")
	flags.StringVar(&o.output, "output", "", "where to write the message that comes out")
	flags.BoolVar(&o.filter, "filter", false, "take the lines as conditions of a filter")
	only := flags.String("only", "", "figures with commas: resident, wire, codec, parsed, message")
	flags.Float64Var(&o.seconds, "seconds", 3, "how long to measure each figure")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	data, err := os.ReadFile(o.input)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(o.script)
	if err != nil {
		return err
	}
	// What is compared is one thread; the garbage collector works on it too.
	runtime.GOMAXPROCS(1)
	figures, err := o.measure(data, sources(string(text)))
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(figures)
}

// sources are the lines of a script without comments and empty ones.
func sources(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

func (o *options) measures(figure string) bool {
	return len(o.only) == 0 || slices.Contains(o.only, figure)
}

func (o *options) measure(data []byte, sources []string) (map[string]any, error) {
	p, err := o.compile(sources)
	if err != nil {
		return nil, err
	}
	whole, err := decodeWire(o.signal, data)
	if err != nil {
		return nil, err
	}
	items := whole.items()
	head, err := whole.head(messageItems)
	if err != nil {
		return nil, err
	}
	if o.output != "" {
		if err := o.write(whole.clone(), p); err != nil {
			return nil, err
		}
	}
	if !o.measures("resident") {
		whole = nil
	}
	runtime.GC()
	forgetPeak()
	budget := time.Duration(o.seconds * float64(time.Second))
	all := []*measurement{
		{figure: "resident", name: "resident_items_per_s", amount: items, budget: budget, once: func() (time.Duration, error) {
			return timed(p.resident, whole.clone())
		}},
		{figure: "wire", name: "wire_items_per_s", amount: items, budget: budget, once: func() (time.Duration, error) {
			return timed(func(data []byte) error { return overWire(o.signal, data, p.run) }, data)
		}},
		{figure: "codec", name: "codec_only_items_per_s", amount: items, budget: budget, once: func() (time.Duration, error) {
			nothing := func(*message) error { return nil }
			return timed(func(data []byte) error { return overWire(o.signal, data, nothing) }, data)
		}},
		{figure: "parsed", name: "parsed_statements_per_s", amount: len(sources), budget: budget / 4, once: func() (time.Duration, error) {
			return timed(p.parse, sources)
		}},
	}
	all = slices.DeleteFunc(all, func(m *measurement) bool { return !o.measures(m.figure) })
	if err := takeTurns(all); err != nil {
		return nil, err
	}
	figures := map[string]any{"items": items, "bytes": len(data), "statements": len(sources)}
	for _, m := range all {
		figures[m.name] = float64(m.amount) / median(m.times).Seconds()
	}
	if o.measures("message") {
		if err := o.latency(head, p, budget/4, figures); err != nil {
			return nil, err
		}
	}
	if peak := peakMemory(); peak > 0 {
		figures["peak_memory_bytes"] = peak
	}
	return figures, nil
}

// write transforms a message and writes what comes out.
func (o *options) write(m *message, p *program) error {
	if err := p.run(m); err != nil {
		return err
	}
	data, err := m.encodeWire()
	if err != nil {
		return err
	}
	return os.WriteFile(o.output, data, 0o644)
}

// timed tells how long something takes.
func timed[T any](what func(T) error, with T) (time.Duration, error) {
	begin := time.Now()
	err := what(with)
	return time.Since(begin), err
}

// takeTurns lets the measurements take turns, so that a machine that is busy for a moment
// slows all of them down alike. A first round warms up and is not counted.
func takeTurns(all []*measurement) error {
	for _, m := range all {
		if _, err := m.once(); err != nil {
			return err
		}
	}
	for range rounds {
		for _, m := range all {
			for begin := time.Now(); ; {
				took, err := m.once()
				if err != nil {
					return err
				}
				m.times = append(m.times, took)
				if time.Since(begin) >= m.budget/rounds {
					break
				}
			}
		}
	}
	return nil
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return max(times[len(times)/2], 1)
}

// latency measures a short message from bytes to bytes.
func (o *options) latency(head []byte, p *program, budget time.Duration, figures map[string]any) error {
	var times []time.Duration
	begin := time.Now()
	for len(times) < messageItems || (time.Since(begin) < budget && len(times) < maxLatencies) {
		took, err := timed(func(data []byte) error { return overWire(o.signal, data, p.run) }, head)
		if err != nil {
			return err
		}
		times = append(times, took)
	}
	slices.Sort(times)
	at := func(share int) float64 {
		return float64(times[(len(times)-1)*share/100].Nanoseconds()) / 1e3
	}
	figures["p50_us"], figures["p99_us"] = at(50), at(99)
	return nil
}

// forgetPeak lets the most memory begin anew with what there is now, where the system can do that.
func forgetPeak() {
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// peakMemory is the most resident memory at once in bytes, or nothing where the system does not tell it.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		rest, found := strings.CutPrefix(line, "VmHWM:")
		if !found {
			continue
		}
		number := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB"))
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0
		}
		return n * 1024
	}
	return 0
}
