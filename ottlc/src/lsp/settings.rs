//! How sources are read: what the command line says, and what the editor says in its place.

use clap::ValueEnum;
use ottl::{Component, Context, Dialect, Engine, Gates, Lints, Signal};
use serde_json::Value as Json;

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
    /// How many columns a formatted line should have at most.
    pub(crate) width: usize,
    /// Other settings for some files: a pattern of their names, and what is different.
    pub(crate) overrides: Vec<(String, Json)>,
}

impl Settings {
    /// The settings with what the editor says, and a sentence about each part of that which is wrong.
    pub(super) fn with(&self, said: &Json) -> (Self, Vec<String>) {
        let mut settings = self.clone();
        let mut wrong = Vec::new();
        let said = match &said["ottl"] {
            Json::Null => said,
            own => own,
        };
        settings.set(said, &mut wrong);
        for (at, other) in said["overrides"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
        {
            match other["files"].as_str() {
                Some(pattern) => settings.overrides.push((pattern.to_owned(), other.clone())),
                None => wrong.push(format!(
                    "`overrides` has no `files` in its entry {}.",
                    at + 1
                )),
            }
            self.clone().set(other, &mut wrong);
        }
        (settings, wrong)
    }

    /// The settings for a file.
    pub(super) fn of(&self, uri: &str) -> Self {
        let mut settings = self.clone();
        for (pattern, other) in &self.overrides {
            if matches(pattern, uri) {
                // What is wrong was told when the settings came.
                settings.set(other, &mut Vec::new());
            }
        }
        settings
    }

    fn set(&mut self, said: &Json, wrong: &mut Vec<String>) {
        let mut name = |key: &str, names: &dyn Fn(&str) -> bool| {
            let value = &said[key];
            let is_fine = value.is_null() || value.as_str().is_some_and(names);
            if !is_fine {
                wrong.push(format!("`{key}` cannot be {value}."));
            }
        };
        name("signal", &|text| {
            text.is_empty() || named::<SignalArg>(text).is_some()
        });
        name("context", &|text| {
            text.is_empty() || named::<ContextArg>(text).is_some()
        });
        name("dialect", &|text| named::<DialectArg>(text).is_some());
        if let Some(text) = said["signal"].as_str() {
            self.signal = named::<SignalArg>(text).map(Into::into);
        }
        if let Some(text) = said["context"].as_str() {
            self.context = named::<ContextArg>(text).map(Into::into);
        }
        if let Some(dialect) = said["dialect"].as_str().and_then(named::<DialectArg>) {
            self.dialect = dialect.into();
        }
        match listed(&said["featureGates"]).map(|list| gates(&list)) {
            Some(Ok(gates)) => self.gates = gates,
            Some(Err(error)) => wrong.push(format!("`featureGates`: {error}")),
            None => {}
        }
        match listed(&said["lints"]).map(|list| Lints::parse(&list)) {
            Some(Ok(lints)) => self.lints = lints,
            Some(Err(error)) => wrong.push(format!("`lints`: {error}")),
            None => {}
        }
        match (&said["formatWidth"], said["formatWidth"].as_u64()) {
            (Json::Null, _) => {}
            (_, Some(width @ 20..=1000)) => self.width = width as usize,
            (other, _) => wrong.push(format!("`formatWidth` is from 20 to 1000, not {other}.")),
        }
    }

    /// The engine that compiles what is read like this.
    pub(super) fn engine(&self) -> Engine {
        Engine::default()
            .with_component(Component::Any)
            .with_dialect(self.dialect)
            .with_gates(self.gates)
            .with_lints(self.lints)
    }
}

fn named<T: ValueEnum>(text: &str) -> Option<T> {
    T::from_str(text, true).ok()
}

/// A list of names, as a text with commas; nothing for none.
fn listed(value: &Json) -> Option<String> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Array(names) => {
            let names: Vec<_> = names.iter().filter_map(Json::as_str).collect();
            names.join(",")
        }
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
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
            signal: None,
            context: None,
            dialect: Dialect::Strict,
            gates: Gates::default(),
            lints: Lints::NONE,
            width: 100,
            overrides: Vec::new(),
        }
    }

    #[test]
    fn the_editor_has_the_last_word() {
        let said = json!({"ottl": {
            "signal": "metrics",
            "context": "datapoint",
            "dialect": "selfops",
            "featureGates": ["ottl.functions.enableLambda"],
            "lints": "all",
            "formatWidth": 80,
            "overrides": [{"files": "logs/*.ottl", "signal": "logs", "context": ""}],
        }});
        let (settings, wrong) = defaults().with(&said);
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(settings.context, Some(Level::DataPoint));
        assert_eq!((settings.dialect, settings.width), (Dialect::Selfops, 80));
        assert!(settings.gates.lambda);
        assert_eq!(settings.lints, Lints::all());
        let of_logs = settings.of("file:///x/logs/a.ottl");
        assert_eq!(
            (of_logs.signal, of_logs.context),
            (Some(Signal::Logs), None)
        );
        assert_eq!(
            settings.of("file:///x/a.ottl").signal,
            Some(Signal::Metrics)
        );
    }

    #[test]
    fn what_is_wrong_is_told_and_changes_nothing() {
        let said = json!({
            "dialect": "x", "context": 1, "lints": ["y"], "formatWidth": 5,
            "featureGates": "z", "overrides": [{"signal": "metrics"}],
        });
        let (settings, wrong) = defaults().with(&said);
        assert_eq!(wrong.len(), 6, "{wrong:?}");
        assert_eq!((settings.dialect, settings.width), (Dialect::Strict, 100));
        assert_eq!(defaults().with(&Json::Null).1, Vec::<String>::new());
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
