//! What statements did, as OTLP metrics.
//!
//! A [`StatementMetrics`] belongs to one script or one component. Whoever runs it adds the report of
//! each run, and exports all of it now and then: the sums grow from the start until the state is
//! dropped, as cumulative sums do. The times come from outside.
//!
//! | metric | unit | what it counts |
//! | --- | --- | --- |
//! | `ottl.statement.matched` | `{item}` | items whose condition held |
//! | `ottl.statement.changed` | `{item}` | items of which something is different afterwards |
//! | `ottl.statement.failed` | `{item}` | items on which the statement failed |
//! | `ottl.script.items` | `{item}` | items that scripts ran over, one sum for each group |
//!
//! All are monotonic sums of integers. The attributes of their points tell the statements apart; see
//! [`StatementLabel`].

use otlp_columns::{Signal, json};
use ottl_vm::{Report, StatementReport};
use serde_json::{Value as Json, json};

use crate::Script;

/// What tells a statement from others, as attributes of data points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementLabel {
    /// `ottl.statement.index`: its number in its script or group, from 0.
    pub index: u64,
    /// `ottl.statement.hash`: 64 bits of its text in hexadecimal digits, which stay the same when
    /// statements before it come or go.
    pub hash: String,
    /// `ottl.context`: the context of its script; none when that is not known.
    pub context: Option<&'static str>,
    /// `ottl.group.index`: the number of its group, from 0, where there are groups.
    pub group: Option<u64>,
    /// `code.line.number`: its line, from 1, where that is known.
    pub line: Option<u64>,
}

impl StatementLabel {
    /// The label of a statement with this text.
    #[must_use]
    pub fn new(index: u64, text: &str) -> Self {
        Self {
            index,
            hash: format!("{:016x}", hash(text)),
            ..Self::default()
        }
    }

    fn attributes(&self) -> Vec<Json> {
        let mut attributes = vec![
            integer("ottl.statement.index", self.index),
            string("ottl.statement.hash", &self.hash),
        ];
        attributes.extend(self.context.map(|context| string("ottl.context", context)));
        attributes.extend(self.group.map(|group| integer("ottl.group.index", group)));
        attributes.extend(self.line.map(|line| integer("code.line.number", line)));
        attributes
    }
}

/// The sums of what statements did.
#[derive(Clone, Debug)]
pub struct StatementMetrics {
    start_unix_nanos: u64,
    groups: Vec<GroupSums>,
    /// Attributes of the resource, and of each data point.
    resource: Vec<(String, String)>,
    points: Vec<(String, String)>,
}

/// The sums of one script.
#[derive(Clone, Debug)]
struct GroupSums {
    labels: Vec<StatementLabel>,
    sums: Vec<StatementReport>,
    items: u64,
}

/// One of the counts of a statement.
type Count = fn(&StatementReport) -> u64;

impl StatementMetrics {
    /// Sums that are zero at `start_unix_nanos`, in nanoseconds since the epoch, for groups of
    /// statements with these labels. A script is one group.
    #[must_use]
    pub fn new(start_unix_nanos: u64, groups: Vec<Vec<StatementLabel>>) -> Self {
        let groups = groups.into_iter().map(|labels| GroupSums {
            sums: vec![StatementReport::default(); labels.len()],
            labels,
            items: 0,
        });
        Self {
            start_unix_nanos,
            groups: groups.collect(),
            resource: Vec::new(),
            points: Vec::new(),
        }
    }

