//! The functions that people use most, each over an argument that it is used for.

use benches::data::Dataset;
use benches::data::Dataset::{Logs, LogsNested, Metrics, Traces};
use criterion::Criterion;
use ottl::Interpreter;

use crate::{of_items, resident};

#[rustfmt::skip]
const FUNCTIONS: &[(&str, Dataset, &str)] = &[
    ("set", Traces, r#"set(span.attributes["new"], "x")"#),
    ("delete_key", Traces, r#"delete_key(span.attributes, "user_agent.original")"#),
    ("delete_matching_keys", Traces, r#"delete_matching_keys(span.attributes, "^(user_agent|network)\\.")"#),
    ("keep_keys", Metrics, r#"keep_keys(datapoint.attributes, ["cluster", "node", "namespace"])"#),
    ("keep_matching_keys", Traces, r#"keep_matching_keys(span.attributes, "^(http|url|tenant|credit_card|app|network).*")"#),
    ("limit", Traces, r#"limit(span.attributes, 6, ["http.route"])"#),
    ("truncate_all", Traces, r#"truncate_all(span.attributes, 64)"#),
    ("merge_maps", Traces, r#"merge_maps(span.attributes, {"a": "x", "b": span.name}, "upsert")"#),
    ("flatten", LogsNested, "set(log.cache[\"x\"], ParseJSON(log.body))\nflatten(log.cache)"),
    ("replace_pattern", Traces, r#"replace_pattern(span.attributes["url.full"], "session=[0-9a-f]+", "session=***")"#),
    ("replace_all_patterns", Traces, r#"replace_all_patterns(span.attributes, "value", "[0-9a-f]{8,}", "{hex}")"#),
    ("replace_match", Traces, r#"replace_match(span.attributes["url.full"], "https://shop.example.com/health*", "health")"#),
    ("replace_all_matches", Traces, r#"replace_all_matches(span.attributes, "https://shop.example.com/*", "shop")"#),
    ("IsMatch, literal prefix", Traces, r#"set(span.name, "x") where IsMatch(span.attributes["http.route"], "^/nowhere/.*")"#),
    ("IsMatch, any case", Logs, r#"set(log.severity_text, "x") where IsMatch(log.body, "(?i)nowhere")"#),
    ("IsMatch, classes", Logs, r#"set(log.severity_text, "x") where IsMatch(log.body, "[0-9]{3} [a-z]{9}$")"#),
    ("HasPrefix", Traces, r#"set(span.name, "x") where HasPrefix(span.name, "PATCH")"#),
    ("HasSuffix", Traces, r#"set(span.name, "x") where HasSuffix(span.name, "/nowhere")"#),
    ("ContainsValue", Traces, r#"set(span.name, "x") where ContainsValue(["a", "b", "c"], span.name)"#),
    ("Concat", Traces, r#"set(span.name, Concat([span.attributes["http.request.method"], span.attributes["http.route"]], " "))"#),
    ("Split", Traces, r#"set(span.attributes["new"], Split(span.attributes["http.route"], "/"))"#),
    ("Substring", Traces, r#"set(span.name, Substring(span.attributes["url.full"], 8, 12))"#),
    ("Format", Traces, r#"set(span.name, Format("%s-%05d", [span.attributes["enduser.id"], span.attributes["network.peer.port"]]))"#),
    ("ToLowerCase", Traces, r#"set(span.name, ToLowerCase(span.name))"#),
    ("ToSnakeCase", Traces, r#"set(span.name, ToSnakeCase(span.name))"#),
    ("Trim", Traces, r#"set(span.name, Trim(span.name, "/"))"#),
    ("String", Traces, r#"set(span.name, String(span.attributes["http.response.status_code"]))"#),
    ("Int", Traces, r#"set(span.dropped_links_count, Int(span.attributes["app.cart.value"]))"#),
    ("Double", Traces, r#"set(span.attributes["new"], Double(span.attributes["network.peer.port"]))"#),
    ("Len", Traces, r#"set(span.dropped_links_count, Len(span.attributes))"#),
    ("SHA256", Traces, r#"set(span.attributes["enduser.id"], SHA256(span.attributes["enduser.id"]))"#),
    ("SHA1", Traces, r#"set(span.attributes["enduser.id"], SHA1(span.attributes["enduser.id"]))"#),
    ("MD5", Traces, r#"set(span.attributes["enduser.id"], MD5(span.attributes["enduser.id"]))"#),
    ("FNV", Traces, r#"set(span.attributes["enduser.id"], FNV(span.attributes["enduser.id"]))"#),
    ("XXH3", Traces, r#"set(span.attributes["enduser.id"], XXH3(span.attributes["enduser.id"]))"#),
    ("ParseJSON, flat", Logs, r#"set(log.cache["x"], ParseJSON(log.body)) where HasPrefix(log.body, "{")"#),
    ("ParseJSON, nested", LogsNested, r#"set(log.cache["x"], ParseJSON(log.body))"#),
    ("ParseJSON, one member", LogsNested, r#"set(log.attributes["new"], ParseJSON(log.body)["user"]["id"])"#),
    ("ParseJSON, merged", LogsNested, r#"merge_maps(log.attributes, ParseJSON(log.body), "upsert")"#),
    ("ParseKeyValue", Logs, r#"set(log.cache["x"], ParseKeyValue(log.body)) where HasPrefix(log.body, "level=")"#),
    ("ExtractPatterns", Logs, r#"set(log.cache["x"], ExtractPatterns(log.body, "took_ms.{1,2}(?P<took>[0-9]+)"))"#),
    ("ExtractGrokPatterns", Logs, r#"set(log.cache["x"], ExtractGrokPatterns(log.body, "%{IPV4:client} - - \\[%{HTTPDATE:at}\\]"))"#),
    ("Time", Logs, r#"set(log.time, Time("23/Nov/2026:10:00:00 +0000", "%d/%b/%Y:%H:%M:%S %z"))"#),
    ("Time, of a value", LogsNested, r#"set(log.time, Time(ParseJSON(log.body)["time"], "%Y-%m-%dT%H:%M:%S.%LZ"))"#),
    ("FormatTime", Logs, r#"set(log.severity_text, FormatTime(log.time, "%Y-%m-%dT%H:%M:%SZ"))"#),
    ("TruncateTime", Logs, r#"set(log.time, TruncateTime(log.time, Duration("1h")))"#),
    ("URL", Traces, r#"set(span.attributes["new"], URL(span.attributes["url.full"]))"#),
    ("UserAgent", Traces, r#"set(span.attributes["new"], UserAgent(span.attributes["user_agent.original"]))"#),
    ("IsInCIDR", Traces, r#"set(span.name, "x") where IsInCIDR(span.attributes["network.peer.address"], ["10.9.0.0/16", "192.168.0.0/16"])"#),
];

pub(crate) fn all(criterion: &mut Criterion) {
    let mut group = of_items(criterion, "functions");
    for (name, data, source) in FUNCTIONS {
        resident(&mut group, name, *data, (Interpreter::Auto, source));
    }
}
