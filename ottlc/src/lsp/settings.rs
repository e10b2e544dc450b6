//! How sources are read: what the command line says, and what the editor says in its place.

use clap::ValueEnum;
use ottl::{Component, Context, Dialect, Engine, Gates, Lints, Signal};
use serde_json::Value as Json;

use super::documents;
use crate::args::{ContextArg, DialectArg, SignalArg, gates};

/// How scripts and configurations are read.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The kind of data of scripts; any one that has the context if it is not given.
    pub(crate) signal: Option<Signal>,
    /// What the statements of scripts run over; inferred if it is not given.
    pub(crate) context: Option<Context>,
    pub(crate) dialect: Dialect,
    pub(crate) gates: Gates,
    pub(crate) lints: Lints,
    /// Whether items get a resource and scope of their own, which decides what lints say.
    pub(crate) regroup: bool,
    /// How many columns a formatted line should have at most.
    pub(crate) width: usize,
    /// Other settings for some files: a pattern of their names, and what is different.
    pub(crate) overrides: Vec<(String, Json)>,
}

/// What stands for `ottl` in the settings of an editor, which may be all of them; nothing where none of
/// them is about this server.
pub(super) fn section(settings: &Json) -> Option<&Json> {
    if let Some(own) = settings.get("ottl") {
        return Some(own);
    }
    let is_known = |key: &String| key == OVERRIDES || KEYS.contains(&key.as_str());
    let fields = settings.as_object()?;
    fields.keys().any(is_known).then_some(settings)
}

const KEYS: [&str; 7] = [
    "signal",
    "context",
    "dialect",
    "featureGates",
    "lints",
    "regroup",
    "formatWidth",
];
const OVERRIDES: &str = "overrides";
const FILES: &str = "files";

impl Settings {
    /// These settings with what the editor says, and a sentence about each part of that which is wrong.
    /// What is wrong stays as it is in `kept`.
    pub(super) fn with(&self, said: &Json, kept: &Self) -> (Self, Vec<String>) {
        let mut settings = self.clone();
        let mut wrong = Vec::new();
        let Some(fields) = said.as_object() else {
            wrong.push(format!("The settings are an object, not {said}."));
            return (kept.clone(), wrong);
        };
        for (key, value) in fields {
            if key == OVERRIDES {
                settings.overrides = self.overrides(value, kept, &mut wrong);
            } else {
                settings.take((key, OVERRIDES), value, kept, &mut wrong);
            }
        }
        (settings, wrong)
    }

    fn overrides(&self, said: &Json, kept: &Self, wrong: &mut Vec<String>) -> Vec<(String, Json)> {
        let mut all = Vec::new();
        let list = said.as_array();
        if list.is_none() && !said.is_null() {
            wrong.push(format!("`{OVERRIDES}` is a list, not {said}."));
            return kept.overrides.clone();
        }
        for (at, other) in list.into_iter().flatten().enumerate() {
            let Some(pattern) = other[FILES].as_str() else {
                let at = at + 1;
                wrong.push(format!("`{OVERRIDES}` has no `{FILES}` in its entry {at}."));
                continue;
            };
            self.clone().take_for(other, wrong);
            all.push((pattern.to_owned(), other.clone()));
        }
        all
    }

    /// The settings for a file.
    pub(super) fn of(&self, uri: &str) -> Self {
        let name = documents::name_of(uri);
        let mut settings = self.clone();
        for (pattern, other) in &self.overrides {
            if matches(pattern, &name) {
                // What is wrong was told when the settings came.
                settings.take_for(other, &mut Vec::new());
            }
        }
        settings
    }

    fn take_for(&mut self, other: &Json, wrong: &mut Vec<String>) {
        let kept = self.clone();
        for (key, value) in other.as_object().into_iter().flatten() {
            if key != FILES {
                self.take((key, FILES), value, &kept, wrong);
            }
        }
    }