    /// Sums for a script, whose statements are told apart by index and hash.
    ///
    /// ```
    /// # use ottl::{Engine, Signal, metrics::StatementMetrics};
    /// let script = Engine::default().compile(Signal::Traces, None, r#"set(span.name, "x")"#)?;
    /// let mut metrics = StatementMetrics::of(&script, 1_000)
    ///     .with_resource("service.name", "gateway")
    ///     .with_attribute("ottl.processor.id", "transform/names");
    /// let mut batch = script.decode(vec![10, 4, 18, 2, 18, 0])?;
    /// metrics.add(&script.run(&mut batch)?);
    /// let body = metrics.export(2_000);
    /// assert_eq!(ottl::Batch::decode(Signal::Metrics, body)?.items(), 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(script: &Script, start_unix_nanos: u64) -> Self {
        let context = ottl_vm::path::context_name(script.context());
        let labels = script.statements().enumerate();
        let labels = labels.map(|(index, text)| StatementLabel {
            context: Some(context),
            ..StatementLabel::new(index as u64, text)
        });
        Self::new(start_unix_nanos, vec![labels.collect()])
    }

    /// The same with an attribute of the resource, such as `service.name`.
    #[must_use]
    pub fn with_resource(mut self, key: &str, value: &str) -> Self {
        self.resource.push((key.to_owned(), value.to_owned()));
        self
    }

    /// The same with an attribute of every data point, such as the name of a processor.
    #[must_use]
    pub fn with_attribute(mut self, key: &str, value: &str) -> Self {
        self.points.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Adds what a run of the script did.
    pub fn add(&mut self, report: &Report) {
        self.add_group(0, report);
    }

    /// Adds what a run of one group did. What the labels do not know is left out.
    pub fn add_group(&mut self, group: usize, report: &Report) {
        let Some(known) = self.groups.get_mut(group) else {
            return;
        };
        known.items = known.items.saturating_add(report.items);
        for (sum, part) in known.sums.iter_mut().zip(&report.statements) {
            sum.matched = sum.matched.saturating_add(part.matched);
            sum.changed = sum.changed.saturating_add(part.changed);
            sum.failed = sum.failed.saturating_add(part.failed);
        }
    }

    /// The sums of a group, one for each statement.
    #[must_use]
    pub fn sums(&self, group: usize) -> &[StatementReport] {
        self.groups.get(group).map_or(&[], |group| &group.sums)
    }

    /// The body of an `ExportMetricsServiceRequest` as protobuf, which is at the same time a
    /// `MetricsData`, with all sums as they are at `now_unix_nanos`.
    #[must_use]
    pub fn export(&self, now_unix_nanos: u64) -> Vec<u8> {
        let text = self.export_json(now_unix_nanos);
        json::to_wire(Signal::Metrics, text.as_bytes()).expect("what is written here is OTLP/JSON")
    }

    /// The same as OTLP/JSON.
    #[must_use]
    pub fn export_json(&self, now_unix_nanos: u64) -> String {
        let statements: Vec<_> = self
            .groups
            .iter()
            .flat_map(|group| group.labels.iter().zip(&group.sums))
            .map(|(label, sums)| (label.attributes(), *sums))
            .collect();
        let time = Times {
            start: self.start_unix_nanos,
            now: now_unix_nanos,
        };
        let counts: [(&str, &str, Count); 3] = [
            (
                "ottl.statement.matched",
                "Items whose condition held.",
                |sums| sums.matched,
            ),
            (
                "ottl.statement.changed",
                "Items of which something is different afterwards.",
                |sums| sums.changed,
            ),
            (
                "ottl.statement.failed",
                "Items on which the statement failed.",
                |sums| sums.failed,
            ),
        ];
        let metrics = counts.into_iter().map(|(name, description, count)| {
            let points = statements
                .iter()
                .map(|(label, sums)| self.point(time, label.clone(), count(sums)));
            metric(name, description, points.collect())
        });
        let items = self.groups.iter().enumerate().map(|(index, group)| {
            let mut known = group.labels.iter();
            let is_numbered = self.groups.len() > 1 || known.any(|label| label.group.is_some());
            let number = is_numbered.then(|| integer("ottl.group.index", index as u64));
            self.point(time, number.into_iter().collect(), group.items)
        });
        let items = metric(
            "ottl.script.items",
            "Items that the script ran over.",
            items.collect(),
        );
        let metrics: Vec<_> = metrics.chain([items]).collect();
        let resource: Vec<_> = self.resource.iter().map(|(k, v)| string(k, v)).collect();
        json!({"resourceMetrics": [{
            "resource": {"attributes": resource},
            "scopeMetrics": [{
                "scope": {"name": "ottl", "version": env!("CARGO_PKG_VERSION")},
                "metrics": metrics,
            }],
        }]})
        .to_string()
    }

    fn point(&self, time: Times, mut attributes: Vec<Json>, count: u64) -> Json {
        attributes.extend(self.points.iter().map(|(key, value)| string(key, value)));
        json!({
            "attributes": attributes,
            "startTimeUnixNano": time.start.to_string(),
            "timeUnixNano": time.now.to_string(),
            "asInt": count.min(i64::MAX as u64).to_string(),
        })
    }
}

/// When counting began, and when the counts were read.
#[derive(Clone, Copy)]
struct Times {
    start: u64,
    now: u64,
}

fn metric(name: &str, description: &str, points: Vec<Json>) -> Json {
    json!({
        "name": name,
        "description": description,
        "unit": "{item}",
        "sum": {"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": points},
    })
}

