package corpus

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"go.opentelemetry.io/collector/client"
	"google.golang.org/grpc/metadata"
)

// otelcol is what a case knows of the request that brings its message, laid out as
// the paths that begin with otelcol.
type otelcol struct {
	Client *struct {
		Addr     *string           `json:"addr"`
		Metadata map[string]values `json:"metadata"`
		Auth     *struct {
			Attributes map[string]any `json:"attributes"`
		} `json:"auth"`
	} `json:"client"`
	GRPC *struct {
		Metadata map[string]values `json:"metadata"`
	} `json:"grpc"`
}

// values is one string or a list of them.
type values []string

func (v *values) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		*v = values{""}
		return json.Unmarshal(text, &(*v)[0])
	}
	return json.Unmarshal(text, (*[]string)(v))
}

// Arrival is the context that a message of the case arrives with.
func (q *Question) Arrival() (context.Context, error) {
	ctx := context.Background()
	if len(q.Otelcol) == 0 {
		return ctx, nil
	}
	var known otelcol
	decoder := json.NewDecoder(bytes.NewReader(q.Otelcol))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&known); err != nil {
		return nil, fmt.Errorf("otelcol: %w", err)
	}
	if known.GRPC != nil {
		md := metadata.MD{}
		for key, list := range known.GRPC.Metadata {
			md.Append(key, list...)
			if len(list) == 0 {
				md[key] = []string{}
			}
		}
		ctx = metadata.NewIncomingContext(ctx, md)
	}
	if known.Client == nil {
		return ctx, nil
	}
	info := client.Info{}
	if known.Client.Addr != nil {
		info.Addr = clientAddr(*known.Client.Addr)
	}
	plain := map[string][]string{}
	for key, list := range known.Client.Metadata {
		plain[key] = list
	}
	info.Metadata = client.NewMetadata(plain)
	if known.Client.Auth != nil {
		info.Auth = attributes(raw(known.Client.Auth.Attributes).(map[string]any))
	}
	return client.NewContext(ctx, info), nil
}

type clientAddr string

func (clientAddr) Network() string  { return "tcp" }
func (a clientAddr) String() string { return string(a) }

type attributes map[string]any

func (a attributes) GetAttribute(name string) any { return a[name] }

func (a attributes) GetAttributeNames() []string {
	names := []string{}
	for name := range a {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// raw turns numbers into the integers and doubles that they are.
func raw(v any) any {
	switch x := v.(type) {
	case json.Number:
		if i, err := x.Int64(); err == nil {
			return i
		}
		f, _ := x.Float64()
		return f
	case []any:
		for i := range x {
			x[i] = raw(x[i])
		}
	case map[string]any:
		for key := range x {
			x[key] = raw(x[key])
		}
	}
	return v
}