    /// Takes one setting; `other` is the key that can stand beside settings in the same object.
    fn take(
        &mut self,
        (key, other): (&str, &str),
        value: &Json,
        kept: &Self,
        wrong: &mut Vec<String>,
    ) {
        if value.is_null() {
            return;
        }
        let result = match key {
            "signal" => put(
                &mut self.signal,
                kept.signal,
                optional::<SignalArg, _>(value),
            ),
            "context" => put(
                &mut self.context,
                kept.context,
                optional::<ContextArg, _>(value),
            ),
            "dialect" => {
                let dialect = named::<DialectArg>(value).map(Into::into);
                put(&mut self.dialect, kept.dialect, dialect)
            }
            "featureGates" => put(&mut self.gates, kept.gates, listed(value, gates)),
            "lints" => put(&mut self.lints, kept.lints, listed(value, Lints::parse)),
            "regroup" => {
                let regroup = value.as_bool().ok_or_else(|| not("true or false", value));
                put(&mut self.regroup, kept.regroup, regroup)
            }
            "formatWidth" => put(&mut self.width, kept.width, width(value)),
            _ => Err(format!(
                "is no setting. The settings are {}, {other}",
                KEYS.join(", ")
            )),
        };
        if let Err(reason) = result {
            wrong.push(format!("`{key}` {}.", reason.trim_end_matches('.')));
        }
    }

    /// The engine that compiles what is read like this.
    pub(super) fn engine(&self) -> Engine {
        Engine::default()
            .with_component(Component::Any)
            .with_dialect(self.dialect)
            .with_gates(self.gates)
            .with_lints(self.lints)
            .with_regrouping(self.regroup)
    }
}

/// Stores what was read, or what is kept in its place.
fn put<T>(place: &mut T, kept: T, read: Result<T, String>) -> Result<(), String> {
    let (value, result) = match read {
        Ok(value) => (value, Ok(())),
        Err(reason) => (kept, Err(reason)),
    };
    *place = value;
    result
}

fn not(expected: &str, value: &Json) -> String {
    format!("is {expected}, not {value}")
}

fn width(value: &Json) -> Result<usize, String> {
    match value.as_u64() {
        Some(width @ 20..=1000) => Ok(width as usize),
        _ => Err(not("a number from 20 to 1000", value)),
    }
}

fn named<T: ValueEnum>(value: &Json) -> Result<T, String> {
    let found = value.as_str().and_then(|text| T::from_str(text, true).ok());
    found.ok_or_else(|| {
        let names = T::value_variants().iter();
        let names = names.filter_map(|one| Some(one.to_possible_value()?.get_name().to_owned()));
        let names: Vec<_> = names.collect();
        not(&format!("one of {}", names.join(", ")), value)
    })
}

/// One of several names; nothing for an empty one.
fn optional<T: ValueEnum + Into<V>, V>(value: &Json) -> Result<Option<V>, String> {
    if value == "" {
        return Ok(None);
    }
    named::<T>(value).map(|one| Some(one.into()))
}

