//! Random cases without answers.
//!
//! A case is a function of its seed and number, and of the functions and paths that there are. Most
//! cases are well-typed, so that they get past the parser and do something; one in five lets values
//! of the wrong type slip in. The parts: `rng` draws, `vocabulary` has the functions with the
//! literals of their examples, `path` draws from the tables of paths, `expression` writes values and
//! conditions, `program` puts statements together, `config` groups of them, `message` and `profiles` write OTLP/JSON.
//! [`predicates`] stands beside them: it writes programs for one purpose.
//!
//! Nothing here knows what an answer should be; cases whose answer depends on chance, because the
//! reference lets the order of a map show, have to be filtered out by asking it more than once.

mod config;
mod expression;
mod message;
mod path;
pub mod predicates;
mod profiles;
mod program;
mod rng;
mod vocabulary;

use ottl::{Context, context_name};
pub use ottl_vm::path::CONTEXTS;

use crate::case::{Case, Component, Kind};
use expression::Writer;
use rng::Rng;
use vocabulary::Vocabulary;

/// Writes cases from what there is to draw from.
pub struct Generator {
    vocabulary: Vocabulary,
}

impl Default for Generator {
    fn default() -> Self {
        Self::new()
    }
}

impl Generator {
    /// A generator over every function of the registry and every context.
    #[must_use]
    pub fn new() -> Self {
        Self {
            vocabulary: Vocabulary::new(),
        }
    }

    /// Writes case `number` of the sequence that `seed` stands for.
    #[must_use]
    pub fn case(&self, seed: u64, number: u64) -> Case {
        let mut rng = Rng::new(seed, number);
        let context = rng.pick(&CONTEXTS);
        let plan = program::plan(&mut rng, context);
        if let Some(component) = plan.component
            && rng.chance(40)
        {
            return self.configured(&mut rng, context, component, (seed, number));
        }
        let loose = if rng.chance(20) { 15 } else { 0 };
        let closed = rng.chance(3);
        let mut writer = Writer {
            rng: &mut rng,
            vocabulary: &self.vocabulary,
            context,
            component: plan.component,
            conditions: plan.kind == Kind::Conditions,
            loose,
            locals: Vec::new(),
            planted: Vec::new(),
            needs_lambdas: false,
        };
        let sources = program::sources(&mut writer, plan.kind);
        let (planted, needs_lambdas) = (writer.planted, writer.needs_lambdas);
        let mut gates = Vec::new();
        if needs_lambdas && !closed {
            gates.push("ottl.functions.enableLambda".to_owned());
        }
        let signal = message::signal(&mut rng, context);
        let otelcol = sources.iter().any(|source| source.contains("otelcol"));
        let mut case = Case {
            id: format!("random/{seed}-{number:05}"),
            kind: plan.kind,
            signal,
            context: context_name(context).to_owned(),
            component: plan.component,
            gates,
            error_mode: plan.mode.map(str::to_owned),
            otelcol: otelcol.then(|| message::request(&mut rng)),
            input: message::message(&mut rng, context, signal, &planted),
            ..Case::default()
        };
        case.set_sources(sources);
        case
    }

    /// A case with a whole configuration of a component.
    fn configured(
        &self,
        rng: &mut Rng,
        context: Context,
        component: Component,
        (seed, number): (u64, u64),
    ) -> Case {
        let signal = message::signal(rng, context);
        let config = config::config(rng, &self.vocabulary, context, signal, component);
        let gate = "ottl.functions.enableLambda".to_owned();
        Case {
            id: format!("random/{seed}-{number:05}"),
            signal,
            component: Some(component),
            gates: config.needs_lambdas.then_some(gate).into_iter().collect(),
            otelcol: rng.chance(30).then(|| message::request(rng)),
            input: message::message(rng, context, signal, &config.planted),
            config: Some(config.value),
            ..Case::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use ottl::{Engine, Home};

    use super::vocabulary::CHANCE;
    use super::*;

    #[test]
    fn a_case_is_a_function_of_seed_and_number() {
        let generator = Generator::new();
        let text = |seed, number| serde_json::to_string(&generator.case(seed, number)).unwrap();
        assert_eq!(text(1, 5), text(1, 5));
        assert_ne!(text(1, 5), text(1, 6));
        assert_ne!(text(1, 5), text(2, 5));
    }

    #[test]
    fn cases_cover_every_context_and_every_function() {
        let generator = Generator::new();
        let cases: Vec<_> = (0..12_000).map(|n| generator.case(3, n)).collect();
        let has = |name| {
            cases
                .iter()
                .any(|case| case.config.is_some() && case.component == name)
        };
        assert!(has(Some(Component::Transform)) && has(Some(Component::Filter)));
        assert!(cases.iter().any(|case| case.otelcol.is_some()));
        for context in CONTEXTS {
            let name = context_name(context);
            assert!(cases.iter().any(|c| c.context == name), "{name}");
        }
        let mut called = HashSet::new();
        for case in &cases {
            assert!(!case.sources().is_empty() || case.config.is_some());
            let config = case.config.iter().map(ToString::to_string);
            for source in case.sources().iter().cloned().chain(config) {
                let words = source.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                called.extend(words.map(str::to_owned));
            }
        }
        for function in Engine::default().registry().all() {
            let name = function.signature().name;
            let is_drawn = function.home() != Home::Selfops && !CHANCE.contains(&name);
            assert!(!is_drawn || called.contains(name), "{name}");
        }
    }

    #[test]
    fn inputs_stay_small() {
        let generator = Generator::new();
        let largest = (0..400).map(|n| generator.case(4, n).input.get().len());
        assert!(largest.max().is_some_and(|bytes| bytes < 30_000));
    }
}
