package main

import (
	"encoding/json"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pprofile"

	"ottlcorpus"
)

// encodeProfiles writes profiles as they stand in memory. The reference's own writer moves
// the strings of resource and scope attributes to the string table on the way out; this
// puts resources and scopes back as they were and leaves out the strings it added, since
// both are a matter of the encoding and not of any statement.
func encodeProfiles(profiles pprofile.Profiles) (json.RawMessage, error) {
	strings := profiles.Dictionary().StringTable().Len()
	parents, err := parentsOf(profiles)
	if err != nil {
		return nil, err
	}
	text, err := (&pprofile.JSONMarshaler{}).MarshalProfiles(profiles)
	if err != nil {
		return nil, err
	}
	var tree, plain map[string]any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(parents, &plain); err != nil {
		return nil, err
	}
	for i, r := range items(tree, "resourceProfiles") {
		resource := items(plain, "resourceLogs")[i].(map[string]any)
		r.(map[string]any)["resource"] = resource["resource"]
		for j, s := range items(r.(map[string]any), "scopeProfiles") {
			scope := items(resource, "scopeLogs")[j].(map[string]any)
			s.(map[string]any)["scope"] = scope["scope"]
		}
	}
	if dictionary, ok := tree["dictionary"].(map[string]any); ok {
		if table := items(dictionary, "stringTable"); len(table) > strings {
			dictionary["stringTable"] = table[:strings]
		}
	}
	if text, err = json.Marshal(tree); err != nil {
		return nil, err
	}
	return corpus.SortAttributes(text)
}

// parentsOf is an OTLP/JSON message with the resources and scopes of profiles and nothing
// below them; logs keep their attributes in place.
func parentsOf(profiles pprofile.Profiles) ([]byte, error) {
	logs := plog.NewLogs()
	for _, r := range profiles.ResourceProfiles().All() {
		resource := logs.ResourceLogs().AppendEmpty()
		r.Resource().CopyTo(resource.Resource())
		for _, s := range r.ScopeProfiles().All() {
			s.Scope().CopyTo(resource.ScopeLogs().AppendEmpty().Scope())
		}
	}
	return (&plog.JSONMarshaler{}).MarshalLogs(logs)
}

func items(node map[string]any, list string) []any {
	all, _ := node[list].([]any)
	return all
}