/// What `parse` makes of a list of names, or of a text with commas; its default for none.
fn listed<T: Default>(
    value: &Json,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, String> {
    let text = match value {
        Json::String(text) => Some(text.clone()),
        Json::Array(names) => {
            let names: Option<Vec<_>> = names.iter().map(Json::as_str).collect();
            names.map(|names| names.join(","))
        }
        _ => None,
    };
    match text.ok_or_else(|| not("a list of names", value))? {
        text if text.is_empty() => Ok(T::default()),
        text => parse(&text).map_err(|reason| format!("cannot be {value}: {reason}")),
    }
}

/// Whether the end of a name has the form of a pattern, in which `*` stands for any part of it.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    // As if a `*` stood before the pattern.
    let (mut at, mut star) = ((0, 0), Some((0, 0)));
    while at.1 < name.len() {
        match pattern.get(at.0) {
            Some(b'*') => {
                star = Some((at.0 + 1, at.1));
                at.0 += 1;
            }
            Some(byte) if *byte == name[at.1] => at = (at.0 + 1, at.1 + 1),
            _ => {
                let Some((behind, taken)) = star else {
                    return false;
                };
                star = Some((behind, taken + 1));
                at = (behind, taken + 1);
            }
        }
    }
    pattern[at.0..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use ottl::Level;
    use serde_json::json;

    use super::*;

    fn defaults() -> Settings {
        Settings {
            signal: Some(Signal::Traces),
            context: None,
            dialect: Dialect::Strict,
            gates: Gates::default(),
            lints: Lints::all(),
            regroup: false,
            width: 100,
            overrides: Vec::new(),
        }
    }

    fn taken(said: &Json) -> (Settings, Vec<String>) {
        defaults().with(said, &defaults())
    }

    #[test]
    fn the_editor_has_the_last_word() {
        let said = json!({
            "signal": "metrics",
            "context": "datapoint",
            "dialect": "selfops",
            "featureGates": ["ottl.functions.enableLambda"],
            "lints": [],
            "regroup": true,
            "formatWidth": 80,
            "overrides": [{"files": "my logs/*.ottl", "signal": "logs", "context": "", "lints": "cache"}],
        });
        let (settings, wrong) = taken(&said);
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(settings.context, Some(Level::DataPoint));
        assert_eq!((settings.dialect, settings.width), (Dialect::Selfops, 80));
        assert!(settings.gates.lambda && settings.regroup);
        assert_eq!(settings.lints, Lints::NONE);
        let of_logs = settings.of("file:///x/my%20logs/a.ottl");
        let expected = (Some(Signal::Logs), None);
        assert_eq!((of_logs.signal, of_logs.context), expected);
        assert_eq!(of_logs.lints, Lints::parse("cache").expect("it is one"));
        let other = settings.of("file:///x/a.ottl");
        assert_eq!(other.signal, Some(Signal::Metrics));
    }

    #[test]
    fn what_is_wrong_is_told_and_changes_nothing() {
        let said = json!({
            "signal": "tracez", "dialect": "x", "context": 1, "lints": 5, "formatWidth": 5,
            "featureGates": [3], "formatwidth": 80, "regroup": "yes",
            "overrides": [{"signal": "metrics"}, {"files": "a", "lints": ["y"]}],
        });
        let (settings, wrong) = taken(&said);
        insta::assert_snapshot!(wrong.join("\n"), @r#"
        `context` is one of resource, scope, span, spanevent, log, metric, datapoint, exemplar, profile, profilesample, not 1.
        `dialect` is one of strict, selfops, not "x".
        `featureGates` is a list of names, not [3].
        `formatWidth` is a number from 20 to 1000, not 5.
        `formatwidth` is no setting. The settings are signal, context, dialect, featureGates, lints, regroup, formatWidth, overrides.
        `lints` is a list of names, not 5.
        `overrides` has no `files` in its entry 1.
        `lints` cannot be ["y"]: There is no lint `y`. The lints are shared-write, contradiction, enum-range, unknown-key, cache, never-matching, slow-pattern, and `all` is every one.
        `regroup` is true or false, not "yes".
        `signal` is one of traces, logs, metrics, profiles, not "tracez".
        "#);
        assert_eq!((settings.dialect, settings.width), (Dialect::Strict, 100));
        assert_eq!(settings.signal, Some(Signal::Traces));
        let (before, _) = taken(&json!({"formatWidth": 50, "signal": "logs"}));
        let (after, wrong) = defaults().with(&json!({"formatWidth": "wide"}), &before);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(after.width, 50, "a typo leaves the setting as it was");
        assert_eq!(
            after.signal,
            Some(Signal::Traces),
            "what is gone is the default"
        );
        let (before, _) = taken(&json!({"overrides": [{"files": "a.ottl", "signal": "logs"}]}));
        for (said, signal) in [
            (json!({}), Signal::Logs),
            (json!(null), Signal::Traces),
            (json!([]), Signal::Traces),
        ] {
            let (after, wrong) = defaults().with(&json!({"overrides": said}), &before);
            let is_wrong = said.is_object();
            assert_eq!(wrong.len(), usize::from(is_wrong), "{wrong:?}");
            assert_eq!(after.of("file:///a.ottl").signal, Some(signal), "{said}");
        }
        let (_, wrong) = taken(&json!({"overrides": [{"files": "a", "overrides": []}]}));
        let expected = "`overrides` is no setting. The settings are signal, context, dialect, \
                        featureGates, lints, regroup, formatWidth, files.";
        assert_eq!(wrong, [expected]);
        assert_eq!(taken(&json!([])).1.len(), 1);
    }

    #[test]
    fn settings_of_others_are_none_of_ours() {
        assert_eq!(section(&json!({"yaml": {"format": true}})), None);
        assert_eq!(section(&json!({"ottl": {"x": 1}})), Some(&json!({"x": 1})));
        let flat = json!({"lints": "all", "other": 1});
        assert_eq!(section(&flat), Some(&flat));
    }

    #[test]
    fn patterns_are_about_the_end_of_names() {
        for (pattern, fits) in [
            ("a.ottl", true),
            ("logs/*.ottl", true),
            ("*", true),
            ("", true),
            ("logs/*", true),
            ("b.ottl", false),
            ("logs/a", false),
            ("*x*", false),
        ] {
            assert_eq!(matches(pattern, "file:///logs/a.ottl"), fits, "{pattern}");
        }
    }
}