fn string(key: &str, value: &str) -> Json {
    json!({"key": key, "value": {"stringValue": value}})
}

fn integer(key: &str, value: u64) -> Json {
    json!({"key": key, "value": {"intValue": value.min(i64::MAX as u64).to_string()}})
}

/// FNV-1a of 64 bits, of the text with each run of blanks as one, so that laying a script out anew
/// does not rename its statements.
fn hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |byte: u8| {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    };
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            add(b' ');
        }
        word.bytes().for_each(&mut add);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(items: u64, counts: &[(u64, u64, u64)]) -> Report {
        let statements = counts
            .iter()
            .map(|&(matched, changed, failed)| StatementReport {
                matched,
                changed,
                failed,
            });
        Report {
            items,
            statements: statements.collect(),
            ..Report::default()
        }
    }

    #[test]
    fn a_hash_is_that_of_the_text_whatever_its_layout() {
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("set(a,  1)\n"), hash("set(a, 1)"));
        assert_ne!(hash("set(a, 1)"), hash("set(a, 2)"));
    }

    #[test]
    fn sums_grow_and_do_not_overflow() {
        let labels = vec![StatementLabel::new(0, "a"), StatementLabel::new(1, "b")];
        let mut metrics = StatementMetrics::new(5, vec![labels]);
        metrics.add(&report(3, &[(3, 2, 1), (0, 0, 0)]));
        metrics.add(&report(2, &[(1, 1, 0), (2, 0, 2)]));
        // What is not known is left out.
        metrics.add(&report(1, &[(0, 0, 0), (0, 0, 0), (9, 9, 9)]));
        metrics.add_group(1, &report(9, &[(9, 9, 9)]));
        let counts = |one: &StatementReport| (one.matched, one.changed, one.failed);
        let sums: Vec<_> = metrics.sums(0).iter().map(counts).collect();
        assert_eq!(sums, [(4, 3, 1), (2, 0, 2)]);
        metrics.add(&report(u64::MAX, &[(u64::MAX, 0, 0)]));
        metrics.add(&report(1, &[(1, 0, 0)]));
        let exported = metrics.export_json(7);
        assert!(
            exported.contains(&format!("\"asInt\":\"{}\"", i64::MAX)),
            "{exported}"
        );
    }

    #[test]
    fn an_export_is_a_message_of_cumulative_sums() {
        let label = StatementLabel {
            group: Some(3),
            line: Some(12),
            context: Some("log"),
            ..StatementLabel::new(1, "set(log.body, 1)")
        };
        let mut metrics = StatementMetrics::new(5, vec![vec![label], vec![]])
            .with_resource("service.name", "gateway")
            .with_attribute("ottl.processor.id", "transform/x");
        metrics.add(&report(4, &[(3, 2, 1)]));
        let mut text = Vec::new();
        json::from_wire(Signal::Metrics, &metrics.export(9), &mut text).expect("a message");
        let message: Json = serde_json::from_slice(&text).expect("JSON");
        let scope = "/resourceMetrics/0/scopeMetrics/0/metrics";
        let metrics = message
            .pointer(scope)
            .and_then(Json::as_array)
            .expect("metrics");
        let names: Vec<_> = metrics
            .iter()
            .map(|metric| metric["name"].clone())
            .collect();
        let expected = [
            "ottl.statement.matched",
            "ottl.statement.changed",
            "ottl.statement.failed",
            "ottl.script.items",
        ];
        assert_eq!(names, expected);
        let changed = &metrics[1];
        assert_eq!(changed["unit"], "{item}");
        assert_eq!(changed["sum"]["aggregationTemporality"], 2);
        assert_eq!(changed["sum"]["isMonotonic"], true);
        assert_eq!(
            changed["sum"]["dataPoints"],
            json!([{
                "attributes": [
                    integer("ottl.statement.index", 1),
                    string("ottl.statement.hash", &format!("{:016x}", hash("set(log.body, 1)"))),
                    string("ottl.context", "log"),
                    integer("ottl.group.index", 3),
                    integer("code.line.number", 12),
                    string("ottl.processor.id", "transform/x"),
                ],
                "startTimeUnixNano": "5",
                "timeUnixNano": "9",
                "asInt": "2",
            }])
        );
        let items = metrics[3]["sum"]["dataPoints"].as_array().expect("points");
        assert_eq!((items.len(), &items[0]["asInt"]), (2, &json!("4")));
    }
}
